"""Finds classes that only have another name now, so that they are told as renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from spec_diff.surface import Class, Method, Part, Surface, Type, Types

_ALIKE = 0.6  # of what two classes have, together


def renamed_classes(old: Surface, new: Surface) -> dict[str, str]:
    """Return the new names of classes, by their old ones."""
    found: dict[str, str] = {}
    while True:
        gone = [each for name, each in old.classes.items() if name not in new.classes]
        come = [each for name, each in new.classes.items() if name not in old.classes]
        gone = [each for each in gone if each.name not in found]
        come = [each for each in come if each.name not in found.values()]
        before, after = _uses(old, found), _uses(new, {})
        # A class that may have a new name is, where it is used, one class as good as another.
        unsure = dict.fromkeys((each.name for each in gone), "?")
        unsure |= dict.fromkeys((each.name for each in come), "?")
        scores = [
            (score, _sounds_alike(one.name, other.name), one.name, other.name)
            for one in gone
            for other in come
            if (score := _alike((one, found | unsure), (other, unsure), before, after)) >= _ALIKE
        ]
        best: dict[str, str] = {}
        for _, _, one, other in sorted(scores, key=lambda each: (-each[0], -each[1], each[2:])):
            if one not in best and other not in best.values():
                best[one] = other
        if not best:
            return found
        found |= best


def _sounds_alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _alike(
    old: tuple[Class, Mapping[str, str]],
    new: tuple[Class, Mapping[str, str]],
    before: Mapping[str, set[str]],
    after: Mapping[str, set[str]],
) -> float:
    (one, other), (mine, theirs) = (old[0], new[0]), (_contents(*old), _contents(*new))
    if one.kind != other.kind:
        return 0.0
    if not mine or not theirs:
        return 0.0
    same_place = bool(before.get(one.name, set()) & after.get(other.name, set()))
    if len(mine) == 1 and not same_place:
        return 0.0  # too little to know it by
    return len(mine & theirs) / len(mine | theirs) + (0.1 if same_place else 0.0)


def _contents(made: Class, renamed: Mapping[str, str]) -> set[object]:
    parts = {(wire, types_as(part.types, renamed)) for wire, part in made.parts.items()}
    return {*parts, *made.members, *types_as(made.variants, renamed)}


def _uses(surface: Surface, renamed: Mapping[str, str]) -> dict[str, set[str]]:
    """Return for each class where it is used."""
    found: dict[str, set[str]] = {}

    def note(types: Types, where: str) -> None:
        for each in types:
            found.setdefault(each.name, set()).add(where)
            note(each.item or frozenset(), where)

    for method in surface.methods:
        note(method.result, method.call)
        for each in method.arguments:
            note(each.types, f"{method.call} {each.wire}")
    for made in surface.classes.values():
        for wire, part in made.parts.items():
            note(part.types, f"{renamed.get(made.name, made.name)} {wire}")
    return found


def types_as(types: Types, renamed: Mapping[str, str]) -> Types:
    """Return types under the new names of classes."""
    if not renamed:
        return types
    return frozenset(
        Type(
            renamed.get(each.name, each.name),
            None if each.item is None else types_as(each.item, renamed),
        )
        for each in types
    )


def under_new_names(surface: Surface, renamed: Mapping[str, str]) -> Surface:
    """Return a surface whose classes have their new names."""

    def part(old: Part) -> Part:
        owner = renamed.get(old.owner, old.owner)
        return replace(old, types=types_as(old.types, renamed), owner=owner)

    def method(old: Method) -> Method:
        page = old.page
        return replace(
            old,
            arguments=tuple(part(each) for each in old.arguments),
            body=renamed.get(old.body, old.body),
            result=types_as(old.result, renamed),
            page=page and (renamed.get(page[0], page[0]), renamed.get(page[1], page[1])),
        )

    def made(old: Class) -> Class:
        return replace(
            old,
            name=renamed.get(old.name, old.name),
            parts={wire: part(each) for wire, each in old.parts.items()},
            variants=types_as(old.variants, renamed),
            bases=tuple(renamed.get(name, name) for name in old.bases),
            traits={**old.traits, **discriminator(old.traits)},
        )

    def discriminator(traits: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = traits.get("discriminator") or {}
        mapping: dict[str, str] = found.get("mapping") or {}
        kinds = {value: renamed.get(name, name) for value, name in mapping.items()}
        return {"discriminator": found | {"mapping": kinds}} if found else {}

    return replace(
        surface,
        methods=tuple(method(each) for each in surface.methods),
        classes={renamed.get(name, name): made(each) for name, each in surface.classes.items()},
        sent=frozenset(renamed.get(name, name) for name in surface.sent),
        received=frozenset(renamed.get(name, name) for name in surface.received),
        events={event: renamed.get(name, name) for event, name in surface.events.items()},
    )
