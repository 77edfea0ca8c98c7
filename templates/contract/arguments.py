"""Settle what an operation takes: parameters and the fields of its body, as arguments of a method.

The generator sees them all as parameters of one kind, under the names that the method's arguments
have. Where each goes, and how it is written there, stands beside it:

    x-wire    its name on the wire
    x-in      path, query, header, cookie, field (of the body) or body
    x-style   how it is written where OpenAPI's default is not enough, as arguments in Python
    x-file    whether it is a file
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any, cast

from contract.bodies import Body, body_of
from contract.names import in_ascii
from contract.references import Schema, as_object, followed
from contract.texts import code, escaped, literal

_OPTIONS = ("deadline", "extra_body", "extra_headers", "extra_query", "max_retries", "options")
_NOT_ARGUMENTS = frozenset(
    (
        *(*_OPTIONS, "prefetch", "timeout"),  # what every method takes
        *("self", "encode", "str", "int", "float", "bool", "bytes", "list", "dict", "builtins"),
    )
)
_NOT_PARAMETERS = frozenset({"accept", "authorization", "content-type"})  # OpenAPI ignores them
_ORDER = ("path", "query", "header", "cookie", "field", "body")
_USUAL = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_PLACES = {
    "path": "Part{} of the path.",
    "query": "Query parameter{}.",
    "header": "Header{}.",
    "cookie": "Cookie{}.",
    "field": "Field{} of the body.",
    "body": "The body.",
}
_KEPT = ("description", "deprecated", "x-cell", "x-unit", "x-secret", "x-identifier")


def settle_parameters(contract: Schema, path: str, operation: Schema) -> None:
    """Replace an operation's parameters and body by the arguments of its method."""
    found = [_parameter(contract, each) for each in operation["parameters"]]
    found = [
        each
        for each in found
        if not (each["x-in"] == "header" and each["x-wire"].lower() in _NOT_PARAMETERS)
    ]
    found = [*_in_path(path, found), *(each for each in found if each["x-in"] != "path")]
    body = body_of(contract, operation.pop("requestBody", None))
    if body is not None:
        found += body.arguments
        _describe_body(operation, body)
    _name(found, operation["operationId"])
    for each in found:
        _tell(contract, each)
        each["in"] = "path" if each["x-in"] == "path" else "query"
        each[f"x-is-{each['x-in']}"] = operation[f"x-has-{each['x-in']}"] = True
        each["x-key"] = literal(each["x-wire"])
        if each["name"] != each["x-wire"] and each["x-in"] != "body":
            each["x-other-name"] = each["x-wire"]
    for each in {each["x-in"]: each for each in found}.values():
        each["x-is-last"] = True
    for each in found:
        each["x-name"] = each["name"]
        if each["x-in"] == "path":
            each["name"] = each["x-wire"]
    operation["parameters"] = found


def _tell(contract: Schema, argument: Schema) -> None:
    """Say of an argument what it is, where the contract does not, and its default."""
    if not str(argument.get("description") or "").strip():
        argument.pop("description", None)
    wire: str = argument["x-wire"]
    other = f" {escaped(code(wire))}" if wire != argument["name"] else ""
    argument["x-about"] = _PLACES[argument["x-in"]].format(other)
    schema = as_object(argument["schema"])
    for holder in (schema, followed(contract, schema)):
        if holder.get("default") is not None and "x-default" not in argument:
            text = code(holder["default"])
            argument["x-default"] = {"code": text, "text": escaped(text)}


def _parameter(contract: Schema, said: Schema) -> Schema:
    """Return a parameter as the generator is to see it, still without its name in Python."""
    place: str = said["in"]
    contents: Schema = said.get("content") or {}
    schema: Schema = said.get("schema") or {}
    parameter: Schema = {word: said[word] for word in _KEPT if word in said}
    if contents:
        schema = next(iter(contents.values())).get("schema") or {}
        parameter["x-style"] = 'style="json"'
    else:
        style: str = said.get("style") or _USUAL[place]
        explode: bool = said.get("explode", style in ("form", "deepObject"))
        reserved = bool(said.get("allowReserved"))
        kind = kind_of(contract, schema)
        is_usual = _is_usual(place, style, kind, explode=explode, reserved=reserved)
        if not is_usual and not said.get("x-identifier"):
            words = [f"style={style!r}", f"explode={explode}"]
            words += ["reserved=True"] if reserved else []
            parameter["x-style"] = ", ".join(words)
    for word in ("example", "examples"):
        if word in said:
            given: Any = said[word]
            if word == "examples":
                first: Schema = ([*as_object(given).values()] or [{}])[0]
                given = followed(contract, first).get("value")
            if given is not None:
                parameter["example"] = given
    if "deprecated" not in parameter and schema.get("deprecated"):
        parameter["deprecated"] = True
    required = bool(said.get("required")) or place == "path"
    return parameter | {
        "schema": schema,
        "required": required,
        "x-wire": said["name"],
        "x-in": place,
    }


def _is_usual(place: str, style: str, kind: str, *, explode: bool, reserved: bool) -> bool:
    """Tell whether a plain value in the operation is written as the contract has it."""
    if reserved or place == "path" or kind == "":
        return False
    if place in ("header", "cookie"):
        return kind == "plain"
    return kind == "plain" or (kind, style, explode) in (
        ("array", "form", True),
        ("object", "deepObject", True),
    )


def kind_of(contract: Schema, schema: Schema) -> str:
    """Return `plain`, `array` or `object`; empty where a value may be several of them."""
    schema = followed(contract, schema)
    parts: list[Schema] = [
        each
        for word in ("allOf", "anyOf", "oneOf")
        for each in cast("list[Schema]", schema.get(word) or [])
    ]
    kinds = {kind_of(contract, each) for each in parts if each.get("type") != "null"}
    said: Any = schema.get("type")
    types = [said] if isinstance(said, str) else cast("list[str]", said or [])
    for each in types:
        if each != "null":
            kinds.add(each if each in ("array", "object") else "plain")
    if not types and ("properties" in schema or "additionalProperties" in schema):
        kinds.add("object")
    if not types and "enum" in schema:
        kinds.add("plain")
    return kinds.pop() if len(kinds) == 1 else ""


def _in_path(path: str, found: Iterable[Schema]) -> list[Schema]:
    """Return the parameters of a path in their order there, those too that it does not declare."""
    known = {each["x-wire"]: each for each in found if each["x-in"] == "path"}
    names = dict.fromkeys(re.findall(r"\{([^{}]+)\}", path))
    undeclared: Schema = {"schema": {"type": "string"}, "required": True, "x-in": "path"}
    undeclared["x-style"] = "style='simple', explode=False"
    return [known.get(name) or {**undeclared, "x-wire": name} for name in names]


def _describe_body(operation: Schema, body: Body) -> None:
    words = {
        "x-media-type": body.media_type and literal(body.media_type),
        "x-encoding": body.encoding,
        "x-body-optional": body.is_optional,
    }
    operation |= {word: value for word, value in words.items() if value}


def _name(found: list[Schema], builder: str) -> None:
    """Give each argument a name that Python takes, and that no other of the method has."""
    taken = {*_NOT_ARGUMENTS, builder}
    for place in _ORDER:
        for each in found:
            if each["x-in"] == place:
                plain = argument(each["x-wire"])
                name = plain
                if name in _NOT_ARGUMENTS:
                    name = f"{plain}_"
                if name in taken and place not in ("path", "body"):
                    name = f"{plain.rstrip('_')}_{'body' if place == 'field' else place}"
                number = 1
                while name in taken:
                    number += 1
                    name = f"{plain}_{number}"
                each["name"] = name
                taken.add(name)


def argument(wire: str) -> str:
    """Return the name of the argument for a name on the wire: `page[number]`, `page_number`."""
    name = re.sub(r"\W+", "_", in_ascii(wire))
    name = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", name)
    name = re.sub(r"_+", "_", name).strip("_").lower() or "value"
    name = f"value_{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name
