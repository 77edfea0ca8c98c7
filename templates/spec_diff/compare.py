"""Compares the `Api` of two contracts."""

from __future__ import annotations

import re
from dataclasses import replace

from contract.api import Api
from spec_diff.change import KINDS, STEPS, Change
from spec_diff.classes import compare_classes
from spec_diff.methods import compare_client, compare_methods, methods_of
from spec_diff.renames import renamed_classes, under_new_names


def compare(old: Api, new: Api) -> list[Change]:
    """Return the differences for users, breaking ones first, sorted by name."""
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
    kind = KINDS.index(change.kind)
    group = 0 if change.step == "major" else kind
    is_class = re.match(r"client\b|Client\b", change.name) is None
    return STEPS.index(change.step), group, is_class, change.name, kind, change.text


def _arguments(api: Api) -> dict[str, tuple[str, ...]]:
    """Return the arguments of methods that are fields of a body's model, by its fields' names."""
    found: dict[str, list[str]] = {}
    for method in methods_of(api):
        body = method.operation.body
        made = api.classes.get(body.model) if body else None
        fields = {each.wire: each.name for each in made.fields} if made else {}
        for argument in method.operation.arguments:
            if made is not None and argument.location == "field" and argument.wire in fields:
                text = f"{method.name}({argument.name}=)"
                found.setdefault(f"{made.name}.{fields[argument.wire]}", []).append(text)
    return {name: tuple(texts) for name, texts in found.items()}
