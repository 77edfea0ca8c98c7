"""Schemas: every schema of the contract, named or nested, as a class or as part of one.

However the contract states something, there is one way here: an enum, a choice, or an object with
all its fields, that name each other by their classes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from typing import Any

from contract import types
from contract.api import Class, Field, Member, Notes, Type, text_of
from contract.compose import Composer, is_structural, says_something
from contract.examples import Examples
from contract.names import ClassNames, field_names, member_names, pascal
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
from contract.subtypes import Subtypes, parents

_LONGEST = 200
"""A class inside a class inside … whose name gets longer has no end: it is left open."""

_LONGEST_WORD = 40
"""A title that is longer is a sentence, and makes no name."""

_MOST_TOLD_APART = 30
"""Variants that are searched for a field whose constants tell them apart."""

_FEW = 2
"""An enum of more values does not tell a variant by one of them."""


@dataclass(kw_only=True)
class _Draft:
    """A class that is not complete yet; see `api.Class`.

    Attributes:
        source: what the contract states about it.
        inherited: how many of its fields are those of its base class.
        sources: the schema of each field, by its name on the wire.
    """

    name: str
    source: Any
    values: list[Any] = field(default_factory=list[Any])
    choices: list[Type] = field(default_factory=list[Type])
    tag: str = ""
    mapping: dict[str, str] = field(default_factory=dict[str, str])
    other: str = ""
    fields: list[Field] = field(default_factory=list[Field])
    inherited: int = 0
    sources: dict[str, Any] = field(default_factory=dict[str, Any])
    base: str = ""
    extra: Type | None = None


class Schemas:
    """All classes of a contract, made as they are asked for."""

    def __init__(self, contract: Schema, names: ClassNames) -> None:
        """Name the named schemas; those that are named as classes are keep their names."""
        self._drafts: dict[str, _Draft] = {}
        self._raw: Schema = as_object(as_object(contract.get("components")).get("schemas"))
        self._pointers = Pointers(contract)
        self._composer = Composer(self._pointers)
        self._subtypes = Subtypes(self._raw)
        self._names = names
        self._in_utc = contract.get("x-times-in-utc") is True
        exact = {name: name for name in self._raw if pascal(name) == name and names.reserve(name)}
        self.names = {name: exact.get(name) or names.unique(name) for name in self._raw}
        self._variants: dict[str, str] = {}
        self._types: dict[str, Type] = {}
        self._open: set[str] = set()
        self._recursive: set[str] = set()
        # Schemas without names that have classes in them; by identity, so a schema must live.
        self.inline: dict[int, tuple[Any, Type]] = {}
        self._waiting: dict[str, Any] = {}
        self._notes: dict[str, Notes] = {}
        for name in self.names:
            self.component(name)  # first, so that none of these loses its name to another
        self.make_all()  # what stands in them is named after them, not after who sends it

    def classes(self, examples: Examples) -> dict[str, Class]:
        """Return all classes."""
        self.make_all()
        for draft in self._drafts.values():
            # A variant that is, or may be, this very choice says nothing.
            inside = [each for each in draft.choices if self._leads(each.name, draft.name, _chosen)]
            draft.choices = [each for each in draft.choices if each not in inside] or draft.choices
            if draft.base and self._leads(draft.base, draft.name, _imported):
                draft.base, draft.inherited = "", 0
        return {name: self._class(draft, examples) for name, draft in self._drafts.items()}

    def _class(self, draft: _Draft, examples: Examples) -> Class:
        notes = as_object(draft.source)
        return Class(
            name=draft.name,
            kind="enum" if draft.values else "choice" if draft.choices else "model",
            description=text_of(notes, "description"),
            notes=notes,
            example=examples.of(draft.source),
            fields=tuple(self._owned(draft)),
            bases=tuple(self._bases(draft)),
            extra=draft.extra,
            members=_members(draft.values, notes),
            variants=tuple(draft.choices),
            tag=draft.tag,
            mapping=draft.mapping,
            other=draft.other,
        )

    def _owned(self, draft: _Draft) -> Iterator[Field]:
        """Yield the fields of a model with the class that declares each."""
        for number, each in enumerate(draft.fields):
            owner = draft
            while number < owner.inherited:
                owner = self._drafts[owner.base]
            yield replace(each, owner=owner.name)

    def _bases(self, draft: _Draft) -> Iterator[str]:
        while draft.base:
            yield draft.base
            draft = self._drafts[draft.base]

    def notes(self, schema: Any) -> Notes:
        """Return what a schema states, with what it refers to if that is no class of its own."""
        node = as_object(schema)
        target = node.get("$ref")
        found: Schema = {}
        if isinstance(target, str):
            if target not in self._notes:
                self._notes[target] = {}  # of one that refers to itself
                aimed = as_object(self._pointers.follow(target))
                if component(target) is None or not _is_class(aimed):
                    self._notes[target] = self.notes(aimed)
            found |= self._notes[target]
        choices = [*as_list(node.get("allOf")), *_only(node)]
        for each in choices if not _is_class(node) else ():
            found |= self.notes(each)
        return found | {key: value for key, value in node.items() if key != "$ref"}

    def known(self, schema: Any, hint: str) -> str | None:
        """Return the annotation of a schema; None if it would need a class that there is not."""
        before = set(self._drafts)
        type_ = self.type(schema, hint)
        return type_.annotation if before.issuperset(type_.uses) else None

    def make_all(self) -> None:
        """Make the models that are waiting, and those inside of them."""
        while self._waiting:
            self._make(next(iter(self._waiting)))

    def type(self, schema: Any, hint: str) -> Type:
        """Return the type of a schema; a class that it needs is named by the hint."""
        if id(schema) in self.inline:
            return self.inline[id(schema)][1]
        if len(hint) > _LONGEST:
            return types.ANY
        simple, null = self._composer.simple(schema)
        if "$ref" in simple:
            return types.or_null(self._reference(simple["$ref"]), null=null)
        type_ = types.or_null(self._own_type(schema, simple, hint, ""), null=null)
        if type_.uses:
            self.inline[id(schema)] = schema, type_
        return type_

    def component(self, name: str) -> Type:
        """Return the type of a named schema."""
        own = self.names[name]
        if name in self._types:
            return self._types[name]
        schema = self._without_subtypes(name)
        simple, null = self._composer.simple(schema)
        if name in self._open:
            self._recursive.add(name)
            return types.or_null(types.class_of(own), null=null)
        self._open.add(name)
        if "$ref" in simple and self._subtypes.is_one(name):
            self._waiting[own] = schema  # a class of its own, though it adds nothing
            type_ = types.class_of(own)
        elif "$ref" in simple:
            type_ = types.or_null(self._reference(simple["$ref"]), null=null)
        else:
            type_ = types.or_null(self._own_type(schema, simple, own, own), null=null)
        if name in self._recursive and own not in self._drafts and own not in self._waiting:
            # A list of itself, say: it needs a name, so it is a choice of one.
            source = schema if is_object(schema) else {}
            self._drafts[own] = _Draft(name=own, source=source, choices=[type_])
            type_ = types.class_of(own)
        self._open.discard(name)
        self._types[name] = type_
        return type_

    def _reference(self, ref: str) -> Type:
        """Return the type of what a pointer points at; of a base with subtypes, any of them."""
        name = component(ref)
        if name is None or name not in self._raw:
            return self.type(self._pointers.follow(ref), last_part(ref))
        type_ = self.component(name)
        if self._subtypes.of(name) and type_.python == self.names[name]:
            return types.or_null(types.class_of(self._any_subtype(name)), null=type_.nullable)
        return type_

    def _own_type(self, schema: Any, simple: Schema, hint: str, own: str) -> Type:
        """Return the type of what is no reference; own is its name if it has one."""
        if "oneOf" in simple:
            constants = _constants(simple["oneOf"])
            if not constants:
                return self._choice(simple, hint, own)
            simple = {**simple, "enum": constants}
        what = simple.get("type")
        values = [simple["const"]] if "const" in simple else simple.get("enum") or []
        if values and (_all(values, str) or _are_small(values)):
            name = own or self._names.unique(hint)
            self._drafts[name] = _Draft(
                name=name, source=simple, values=list(dict.fromkeys(values))
            )
            return types.class_of(name, enum=True)
        if what == "object":
            return self._object(schema, simple, hint, own)
        if what == "array":
            items = simple.get("items") if "prefixItems" not in simple else None
            return Type("list", (self.type(items, f"{hint}Item"),))
        if what is None and "items" in simple:
            return self._maybe_list(simple, hint, own)
        secret = bool(simple.get("x-secret"))
        form = str(simple.get("format", ""))
        if not form and simple.get("contentEncoding") == "base64":
            form = "byte"
        return types.scalar(str(what), form, secret=secret, in_utc=self._in_utc)

    def _maybe_list(self, simple: Schema, hint: str, own: str) -> Type:
        """Return the type of what is anything, but a list of this where it is a list."""
        item = self.type(simple["items"], f"{hint}Item")
        if not item.uses:
            return types.ANY
        name = own or self._names.unique(hint)
        choices = [Type("list", (item,)), types.ANY]
        self._drafts[name] = _Draft(name=name, source=simple, choices=choices)
        return types.class_of(name)

    def _object(self, schema: Any, simple: Schema, hint: str, own: str) -> Type:
        free = _free(simple)
        if not simple.get("properties"):
            if says_something(free):
                return Type("dict", (self.type(free, f"{hint}Value"),))
            if not own or free is not None:
                return Type("dict", (types.ANY,))
        name = own or self._names.unique(hint)
        self._waiting[name] = schema
        return types.class_of(name)

    def _choice(self, simple: Schema, hint: str, own: str) -> Type:
        found = [
            self.type(each, f"{hint}{_variant_word(each, number)}")
            for number, each in enumerate(simple["oneOf"], 1)
        ]
        plain = types.union_of_plain(found)
        if plain:
            return plain
        name = own or self._names.unique(hint)
        draft = _Draft(name=name, source=simple)
        draft.choices = [*dict.fromkeys(replace(each, nullable=False) for each in found)]
        given = as_object(simple.get("discriminator"))
        if given:
            draft.tag = given["propertyName"]
            draft.mapping = self._mapping(simple, given)
            # The variant for all other values is the last one.
            default = self.names.get(last_part(given.get("defaultMapping", "")))
            if any(each.name == default for each in draft.choices):
                draft.other = default or ""
                draft.choices.sort(key=lambda each: each.name == default)
        else:
            self._tell_apart(draft, simple["oneOf"])
        self._drafts[name] = draft
        return types.or_null(types.class_of(name), null=any(each.nullable for each in found))

    def _mapping(self, simple: Schema, discriminator: Schema) -> dict[str, str]:
        """Return the class that each value of a discriminator names."""
        found: dict[str, str] = {}
        for value, target in as_object(discriminator.get("mapping")).items():
            ref = target if target.startswith("#/") else f"{COMPONENT}{last_part(target)}"
            if component(ref) is None or component(ref) in self._raw:
                found[value] = _class(self._reference(ref))
        for each in simple["oneOf"]:
            name = _class(self.type(each, ""))
            if name and name not in found.values():
                fixed = self._constants(each, discriminator["propertyName"])
                named = component(each["$ref"]) if "$ref" in each else None
                for value in fixed or ([named] if named else []):
                    found.setdefault(_spelled(value), name)
        return {value: name for value, name in sorted(found.items()) if name}

    def _tell_apart(self, draft: _Draft, variants: list[Any]) -> None:
        """Find a field that tells variants apart by a flag or a fraction, which no type does."""
        names = [_class(each) for each in draft.choices]
        if len(names) != len(variants) or not all(names) or len(names) > _MOST_TOLD_APART:
            return
        first = self._composer.merged(variants[:1])[0]
        for tag in as_object(first.get("properties")):
            found = [self._constants(each, tag) for each in variants]
            values = [value for each in found for value in each]
            if all(found) and len({*values}) == len(values) and not _all(values, str):
                pairs = zip(names, found, strict=True)
                mapping = {_spelled(value): name for name, each in pairs for value in each}
                draft.tag, draft.mapping = tag, mapping
                return

    def _constants(self, variant: Any, tag: str) -> list[Any]:
        """Return the values that a variant allows a field, if it allows but a few."""
        properties = as_object(self._composer.merged([variant])[0].get("properties"))
        part = self._composer.merged([properties.get(tag, {})])[0]
        values = [part["const"]] if "const" in part else part.get("enum") or []
        plain = all(isinstance(each, str | int | float) for each in values)
        return list(values) if plain and len(values) <= _FEW else []

    def _without_subtypes(self, name: str) -> Any:
        """Return a schema; a choice of a base that names its subtypes says nothing more."""
        schema = self._raw[name]
        if is_object(schema) and self._subtypes.of(name):
            choices = [*as_list(schema.get("oneOf")), *as_list(schema.get("anyOf"))]
            named = {component(each["$ref"]) for each in choices if "$ref" in each}
            if named <= {*self._subtypes.of(name), name}:
                return {key: each for key, each in schema.items() if key not in ("oneOf", "anyOf")}
        return schema

    def _any_subtype(self, base: str) -> str:
        """Return the choice between a base and its subtypes, made when first asked for."""
        if base not in self._variants:
            own = self.names[base]
            self._variants[base] = name = self._names.unique(f"{own}Variant")
            self._drafts[name] = draft = _Draft(
                name=name, source={"description": f"Any kind of {own}."}
            )
            draft.tag, draft.other = self._subtypes.tag(base), own
            named = self._subtypes.named(base)
            draft.mapping = {value: self.names[each] for value, each in named.items()}
            every = [*self._subtypes.of(base), base]
            draft.choices = [types.class_of(self.names[each]) for each in every]
        return self._variants[base]

    def _leads(self, start: str, goal: str, after: Callable[[_Draft], Iterable[str]]) -> bool:
        """Return whether one class leads to another by what comes after each."""
        seen: set[str] = set()
        waiting = [start]
        while waiting and waiting[-1] != goal:
            each = waiting.pop()
            if each not in seen and each in self._drafts:
                waiting += after(self._drafts[each])
            seen.add(each)
        return bool(waiting)

    def _make(self, name: str) -> _Draft:
        """Make a model that is waiting."""
        schema = self._waiting.pop(name)
        merged, _ = self._composer.merged([schema])
        self._drafts[name] = draft = _Draft(name=name, source=schema)
        properties: Schema = as_object(merged.get("properties"))
        needed = set(as_list(merged.get("required")))
        needed -= {wire for wire, part in properties.items() if as_object(part).get("writeOnly")}
        free = _free(merged)
        if says_something(free):
            draft.extra = self.type(free, f"{name}Value")
        base = self._base(schema, properties, needed, draft.extra)
        if base:
            draft.base = base.name
            draft.fields, draft.inherited = list(base.fields), len(base.fields)
            draft.sources = dict(base.sources)
        known = {each.wire for each in draft.fields}
        own = {wire: part for wire, part in properties.items() if wire not in known}
        names = field_names(own, (each.name for each in draft.fields))
        for wire, part in own.items():
            type_ = self.type(part, f"{name}{pascal(wire) or 'Field'}")
            draft.sources[wire] = part
            draft.fields.append(
                Field(
                    wire=wire,
                    name=names[wire],
                    type=type_,
                    required=wire in needed,
                    owner=name,
                    notes=self.notes(part),
                )
            )
        return draft

    def _base(
        self, schema: Any, properties: Schema, needed: set[str], extra: Type | None
    ) -> _Draft | None:
        """Return the class that a model can derive from: the first that it has all fields of."""
        for name in parents(schema):
            own = self.names.get(name, "")
            if not own or self.component(name).python != own:
                continue
            draft = self._make(own) if own in self._waiting else self._drafts.get(own)
            if draft is None or draft.choices or not draft.fields or draft.values:
                continue
            if draft.extra and draft.extra != extra:
                continue
            if all(
                properties.get(each.wire) == draft.sources[each.wire]
                and (each.wire in needed) == each.required
                for each in draft.fields
            ):
                return draft
        return None


def _chosen(draft: _Draft) -> list[str]:
    """Return the classes that a choice is between."""
    return [each.name for each in draft.choices]


def _imported(draft: _Draft) -> list[str]:
    """Return the classes that importing one imports; a choice imports nothing at once."""
    types_ = [each.type for each in draft.fields] + ([draft.extra] if draft.extra else [])
    return [] if draft.choices else [draft.base, *(name for each in types_ for name in each.uses)]


def _members(values: list[Any], notes: Notes) -> tuple[Member, ...]:
    """Return the members of an enum: names and descriptions are the contract's if it has any."""
    names = member_names(values, notes.get("x-enum-varnames") or notes.get("x-enumNames") or [])
    told = chain(notes.get("x-enum-descriptions", ()), repeat(""))
    return tuple(
        Member(name=name, value=value, description=text)
        for name, value, text in zip(names, values, told, strict=False)
    )


def _only(node: Schema) -> list[Any]:
    """Return the one choice that is not null, if there is but one."""
    choices = [*as_list(node.get("oneOf")), *as_list(node.get("anyOf"))]
    found = [each for each in choices if as_object(each).get("type") != "null"]
    return found if len(found) == 1 else []


def _is_class(node: Schema) -> bool:
    return any(node.get(word) for word in ("properties", "enum", "const", "discriminator"))


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
    """Return whether these are integers that the decoder can look up."""
    return _all(values, int) and all(-(2**63) <= each < 2**63 for each in values)


def _all(values: list[Any], class_: type) -> bool:
    return all(type(each) is class_ for each in values)


def _spelled(value: Any) -> str:
    """Return a constant as a mapping of a discriminator has it."""
    return value if isinstance(value, str) else json.dumps(value)


def _class(type_: Type) -> str:
    """Return the name of a class that can be built from an object; an empty text for no such."""
    return type_.python if type_.uses == (type_.python,) and not type_.enum else ""


def _variant_word(schema: Any, number: int) -> str:
    """Return a word for a variant that has no name: its title, or else its type and place."""
    found = as_object(schema)
    title, what = found.get("title", ""), found.get("type")
    if pascal(title) and len(title) < _LONGEST_WORD:
        return pascal(title)
    return f"{what.capitalize() if isinstance(what, str) else 'Option'}{number}"
