"""Examples: plain data that fits a schema, put together from its parts where it has none itself."""

from __future__ import annotations

import re
from typing import Any

from contract.api import Type
from contract.references import (
    COMPONENT,
    ContractError,
    Pointers,
    Schema,
    as_list,
    as_object,
    is_list,
    is_object,
)

_BY_FORMAT = {
    "date-time": "2026-03-14T15:05:19.083Z",
    "date": "2026-03-14",
    "time": "15:05:19Z",
    "uuid": "b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951",
    "uri": "https://example.org/",
    "byte": "dGV4dA==",
    "decimal": "1.50",
}
_BY_TYPE: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}


_DEEPEST = 20
"""An example that refers on and on shows nobody anything."""

_LARGEST = 300
"""Nor does one of more values: schemas that all refer to each other have examples without end."""


def fitted(example: Any, type_: Type, *, in_path: bool = False) -> Any:
    """Return an example of an argument as its type has it, if the contract spells it otherwise."""
    name, text = type_.name, str(example)
    if name == "list":
        items = example if is_list(example) else [example]
        return [fitted(each, type_.items[0]) for each in items]
    if type_.role or type_.items or name in ("Any", "|"):
        found = example
    elif name == "bool":
        found = text.lower() == "true"
    elif name == "int":
        found = int(text) if re.fullmatch(r"-?\d{1,18}", text) else 1
    elif name in ("float", "int | float"):
        found = example if type(example) in (int, float) else 1.5
    else:
        found = text if type(example) in (str, int, float) else "text"
    return "text" if in_path and found in ("", None, [], {}) else found


class _InsideItself(Exception):  # noqa: N818 - a way out, and no error
    pass


class Examples:
    """Makes examples for the schemas of one contract."""

    def __init__(self, pointers: Pointers) -> None:
        """Follow references with these pointers."""
        self._pointers = pointers
        self._known: dict[str, Any] = {}
        self._open: set[str] = set()

    def of(self, schema: Any) -> Any:
        """Return an example; it ends where a schema is inside itself."""
        try:
            return self._of(schema)
        except _InsideItself:
            return [] if self._is_list(schema) else {}

    def _is_list(self, schema: Any) -> bool:
        seen: list[Any] = []
        while is_object(schema) and "$ref" in schema and schema not in seen:
            seen.append(schema)
            schema = self._pointers.follow(schema["$ref"])
        return is_object(schema) and schema.get("type") == "array"

    def _of(self, schema: Any) -> Any:
        if not is_object(schema):
            return {}
        given = [schema[word] for word in ("const", "example") if word in schema]
        given += [
            schema[word][0]
            for word in ("examples", "enum")
            if is_list(schema.get(word)) and schema[word]
        ]
        if given:
            return given[0]
        if "$ref" in schema:
            return self._of_reference(schema["$ref"])
        choices = [*as_list(schema.get("oneOf")), *as_list(schema.get("anyOf"))]
        if choices and not schema.get("properties"):
            return self._of(next((each for each in choices if not _is_null(each)), choices[0]))
        if schema.get("allOf") or schema.get("properties"):
            return self._of_object(schema)
        return self._of_value(schema)

    def _of_reference(self, ref: str) -> Any:
        if ref in self._open or len(self._open) >= _DEEPEST:
            raise _InsideItself
        if ref not in self._known:
            self._open.add(ref)
            try:
                target = self._pointers.follow(ref)
                self._known[ref] = self._as_subtype(target, self._of(target))
            except ContractError:
                return {}
            finally:
                self._open.discard(ref)
        return self._known[ref]

    def _as_subtype(self, base: Any, found: Any) -> Any:
        """Return an example of a base as one of the subtype that its discriminator names."""
        rule = as_object(as_object(base).get("discriminator"))
        tag, mapping = str(rule.get("propertyName")), as_object(rule.get("mapping"))
        if not mapping or not is_object(found) or not (base.get("properties") or "allOf" in base):
            return found
        value = found[tag] if found.get(tag) in mapping else next(iter(mapping))
        ref = str(mapping[value])
        try:
            return {
                **self._of({"$ref": ref if ref.startswith("#/") else COMPONENT + ref}),
                tag: value,
            }
        except (ContractError, _InsideItself, TypeError):
            return found

    def _base_alone(self, part: Any) -> Any:
        """Return a base whose subtype is being made without its subtypes; others unchanged."""
        ref = part.get("$ref") if is_object(part) else None
        base = as_object(self._pointers.follow(ref)) if ref in self._open else {}
        if "discriminator" not in base:
            return part
        return {"properties": base.get("properties"), "required": base.get("required")}

    def _of_object(self, schema: Schema) -> Any:
        found: dict[str, Any] = {}
        for part in as_list(schema.get("allOf")):
            each = self._of(self._base_alone(part))
            if not is_object(each):
                return each
            found |= each
        size = _size(found)
        needed = as_list(schema.get("required"))
        for name, part in as_object(schema.get("properties")).items():
            if is_object(part) and not part.get("x-client-side"):
                try:
                    found[name] = self._small(part, _LARGEST - size)
                    size += _size(found[name])
                except _InsideItself:
                    if name in needed:
                        raise
        return found

    def _small(self, part: Schema, most: int) -> Any:
        found = self._of(part)
        if _size(found) > most:
            raise _InsideItself
        return found

    def _of_value(self, schema: Schema) -> Any:
        named = schema.get("type", "array" if "items" in schema else "object")
        kinds: list[str] = [named] if isinstance(named, str) else named
        kind = next((each for each in kinds if each != "null"), "null")
        if kind == "array":
            try:
                return [self._of(as_object(schema.get("items")))]
            except _InsideItself:
                return []
        if schema.get("additionalProperties") not in (None, True, False):
            return {"key": self.of(schema["additionalProperties"])}
        return _BY_FORMAT.get(str(schema.get("format", "")), _BY_TYPE.get(kind, {}))


def _size(value: Any) -> int:
    parts = value.values() if is_object(value) else value if is_list(value) else ()
    return 1 + sum(map(_size, parts))


def _is_null(schema: Any) -> bool:
    return is_object(schema) and schema.get("type") == "null"
