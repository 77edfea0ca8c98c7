"""Classes: the values for the templates of enums, choices and models, and of their pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from contract.api import Api, Class, Field
from contract.names import module
from contract.texts import cell, code, docstring, literal, type_in_docs

Keys = dict[str, Any]


_SENT = {"date": "AnyDate", "DateTime": "AnyDateTime", "Timestamp": "AnyTimestamp"}
"""The types of fields that no response has."""


def class_keys(made: Class, api: Api, *, is_sent: bool) -> Keys:
    """Return the values for the templates of a class.

    Args:
        made: the class.
        api: that has it.
        is_sent: whether only requests have it, so that times may also be given as strings.
    """
    about = made.description or f"{made.name}."
    names = sorted(set(made.uses) - {made.name, *made.bases[:1]})
    return {
        "name": made.name,
        "module": module(made.name),
        "about": docstring(about),
        "cell": cell(made.description),
        "imports": imports(names),
        "enum": _enum(made) if made.kind == "enum" else False,
        "choice": _choice(made, api) if made.kind == "choice" else False,
        "model": _model(made, api, is_sent=is_sent) if made.kind == "model" else False,
        "example": repr(made.example),
    }


def _enum(made: Class) -> Keys:
    whole = isinstance(made.members[0].value, int)
    members = _members(made)
    return {
        "base": "OpenIntEnum" if whole else "OpenEnum",
        "members": members,
        "first": members[0],
        "unknown": "-(10**9)" if whole else '"a new value"',
    }


def _members(made: Class) -> list[Keys]:
    return [
        {
            "name": each.name,
            "value": literal(each.value) if isinstance(each.value, str) else repr(each.value),
            "code": code(each.value),
            "cell": cell(each.description),
            "about": docstring(each.description) if each.description else False,
        }
        for each in made.members
    ]


def _choice(made: Class, api: Api) -> Keys:
    variants = [each.annotation for each in made.variants]
    objects = any(each.role == "class" for each in made.variants)
    unknown = made.other or ("UnknownVariant" if objects else "")
    classes = [api.classes[each.name] for each in made.variants if each.name in api.classes]
    is_base = all(made.other in (each.name, *each.bases) for each in classes)
    types = dict.fromkeys(each for each in (*variants, unknown) if each)
    shown = made.other if made.other and is_base else " | ".join(types)
    return {
        "variants": ", ".join(variants) + ",",
        "type": literal(shown) if made.name in made.uses else shown,
        "unknown": unknown or False,
        "rows": [
            {"value": literal(value), "code": code(literal(value)), "name": name}
            for value, name in made.mapping.items()
        ],
        "names": [{"name": name} for name in sorted(set(made.mapping.values()))],
        "kinds": [{"doc": type_in_docs(each)} for each in made.variants],
        "tag": literal(made.tag) if made.tag else False,
        "tagCode": code(made.tag),
        "other": made.other or False,
    }


def _model(made: Class, api: Api, *, is_sent: bool) -> Keys:
    base = made.bases[0] if made.bases else ""
    renamed = [
        f'"{each.name}": {literal(each.wire)}'
        for each in made.own_fields
        if each.wire != each.name and not is_beside(each)
    ]
    return {
        "base": base or "Model",
        "parents": [{"module": module(base), "parent": base}] if base else [],
        "rename": f", rename={{ {', '.join(renamed)} }}" if renamed else "",
        "extra": made.extra is not None
        and {"annotation": made.extra.annotation, "doc": type_in_docs(made.extra)},
        "fields": [_field(each, made, api, is_sent=is_sent) for each in made.fields],
    }


def _field(each: Field, made: Class, api: Api, *, is_sent: bool) -> Keys:
    annotation = each.type.annotation
    if is_sent:
        annotation = re.sub(r"\w+", lambda found: _SENT.get(found[0], found[0]), annotation)
    if not each.required and not annotation.endswith("| None"):
        annotation += " | None"
    annotation += "" if each.required else " = None"
    if each.required and each.notes.get("readOnly") is True:
        annotation += " = field(default=ABSENT)"
    if is_beside(each):
        annotation = f"ClassVar[AdditionalProperty] = AdditionalProperty({literal(each.wire)})"
    about = each.description
    enum = each.type.enum
    return {
        "fieldName": each.name,
        "isOwn": each.owner == made.name,
        "annotation": annotation,
        "about": docstring(about) if about else False,
        "wireCode": code(each.wire) if each.wire != each.name else False,
        "doc": type_in_docs(each.type, here=True),
        "cell": cell(about),
        "enum": {"name": enum, "members": _members(api.classes[enum])} if enum else False,
        "notes": ", ".join(field_notes(each)),
    }


def field_notes(each: Field, *, default: bool = True) -> list[str]:
    """Return the notes on a field in a table."""
    found = ["required" if each.required else "[optional]"]
    found += ["nullable"] if each.type.nullable else []
    notes = dict(each.notes)
    notes["x-secret"] = each.type.name == "Secret"
    found += notes_of(notes)
    if default and "default" in each.notes:
        found.append(f"default {code(each.notes['default'])}")
    for word, text in (
        ("readOnly", "read only"),
        ("writeOnly", "write only"),
        ("deprecated", "deprecated"),
    ):
        if each.notes.get(word) is True:
            found.append(text)
    return found


def is_beside(each: Field) -> bool:
    """Return whether the decoder cannot have a name: the field is then read beside the others."""
    return re.search(r'["\\\x00-\x1f]', each.wire) is not None


def imports(names: Iterable[str]) -> list[Keys]:
    """Return the modules of classes with their names."""
    return [{"module": module(name), "name": name} for name in names]


def notes_of(notes: Mapping[str, Any]) -> list[str]:
    """Return what our own keys state, in words for a table."""
    found: list[str] = []
    if isinstance(notes.get("x-unit"), str):
        found.append(f"in {cell(notes['x-unit'])}")
    if notes.get("x-secret") is True:
        found.append("secret")
    if notes.get("x-client-side") is True:
        found.append("set by the client")
    return found
