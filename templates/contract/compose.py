"""Compose: convert schemas to equivalent ones without allOf, lists of types and nulls in choices.

An object that also has a choice (`properties` beside `oneOf`) becomes one object: the fields of all
choices are optional fields of it, so that each can be read and none is lost.
"""

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

_NOTES = frozenset(
    """
    description title summary example examples default deprecated readOnly writeOnly nullable
    externalDocs xml $comment const enum type format discriminator required not if then else
    minProperties maxProperties $schema $id $anchor unevaluatedProperties pattern minLength
    maxLength minimum maximum minItems maxItems exclusiveMinimum exclusiveMaximum
    """.split()
)
"""What beside a `$ref` or an `allOf` of one changes nothing of what the data may hold."""

_MOST_FOLLOWED = 20_000
"""References in one schema: more are an attempt to use up memory."""

_CHOICES = ("oneOf", "anyOf")
_TOLD_OF_VALUES = ("x-enum-varnames", "x-enumNames", "x-enum-descriptions")


def is_structural(schema: Any) -> bool:
    """Return whether a schema has more than annotations and bounds."""
    return is_object(schema) and any(
        key not in _NOTES and not key.startswith("x-") for key in schema
    )


def says_something(schema: Any) -> bool:
    """Return whether a schema determines the type of the data."""
    return is_structural(schema) or (
        is_object(schema) and any(key in schema for key in ("type", "enum", "const"))
    )


_BOUNDS = frozenset({"required", "not", "if", "then", "else", "minProperties", "maxProperties"})


def _is_bound(schema: Any) -> bool:
    """Return whether a schema only states which fields are present."""
    return is_object(schema) and not says_something(schema) and bool(_BOUNDS & schema.keys())


class Composer:
    """Simplifies the schemas of one contract."""

    def __init__(self, pointers: Pointers) -> None:
        """Follow references with these pointers."""
        self._pointers = pointers
        self._followed = 0

    def simple(self, schema: Any, seen: frozenset[str] = frozenset()) -> tuple[Schema, bool]:
        """Return a schema that has a `$ref`, a choice or a type and nothing beside, and its null.

        Raises:
            ContractError: a reference leads nowhere, or this is no schema.
        """
        if not is_object(schema):
            if isinstance(schema, bool | None):
                return {}, False
            raise ContractError(f"a schema is an object, and this is none: {str(schema)[:60]}")
        null = schema.get("nullable") is True
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "nullable")}
        if "$ref" in schema:
            if not is_structural(rest):
                return {"$ref": schema["$ref"]}, null
            schema = {"allOf": [{"$ref": schema["$ref"]}, rest]}
        if schema.get("allOf"):
            found, inner = self._all_of(schema, seen)
        else:
            schema, inner = _without_null(schema)
            found, also = self._chosen(schema, seen)
            inner = inner or also
        return found, null or inner

    def _chosen(self, schema: Schema, seen: frozenset[str]) -> tuple[Schema, bool]:
        """Return a schema without allOf or null as one type, or as a choice of several."""
        choices = self._choices(schema)
        if choices is None:
            return _typed(schema), False
        if schema.get("properties"):
            return self.merged([schema], seen)[0], False
        gone = (*_CHOICES, "items", "type")
        rest = {key: value for key, value in schema.items() if key not in gone}
        if len(choices) > 1:
            return {**rest, "oneOf": choices}, False
        found, null = self.simple(choices[0], seen)
        notes = {key: value for key, value in rest.items() if key not in ("required", "enum")}
        return (found if "$ref" in found else {**notes, **found}), null

    def _choices(self, schema: Schema) -> list[Any] | None:
        """Return the alternatives of a schema that say what the data is; None without any."""
        for word in _CHOICES:
            if found := [each for each in as_list(schema.get(word)) if not _is_bound(each)]:
                return found
        return None

    def _all_of(self, schema: Schema, seen: frozenset[str]) -> tuple[Schema, bool]:
        rest = {key: value for key, value in schema.items() if key not in ("allOf", "nullable")}
        parts = [each for each in schema["allOf"] if says_something(each) or _is_bound(each)]
        if len(parts) == 1 and not is_structural(rest):
            found, null = self.simple(parts[0], seen)
            return (found if "$ref" in found else {**rest, **found}), null
        return self.merged([*parts, rest], seen)

    def merged(self, parts: list[Any], seen: frozenset[str] = frozenset()) -> tuple[Schema, bool]:
        """Return one schema with what all parts state, and whether all allow null."""
        whole: Schema = {}
        nulls: list[bool] = []
        if not seen:
            self._followed = 0
        for part in parts:
            found, null = self._expanded(part, seen)
            if says_something(found):
                nulls.append(null)
            _absorb(whole, found)
        found = whole if "oneOf" in whole else _typed(whole)
        return found, bool(nulls) and all(nulls)

    def _expanded(self, part: Any, seen: frozenset[str]) -> tuple[Schema, bool]:
        """Return a part without references, its choices among its properties."""
        if not is_object(part):
            return {}, False
        null = part.get("nullable") is True
        if "$ref" in part:
            ref = part["$ref"]
            if ref in seen:
                return {}, False
            target = self._pointers.follow(ref)
            self._followed += 1
            if self._followed > _MOST_FOLLOWED:
                raise ContractError(f"$ref {ref}: one schema refers to too many others")
            if not is_object(target):
                return {}, False
            found, inner = self._expanded(target, seen | {ref})
            found = {key: value for key, value in found.items() if key not in _OWN}
            rest = {key: value for key, value in part.items() if key != "$ref"}
            _absorb(found, rest)
            return found, null or inner
        part, inner = _without_null(part)
        null = null or inner
        whole: Schema = {}
        for each in part.get("allOf", ()):
            found, _ = self._expanded(each, seen)
            _absorb(whole, found)
        rest = {key: value for key, value in part.items() if key not in ("allOf", *_CHOICES)}
        _absorb(whole, rest)
        choices = self._choices(part)
        if choices:
            self._absorb_choices(whole, choices, seen)
        return whole, null

    def _absorb_choices(self, whole: Schema, choices: list[Any], seen: frozenset[str]) -> None:
        expanded = [self._expanded(each, seen)[0] for each in choices]
        if not all("properties" in each or each.get("type") == "object" for each in expanded):
            if not whole.get("properties"):
                whole["oneOf"] = choices
            return
        for each in expanded:
            for name, value in as_object(each.get("properties")).items():
                properties = whole.setdefault("properties", {})
                known = properties.get(name)
                if known is None:
                    properties[name] = value
                elif known != value:
                    properties[name] = _either(known, value)
        whole.setdefault("type", "object")


_OWN = frozenset({"description", "title", "example", "examples", "discriminator", "default"})
"""What is said of a schema itself, and not of those that are made with it."""


def _absorb(whole: Schema, part: Schema) -> None:
    """Add a part to a schema; if both state something, the later part wins."""
    for key, value in part.items():
        if key == "properties":
            found = dict(as_object(whole.get("properties")))
            for name, each in value.items():
                found[name] = _both(found[name], each) if name in found else each
            whole["properties"] = found
        elif key == "required":
            whole["required"] = list(dict.fromkeys([*whole.get("required", ()), *value]))
        elif key == "enum" and "enum" in whole:
            whole["enum"] = [each for each in whole["enum"] if each in value] or value
        elif key == "additionalProperties" and value is False and key in whole:
            continue
        else:
            whole[key] = value


def _both(one: Any, other: Any) -> Any:
    """Return the schema of a property that two parts of an allOf describe."""
    if one == other or not is_object(one) or not says_something(other):
        if is_object(one) and is_object(other):
            return {**one, **{key: value for key, value in other.items() if key in _NOTES}}
        return one
    if not says_something(one):
        return {**one, **other}
    objects = ["properties" in each or "$ref" in each or "allOf" in each for each in (one, other)]
    return {"allOf": [one, other]} if all(objects) else other


def _either(one: Any, other: Any) -> Schema:
    """Return the schema of a property that two alternatives describe."""
    known: list[Any] = one["anyOf"] if is_object(one) and one.get("x-either") else [one]
    return {"anyOf": [*known, other] if other not in known else known, "x-either": True}


def _is_null(schema: Any) -> bool:
    return is_object(schema) and (
        schema.get("type") in ("null", ["null"])
        or schema.get("enum") == [None]
        or ("const" in schema and schema["const"] is None)
    )


def _without_null(schema: Schema) -> tuple[Schema, bool]:
    """Take null out of types, enums and choices; return whether it was there."""
    found, null = dict(schema), _is_null(schema)
    if null:
        gone = ("type", "const", "enum")
        return {key: value for key, value in found.items() if key not in gone}, True
    named = found.get("type")
    if is_list(named):
        kinds = [each for each in named if each != "null"]
        null = len(kinds) < len(named)
        found["type"] = kinds[0] if len(kinds) == 1 else kinds
    values = found.get("enum")
    if is_list(values) and None in values:
        told = {word: found[word] for word in _TOLD_OF_VALUES if is_list(found.get(word))}
        for word, each in (("enum", values), *told.items()):
            pairs = zip(each, values, strict=False)
            found[word], null = [part for part, value in pairs if value is not None], True
    for word in _CHOICES:
        if is_list(found.get(word)):
            left = [each for each in found[word] if not _is_null(each)]
            null = null or len(left) < len(found[word])
            found[word] = left
    return found, null


def _typed(schema: Schema) -> Schema:
    """Return a schema with a single type, or a choice if it has several types."""
    named = schema.get("type")
    if is_list(named):
        gone = ("type", *_CHOICES)
        rest = {key: value for key, value in schema.items() if key not in gone}
        return {"oneOf": [{**rest, "type": each} for each in named]} if named else rest
    found = {key: value for key, value in schema.items() if key not in _CHOICES}
    if "type" not in found:
        if any(key in found for key in ("properties", "additionalProperties", "patternProperties")):
            found["type"] = "object"
        elif "prefixItems" in found:
            found["type"] = "array"
        else:
            values = found.get("enum") or ([found["const"]] if "const" in found else [])
            kinds = {_type_of(each) for each in values}
            if len(kinds) == 1:
                found["type"] = kinds.pop()
            elif kinds:
                return {**found, "oneOf": [{"type": each} for each in sorted(kinds)]}
    return found


def _type_of(value: Any) -> str:
    kinds: dict[Any, str] = {bool: "boolean", str: "string", int: "integer", float: "number"}
    return kinds.get(value.__class__, "array" if is_list(value) else "object")
