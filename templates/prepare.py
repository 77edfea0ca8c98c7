"""Prepare a contract for the generator, which drops the `examples` of OpenAPI 3.1's schemas.

Each schema gets an `x-example`: its example as a Python literal, put together from its parts where
it has none of its own. Extensions reach the templates; everything else stays as it is.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

_BY_FORMAT = {
    "date-time": "2026-03-14T15:05:19.083Z",
    "date": "2026-03-14",
    "uuid": "b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951",
    "uri": "https://example.org/",
}
_BY_TYPE = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """Reads YAML as JSON is meant: a date is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def prepared(text: str) -> str:
    """Return the contract as JSON, with an `x-example` on every schema.

    Raises:
        yaml.YAMLError: the text is neither YAML nor JSON; the message names the line.
    """
    contract = yaml.load(text, _Loader)  # noqa: S506 - derived from the safe loader
    schemas = contract.get("components", {}).get("schemas", {})
    for schema in schemas.values():
        _annotate(schema, schemas)
    return json.dumps(contract)


def _annotate(schema: Any, schemas: dict[str, Any]) -> None:
    if not isinstance(schema, dict):
        return
    schema.setdefault("x-example", repr(example(schema, schemas)))
    for part in schema.get("properties", {}).values():
        _annotate(part, schemas)


def example(schema: Any, schemas: dict[str, Any], seen: tuple[str, ...] = ()) -> Any:
    """Return plain data that fits a schema; a schema inside itself stays empty."""
    for word in ("const", "example"):
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        if schema.get(word):
            return schema[word][0]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {} if name in seen else example(schemas[name], schemas, (*seen, name))
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if choice.get("type") != "null":
            return example(choice, schemas, seen)
    if "allOf" in schema or "properties" in schema:
        return _object(schema, schemas, seen)
    kinds = schema.get("type", "object")
    kind = next((k for k in kinds if k != "null"), "null") if isinstance(kinds, list) else kinds
    if kind == "array":
        return [example(schema.get("items", {}), schemas, seen)]
    if isinstance(schema.get("additionalProperties"), dict):
        return {"key": example(schema["additionalProperties"], schemas, seen)}
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(kind, {}))


def _object(schema: dict[str, Any], schemas: dict[str, Any], seen: tuple[str, ...]) -> Any:
    found: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        found |= example(part, schemas, seen)
    for name, part in schema.get("properties", {}).items():
        if not part.get("x-client-side"):
            found[name] = example(part, schemas, seen)
    return found
