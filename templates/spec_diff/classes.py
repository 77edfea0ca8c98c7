"""Compares classes: models, enums and choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from contract.api import Api, Argument, Class, Field
from spec_diff.change import (
    Change,
    added,
    breaking,
    changed,
    compare_deprecation,
    compare_texts,
)
from spec_diff.traits import texts_of, traits_of, traits_of_class
from spec_diff.types import shown, types_of
from spec_diff.values import (
    Ways,
    compare_traits,
    compare_types,
    is_needed,
    variants_of,
    within,
)

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
    all_sent, all_received = old.sent() | new.sent(), old.received() | new.received()
    for name, before in old.classes.items():
        if name in new.classes:
            sent, received = name in all_sent, name in all_received
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
    yield from _compare_tags(before, after)
    yield from compare_traits(name, traits_of_class(before), traits_of_class(after), ways)
    yield from _deprecation(name, before, after)
    yield from compare_texts(name, _texts(before, after), _texts(after, before))


def _compare_tags(before: Class, after: Class) -> Iterator[Change]:
    """Yield changes of the discriminator: its name, and the values of variants in both versions."""
    if before.tag != after.tag:
        text = f"told apart by: {before.tag or 'not said'} → {after.tag or 'not said'}"
        yield breaking(after.name, text)
        return
    old_variants, variants = variants_of(before), variants_of(after)
    alone = {each.name for each in old_variants ^ variants}
    old, new = (
        {value: name for value, name in each.mapping.items() if name not in alone}
        for each in (before, after)
    )
    moved = sorted(value for value, target in old.items() if new.get(value) != target)
    if moved:
        told = (f"{after.tag} {each!r}: {old[each]} → {new.get(each, 'unknown')}" for each in moved)
        yield breaking(after.name, "; ".join(told))
    elif more := sorted(new.keys() - old.keys()):
        yield changed(after.name, f"knows {', '.join(more)} too", "minor")


def _texts(made: Class, other: Class) -> dict[str, Any]:
    """Return texts; of an enum's members, those of members that both have."""
    found = texts_of(made.notes)
    if made.members:
        both = {each.value for each in other.members}
        told = {each.value: each.description for each in made.members if each.value in both}
        found["x-enum-descriptions"] = {value: text for value, text in told.items() if text}
    return found


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
    both_bases = {*before.bases} & {*after.bases}  # their fields are reported with them
    gone, come = (
        [each for each in mine.values() if each.wire not in others and each.owner not in both_bases]
        for mine, others in ((old_fields, fields), (fields, old_fields))
    )
    around = (f"{after.name}.", "")
    for one, other in taken_by_name(gone, come):
        yield breaking(f"{after.name}.{other.name}", f"on the wire: {one.wire} → {other.wire}")
        yield from compare_part(around, one, other, ways, new)
    yield from compare_unpaired(around, gone, come, ways)
    for wire in old_fields.keys() & fields.keys():
        was, now = old_fields[wire], fields[wire]
        if was.owner != now.owner or now.owner not in both_bases:
            yield from compare_part(around, was, now, ways, new)


def taken_by_name(gone: list[PartT], come: list[PartT]) -> list[tuple[PartT, PartT]]:
    """Take the parts whose Python name is in both lists out of them, and return them in pairs."""
    there = {each.name: each for each in come}
    pairs = [(each, there[each.name]) for each in gone if each.name in there]
    for one, other in pairs:
        gone.remove(one)
        come.remove(other)
    return pairs


def compare_unpaired(
    around: tuple[str, str], gone: list[PartT], come: list[PartT], ways: Ways
) -> Iterator[Change]:
    """Yield which fields or arguments are renamed, removed and new.

    A part is renamed if only one new part has its description and type.
    """
    prefix, suffix = around
    renamed: list[PartT] = []
    for one in gone:
        alike = [
            each
            for each in come
            if one.description
            and each.description == one.description
            and types_of(each.type) == types_of(one.type)
        ]
        is_argument = isinstance(one, Argument)
        if len(alike) == 1 and alike[0] not in renamed:
            renamed += alike
            sign = "=" if is_argument else ""
            yield breaking(f"{prefix}{one.name}{sign} → {alike[0].name}{suffix}", "renamed")
        else:
            text = "removed" if is_argument else f"removed: {shown(types_of(one.type))}"
            yield breaking(f"{prefix}{one.name}{suffix}", text, "removed")
    for each in come:
        name, types = f"{prefix}{each.name}{suffix}", shown(types_of(each.type))
        if each in renamed:
            continue
        if is_needed(each) and ways.sent:
            yield breaking(name, f"is required: {types}", "added")
        else:
            yield added(name, types)


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
    yield from _deprecation(name, before, after)
    yield from compare_texts(name, texts_of(before.notes), texts_of(after.notes))


def _deprecation(name: str, *both: Class | Field | Argument) -> Iterator[Change]:
    old, new = (each.notes.get("deprecated") is True for each in both)
    return compare_deprecation(name, old=old, new=new)
