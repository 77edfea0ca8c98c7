"""Compares classes: models, enums and choices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from spec_diff.change import Change, added, breaking, changed, described
from spec_diff.surface import Class, Part, Surface, shown
from spec_diff.values import Ways, compare_traits, compare_types, within

_KINDS = {"model": "a model", "enum": "an enum", "choice": "a choice between types"}


def compare_classes(old: Surface, new: Surface, renamed: Mapping[str, str]) -> Iterator[Change]:
    """Give what happened to the classes; those of `old` have their new names already."""
    for one, other in renamed.items():
        yield breaking(f"{one} → {other}", "renamed")
    for name in old.classes.keys() - new.classes.keys():
        yield breaking(name, f"removed: {_KINDS[old.classes[name].kind]}", "removed")
    for name in new.classes.keys() - old.classes.keys():
        yield added(name, _KINDS[new.classes[name].kind])
    for name, before in old.classes.items():
        if name in new.classes:
            sent = name in new.sent or name in old.sent
            received = name in new.received or name in old.received
            ways = Ways(sent, received) if sent or received else Ways(sent=True, received=True)
            yield from _compare(before, new.classes[name], ways, old, new)


def _compare(
    before: Class, after: Class, ways: Ways, old: Surface, new: Surface
) -> Iterator[Change]:
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
    tag: dict[str, Any] = made.traits.get("discriminator") or {}
    others = {each.name for each in made.variants - other.variants}
    mapping: dict[str, str] = tag.get("mapping") or {}
    kept = {value: name for value, name in mapping.items() if name not in others}
    return {**made.traits, **({"discriminator": {**tag, "mapping": kept}} if tag else {})}


def compare_members(before: Class, after: Class) -> Iterator[Change]:
    """Give what happened to the members of an enum. Enums are open: more of them never break."""
    values = {member: value for value, member in after.members.items()}
    for value, member in before.members.items():
        now = after.members.get(value)
        if now is None and member in values:
            text = f"stands for {values[member]!r} now, no longer for {value!r}"
            yield breaking(f"{after.name}.{member}", text)
        elif now is None:
            yield breaking(f"{after.name}.{member}", f"removed: {value!r}", "removed")
        elif now != member:
            yield breaking(f"{after.name}.{member} → {now}", f"renamed: {value!r}")
    taken = set(before.members.values())
    for value, member in after.members.items():
        if value not in before.members and member not in taken:
            yield added(f"{after.name}.{member}", repr(value))


def _compare_variants(before: Class, after: Class, ways: Ways, new: Surface) -> Iterator[Change]:
    if before.variants == after.variants:
        return
    text = f"{shown(before.variants)} → {shown(after.variants)}"
    if ways.sent and not within(before.variants, after.variants, new.classes):
        yield breaking(after.name, text)
    elif any(each.name not in new.classes for each in after.variants - before.variants):
        yield breaking(after.name, text)  # no class, so that it is no UnknownVariant before
    else:  # a variant more was an UnknownVariant before
        more = after.variants - before.variants
        text = f"may be {shown(more)} too" if more else text
        yield changed(after.name, text, "minor" if more else "patch")


def _compare_bases(before: Class, after: Class, old: Surface, new: Surface) -> Iterator[Change]:
    """Give of which classes that there were and are it is a subclass no longer, or newly."""
    for each in before.bases:
        if each not in after.bases and each in new.classes:
            yield breaking(after.name, f"is no subclass of {each} any more")
    for each in after.bases:
        if each not in before.bases and each in old.classes:
            yield changed(after.name, f"is a subclass of {each} now", "minor")


def compare_parts(before: Class, after: Class, ways: Ways, new: Surface) -> Iterator[Change]:
    """Give what happened to the fields of a model, but to those of its bases."""
    gone = {wire: each for wire, each in before.parts.items() if wire not in after.parts}
    come = {wire: each for wire, each in after.parts.items() if wire not in before.parts}
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
        yield breaking(f"{after.name}.{each.name}", f"removed: {shown(each.types)}", "removed")
    for each in come.values():
        name = f"{after.name}.{each.name}"
        if each.required and ways.sent:
            yield breaking(name, f"has to be given: {shown(each.types)}", "added")
        else:
            yield added(name, shown(each.types))
    for wire in before.parts.keys() & after.parts.keys():
        was, now = before.parts[wire], after.parts[wire]
        if was.owner != now.owner or not _is_told(now, before, after):
            yield from compare_part((f"{after.name}.", ""), was, now, ways, new)


def _is_told(part: Part, before: Class, after: Class) -> bool:
    """Whether the same is said of the base whose field it is."""
    return part.owner in before.bases and part.owner in after.bases


def _respelt(gone: Iterable[Part], come: Iterable[Part]) -> list[tuple[Part, Part]]:
    """Return pairs of what has another name on the wire, and the same in Python."""
    there = {each.name: each for each in come}
    return [(each, there[each.name]) for each in gone if each.name in there]


def renamed_parts(gone: Iterable[Part], come: Iterable[Part]) -> list[tuple[Part, Part]]:
    """Return pairs of what is gone and what came that say the same under different names."""
    there = list(come)
    found: list[tuple[Part, Part]] = []
    for one in gone:
        text = one.texts.get("description")
        alike = [
            each
            for each in there
            if text and each.texts.get("description") == text and each.types == one.types
        ]
        if len(alike) == 1 and all(alike[0] is not other for _, other in found):
            found.append((one, alike[0]))
    return found


def compare_part(
    around: tuple[str, str], before: Part, after: Part, ways: Ways, new: Surface
) -> Iterator[Change]:
    """Give what happened to a field, or to an argument, whose name stands between two texts."""
    prefix, suffix = around
    name = f"{prefix}{after.name}{suffix}"
    if before.name != after.name:
        yield breaking(f"{prefix}{before.name} → {after.name}{suffix}", "renamed")
    yield from compare_types(name, before, after, ways, new.classes)
    yield from compare_traits(name, before.traits, after.traits, ways)
    yield from deprecation(name, before, after)
    if (words := differing(before, after)) is not None:
        yield described(name, words)


def deprecation(name: str, before: Class | Part, after: Class | Part) -> Iterator[Change]:
    """Tell whether something is deprecated now, or no longer."""
    if before.deprecated != after.deprecated:
        if after.deprecated:
            yield changed(name, "is deprecated now", "minor")
        else:
            yield changed(name, "is no longer deprecated")


def differing(before: Class | Part, after: Class | Part) -> str | None:
    """Return which texts differ; of an enum's, those of members that were there before."""
    old, new = before.texts, after.texts
    if isinstance(before, Class) and isinstance(after, Class) and before.kind == "enum":
        both = before.members.keys() & after.members.keys()
        old, new = _of_members(before, both), _of_members(after, both)
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return ", ".join(keys) or None


def _of_members(made: Class, values: Collection[str | int]) -> dict[str, Any]:
    key = "x-enum-descriptions"
    told: dict[str | int, str] = made.texts.get(key) or {}
    return {**made.texts, key: {value: text for value, text in told.items() if value in values}}
