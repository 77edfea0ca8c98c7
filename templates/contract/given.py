"""What users may pass for an argument: types, dicts with known keys, and objects with an id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from contract.api import Api, Argument, Class, Operation, Type
from contract.classes import Keys, imports
from contract.names import module, pascal
from contract.texts import GIVEN_AS, docstring, literal


def given_as(argument: Argument, operation: Operation, api: Api) -> str:
    """Return the type of an argument: what users may give for it."""
    if argument.is_file:
        is_list = argument.type.name == "list"
        return "Sequence[encode.File]" if is_list else "encode.File"
    objects = objects_for(argument, operation, api)
    if operation.batch and operation.batch.field == argument.wire:
        return f"Sequence[{' | '.join(('str', *objects))}]"
    null = " | None" if argument.type.nullable and argument.required else ""
    return " | ".join((_given(argument.type, api), *objects)) + null


_HAS = {"id": "encode.HasId", "sid": "encode.HasSid"}


def _is_in_path(argument: Argument) -> bool:
    """Return whether this is an id in the path."""
    is_text = argument.location == "path" and argument.type.name == "str"
    return is_text and argument.name.rpartition("_")[2] in _HAS


def is_id(argument: Argument, api: Api) -> bool:
    """Return whether this is an id, which may be given as the object that has it.

    Outside of paths, these are the ids that other paths have.
    """
    is_known = argument.type.name == "str" and argument.name in ids_of(api)
    return _is_in_path(argument) or (is_known and argument.location in ("query", "field"))


def objects_for(argument: Argument, operation: Operation, api: Api) -> list[str]:
    """Return the types of the objects that an id, or each of a batch of ids, may be given as."""
    if operation.batch and operation.batch.field == argument.wire:
        name = operation.batch.check.partition("{")[2].partition("}")[0]
    elif is_id(argument, api):
        name = argument.name
    else:
        return []
    found = [_HAS.get(name.rpartition("_")[2], "encode.HasId")]
    return [*found, pascal(f"has_{name}")] if name in ids_of(api) else found


@cache
def dicts_of(api: Api) -> frozenset[str]:
    """Return the models of filters and bodies, which may be given as a dict with known keys."""
    arguments = (one for each in api.operations for one in each.arguments)
    used = (api.classes[name] for name in api.below(n for one in arguments for n in one.type.uses))
    models = {
        each.name
        for each in used
        # Additional properties of a type that the contract states have no known keys.
        if each.kind == "model" and not any(api.classes[n].extra for n in (each.name, *each.bases))
    }
    return frozenset(name for name in models if f"{name}Dict" not in api.classes)


def dict_keys(made: Class, api: Api) -> Keys | bool:
    """Return the values for the templates of the dict that can replace a model."""
    if made.name not in dicts_of(api):
        return False
    keys: list[Keys] = []
    renamed: list[str] = []
    for each in made.fields:
        type_ = f"{_given(each.type, api)} | None"
        is_needed = each.required and each.notes.get("readOnly") is not True
        annotation = f"Required[{type_}]" if is_needed else type_
        if each.wire != each.name:  # either name may be given
            is_inside_itself = known_names(type_, [f"{made.name}Dict"])
            renamed.append(f"{literal(each.wire)}: {literal(type_) if is_inside_itself else type_}")
            annotation = type_
        about = docstring(each.description) if each.description else False
        keys.append({"key": each.name, "annotation": annotation, "about": about})
    base = f"_{made.name}Keys"
    written = " ".join([*renamed, *(str(each["annotation"]) for each in keys)])
    fields = ", ".join(renamed)
    return {
        "base": base if renamed else "TypedDict",
        "renamed": renamed and f'{base} = TypedDict("{base}", {{ {fields} }}, total=False)',
        "keys": keys,
        "uses": [
            *imports(known_names(written, api.classes)),
            *imported_dicts(written, api, apart_from=made.name),
        ],
    }


def imported_dicts(written: str, api: Api, *, apart_from: str = "") -> list[Keys]:
    """Return the dicts that annotations name."""
    dicts = {f"{each}Dict": each for each in dicts_of(api) if each != apart_from}
    return [{"module": module(dicts[each]), "name": each} for each in known_names(written, dicts)]


def known_names(written: str, known: Iterable[str]) -> list[str]:
    """Return the known names that annotations have."""
    return sorted({*re.findall(r"\w+", written)} & {*known})


@cache
def ids_of(api: Api) -> list[str]:
    """Return the ids in paths that objects have under the same name."""
    names = {one.name for each in api.operations for one in each.arguments if _is_in_path(one)}
    fields = {one.name for each in api.classes.values() for one in each.fields}
    return sorted(
        each
        for each in names & fields
        if each not in _HAS and pascal(f"has_{each}") not in api.classes
    )


def _given(type_: Type, api: Api) -> str:
    """Return the types that a value may be given as."""
    return " | ".join(dict.fromkeys(_givens(type_, api)))


def _givens(type_: Type, api: Api, within: tuple[str, ...] = ()) -> list[str]:
    """Return the parts of that union; those of choices only once in each branch."""
    if type_.name == "|":
        return [name for each in type_.items for name in _givens(each, api, within)]
    if type_.items:
        item = type_.items[0]
        names = " | ".join(dict.fromkeys(_givens(item, api, within)))
        names += " | None" if item.nullable else ""
        return [f"Sequence[{names}]" if type_.name == "list" else f"Mapping[str, {names}]"]
    if not type_.role:
        return GIVEN_AS.get(type_.name, type_.name).split(" | ")
    made, found = api.classes[type_.name], [type_.name]
    if made.kind == "enum":
        found += ["str" if isinstance(made.members[0].value, str) else "int"]
    elif made.kind == "model":
        found += [f"{made.name}Dict" if made.name in dicts_of(api) else "Mapping[str, Any]"]
    elif made.name not in within:
        for each in made.variants:
            parts = _givens(each, api, (*within, made.name))
            found += [name for name in parts if name != each.annotation]
    return found
