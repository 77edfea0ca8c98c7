"""Reads a contract's operations into methods, and all of it into a surface."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from operations import operations_of, settle

from spec_diff import names
from spec_diff.schemas import Schemas, as_schema, part
from spec_diff.source import Schema, followed
from spec_diff.surface import NONE, Method, Part, Surface, Type, Types

_SUCCESS = ("200", "201", "202", "203", "2XX")
_TEXTS = ("description", "summary", "externalDocs", "x-codeSamples")
_TRAITS = ("x-safe-to-retry", "x-batch", "callbacks", "servers")
_IN_PARAMETER = ("style", "explode", "allowReserved", "allowEmptyValue")


def read(contract: Schema) -> Surface:
    """Return what users see of a contract.

    Raises:
        ContractError: a reference leads nowhere, or two methods have one name.
        SourceError: it is no contract.
    """
    settle(contract)
    schemas = Schemas(contract)
    reached = _sub_resources(contract)
    methods = tuple(
        _method(schemas, contract, (path, word), operation, reached)
        for path, word, _, operation in operations_of(contract)
    )
    events, received = _events(schemas, contract)
    for method in methods:
        received |= method.result
        if method.page is not None:
            received |= {Type(each) for each in method.page if each}
    sent = frozenset(kind for method in methods for each in method.arguments for kind in each.types)
    bodies = {Type(method.body) for method in methods if method.body}
    components: Schema = contract.get("components") or {}
    declared: Schema = components.get("securitySchemes") or {}
    servers: list[Schema] = contract.get("servers") or []
    return Surface(
        methods=methods,
        classes=schemas.classes,
        sent=_closure(schemas, sent | bodies),
        received=_closure(schemas, received),
        events=events,
        servers=tuple(str(each.get("url")) for each in servers),
        schemes={
            name: _scheme(followed(contract, cast("Schema", scheme)))
            for name, scheme in declared.items()
        },
        security=_security(contract) or (),
        texts={"info": contract.get("info"), "tags": contract.get("tags")},
    )


def _sub_resources(contract: Schema) -> dict[str, str]:
    """Return how resources are reached that are reached through others, by their class."""
    found: dict[str, str] = {}
    for _, _, _, operation in operations_of(contract):
        sub: Schema = operation.get("x-sub-resource") or {}
        if sub:
            found[str(sub.get("class"))] = f"{operation['x-attribute']}.{sub.get('name')}"
    return found


def _method(
    schemas: Schemas,
    contract: Schema,
    where: tuple[str, str],
    operation: Schema,
    reached: dict[str, str],
) -> Method:
    path, word = where
    resource = reached.get(operation["tags"][0], operation["x-attribute"])
    hint = names.class_name(operation["operationId"])
    arguments = [_argument(schemas, cast("Schema", each), hint) for each in operation["parameters"]]
    order = [each.strip("{}") for each in path.split("/") if each.startswith("{")]
    arguments.sort(key=lambda each: order.index(each.wire) if each.wire in order else len(order))
    sent, body, media = _body(schemas, contract, operation, hint)
    answers: dict[str, Schema] = operation["responses"]
    pages: Schema | None = operation.get("x-pagination")
    return Method(
        name=f"client.{resource}.{operation['x-method']}",
        call=f"{word.upper()} {path}",
        id=operation["operationId"],
        arguments=(*arguments, *sent),
        body=body,
        result=_result(schemas, answers, hint),
        page=(str(pages.get("item")), str(pages.get("meta") or "")) if pages else None,
        security=_security(operation),
        traits={"body": media, **{key: operation[key] for key in _TRAITS if key in operation}},
        texts={
            **{key: operation[key] for key in _TEXTS if key in operation},
            "errors": {
                code: (answer.get("x-raises"), answer.get("description"))
                for code, answer in answers.items()
            },
        },
        deprecated=operation.get("deprecated") is True,
    )


def _argument(schemas: Schemas, parameter: Schema, hint: str) -> Part:
    wire, place = str(parameter.get("name")), str(parameter.get("in"))
    content: dict[str, Schema] = parameter.get("content") or {}
    inner = next(iter(content.values()), Schema())
    schema: object = parameter.get("schema") or inner.get("schema")
    own = as_schema(schema)
    more = {key: parameter[key] for key in _IN_PARAMETER if key in parameter}
    more |= {key: value for key, value in parameter.items() if key.startswith("x-")}
    said = {key: parameter[key] for key in ("description", "deprecated") if key in parameter}
    return part(
        wire,
        schemas.types(schema, hint + names.class_name(wire) + "Parameter"),
        {key: value for key, value in own.items() if key != "$ref"} | said,
        required=parameter.get("required") is True or place == "path",
        place=place,
        more=more,
    )


def _body(
    schemas: Schemas, contract: Schema, operation: Schema, hint: str
) -> tuple[list[Part], str, str]:
    """Return the arguments that make up the body, the class they are of, and how it is sent."""
    request: Schema = operation.get("requestBody") or {}
    content: dict[str, Schema] = request.get("content") or {}
    if not content:
        return [], "", ""
    media = next((each for each in content if "json" in each), next(iter(content)))
    schema: object = content[media].get("schema")
    types = schemas.types(schema, f"{hint}Request")
    if len(types - {NONE}) == 1:
        name = next(iter(types - {NONE})).name
        found = schemas.classes.get(name)
        if found is not None and found.kind == "model" and found.parts:
            is_required = request.get("required") is True
            return (
                [_as_argument(each, required=is_required) for each in found.parts.values()],
                name,
                media,
            )
    whole = followed(contract, as_schema(schema))
    said = {"description": request["description"]} if "description" in request else {}
    body = part("body", types, whole | said, required=request.get("required") is True, place="body")
    return [body], "", media


def _as_argument(field: Part, *, required: bool) -> Part:
    name = names.attribute(field.wire, "argument")
    return replace(field, name=name, required=field.required and required, place="body")


def _result(schemas: Schemas, answers: dict[str, Schema], hint: str) -> Types:
    for code in _SUCCESS:
        content: dict[str, Schema] = (answers.get(code) or {}).get("content") or {}
        if content:
            media = next((each for each in content if "json" in each), next(iter(content)))
            return schemas.types(content[media].get("schema"), f"{hint}{code}Response")
    return frozenset({NONE})


def _events(schemas: Schemas, contract: Schema) -> tuple[dict[str, str], Types]:
    """Return the classes of webhooks' bodies, by the name of their event, and all their types."""
    hooks: dict[str, Schema] = contract.get("webhooks") or {}
    events: dict[str, str] = {}
    found: Types = frozenset()
    for name, item in hooks.items():
        operation: Schema = followed(contract, item).get("post") or {}
        request = followed(contract, operation.get("requestBody") or {})
        content: dict[str, Schema] = request.get("content") or {}
        for media in content.values():
            types = schemas.types(media.get("schema"), names.class_name(name))
            found |= types
            events[name] = next(iter(sorted(each.name for each in types)))
    for name, each in schemas.classes.items():
        if "x-event-type" in each.traits:
            events = {key: value for key, value in events.items() if value != name}
            events[str(each.traits["x-event-type"])] = name
    return events, found


def _closure(schemas: Schemas, types: Iterable[Type]) -> frozenset[str]:
    """Return the names of all classes that these types lead to."""
    found: set[str] = set()
    pending = list(types)
    while pending:
        each = pending.pop()
        pending.extend(each.item or ())
        made = schemas.classes.get(each.name)
        if made is not None and each.name not in found:
            found.add(each.name)
            pending.extend(made.variants)
            for field in made.parts.values():
                pending.extend(field.types)
    return frozenset(found)


def _security(holder: Schema) -> tuple[frozenset[str], ...] | None:
    groups: list[Schema] | None = holder.get("security")
    return None if groups is None else tuple(frozenset(group) for group in groups)


def _scheme(scheme: Schema) -> str:
    words = ("type", "scheme", "in", "name", "openIdConnectUrl")
    return " ".join(str(scheme[word]) for word in words if word in scheme)
