"""Schemas: each that the contract has, named or inside of another, as a class or as part of one.

Whatever way the contract says something, there is one way here: an enum, a choice, or an object
with all its fields, that name each other by their classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from contract import types as kinds
from contract.compose import Composer, is_structural, says_something
from contract.names import ClassNames, field_names, pascal
from contract.references import (
    COMPONENT,
    Pointers,
    Schema,
    as_list,
    as_object,
    component,
    is_object,
    last_part,
)
from contract.subtypes import Heirs, parents
from contract.types import Kind

_LONGEST = 200
"""A class inside a class inside … whose name gets longer has no end: it is left open."""

_LONGEST_WORD = 40
"""A title that is longer is a sentence, and makes no name."""

_FEW = 2
"""An enum of more values does not tell a variant by one of them."""


@dataclass(frozen=True)
class Field:
    """One field of a class."""

    wire: str
    name: str
    kind: Kind
    required: bool
    source: Schema
    inherited: bool = False


@dataclass
class Made:
    """One class: an enum, a choice or a model."""

    name: str
    source: Schema
    values: list[Any] = field(default_factory=list)
    choices: list[Kind] = field(default_factory=list)
    tag: str = ""
    mapping: dict[str, str] = field(default_factory=dict)
    other: str = ""
    fields: list[Field] = field(default_factory=list)
    base: str = ""
    extra: Kind | None = None
    """What the contract says of its additional properties."""

    @property
    def uses(self) -> tuple[str, ...]:
        """Return the classes that its annotations name."""
        own = [name for each in self.fields if not each.inherited for name in each.kind.uses]
        choices = [name for each in self.choices for name in each.uses]
        extra = self.extra.uses if self.extra else ()
        return tuple(dict.fromkeys([*own, *choices, *extra, *self.mapping.values()]))


class Schemas:
    """All classes of a contract, made as they are asked for."""

    def __init__(self, contract: Schema, names: ClassNames) -> None:
        """Name the named schemas; those that are named as classes are keep their names."""
        self.made: dict[str, Made] = {}
        self._raw: Schema = as_object(as_object(contract.get("components")).get("schemas"))
        self._pointers = Pointers(contract)
        self._composer = Composer(self._pointers)
        self._heirs = Heirs(self._raw)
        self._names = names
        self._in_utc = contract.get("x-times-in-utc") is True
        exact = {name: name for name in self._raw if pascal(name) == name and names.reserve(name)}
        self.classes = {name: exact.get(name) or names.unique(name) for name in self._raw}
        self._variants: dict[str, str] = {}
        self._kinds: dict[str, Kind] = {}
        self._open: set[str] = set()
        self._recursive: set[str] = set()
        self._inline: dict[int, tuple[Any, Kind]] = {}  # by identity, so what it is of must live
        self._waiting: dict[str, Any] = {}

    def kept(self) -> Iterator[Made]:
        """Make what the contract names, and all that this needs; give the classes in order."""
        for name in self._raw:
            self.component(name)
        self.make_all()
        for made in self.made.values():
            if made.base and self._leads_to(made.base, made.name):
                made.base = ""
                made.fields = [replace(each, inherited=False) for each in made.fields]
        yield from self.made.values()

    def make_all(self) -> None:
        """Make the models that are waiting, and those inside of them."""
        while self._waiting:
            self._make(next(iter(self._waiting)))

    def kind(self, schema: Any, hint: str) -> Kind:
        """Return the kind of a schema; a class that it needs is named by the hint."""
        if id(schema) in self._inline:
            return self._inline[id(schema)][1]
        if len(hint) > _LONGEST:
            return kinds.ANY
        simple, null = self._composer.simple(schema)
        if "$ref" in simple:
            return self._reference(simple["$ref"]).or_null(null)
        kind = self._own_kind(schema, simple, hint, "").or_null(null)
        if kind.uses:
            self._inline[id(schema)] = schema, kind
        return kind

    def component(self, name: str) -> Kind:
        """Return the kind of a named schema."""
        own = self.classes[name]
        if name in self._kinds:
            return self._kinds[name]
        schema = self._without_heirs(name)
        simple, null = self._composer.simple(schema)
        if name in self._open:
            self._recursive.add(name)
            return kinds.class_of(own).or_null(null)
        self._open.add(name)
        if "$ref" in simple:
            kind = self._reference(simple["$ref"]).or_null(null)
        else:
            kind = self._own_kind(schema, simple, own, own).or_null(null)
        if name in self._recursive and own not in self.made and own not in self._waiting:
            # A list of itself, say: it needs a name, so it is a choice of one.
            source = schema if is_object(schema) else {}
            self.made[own] = Made(own, source, choices=[kind])
            kind = kinds.class_of(own)
        self._open.discard(name)
        self._kinds[name] = kind
        return kind

    def _reference(self, ref: str) -> Kind:
        """Return the kind of what a pointer points at; of a base with heirs, any of them."""
        name = component(ref)
        if name is None or name not in self._raw:
            return self.kind(self._pointers.follow(ref), last_part(ref))
        kind = self.component(name)
        if self._heirs.of(name) and kind.python == self.classes[name]:
            return kinds.class_of(self._any_heir(name)).or_null(kind.nullable)
        return kind

    def _own_kind(self, schema: Any, simple: Schema, hint: str, own: str) -> Kind:
        """Return the kind of what is no reference; own is its name if it has one."""
        if "oneOf" in simple:
            constants = _constants(simple["oneOf"])
            if not constants:
                return self._choice(simple, hint, own)
            simple = {**simple, "enum": constants}
        what = simple.get("type")
        values = [simple["const"]] if "const" in simple else simple.get("enum") or []
        if values and (_all(values, str) or _are_small(values)):
            name = own or self._names.unique(hint)
            self.made[name] = Made(name, simple, values=list(dict.fromkeys(values)))
            return kinds.class_of(name, enum=True)
        if what == "object":
            return self._object(schema, simple, hint, own)
        if what == "array":
            items = simple.get("items") if "prefixItems" not in simple else None
            return kinds.list_of(self.kind(items, f"{hint}Item"))
        secret = bool(simple.get("x-secret"))
        form = str(simple.get("format", ""))
        if not form and simple.get("contentEncoding") == "base64":
            form = "byte"
        return kinds.scalar(str(what), form, secret=secret, in_utc=self._in_utc)

    def _object(self, schema: Any, simple: Schema, hint: str, own: str) -> Kind:
        free = _free(simple)
        if not simple.get("properties"):
            if says_something(free):
                return kinds.map_of(self.kind(free, f"{hint}Value"))
            if not own or free is not None:
                return kinds.map_of(kinds.ANY)
        name = own or self._names.unique(hint)
        self._waiting[name] = schema
        return kinds.class_of(name)

    def _choice(self, simple: Schema, hint: str, own: str) -> Kind:
        found = [
            self.kind(each, f"{hint}{_variant_word(each, number)}")
            for number, each in enumerate(simple["oneOf"], 1)
        ]
        plain = kinds.union_of_plain(found)
        if plain:
            return plain
        name = own or self._names.unique(hint)
        made = Made(name, simple)
        made.choices = [*dict.fromkeys(replace(each, nullable=False) for each in found)]
        given = as_object(simple.get("discriminator"))
        if is_object(given) and isinstance(given.get("propertyName"), str):
            made.tag = given["propertyName"]
            made.mapping = self._mapping(simple, given)
        self.made[name] = made
        return kinds.class_of(name).or_null(any(each.nullable for each in found))

    def _mapping(self, simple: Schema, discriminator: Schema) -> dict[str, str]:
        """Return the class that each value of a discriminator names."""
        found: dict[str, str] = {}
        for value, target in as_object(discriminator.get("mapping")).items():
            ref = target if target.startswith("#/") else f"{COMPONENT}{last_part(target)}"
            if component(ref) is None or component(ref) in self._raw:
                found[value] = _class(self._reference(ref))
        for each in simple["oneOf"]:
            name = _class(self.kind(each, ""))
            if name and name not in found.values():
                fixed = self._constants(each, discriminator["propertyName"])
                named = component(each["$ref"]) if "$ref" in each else None
                for value in fixed or ([named] if named else []):
                    found.setdefault(value, name)
        return {value: name for value, name in sorted(found.items()) if name}

    def _constants(self, variant: Schema, tag: str) -> list[str]:
        """Return the values that a variant allows its discriminator, if it allows but a few."""
        properties = as_object(self._composer.merged([variant])[0].get("properties"))
        part = self._composer.merged([properties.get(tag, {})])[0]
        values = [part["const"]] if "const" in part else part.get("enum") or []
        return [each for each in values if isinstance(each, str)] if len(values) <= _FEW else []

    def _without_heirs(self, name: str) -> Any:
        """Return a schema; a choice of a base that names its heirs says nothing more."""
        schema = self._raw[name]
        if is_object(schema) and self._heirs.of(name):
            choices = [*as_list(schema.get("oneOf")), *as_list(schema.get("anyOf"))]
            named = {component(each["$ref"]) for each in choices if "$ref" in each}
            if named <= {*self._heirs.of(name), name}:
                return {key: each for key, each in schema.items() if key not in ("oneOf", "anyOf")}
        return schema

    def _any_heir(self, base: str) -> str:
        """Return the choice between a base and its heirs, made when first asked for."""
        if base not in self._variants:
            own = self.classes[base]
            self._variants[base] = name = self._names.unique(f"{own}Variant")
            self.made[name] = made = Made(name, {"description": f"Any kind of {own}."})
            made.tag, made.other = self._heirs.tag(base), own
            named = self._heirs.named(base)
            made.mapping = {value: self.classes[each] for value, each in named.items()}
            every = [*self._heirs.of(base), base]
            made.choices = [kinds.class_of(self.classes[each]) for each in every]
        return self._variants[base]

    def _leads_to(self, start: str, goal: str) -> bool:
        """Tell whether importing one class imports another; a choice imports nothing at once."""
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            each = waiting.pop()
            made = self.made.get(each)
            if each == goal:
                return True
            if each not in seen and made is not None and not made.choices:
                waiting += [*made.uses, *([made.base] if made.base else [])]
            seen.add(each)
        return False

    def _make(self, name: str) -> Made:
        """Make a model that is waiting."""
        schema = self._waiting.pop(name)
        merged, _ = self._composer.merged([schema])
        self.made[name] = made = Made(name, schema)
        properties: Schema = as_object(merged.get("properties"))
        needed = set(as_list(merged.get("required")))
        needed -= {wire for wire, part in properties.items() if as_object(part).get("writeOnly")}
        free = _free(merged)
        if says_something(free):
            made.extra = self.kind(free, f"{name}Value")
        base = self._base(schema, properties, needed, made.extra)
        if base:
            made.base = base.name
            made.fields = [replace(each, inherited=True) for each in base.fields]
        known = {each.wire for each in made.fields}
        own = {wire: part for wire, part in properties.items() if wire not in known}
        names = field_names(own, (each.name for each in made.fields))
        for wire, part in own.items():
            kind = self.kind(part, f"{name}{pascal(wire) or 'Field'}")
            source = part if is_object(part) else {}
            made.fields.append(Field(wire, names[wire], kind, wire in needed, source))
        return made

    def _base(
        self, schema: Any, properties: Schema, needed: set[str], extra: Kind | None
    ) -> Made | None:
        """Return the class that a model can derive from: the first that it has all fields of."""
        for name in parents(schema):
            own = self.classes.get(name, "")
            if not own or self.component(name).python != own:
                continue
            made = self._make(own) if own in self._waiting else self.made.get(own)
            if made is None or made.choices or not made.fields or made.values:
                continue
            if made.extra and made.extra != extra:
                continue
            if all(
                properties.get(each.wire) == each.source and (each.wire in needed) == each.required
                for each in made.fields
            ):
                return made
        return None


def _constants(choices: list[Any]) -> list[Any]:
    """Return all values of a choice that is an enum in other words; nothing if it is another."""
    found: list[Any] = []
    for each in choices:
        if not is_object(each) or is_structural(each) or each.get("nullable"):
            return []
        found += [each["const"]] if "const" in each else each.get("enum") or [None]
    return found if _all(found, str) or _are_small(found) else []


def _free(simple: Schema) -> Any:
    """Return the schema of what an object may have besides its properties; None for not said."""
    free = simple.get("additionalProperties")
    patterns = [*as_object(simple.get("patternProperties")).values()]
    if not patterns:
        return free
    if free is not False:
        patterns.append(free)
    every = all(says_something(each) for each in patterns)
    return {"anyOf": patterns} if every else True


def _are_small(values: list[Any]) -> bool:
    """Tell whether these are integers that the decoder can look up."""
    return _all(values, int) and all(-(2**63) <= each < 2**63 for each in values)


def _all(values: list[Any], kind: type) -> bool:
    return all(type(each) is kind for each in values)


def _class(kind: Kind) -> str:
    """Return the name of a class that can be built from an object; an empty text for no such."""
    return kind.python if kind.uses == (kind.python,) and not kind.enum else ""


def _variant_word(schema: Any, number: int) -> str:
    """Return a word for a variant that has no name: its title, or else its type and place."""
    found = schema if is_object(schema) else {}
    title, what = found.get("title"), found.get("type")
    if isinstance(title, str) and pascal(title) and len(title) < _LONGEST_WORD:
        return pascal(title)
    return f"{what.capitalize() if isinstance(what, str) else 'Option'}{number}"
