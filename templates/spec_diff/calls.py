"""Reads a contract's operations into methods, and all of it into a surface."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from contract.operations import operations_of, settle, settle_calls
from contract.plain import Schema, as_list, as_object
from contract.pointers import component
from spec_diff.schemas import KIND, Reader, part, types_of
from spec_diff.source import followed
from spec_diff.surface import ANY, NONE, Method, Part, Surface, Type, Types, shown

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
    said = {each["operationId"]: {**each} for _, _, _, each in operations_of(contract)}
    settle_calls(contract)
    reader = Reader(contract)
    reached = _sub_resources(contract)
    methods = tuple(
        _method(reader, (path, word), operation, said[operation["operationId"]], reached)
        for path, word, _, operation in operations_of(contract)
    )
    events, received = _events(reader, contract)
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
        classes=reader.classes,
        sent=_closure(reader, sent | bodies),
        received=_closure(reader, received),
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
    reader: Reader,
    where: tuple[str, str],
    operation: Schema,
    said: Schema,
    reached: dict[str, str],
) -> Method:
    path, word = where
    resource = reached.get(operation["tags"][0], operation["x-attribute"])
    given: list[Schema] = said["parameters"]
    raw = {(each.get("in"), each.get("name")): each for each in given}
    raw |= {("field", wire): {"required": True} for wire in _needed(reader.contract, said)}
    taken: list[Schema] = operation["parameters"]
    answers: dict[str, Schema] = operation["responses"]
    pages: Schema = operation.get("x-pagination") or {}
    page = [reader.names.get(str(pages.get(word)), "") for word in ("item", "meta")]
    sends = any(each["x-in"] in ("field", "body") for each in taken)
    media = operation.get("x-media-type", "application/json") if sends else ""
    return Method(
        name=f"client.{resource}.{operation['x-method']}",
        call=f"{word.upper()} {path}",
        id=operation["operationId"],
        arguments=tuple(
            _argument(each, raw.get((each["x-in"], each["x-wire"]), {})) for each in taken
        ),
        body=_body(reader, said),
        result=_result(answers),
        page=(page[0], page[1]) if pages else None,
        security=_security(said),
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


def _argument(taken: Schema, raw: Schema) -> Part:
    """Return an argument; `raw` is what the contract says of it beside its schema."""
    schema = as_object(taken.get("schema"))
    more = {key: raw[key] for key in raw if key in _IN_PARAMETER or key.startswith("x-")}
    notes = {key: taken[key] for key in ("description", "deprecated") if key in taken}
    return part(
        (taken["x-wire"], taken["x-name"]),
        types_of(schema[KIND]) if KIND in schema else ANY,
        schema | notes,
        # Of a body that may be left out too: where it is given, it has to have these fields.
        required=taken["required"] is True or raw.get("required") is True,
        place="body" if taken["x-in"] == "field" else taken["x-in"],
        more=more,
    )


def _body(reader: Reader, said: Schema) -> str:
    """Return the model whose fields are the arguments that make up the body, if it has a name."""
    content = as_object(as_object(said.get("requestBody")).get("content"))
    for media in content.values():
        target = as_object(as_object(media).get("schema")).get("$ref")
        name = reader.names.get(component(target) or "") if isinstance(target, str) else None
        made = reader.classes.get(name or "")
        if made is not None and made.kind == "model":
            return made.name
    return ""


def _needed(contract: Schema, said: Schema) -> set[str]:
    """Return the fields that a body has to have."""
    content = as_object(as_object(said.get("requestBody")).get("content"))
    pending = [as_object(as_object(media).get("schema")) for media in content.values()]
    found: set[str] = set()
    seen: set[object] = set()
    while pending:
        node = pending.pop()
        target = node.get("$ref")
        if target in seen:
            continue
        seen |= {target} - {None}
        schema = followed(contract, node)
        found |= set(as_list(schema.get("required")))
        pending += [as_object(each) for each in as_list(schema.get("allOf"))]
    return found


def _result(answers: dict[str, Schema]) -> Types:
    found: Types = frozenset()
    for answer in answers.values():
        if answer.get("x-result") or answer.get("x-other"):
            content = as_object(as_object(answer.get("content")).get("application/json"))
            schema = as_object(content.get("schema"))
            found |= types_of(schema[KIND]) if KIND in schema else frozenset()
    return found or frozenset({NONE})


def _sent_as(content: Schema) -> Types:
    """Return the types of what is sent, as JSON if that is among the ways."""
    media = next((each for each in content if "json" in each), next(iter(content), ""))
    schema = as_object(as_object(content.get(media)).get("schema"))
    return types_of(schema[KIND]) if KIND in schema else ANY


def _events(reader: Reader, contract: Schema) -> tuple[dict[str, str], Types]:
    """Return the classes of webhooks' bodies, by the name of their event, and all their types."""
    hooks: dict[str, Schema] = contract.get("webhooks") or {}
    events: dict[str, str] = {}
    found: Types = frozenset()
    for name, item in hooks.items():
        operation: Schema = followed(contract, item).get("post") or {}
        request = followed(contract, operation.get("requestBody") or {})
        if as_object(request.get("content")):
            types = _sent_as(as_object(request.get("content")))
            found |= types
            events[name] = shown(types)
    for name, each in reader.classes.items():
        if "x-event-type" in each.traits:
            events = {key: value for key, value in events.items() if value != name}
            events[str(each.traits["x-event-type"])] = name
    return events, found


def _closure(reader: Reader, types: Iterable[Type]) -> frozenset[str]:
    """Return the names of all classes that these types lead to."""
    found: set[str] = set()
    pending = list(types)
    while pending:
        each = pending.pop()
        pending.extend(each.item or ())
        made = reader.classes.get(each.name)
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
