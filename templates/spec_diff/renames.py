"""Finds classes that only have another name now, so that they are reported as renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from difflib import SequenceMatcher
from itertools import product
from typing import Any, TypeVar, cast

from contract.api import Api, Body, Class, Field, Page, Type
from contract.references import is_object
from spec_diff.methods import methods_of
from spec_diff.types import Types, types_of
from spec_diff.values import variants_of

ValueT = TypeVar("ValueT")

_ALIKE = 0.6  # of what two classes have, together
_CLASS_NAMES: Mapping[type, frozenset[str]] = {
    Type: frozenset({"name"}),
    Field: frozenset({"owner"}),
    Class: frozenset({"name", "bases", "mapping", "other"}),
    Body: frozenset({"model"}),
    Page: frozenset({"item", "meta"}),
}
"""The attributes that hold names of classes, or a list or dict of them."""


def renamed_classes(old: Api, new: Api) -> dict[str, str]:
    """Return the new names of classes, by their old ones."""
    found: dict[str, str] = {}
    while True:
        gone = [each for name, each in old.classes.items() if name not in new.classes]
        come = [each for name, each in new.classes.items() if name not in old.classes]
        gone = [each for each in gone if each.name not in found]
        come = [each for each in come if each.name not in found.values()]
        before, after = _uses(old, found), _uses(new, {})
        # A class that may have a new name is, where it is used, one class as good as another.
        unsure = dict.fromkeys((each.name for each in (*gone, *come)), "?")
        contents = {each.name: _contents(each, found | unsure) for each in (*gone, *come)}
        scores: list[tuple[float, float, str, str]] = []
        for one, other in product(gone, come):
            if one.kind != other.kind:
                continue
            same_place = bool(before.get(one.name, set()) & after.get(other.name, set()))
            score = _alike(contents[one.name], contents[other.name], same_place=same_place)
            if score >= _ALIKE:
                sound = SequenceMatcher(None, one.name, other.name, autojunk=False).ratio()
                scores.append((-score, -sound, one.name, other.name))
        best: dict[str, str] = {}
        for *_, former, latter in sorted(scores):
            if former not in best and latter not in best.values():
                best[former] = latter
        if not best:
            return found
        found |= best


def _alike(mine: set[object], theirs: set[object], *, same_place: bool) -> float:
    """Return how much of the contents of two classes is in both."""
    if not mine or not theirs:
        return 0.0
    if len(mine) == 1 and not same_place:
        return 0.0  # too little to know it by
    return len(mine & theirs) / len(mine | theirs) + (0.1 if same_place else 0.0)


def _contents(made: Class, renamed: Mapping[str, str]) -> set[object]:
    made = under_new_names(made, renamed)
    parts = {(each.wire, types_of(each.type)) for each in made.fields}
    return {*parts, *(each.value for each in made.members), *variants_of(made)}


def _uses(api: Api, renamed: Mapping[str, str]) -> dict[str, set[str]]:
    """Return for each class where it is used."""
    found: dict[str, set[str]] = {}

    def note(types: Types, where: str) -> None:
        for each in types:
            found.setdefault(each.name, set()).add(where)
            for item in each.items:
                note(types_of(item), where)

    for method in methods_of(api):
        note(method.result, method.call)
        for each in method.operation.arguments:
            note(types_of(each.type), f"{method.call} {each.wire}")
    for made in api.classes.values():
        for field in made.fields:
            note(types_of(field.type), f"{renamed.get(made.name, made.name)} {field.wire}")
    return found


def under_new_names(value: ValueT, renamed: Mapping[str, str]) -> ValueT:
    """Return an `Api`, or a part of one, in which classes have their new names."""
    found: Any = _renewed(value, renamed, is_name=False) if renamed else value
    if isinstance(found, Api):
        found = replace(found, classes={each.name: each for each in found.classes.values()})
    return cast("ValueT", found)


def _renewed(value: Any, renamed: Mapping[str, str], *, is_name: bool) -> Any:
    if isinstance(value, str):
        return renamed.get(value, value) if is_name else value
    if isinstance(value, tuple):
        items: tuple[Any, ...] = value  # pyright: ignore[reportUnknownVariableType] - of any type
        return tuple(_renewed(each, renamed, is_name=is_name) for each in items)
    if is_object(value):
        return {key: _renewed(each, renamed, is_name=is_name) for key, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        names = _CLASS_NAMES.get(type(value), frozenset())
        parts = {
            each.name: _renewed(getattr(value, each.name), renamed, is_name=each.name in names)
            for each in fields(value)
        }
        return replace(value, **parts)
    return value
