"""Compares classes: models, enums and choices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from contract.api import Api, Argument, Class, Field
from spec_diff.change import Change, added, breaking, changed, described
from spec_diff.traits import Traits, texts_of, traits_of
from spec_diff.types import shown, types_of
from spec_diff.values import (
    Ways,
    closures,
    compare_traits,
    compare_types,
    is_needed,
    variants_of,
    within,
)

Described: TypeAlias = Class | Field | Argument
PartT = TypeVar("PartT", Field, Argument)

_KINDS = {"model": "a model", "enum": "an enum", "choice": "a choice between types"}


def compare_classes(old: Api, new: Api, renamed: Mapping[str, str]) -> Iterator[Change]:
    """Yield the changes of classes; those of `old` already have their new names."""
    for one, other in renamed.items():
        yield breaking(f"{one} → {other}", "renamed")
    for name in old.classes.keys() - new.classes.keys():
        yield breaking(name, f"removed: {_KINDS[old.classes[name].kind]}", "removed")
    for name in new.classes.keys() - old.classes.keys():
        yield added(name, _KINDS[new.classes[name].kind])
    (old_sent, old_received), (new_sent, new_received) = closures(old), closures(new)
    for name, before in old.classes.items():
        if name in new.classes:
            sent = name in new_sent or name in old_sent
            received = name in new_received or name in old_received
            ways = Ways(sent, received) if sent or received else Ways(sent=True, received=True)
            yield from _compare(before, new.classes[name], ways, old, new)


def _compare(before: Class, after: Class, ways: Ways, old: Api, new: Api) -> Iterator[Change]:
    name = after.name
    if before.kind != after.kind:
        yield breaking(name, f"{_KINDS[before.kind]} → {_KINDS[after.kind]}")
        return
    yield from compare_members(before, after)
    yield from _compare_variants(before, after, ways, new)
    yield from _compare_bases(before, after, old, new)
    yield from compare_parts(before, after, ways, new)
    yield from compare_traits(name, _known(before, after), _known(after, before), ways)
    yield from deprecation(name, before, after)
    if (words := differing(before, after)) is not None:
        yield described(name, words)


def _known(made: Class, other: Class) -> dict[str, Any]:
    """Return traits, but for a discriminator's values of variants that only this one has."""
    traits = traits_of(made)
    tag: dict[str, Any] = traits.get("discriminator") or {}
    others = {each.name for each in variants_of(made) - variants_of(other)}
    mapping: dict[str, str] = tag.get("mapping") or {}
    kept = {value: name for value, name in mapping.items() if name not in others}
    return {**traits, **({"discriminator": {**tag, "mapping": kept}} if tag else {})}


def compare_members(before: Class, after: Class) -> Iterator[Change]:
    """Yield the changes of an enum's members. Enums are open: more members never break."""
    old = {each.value: each.name for each in before.members}
    new = {each.value: each.name for each in after.members}
    values = {member: value for value, member in new.items()}
    for value, member in old.items():
        now = new.get(value)
        if now is None and member in values:
            text = f"stands for {values[member]!r} now, no longer for {value!r}"
            yield breaking(f"{after.name}.{member}", text)
        elif now is None:
            yield breaking(f"{after.name}.{member}", f"removed: {value!r}", "removed")
        elif now != member:
            yield breaking(f"{after.name}.{member} → {now}", f"renamed: {value!r}")
    taken = set(old.values())
    for value, member in new.items():
        if value not in old and member not in taken:
            yield added(f"{after.name}.{member}", repr(value))


def _compare_variants(before: Class, after: Class, ways: Ways, new: Api) -> Iterator[Change]:
    old_variants, variants = variants_of(before), variants_of(after)
    if old_variants == variants:
        return
    text = f"{shown(old_variants)} → {shown(variants)}"
    more = variants - old_variants
    if ways.sent and not within(old_variants, variants, new.classes):
        yield breaking(after.name, text)
    elif any(each.name not in new.classes for each in more):
        yield breaking(after.name, text)  # no class, so that it is no UnknownVariant before
    else:  # a variant more was an UnknownVariant before
        text = f"may be {shown(more)} too" if more else text
        yield changed(after.name, text, "minor" if more else "patch")


def _compare_bases(before: Class, after: Class, old: Api, new: Api) -> Iterator[Change]:
    """Yield the classes of which it is no longer, or newly, a subclass."""
    for each in before.bases:
        if each not in after.bases and each in new.classes:
            yield breaking(after.name, f"is no longer a subclass of {each}")
    for each in after.bases:
        if each not in before.bases and each in old.classes:
            yield changed(after.name, f"is a subclass of {each} now", "minor")


def compare_parts(before: Class, after: Class, ways: Ways, new: Api) -> Iterator[Change]:
    """Yield the changes of a model's own fields."""
    old_fields, fields = ({each.wire: each for each in one.fields} for one in (before, after))
    gone = {wire: each for wire, each in old_fields.items() if wire not in fields}
    come = {wire: each for wire, each in fields.items() if wire not in old_fields}
    gone = {wire: each for wire, each in gone.items() if not _is_told(each, before, after)}
    come = {wire: each for wire, each in come.items() if not _is_told(each, before, after)}
    for one, other in _respelt(gone.values(), come.values()):
        del gone[one.wire], come[other.wire]
        yield breaking(f"{after.name}.{other.name}", f"on the wire: {one.wire} → {other.wire}")
        yield from compare_part((f"{after.name}.", ""), one, other, ways, new)
    for one, other in renamed_parts(gone.values(), come.values()):
        del gone[one.wire], come[other.wire]
        yield breaking(f"{after.name}.{one.name} → {other.name}", "renamed")
    for each in gone.values():
        yield breaking(
            f"{after.name}.{each.name}", f"removed: {shown(types_of(each.type))}", "removed"
        )
    for each in come.values():
        name = f"{after.name}.{each.name}"
        if is_needed(each) and ways.sent:
            yield breaking(name, f"is required: {shown(types_of(each.type))}", "added")
        else:
            yield added(name, shown(types_of(each.type)))
    for wire in old_fields.keys() & fields.keys():
        was, now = old_fields[wire], fields[wire]
        if was.owner != now.owner or not _is_told(now, before, after):
            yield from compare_part((f"{after.name}.", ""), was, now, ways, new)


def _is_told(part: Field, before: Class, after: Class) -> bool:
    """Whether the same is said of the base whose field it is."""
    return part.owner in before.bases and part.owner in after.bases


def _respelt(gone: Iterable[Field], come: Iterable[Field]) -> list[tuple[Field, Field]]:
    """Return pairs of what has another name on the wire, and the same in Python."""
    there = {each.name: each for each in come}
    return [(each, there[each.name]) for each in gone if each.name in there]


def renamed_parts(gone: Iterable[PartT], come: Iterable[PartT]) -> list[tuple[PartT, PartT]]:
    """Return pairs of what is gone and what came that say the same under different names."""
    there = list(come)
    found: list[tuple[PartT, PartT]] = []
    for one in gone:
        alike = [
            each
            for each in there
            if one.description
            and each.description == one.description
            and types_of(each.type) == types_of(one.type)
        ]
        if len(alike) == 1 and all(alike[0] is not other for _, other in found):
            found.append((one, alike[0]))
    return found


def compare_part(
    around: tuple[str, str], before: Field | Argument, after: Field | Argument, ways: Ways, new: Api
) -> Iterator[Change]:
    """Yield the changes of a field or argument, whose name stands between two texts."""
    prefix, suffix = around
    name = f"{prefix}{after.name}{suffix}"
    if before.name != after.name:
        yield breaking(f"{prefix}{before.name} → {after.name}{suffix}", "renamed")
    yield from compare_types(name, before, after, ways, new.classes)
    yield from compare_traits(name, traits_of(before), traits_of(after), ways)
    yield from deprecation(name, before, after)
    if (words := differing(before, after)) is not None:
        yield described(name, words)


def deprecation(name: str, before: Described, after: Described) -> Iterator[Change]:
    """Return whether something is deprecated now, or no longer."""
    deprecated = after.notes.get("deprecated") is True
    if deprecated is not (before.notes.get("deprecated") is True):
        if deprecated:
            yield changed(name, "is deprecated now", "minor")
        else:
            yield changed(name, "is no longer deprecated")


def differing(before: Described, after: Described) -> str | None:
    """Return which texts differ; of an enum's, those of members that were there before."""
    old, new = texts_of(before), texts_of(after)
    if isinstance(before, Class) and isinstance(after, Class) and before.kind == "enum":
        both = {each.value for each in before.members} & {each.value for each in after.members}
        old, new = _of_members(old, both), _of_members(new, both)
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return ", ".join(keys) or None


def _of_members(texts: Traits, values: Collection[str | int]) -> Traits:
    key = "x-enum-descriptions"
    told: dict[str | int, str] = texts.get(key) or {}
    return {**texts, key: {value: text for value, text in told.items() if value in values}}
