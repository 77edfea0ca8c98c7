"""Given: each class of schemas.py as the generator gets it, with all that a template prints."""

from __future__ import annotations

import re
from typing import Any

from contract.examples import Examples
from contract.names import is_tame, member_names, snake
from contract.references import Schema, is_list, is_object
from contract.schemas import Field, Made
from contract.texts import cell, code, docstring, literal


def given(made: Made, examples: Examples, *, late: bool) -> Schema:
    """Return the schema of one class; late says that models do not import each other."""
    about = _description(made.source)
    schema: Schema = {key: value for key, value in made.source.items() if key.startswith("x-")}
    schema |= {"description": about or f"{made.name}.", "x-cell": cell(about)}
    schema["x-docstring"] = docstring(about or f"{made.name}.")
    schema.setdefault("x-example", repr(examples.of(made.source)))
    if made.values:
        return schema | _enum(made)
    if made.choices:
        return schema | _choice(made)
    return schema | _model(made, examples) | {"x-late" if late else "x-imports": _imports(made)}


def members(made: Made) -> list[dict[str, Any]]:
    """Return what a template prints of each value of an enum."""
    names = member_names(made.values, names_given(made.source))
    about = _texts(made.source, "x-enum-descriptions")
    about += [""] * (len(names) - len(about))
    return [
        {
            "name": name,
            "value": literal(value) if isinstance(value, str) else repr(value),
            "code": code(value),
            "cell": cell(text),
            "about": docstring(text) if text else False,
        }
        for name, value, text in zip(names, made.values, about, strict=False)
    ]


def names_given(source: Schema) -> list[str]:
    """Return the names that a contract gives the values of an enum, by either of two keys."""
    return _texts(source, "x-enum-varnames") or _texts(source, "x-enumNames")


def _enum(made: Made) -> Schema:
    found = members(made)
    whole = all(isinstance(value, int) for value in made.values)
    return {
        "type": "integer" if whole else "string",
        "enum": made.values,
        "x-enum-varnames": [each["name"] for each in found],
        "x-kind-enum": {
            "base": "OpenIntEnum" if whole else "OpenEnum",
            "members": found,
            "first": found[0],
            "stranger": "-(10**9)" if whole else '"a new value"',
        },
    }


def _choice(made: Made) -> Schema:
    variants = [each.annotation for each in made.choices]
    objects = any(each.given.startswith('{"$ref"') and not each.enum for each in made.choices)
    unknown = made.other or ("UnknownVariant" if objects else "")
    shown = made.other or " | ".join([*variants, *([unknown] if unknown else [])])
    shown = literal(shown) if made.name in made.uses else shown
    rows = [
        {"value": literal(value), "code": code(literal(value)), "name": name}
        for value, name in made.mapping.items()
    ]
    parts: Schema = {
        "variants": ", ".join(f"{each}" for each in variants) + ",",
        "type": shown,
        "unknown": unknown or False,
        "rows": rows,
        "names": [{"name": name} for name in sorted(set(made.mapping.values()))],
        "kinds": [{"doc": each.linked} for each in made.choices],
        "tag": literal(made.tag) if made.tag else False,
        "tagCode": code(made.tag),
        "other": made.other or False,
    }
    return {
        "type": "object",
        "properties": {"nothing": {"type": "string"}},
        "x-kind-choice": parts,
        "x-imports": _imports(made),
    }


def _model(made: Made, examples: Examples) -> Schema:
    properties: Schema = {}
    renamed: list[str] = []
    for each in made.fields:
        properties[each.wire if _is_tame(each) else each.name] = _property(each, examples)
        if each.wire != each.name and not each.inherited and not _is_beside(each):
            renamed.append(f'"{each.name}": {literal(each.wire)}')
    schema: Schema = {
        "type": "object",
        "x-kind-model": {
            "base": made.base or "Model",
            "parents": [{"module": snake(made.base), "parent": made.base}] if made.base else [],
            "rename": f", rename={{ {', '.join(renamed)} }}" if renamed else "",
            "extra": made.extra and {"annotation": made.extra.annotation, "doc": made.extra.linked},
            "fields": [_field(each) for each in made.fields],
            "own": [_field(each) for each in made.fields if not each.inherited],
        },
        # What has no field is no class to the generator.
        "properties": properties or {"nothing": {"type": "string"}},
    }
    needed = [key for key, each in zip(properties, made.fields, strict=True) if each.required]
    if needed:
        schema["required"] = needed
    return schema


def _field(each: Field) -> dict[str, Any]:
    """Return what a template prints of a field; what it has not is there too, and false."""
    about = _description(each.source)
    annotation = each.kind.annotation
    if not each.required and not annotation.endswith("| None"):
        annotation += " | None"
    annotation += "" if each.required else " = None"
    if _is_beside(each):
        annotation = f"ClassVar[AdditionalProperty] = AdditionalProperty({literal(each.wire)})"
    unit = each.source.get("x-unit", False)
    return {
        "fieldName": each.name,
        "annotation": annotation,
        "about": docstring(about) if about else False,
        "wireCode": code(each.wire) if each.wire != each.name else False,
        "doc": each.kind.doc,
        "cell": cell(about),
        "enum": False,
        "optional": not each.required,
        "nullable": each.kind.nullable,
        "unit": unit,
        "secret": each.kind.python == "Secret",
        "clientSide": bool(each.source.get("x-client-side")),
        "default": code(each.source["default"]) if "default" in each.source else False,
        "deprecated": each.source.get("deprecated") is True,
        "readOnly": each.source.get("readOnly") is True,
        "writeOnly": each.source.get("writeOnly") is True,
    }


def _property(each: Field, examples: Examples) -> Schema:
    """Return what the generator is given for a field: it shows in the signatures of methods."""
    about = _description(each.source)
    schema = {key: value for key, value in each.source.items() if key.startswith("x-")}
    schema |= each.kind.schema
    schema["x-example"] = each.source.get("x-example") or repr(examples.of(each.source))
    if about:
        schema |= {"description": about, "x-cell": cell(about)}
    if not _is_tame(each):
        schema["x-wire"] = literal(each.wire)
    return schema


def _is_beside(each: Field) -> bool:
    """Tell whether the decoder cannot have a name: the field is then read beside the others."""
    return re.search(r'["\\\x00-\x1f]', each.wire) is not None


def _is_tame(each: Field) -> bool:
    return is_tame(each.wire, each.name)


def _imports(made: Made) -> list[dict[str, str]]:
    names = sorted(set(made.uses) - {made.name, made.base})
    return [{"module": snake(name), "name": name} for name in names]


def _description(source: Any) -> str:
    found = source.get("description") if is_object(source) else None
    return found.strip() if isinstance(found, str) else ""


def _texts(source: Schema, key: str) -> list[str]:
    found = source.get(key)
    return [str(each) for each in found] if is_list(found) else []
