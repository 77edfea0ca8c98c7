"""Subtypes: which named schemas inherit from which, and what tells them apart.

A schema with a discriminator of its own is a base: whatever names it in an `allOf` is its subtype,
and a reference to it may hold any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contract.references import Schema, as_list, as_object, component, is_object, last_part


class Subtypes:
    """The bases and subtypes of one contract."""

    def __init__(self, raw: Schema) -> None:
        """Read them off the named schemas."""
        self._raw = raw
        self._parents = {name: list(parents(schema)) for name, schema in raw.items()}
        self._subtypes: dict[str, list[str]] = {}
        for name in raw:
            for base in self._line(name):
                if self._tagged(base):
                    self._subtypes.setdefault(base, []).append(name)

    def of(self, name: str) -> list[str]:
        """Return the subtypes of a base; empty if there are none."""
        return self._subtypes.get(name, [])

    def is_one(self, name: str) -> bool:
        """Return whether a schema is a subtype of a base."""
        return any(name in each for each in self._subtypes.values())

    def tag(self, base: str) -> str:
        """Return the field that tells subtypes apart."""
        return str(self._discriminator(self._tagged(base))["propertyName"])

    def named(self, base: str) -> dict[str, str]:
        """Return which of them each value of that field names: those of the contract, or itself."""
        known = [*self.of(base), base]
        mapping = as_object(self._discriminator(self._tagged(base)).get("mapping"))
        found = {value: last_part(ref) for value, ref in mapping.items()}
        found = {value: name for value, name in found.items() if name in known}
        for name in known:
            if name not in found.values():
                found.setdefault(name, name)
        return dict(sorted(found.items()))

    def _line(self, name: str) -> list[str]:
        """Return the base classes of a schema, the nearest first."""
        line: list[str] = []
        waiting = list(self._parents.get(name, ()))
        while waiting:
            each = waiting.pop(0)
            if each not in line and each != name and each in self._raw:
                line.append(each)
                waiting += self._parents[each]
        return line

    def _tagged(self, name: str) -> str:
        """Return the schema, this one or a base, whose discriminator tells; or an empty text."""
        return next((each for each in (name, *self._line(name)) if self._discriminator(each)), "")

    def _discriminator(self, name: str) -> Schema:
        schema = as_object(self._raw.get(name))
        is_base = schema.get("properties") or schema.get("allOf")
        return as_object(schema.get("discriminator")) if is_base else {}


def parents(schema: Any) -> Iterator[str]:
    """Give the names of the schemas that one inherits from, in its order."""
    for part in as_list(schema.get("allOf")) if is_object(schema) else ():
        name = component(part["$ref"]) if is_object(part) and "$ref" in part else None
        if name is not None:
            yield name
