"""Finds classes that only have another name now, so that they are reported as renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from contract.api import Api, Argument, Class, Field, Operation, Resource
from spec_diff.methods import methods_of
from spec_diff.types import Types, types_of, under_names
from spec_diff.values import variants_of

_ALIKE = 0.6  # of what two classes have, together


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
    fields = {(each.wire, types_of(under_names(each.type, renamed))) for each in made.fields}
    values = {each.value for each in made.members}
    return {*fields, *values, *(under_names(each, renamed) for each in variants_of(made))}


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


def under_new_names(api: Api, renamed: Mapping[str, str]) -> Api:
    """Return a contract whose classes have their new names."""
    if not renamed:
        return api

    def new(name: str) -> str:
        return renamed.get(name, name)

    def argument(old: Argument) -> Argument:
        return replace(old, type=under_names(old.type, renamed))

    def operation(old: Operation) -> Operation:
        return replace(
            old,
            arguments=tuple(argument(each) for each in old.arguments),
            body=old.body and replace(old.body, model=new(old.body.model)),
            results=tuple(
                replace(each, type=each.type and under_names(each.type, renamed))
                for each in old.results
            ),
            error_bodies=tuple(
                replace(each, type=each.type and under_names(each.type, renamed))
                for each in old.error_bodies
            ),
            page=old.page and replace(old.page, item=new(old.page.item), meta=new(old.page.meta)),
        )

    def resource(old: Resource) -> Resource:
        return replace(old, operations=tuple(operation(each) for each in old.operations))

    def field(old: Field) -> Field:
        return replace(old, type=under_names(old.type, renamed), owner=new(old.owner))

    def made(old: Class) -> Class:
        return replace(
            old,
            name=new(old.name),
            fields=tuple(field(each) for each in old.fields),
            bases=tuple(new(name) for name in old.bases),
            extra=old.extra and under_names(old.extra, renamed),
            variants=tuple(under_names(each, renamed) for each in old.variants),
            mapping={value: new(name) for value, name in old.mapping.items()},
            other=new(old.other),
        )

    return replace(
        api,
        resources=tuple(resource(each) for each in api.resources),
        classes={new(name): made(each) for name, each in api.classes.items()},
        webhooks=tuple(
            replace(each, type=under_names(each.type, renamed)) for each in api.webhooks
        ),
    )
