"""Prepare a contract for the generator: say in extensions, which it passes on, what it loses.

- It drops the `examples` of OpenAPI 3.1's schemas. So each schema gets an `x-example`: its example
  as a Python literal, put together from its parts where it has none of its own.
- It names the values of an enum in one way for the enum and in another for a property of that
  type. So each enum of texts gets `x-enum-varnames`, as far as it has none.
- What it makes of operations without a tag, an id or an answer is no use. So operations.py settles
  them first.
- Its texts are as Python literals have them, where a table would need them as Markdown has them. So
  what tells the two apart gets its text in Markdown, in `x-cell`, and a summary in `x-summary`.
- It makes a class without fields of a choice between texts and numbers, and an enum of texts of
  numbers. So what may be several of them may be anything, and a number may be any number.

Everything else stays as it is.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, cast

import yaml
from operations import settle

Schema = dict[str, Any]

_BY_FORMAT = {
    "date-time": "2026-03-14T15:05:19.083Z",
    "date": "2026-03-14",
    "uuid": "b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951",
    "uri": "https://example.org/",
}
_NOT_SCHEMAS = frozenset({"const", "default", "example", "examples"})
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}


class _Loader(yaml.CSafeLoader):
    """Reads YAML as JSON is meant: a date is text. The one in C takes a twentieth of the time."""


_resolvers: dict[str, list[tuple[str, Any]]] = _Loader.yaml_implicit_resolvers
_Loader.yaml_implicit_resolvers = {
    first: [each for each in found if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, found in _resolvers.items()
}


def prepared(text: str) -> str:
    """Return the contract as JSON, with an `x-example` on every schema.

    Raises:
        yaml.YAMLError: the text is neither YAML nor JSON; the message names the line.
        TypeError: it is, but not an object.
        ContractError: it contradicts itself, or refers to what is not there.
    """
    data = yaml.load(text, _Loader)  # noqa: S506 - derived from the safe loader
    if not isinstance(data, dict):
        raise TypeError("a contract is an object, and this is none")
    contract = cast("Schema", data)
    with suppress(AttributeError, KeyError, TypeError):  # a mistake: the generator names it
        settle(contract)
        _simplify(contract)
        _name_values(contract)
        _write_cells(contract)
        schemas: Schema = contract.get("components", {}).get("schemas", {})
        for schema in schemas.values():
            _annotate(schema, schemas)
    return json.dumps(contract)


def _parts(node: Schema | list[Any]) -> list[Schema | list[Any]]:
    items: list[Any] = (
        node
        if isinstance(node, list)
        else [value for key, value in node.items() if key not in _NOT_SCHEMAS]
    )
    return [item for item in items if isinstance(item, dict | list)]


def _simplify(node: Schema | list[Any]) -> None:
    for part in _parts(node):
        _simplify(part)
    if isinstance(node, list):
        return
    values: list[Any] = node["enum"] if isinstance(node.get("enum"), list) else []
    if any(isinstance(value, int | float) for value in values):  # a bool is an int
        del node["enum"]
    for word in ("type", "oneOf", "anyOf"):
        choices: list[Any] = node[word] if isinstance(node.get(word), list) else []
        kinds: list[Any] = [each if word == "type" else _plain(each) for each in choices]
        several = len(choices) - kinds.count("null") > 1
        if several and set(kinds) <= {*_BY_TYPE, "null"}:
            del node[word]
            if len(set(kinds) - {"null"}) == 1:
                node["type"] = sorted(set(kinds))


def _plain(choice: Schema) -> Any:
    return choice["type"] if set(choice) <= {"type", "format", "description"} else None


def _write_cells(node: Schema | list[Any]) -> None:
    for part in _parts(node):
        _write_cells(part)
    if isinstance(node, dict):
        for word, cell in (("description", "x-cell"), ("summary", "x-summary")):
            if isinstance(node.get(word), str) and re.search(r'["\\|\n]', node[word]):
                node[cell] = " ".join(node[word].split()).replace("|", r"\|")


def _name_values(node: Schema | list[Any]) -> None:
    if isinstance(node, dict):
        values: list[Any] = node["enum"] if isinstance(node.get("enum"), list) else []
        texts = [value for value in values if value is not None]
        if texts and all(isinstance(value, str) for value in texts):
            node["x-enum-varnames"] = _names(texts, node.get("x-enum-varnames", []))
    for part in _parts(node):
        _name_values(part)


def _names(values: list[str], given: list[str]) -> list[str]:
    names = given.copy()
    for value in values[len(names) :]:
        name = re.sub(r"\W+", "_", value).strip("_").upper() or "EMPTY"
        name = f"VALUE_{name}" if name[0].isdigit() else name
        while name in names:
            name += "_"
        names.append(name)
    return names


def _annotate(schema: Schema, schemas: Schema) -> None:
    schema.setdefault("x-example", repr(example(schema, schemas)))
    for part in _properties(schema).values():
        _annotate(part, schemas)


def _properties(schema: Schema) -> dict[str, Schema]:
    found: Schema = schema.get("properties") or {}
    return {name: part for name, part in found.items() if part not in (True, False)}


def example(schema: Schema, schemas: Schema, seen: tuple[str, ...] = ()) -> Any:
    """Return plain data that fits a schema; a schema inside itself, or not there, is empty."""
    given = [schema[word] for word in ("const", "example") if word in schema]
    given += [schema[word][0] for word in ("examples", "enum") if schema.get(word)]
    if given:
        return given[0]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {} if name in seen else example(schemas.get(name, {}), schemas, (*seen, name))
    choices = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    if choices:
        choice = next((each for each in choices if each.get("type") != "null"), choices[0])
        return example(choice, schemas, seen)
    if "allOf" in schema or "properties" in schema:
        return _object(schema, schemas, seen)
    return _value(schema, schemas, seen)


def _object(schema: Schema, schemas: Schema, seen: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        found |= example(part, schemas, seen)
    for name, part in _properties(schema).items():
        if not part.get("x-client-side"):
            found[name] = example(part, schemas, seen)
    return found


def _value(schema: Schema, schemas: Schema, seen: tuple[str, ...]) -> Any:
    named = schema.get("type", "object")
    kinds: list[str] = [named] if isinstance(named, str) else named
    kind = next((each for each in kinds if each != "null"), "null")
    if kind == "array":
        return [example(schema.get("items") or {}, schemas, seen)]
    if schema.get("additionalProperties") not in (None, True, False):
        return {"key": example(schema["additionalProperties"], schemas, seen)}
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(kind, {}))
