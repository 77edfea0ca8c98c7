"""Reads schemas into classes and types, as the generator makes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from spec_diff import names
from spec_diff.source import Schema, SourceError, followed
from spec_diff.surface import ANY, NONE, Class, Part, Type, Types

_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_BY_FORMAT = {
    "date-time": "datetime",
    "date": "date",
    "uuid": "UUID",
    "decimal": "Decimal",
    "byte": "bytes",
    "binary": "bytes",
}
_TEXTS = frozenset(
    (
        *("$comment", "description", "example", "examples", "externalDocs", "summary", "title"),
        *("xml", "x-codeSamples", "x-enum-descriptions"),
    )
)
# What the types, names and kinds of classes follow from; the rest of a schema are its traits.
_SEEN = frozenset(
    (
        *("$ref", "$defs", "additionalProperties", "allOf", "anyOf", "deprecated", "enum", "items"),
        *("nullable", "oneOf", "properties", "required", "type", "x-enum-varnames"),
    )
)
_PREFIX = "#/components/schemas/"


class Schemas:
    """The schemas of a contract, and the classes that come to light while types are read."""

    def __init__(self, contract: Schema) -> None:
        """Read all that are named."""
        self._contract = contract
        components: Schema = contract.get("components") or {}
        named: dict[str, object] = components.get("schemas") or {}
        self._named: dict[str, Schema] = {name: as_schema(schema) for name, schema in named.items()}
        self.classes: dict[str, Class] = {}
        self._inner_names: dict[int, str] = {}  # by the identity of their schemas
        for name, schema in self._named.items():
            if self._is_class(schema):
                self._add(names.class_name(name), schema)

    def types(self, schema: object, hint: str, seen: frozenset[str] = frozenset()) -> Types:
        """Return the types of what a schema describes; a class within is called as hinted."""
        if not isinstance(schema, dict):
            return ANY
        node = cast("Schema", schema)
        null: Types = frozenset({NONE}) if _is_nullable(node) else frozenset()
        return self._own_types(node, hint, seen) | null

    def _own_types(self, node: Schema, hint: str, seen: frozenset[str]) -> Types:
        target = node.get("$ref")
        if isinstance(target, str):
            return self._target_types(target, hint, seen)
        for word in ("oneOf", "anyOf"):
            if word in node:
                return self._choice(node[word], hint, seen)
        if "allOf" in node and "properties" not in node:
            parts = _listed(node["allOf"])
            if len(parts) == 1:
                return self.types(parts[0], hint, seen)
        if self._is_class(node):
            return self._inner(node, hint)
        if "const" in node and "type" not in node:
            return frozenset({_type_of(node["const"])})
        kinds = [each for each in _kinds(node) if each != "null"]
        found = [self._plain(node, kind, hint, seen) for kind in kinds]
        return frozenset(found) or ANY

    def _target_types(self, target: str, hint: str, seen: frozenset[str]) -> Types:
        name = target.removeprefix(_PREFIX)
        if name in self._named:
            schema = self._named[name]
            if self._is_class(schema):
                return frozenset({Type(names.class_name(name))})
            return ANY if name in seen else self.types(schema, hint, seen | {name})
        return self.types(followed(self._contract, {"$ref": target}), hint, seen | {target})

    def _choice(self, choices: object, hint: str, seen: frozenset[str]) -> Types:
        found: Types = frozenset()
        for place, each in enumerate(_listed(choices), 1):
            found |= self.types(each, f"{hint}OneOf{place if place > 1 else ''}", seen)
        return found or ANY

    def _plain(self, node: Schema, kind: str, hint: str, seen: frozenset[str]) -> Type:
        if kind == "array":
            return Type("list", self.types(node.get("items"), f"{hint}Inner", seen))
        if kind == "object":
            return Type("dict", self.types(node.get("additionalProperties"), f"{hint}Value", seen))
        if kind in ("string", "number"):
            return Type(_BY_FORMAT.get(str(node.get("format")), _PLAIN[kind]))
        return Type(_PLAIN.get(kind, "Any"))

    def _inner(self, node: Schema, hint: str) -> Types:
        """Return the class of a schema inside of another one."""
        if id(node) in self._inner_names:  # of a base: its heirs have it too
            return frozenset({Type(self._inner_names[id(node)])})
        title = node.get("title")
        wanted = names.class_name(title) if isinstance(title, str) and title else hint
        name, number = wanted, 1
        while name in self.classes:
            number += 1
            name = f"{wanted}{number}"
        self._inner_names[id(node)] = name
        self._add(name, node)
        return frozenset({Type(name)})

    def _is_class(self, node: Schema) -> bool:
        if _texts_of_enum(node) or node.get("properties") or node.get("discriminator"):
            return True
        for word in ("oneOf", "anyOf"):
            choices = [each for each in _listed(node.get(word)) if not _is_null(each)]
            if len(choices) > 1:
                return any(self._leads_to_class(each, frozenset()) for each in choices)
        return len(_listed(node.get("allOf"))) > 1

    def _leads_to_class(self, node: object, seen: frozenset[str]) -> bool:
        if not isinstance(node, dict):
            return False
        schema = cast("Schema", node)
        name = str(schema.get("$ref", "")).removeprefix(_PREFIX)
        if name in self._named:
            target = self._named[name]
            if name in seen:
                return False
            return (
                "oneOf" in target
                or "anyOf" in target
                or self._leads_to_class(target, seen | {name})
                or self._is_class(target)
            )
        return self._is_class(schema)

    def _add(self, name: str, node: Schema) -> None:
        values = _texts_of_enum(node)
        common: dict[str, Any] = {
            "name": name,
            "traits": traits(node, but=("const", "default", "discriminator", "format"))
            | _discriminator(node),
            "texts": texts(node),
            "deprecated": node.get("deprecated") is True,
        }
        self.classes[name] = Class(kind="model", **common)  # so that it may be inside of itself
        if values:
            given: list[str] = node.get("x-enum-varnames") or []
            told = dict(zip(values, node.get("x-enum-descriptions") or [], strict=False))
            common["texts"] = {**common["texts"], "x-enum-descriptions": told}
            found = Class(kind="enum", members=names.members(values, given), **common)
        elif not self._has_fields(node) and ("oneOf" in node or "anyOf" in node):
            variants = self._choice(node.get("oneOf") or node.get("anyOf"), name, frozenset())
            found = Class(kind="choice", variants=variants - {NONE}, **common)
        else:
            other = self._other_fields(node, name)
            common["traits"] = {**common["traits"], **other}
            found = Class(kind="model", parts=self.parts(node, name), **common)
        self.classes[name] = found

    def _has_fields(self, node: Schema) -> bool:
        return bool(node.get("properties") or node.get("allOf"))

    def _other_fields(self, node: Schema, name: str) -> dict[str, Any]:
        other = node.get("additionalProperties")
        if isinstance(other, dict) and other:
            return {"other fields": self.types(cast("Schema", other), f"{name}Value")}
        return {"other fields": "none"} if other is False else {}

    def parts(
        self, node: Schema, owner: str, seen: frozenset[str] = frozenset()
    ) -> dict[str, Part]:
        """Return the fields of a model by wire name, those of its bases included."""
        found: dict[str, Part] = {}
        for each in _listed(node.get("allOf")):
            if isinstance(each, dict):
                found |= self._base_parts(cast("Schema", each), owner, seen)
        properties: dict[str, object] = node.get("properties") or {}
        required = set(_listed(node.get("required")))
        for wire, schema in properties.items():
            own = as_schema(schema)
            types = self.types(schema, owner + names.class_name(wire))
            found[wire] = part(wire, types, own, required=wire in required, owner=owner)
        for wire in required & found.keys() - properties.keys():
            found[wire] = replace(found[wire], required=True)
        return found

    def _base_parts(self, base: Schema, owner: str, seen: frozenset[str]) -> dict[str, Part]:
        target = base.get("$ref")
        if not isinstance(target, str):
            return self.parts(base, owner, seen)
        if target in seen:
            return {}
        name = names.class_name(target.rpartition("/")[2])
        return self.parts(followed(self._contract, base), name, seen | {target})


def _discriminator(node: Schema) -> dict[str, Any]:
    """Return which field tells variants apart, and the class that each value stands for."""
    found: Schema = node.get("discriminator") or {}
    if not found:
        return {}
    mapping: dict[str, str] = found.get("mapping") or {}
    kinds = {value: names.class_name(each.rpartition("/")[2]) for value, each in mapping.items()}
    return {"discriminator": {"propertyName": found.get("propertyName"), "mapping": kinds}}


def as_schema(value: object) -> Schema:
    """Return a schema; ``true`` and whatever else takes anything as an empty one."""
    return cast("Schema", value) if isinstance(value, dict) else {}


def part(  # noqa: PLR0913 - one keyword for what an argument and a field differ in
    wire: str,
    types: Types,
    node: Schema,
    *,
    required: bool,
    owner: str = "",
    place: str = "",
    more: Mapping[str, Any] | None = None,
) -> Part:
    """Return a field of a model, or an argument."""
    return Part(
        name=names.attribute(wire, "argument" if place else "field"),
        wire=wire,
        types=types,
        required=required,
        traits={**traits(node), **(more or {})},
        texts=texts(node),
        deprecated=node.get("deprecated") is True,
        owner=owner,
        place=place,
    )


def traits(node: Schema, but: Iterable[str] = ()) -> dict[str, Any]:
    """Return what a schema says besides types, names and texts; of items under ``items: …``."""
    left_out = {*_TEXTS, *_SEEN, *but}
    found = {key: value for key, value in node.items() if key not in left_out}
    values = _listed(node.get("enum"))
    if values and not _texts_of_enum(node):
        found["enum"] = [each for each in values if each is not None]
    formats = _BY_FORMAT if {"string", "number"} & set(_kinds(node)) else {}
    if found.get("format") in formats:
        del found["format"]
    if isinstance(node.get("items"), dict):
        inner = traits(cast("Schema", node["items"]))
        found |= {f"items: {key}": value for key, value in inner.items()}
    return found


def texts(node: Schema) -> dict[str, Any]:
    """Return what a schema says to readers."""
    found = {key: value for key, value in node.items() if key in _TEXTS}
    if isinstance(node.get("items"), dict):
        inner = texts(cast("Schema", node["items"]))
        found |= {f"items: {key}": value for key, value in inner.items()}
    return found


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value  # pyright: ignore[reportUnknownVariableType] - of JSON
    raise SourceError(f"a list is wanted where the contract says {value!r}"[:200])


def _kinds(node: Schema) -> list[str]:
    kind = node.get("type")
    if isinstance(kind, str):
        return [kind]
    if kind is None:
        return (
            ["object"] if "additionalProperties" in node else ["array"] if "items" in node else []
        )
    return [str(each) for each in _listed(kind)]


def _texts_of_enum(node: Schema) -> list[str]:
    values = [each for each in _listed(node.get("enum")) if each is not None]
    return values if all(isinstance(each, str) for each in values) else []


def _is_null(node: object) -> bool:
    return isinstance(node, dict) and cast("Schema", node).get("type") == "null"


def _is_nullable(node: Schema) -> bool:
    choices = [*_listed(node.get("oneOf")), *_listed(node.get("anyOf"))]
    return (
        node.get("nullable") is True
        or (isinstance(node.get("type"), list) and "null" in node["type"])
        or node.get("type") == "null"
        or None in _listed(node.get("enum"))
        or any(_is_null(each) for each in choices)
    )


def _type_of(value: object) -> Type:
    return Type(type(value).__name__ if isinstance(value, str | bool | int | float) else "Any")
