"""Compares two surfaces."""

from __future__ import annotations

import re
from dataclasses import replace

from spec_diff.change import Change
from spec_diff.classes import compare_classes
from spec_diff.methods import compare_client, compare_methods
from spec_diff.renames import renamed_classes, under_new_names
from spec_diff.surface import Surface

_KINDS = ("added", "changed", "removed", "documentation")
_STEPS = ("major", "minor", "patch", "none")


def compare(old: Surface, new: Surface) -> list[Change]:
    """Return what is different for users, the gravest first, each by its name."""
    renamed = renamed_classes(old, new)
    before = under_new_names(old, renamed)
    found = [
        *compare_methods(before, new),
        *compare_classes(before, new, renamed),
        *compare_client(before, new),
    ]
    arguments = _arguments(before) | _arguments(new)
    told = [replace(each, also=arguments.get(each.name, ())) for each in found]
    return sorted(told, key=_place)


def _place(change: Change) -> tuple[object, ...]:
    """Return what puts a change into its place: what breaks is one list, the rest one a kind."""
    kind = 0 if change.step == "major" else _KINDS.index(change.kind)
    is_class = re.match(r"client\b|Client\b", change.name) is None
    step = _STEPS.index(change.step)
    return step, kind, is_class, change.name, _KINDS.index(change.kind), change.text


def _arguments(surface: Surface) -> dict[str, tuple[str, ...]]:
    """Return the arguments of methods that are fields of a body's model, by its fields' names."""
    found: dict[str, list[str]] = {}
    for method in surface.methods:
        made = surface.classes.get(method.body)
        for argument in method.arguments if made is not None else ():
            if made is not None and argument.place == "body" and argument.wire in made.parts:
                field = made.parts[argument.wire].name
                text = f"{method.name}({argument.name}=)"
                found.setdefault(f"{made.name}.{field}", []).append(text)
    return {name: tuple(texts) for name, texts in found.items()}
