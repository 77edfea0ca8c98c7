"""Kinds: one type (`list[Pet]`, say) as Python, the reference and the generator have it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from contract.references import Schema


@dataclass(frozen=True)
class Kind:
    """One type."""

    python: str
    """As an annotation has it, without its null."""
    given: str
    """As the generator is given it: a schema that it cannot misunderstand, as JSON."""
    doc: str
    """As a table of the reference has it."""
    uses: tuple[str, ...] = ()
    """The classes that stand in it."""
    nullable: bool = False
    plain: str = ""
    """What JSON calls it, if the decoder can tell it from others by that alone."""
    native: bool = False
    """Whether the decoder needs no help of ours, at any depth."""
    enum: str = ""
    """The enum that it is, or is a list or map of."""

    @property
    def annotation(self) -> str:
        """Return the whole annotation."""
        return f"{self.python} | None" if self.nullable and self.python != "None" else self.python

    @property
    def linked(self) -> str:
        """Return what a page has that does not show the enums themselves: links to their pages."""
        return re.sub(r"\[\*\*(\w+)\*\*\]\(#enum-\w+\)", r"[**\1**](\1.md)", self.doc)

    @property
    def schema(self) -> Schema:
        """Return the schema for the generator."""
        schema: Schema = json.loads(self.given)
        if not self.nullable or not schema:
            return schema
        if "$ref" in schema:
            return {"oneOf": [schema, {"type": "null"}]}
        return schema | {"type": [schema["type"], "null"]}

    def or_null(self, null: bool = True) -> Kind:  # noqa: FBT001, FBT002 - reads well where it stands
        """Return this kind, which may also be null."""
        return replace(self, nullable=True) if null and not self.nullable else self


def _scalar(python: str, given: Schema, doc: str = "", plain: str = "") -> Kind:
    text = f"**{doc or python}**"
    return Kind(python, json.dumps(given), text, plain=plain, native=bool(plain))


ANY = replace(_scalar("Any", {}), native=True)
TEXT = _scalar("str", {"type": "string"}, plain="string")
INTEGER = _scalar("int", {"type": "integer"}, plain="integer")
NUMBER = _scalar("int | float", {"type": "number"}, "float", plain="number")
BOOLEAN = _scalar("bool", {"type": "boolean"}, plain="boolean")
SECRET = _scalar("Secret", {"type": "string", "format": "password"}, "str")

_DATE_TIME = {"type": "string", "format": "date-time"}
_TIME_IN_UTC = _scalar("DateTime", _DATE_TIME, "datetime")
_BY_FORMAT = {
    ("string", "date-time"): _scalar("Timestamp", _DATE_TIME, "datetime"),
    ("string", "date"): _scalar("date", {"type": "string", "format": "date"}),
    ("string", "time"): _scalar("TimeOfDay", {"type": "string"}, "time"),
    ("string", "uuid"): _scalar("Uuid", {"type": "string", "format": "uuid"}, "UUID"),
    ("string", "byte"): _scalar("Base64", {"type": "string", "format": "byte"}, "bytes"),
    ("string", "binary"): _scalar("Binary", {"type": "string", "format": "binary"}, "bytes"),
    ("string", "decimal"): _scalar("DecimalText", {"type": "string"}, "Decimal"),
    ("string", "number"): _scalar("DecimalText", {"type": "string"}, "Decimal"),
    ("string", "password"): SECRET,
}
_BY_TYPE = {"string": TEXT, "integer": INTEGER, "number": NUMBER, "boolean": BOOLEAN}


def scalar(kind: str, form: str, *, secret: bool, in_utc: bool) -> Kind:
    """Return the kind of a type that is no object and no array.

    Args:
        kind: the type.
        form: the format.
        secret: whether it is not to be shown.
        in_utc: whether a time need not keep its spelling.
    """
    if secret:
        return SECRET
    if in_utc and (kind, form) == ("string", "date-time"):
        return _TIME_IN_UTC
    return _BY_FORMAT.get((kind, form)) or _BY_TYPE.get(kind, ANY)


def list_of(item: Kind) -> Kind:
    """Return the kind of an array."""
    given = {"type": "array", "items": item.schema}
    return _many(item, f"list[{item.annotation}]", given, rf"**list**\[{item.doc}\]", "array")


def map_of(value: Kind) -> Kind:
    """Return the kind of an object whose keys are free."""
    given: Schema = {"type": "object", "additionalProperties": value.schema or True}
    doc = rf"**dict**\[**str**, {value.doc}\]"
    return _many(value, f"dict[str, {value.annotation}]", given, doc, "object")


def _many(item: Kind, python: str, given: Schema, doc: str, plain: str) -> Kind:
    return Kind(
        python,
        json.dumps(given),
        doc,
        item.uses,
        plain=plain if item.native else "",
        native=item.native,
        enum=item.enum,
    )


def class_of(name: str, *, enum: bool = False) -> Kind:
    """Return the kind of a class that a file of models has."""
    given = json.dumps({"$ref": f"#/components/schemas/{name}"})
    doc = f"[**{name}**](#enum-{name.lower()})" if enum else f"[**{name}**]({name}.md)"
    return Kind(name, given, doc, (name,), enum=name if enum else "")


def union_of_plain(choices: list[Kind]) -> Kind | None:
    """Return the union of what the decoder tells apart by itself; None where it cannot."""
    nullable = any(each.nullable for each in choices)
    found = list(dict.fromkeys(replace(each, nullable=False) for each in choices))
    if any(each.python == "Any" for each in found):
        return ANY.or_null(nullable)
    if len(found) == 1:
        return found[0].or_null(nullable)
    names = [each.plain for each in found]
    if "number" in names and "integer" in names:
        found = [each for each in found if each != INTEGER]
        names.remove("integer")
    if "" in names or len(set(names)) < len(names):
        return None
    if len(found) == 1:
        return found[0].or_null(nullable)
    doc = " or ".join(each.doc for each in found)
    python = " | ".join(each.python for each in found)
    return Kind(python, "{}", doc, nullable=nullable, native=True)
