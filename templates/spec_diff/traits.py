"""Reads schemas into classes and types: the very ones that the generator makes of them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeGuard

from contract.build import schemas_of
from contract.names import member_names
from contract.places import replace_schemas
from contract.references import Pointers, Schema, as_list, as_object, component, is_object
from contract.render import names_given
from contract.schemas import Field, Made
from contract.types import Kind
from spec_diff.surface import NONE, Bound, Class, Part, Type, Types

KIND = "x-spec-diff-kind"
"""Where a schema outside of the named ones tells its kind, once they are read."""

_SHOWN = {
    "DateTime": "datetime",
    "Timestamp": "datetime",
    "TimeOfDay": "time",
    "Uuid": "UUID",
    "Base64": "bytes",
    "Binary": "bytes",
    "DecimalText": "Decimal",
    "DecimalNumber": "Decimal",
    "Secret": "str",
}
_IN_TYPES = frozenset(("date-time", "date", "time", "uuid", "byte", "binary", "decimal"))
_TEXTS = frozenset(
    (
        *("$comment", "description", "example", "examples", "externalDocs", "summary", "title"),
        *("xml", "x-codeSamples", "x-enum-descriptions"),
    )
)
# What types, names and kinds of classes follow from; the rest of a schema are its traits.
_SEEN = frozenset(
    (
        *("$ref", "$defs", "additionalProperties", "allOf", "anyOf", "deprecated", "discriminator"),
        *(
            "items",
            "nullable",
            "oneOf",
            "properties",
            "required",
            "type",
            "x-enum-varnames",
            "x-enumNames",
            KIND,
        ),
    )
)


_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
_OURS = frozenset(("x-client-side", "x-event-type", "x-secret", "x-unit"))
"""What of `x-…` is seen by users; the rest is others' own."""


class Reader:
    """The classes of a contract."""

    def __init__(self, contract: Schema) -> None:
        """Read them, and tell wherever else a schema stands of what kind it is."""
        self.contract = contract
        self._pointers = Pointers(contract)
        schemas = schemas_of(contract)

        def placed(holder: Schema, hint: str) -> Schema:
            schema = holder["schema"]
            return {**self._flat(schema), KIND: schemas.kind(schema, hint)}

        replace_schemas(contract, placed)
        self._made = {made.name: made for made in schemas.kept()}
        self.names = schemas.classes
        self.classes = {name: self._class(made) for name, made in self._made.items()}

    def _class(self, made: Made) -> Class:
        node = as_object(made.source)
        common: dict[str, Any] = {
            "name": made.name,
            "traits": traits(node, but=("const", "default", "enum", "format")),
            "texts": texts(node),
            "deprecated": node.get("deprecated") is True,
        }
        if made.values:
            given = names_given(node)
            told = as_list(node.get("x-enum-descriptions"))
            common["texts"] |= {"x-enum-descriptions": dict(zip(made.values, told, strict=False))}
            members = dict(zip(made.values, member_names(made.values, given), strict=False))
            return Class(kind="enum", members=members, **common)
        if made.choices:
            if made.tag:
                tag = {"propertyName": made.tag, "mapping": made.mapping}
                common["traits"] |= {"discriminator": tag}
            variants = frozenset(each for kind in made.choices for each in types_of(kind))
            return Class(kind="choice", variants=variants - {NONE}, **common)
        if node.get("additionalProperties") is False:
            common["traits"] |= {"other fields": "none"}
        parts = {each.wire: self._part(made, each) for each in made.fields}
        return Class(kind="model", parts=parts, bases=tuple(self._bases(made)), **common)

    def _bases(self, made: Made) -> Iterator[str]:
        while made.base in self._made:
            yield made.base
            made = self._made[made.base]

    def _part(self, made: Made, field: Field) -> Part:
        types = types_of(field.kind)
        node = self._flat(field.source)
        owner = self._owner(made, field)
        return part((field.wire, field.name), types, node, required=field.required, owner=owner)

    def _owner(self, made: Made, field: Field) -> str:
        """Return the class that declares a field, which may be a base of one that has it."""
        while field.inherited and made.base in self._made:
            made = self._made[made.base]
            field = next(each for each in made.fields if each.wire == field.wire)
        return made.name

    def _flat(self, schema: Any, seen: frozenset[str] = frozenset()) -> Schema:
        """Return a schema with what it refers to, where that is no class of its own."""
        node = as_object(schema)
        target = node.get("$ref")
        found: Schema = {}
        if isinstance(target, str) and target not in seen:
            name = component(target)
            aimed = as_object(self._pointers.follow(target))
            if name is None or not _is_class(aimed):
                found |= self._flat(aimed, seen | {target})
        choices = [*as_list(node.get("allOf")), *_only(node)]
        for each in choices if not _is_class(node) else ():
            found |= self._flat(each, seen)
        return found | {key: value for key, value in node.items() if key != "$ref"}


def _only(node: Schema) -> list[Any]:
    """Return the one choice that is not null, if there is but one."""
    choices = [*as_list(node.get("oneOf")), *as_list(node.get("anyOf"))]
    found = [each for each in choices if as_object(each).get("type") != "null"]
    return found if len(found) == 1 else []


def _is_class(node: Schema) -> bool:
    return any(node.get(word) for word in ("properties", "enum", "const", "discriminator"))


def types_of(kind: Kind) -> Types:
    """Return the types of a kind."""
    return parsed(kind.annotation)


@cache
def parsed(annotation: str) -> Types:
    """Return the types that an annotation names."""
    return _union(ast.parse(annotation, mode="eval").body)


def _union(node: ast.expr) -> Types:
    match node:
        case ast.BinOp(left=left, right=right):
            return _union(left) | _union(right)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple(elts=[_, item])):
            return frozenset({Type(name, _union(item))})
        case ast.Subscript(value=ast.Name(id=name), slice=item):
            return frozenset({Type(name, _union(item))})
        case ast.Name(id=name):
            return frozenset({Type(_SHOWN.get(name, name))})
        case _:
            return frozenset({NONE})


def part(  # noqa: PLR0913 - one keyword for what an argument and a field differ in
    names: tuple[str, str],
    types: Types,
    node: Schema,
    *,
    required: bool,
    owner: str = "",
    place: str = "",
    more: Mapping[str, Any] | None = None,
) -> Part:
    """Return a field of a model, or an argument, by its names on the wire and in Python."""
    return Part(
        name=names[1],
        wire=names[0],
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
    left_out = {*_TEXTS, *_SEEN, *_BOUNDS, *but}
    found = {key: value for key, value in node.items() if key not in left_out}
    found = {key: value for key, value in found.items() if key in _OURS or key[:2] != "x-"}
    found |= _bounds(node)
    if _is_enum(node):
        found = {key: value for key, value in found.items() if key not in ("const", "enum")}
    if found.get("format") in _IN_TYPES:
        del found["format"]
    inner = traits(as_object(node.get("items"))) if is_object(node.get("items")) else {}
    return found | {f"items: {key}": value for key, value in inner.items()}


def _bounds(node: Schema) -> dict[str, Bound]:
    """Return the least and the most that a number may be, however the contract says it."""
    found: dict[str, Bound] = {}
    for word, beyond in (
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ):
        own, other = node.get(word), node.get(beyond)
        bounds = [Bound(value=own, is_open=other is True)] if _is_number(own) else []
        bounds += [Bound(value=other, is_open=True)] if _is_number(other) else []
        if bounds:
            found[word] = max(bounds, key=lambda each: each.tightness(word))
    return found


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_enum(node: Schema) -> bool:
    """Tell whether its values are members of a class, which tells of them."""
    values: list[object] = [node["const"]] if "const" in node else as_list(node.get("enum"))
    found = {type(each) for each in values if each is not None}
    return found in ({str}, {int})


def texts(node: Schema) -> dict[str, Any]:
    """Return what a schema says to readers."""
    found = {key: value for key, value in node.items() if key in _TEXTS}
    if "example" in found:  # as OpenAPI 3.0 says it
        found["examples"] = [found.pop("example"), *as_list(found.get("examples"))]
    inner = texts(as_object(node.get("items"))) if is_object(node.get("items")) else {}
    return found | {f"items: {key}": value for key, value in inner.items()}
