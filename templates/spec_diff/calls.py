"""Reads a contract's operations into methods, and all of it into a surface."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from contract.answers import SUCCESS
from contract.arguments import kind_of
from contract.bodies import body_of, chosen
from contract.operations import operations_of, settle, settle_calls
from contract.references import Schema, as_list, as_object, component
from contract.service import base_url, schemes_of
from spec_diff.revision import followed
from spec_diff.surface import ANY, NONE, Group, Method, Part, Surface, Type, Types, shown
from spec_diff.traits import KIND, Reader, part, types_of

_TEXTS = ("description", "summary", "externalDocs", "x-codeSamples", "callbacks")
_TRAITS = ("x-safe-to-retry", "x-batch")
_STYLES = {"query": "form", "cookie": "form"}


class _Known(NamedTuple):
    """What is known of the whole contract when its operations are read.

    Attributes:
        reader: the classes.
        reached: how resources are reached that are reached through others, by their class.
        keys: the arguments of a client that take a security scheme's key, by its name.
    """

    reader: Reader
    reached: Mapping[str, str]
    keys: Mapping[str, str]


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
    schemes = _schemes(contract)
    keys = {name: argument for name, (argument, _) in schemes.items()}
    known = _Known(reader, _sub_resources(contract), keys)
    methods = tuple(
        _method(known, (path, word), operation, said[operation["operationId"]])
        for path, word, _, operation in operations_of(contract)
    )
    events, received = _events(reader, contract)
    for method in methods:
        received |= method.result
        if method.page is not None:
            received |= {Type(each) for each in method.page if each}
    sent = frozenset(kind for method in methods for each in method.arguments for kind in each.types)
    bodies = {Type(method.body) for method in methods if method.body}
    servers: list[Schema] = contract.get("servers") or []
    return Surface(
        methods=methods,
        classes=reader.classes,
        sent=_closure(reader, sent | bodies),
        received=_closure(reader, received),
        events=events,
        base_url=base_url(contract),
        servers=tuple(str(each.get("url")) for each in servers),
        schemes=dict(schemes.values()),
        security=_security(contract, keys) or (),
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


def _method(known: _Known, where: tuple[str, str], operation: Schema, said: Schema) -> Method:
    reader, (path, word) = known.reader, where
    resource = known.reached.get(operation["tags"][0], operation["x-attribute"])
    declared: list[Schema] = said["parameters"]
    raw = {(each.get("in"), each.get("name")): each for each in declared}
    needed = _needed(reader.contract, said)
    raw |= {("field", wire): {"required": True} for wire in needed}
    taken: list[Schema] = operation["parameters"]
    answers: dict[str, Schema] = operation["responses"]
    pages: Schema = operation.get("x-pagination") or {}
    page = [reader.names.get(str(pages.get(word)), "") for word in ("item", "meta")]
    sends = any(each["x-in"] in ("field", "body") for each in taken)
    traits = {key: operation[key] for key in _TRAITS if key in operation}
    if sends:
        given = operation.get("x-media-type")
        traits["body"] = ast.literal_eval(given) if given else "application/json"
    if "x-server" in operation:
        traits["server"] = ast.literal_eval(operation["x-server"])
    return Method(
        name=f"client.{resource}.{operation['x-method']}",
        call=f"{word.upper()} {path}",
        id=operation["operationId"],
        arguments=tuple(
            _argument(reader.contract, each, raw.get((each["x-in"], each["x-wire"]), {}))
            for each in taken
        ),
        body=_body(reader, said),
        needs_body=sends and not operation.get("x-body-optional"),
        result=_result(answers),
        page=(page[0], page[1]) if pages else None,
        security=_security(said, known.keys),
        traits=traits,
        texts={key: operation[key] for key in _TEXTS if key in operation} | _answers(said),
        deprecated=operation.get("deprecated") is True,
    )


def _argument(contract: Schema, taken: Schema, raw: Schema) -> Part:
    """Return an argument; `raw` is what the contract says of it beside its schema."""
    schema = as_object(taken.get("schema"))
    more: Schema = {"style": _style(contract, taken, raw)} if "name" in raw else {}
    more |= {"x-identifier": True} if raw.get("x-identifier") else {}
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


def _style(contract: Schema, taken: Schema, raw: Schema) -> str:
    """Return how a parameter is written, in the same words whether or not the contract says it."""
    if "schema" not in raw:
        return "json"
    style = str(raw.get("style") or _STYLES.get(taken["x-in"], "simple"))
    usual = style in ("form", "deepObject")
    explode = raw.get("explode", usual) is True
    told = [style]
    if explode is not usual and kind_of(contract, raw["schema"]) != "plain":
        told.append("exploded" if explode else "not exploded")
    if raw.get("allowReserved"):
        told.append("reserved characters kept")
    return ", ".join(told)


def _body(reader: Reader, said: Schema) -> str:
    """Return the model whose fields are the arguments that make up the body, if it has a name."""
    contents = as_object(as_object(said.get("requestBody")).get("content"))
    media_type = chosen(reader.contract, contents) if contents else ""
    target = as_object(as_object(contents.get(media_type)).get("schema")).get("$ref")
    name = reader.names.get(component(target) or "") if isinstance(target, str) else None
    made = reader.classes.get(name or "")
    return made.name if made is not None and made.kind == "model" else ""


def _needed(contract: Schema, said: Schema) -> set[str]:
    """Return the fields that a body has to have, if there is one."""
    body = body_of(contract, {**as_object(said.get("requestBody")), "required": True})
    return {each["x-wire"] for each in body.arguments if each["required"]} if body else set()


def _result(answers: dict[str, Schema]) -> Types:
    found: Types = frozenset()
    for answer in answers.values():
        if answer.get("x-result") or answer.get("x-other"):
            content = as_object(as_object(answer.get("content")).get("application/json"))
            schema = as_object(content.get("schema"))
            empty = frozenset({NONE}) if answer.get("x-is-empty") else frozenset[Type]()
            found |= types_of(schema[KIND]) if KIND in schema else empty
    return found or frozenset({NONE})


def _answers(said: Schema) -> dict[str, Any]:
    """Return what readers see of the answers, those of success apart from errors."""
    answers: dict[str, Schema] = said["responses"]
    successes = {code for code in answers if SUCCESS.match(code)} or {"default"}
    return {
        f"{'answer' if code in successes else 'error'} {code}": (
            answer.get("x-raises"),
            answer.get("description"),
        )
        for code, answer in answers.items()
    }


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


def _schemes(contract: Schema) -> dict[str, tuple[str, str]]:
    """Return by which argument a client takes the key of a scheme, and how that is sent."""
    declared = as_object(as_object(contract.get("components")).get("securitySchemes"))
    found = {name: (name, str(as_object(each).get("type"))) for name, each in declared.items()}
    for name, (kind, where, arguments) in schemes_of(contract).items():
        takes = ", ".join(f"{each}=" for each in arguments)
        found[name] = takes, f"{kind} {where}".strip()
    return found


def _security(holder: Schema, keys: Mapping[str, str]) -> tuple[Group, ...] | None:
    groups: list[Schema] | None = holder.get("security")
    if groups is None:
        return None
    return tuple(
        frozenset(
            (keys.get(name, name), scope)
            for name, scopes in group.items()
            for scope in ("", *as_list(scopes))
        )
        for group in groups
    )
