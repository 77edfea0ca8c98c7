"""Examples: plain data that fits a schema, put together from its parts where it has none itself."""

from __future__ import annotations

from typing import Any

from contract.references import (
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
            return {}

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
                self._known[ref] = self._of(self._pointers.follow(ref))
            except ContractError:
                return {}
            finally:
                self._open.discard(ref)
        return self._known[ref]

    def _of_object(self, schema: Schema) -> Any:
        found: dict[str, Any] = {}
        for part in as_list(schema.get("allOf")):
            each = self._of(part)
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
