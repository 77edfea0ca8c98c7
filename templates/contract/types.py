"""Types: the type of each schema that is not a class, and the union of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from contract.api import Type

ANY = Type("Any")
TEXT = Type("str", json="string")
INTEGER = Type("int", json="integer")
NUMBER = Type("int | float", json="number")
BOOLEAN = Type("bool", json="boolean")
SECRET = Type("Secret")

_BY_FORMAT = {
    ("string", "date-time"): Type("Timestamp"),
    ("string", "date"): Type("date"),
    ("string", "time"): Type("TimeOfDay"),
    ("string", "rfc2822"): Type("MailDate"),
    ("string", "seconds"): Type("Seconds"),
    ("string", "uuid"): Type("Uuid"),
    ("string", "byte"): Type("Base64"),
    ("string", "binary"): Type("Binary"),
    ("string", "decimal"): Type("DecimalText"),
    ("string", "number"): Type("DecimalText"),
    ("string", "password"): SECRET,
}
_BY_TYPE = {"string": TEXT, "integer": INTEGER, "number": NUMBER, "boolean": BOOLEAN}


def scalar(kind: str, form: str, *, secret: bool, in_utc: bool) -> Type:
    """Return the type of a value that is neither an object nor an array.

    Args:
        kind: the type in the schema.
        form: the format.
        secret: whether it is not to be shown.
        in_utc: whether a time need not keep its spelling.
    """
    if secret:
        return SECRET
    if in_utc and (kind, form) == ("string", "date-time"):
        return Type("DateTime")
    return _BY_FORMAT.get((kind, form)) or _BY_TYPE.get(kind, ANY)


def list_of(item: Type) -> Type:
    """Return the type of an array."""
    return Type("list", (item,), json="array" if item.native else "")


def map_of(value: Type) -> Type:
    """Return the type of an object whose keys are free."""
    return Type("dict", (value,), json="object" if value.native else "")


def class_of(name: str, *, enum: bool = False) -> Type:
    """Return the type of a class of the package."""
    return Type(name, role="enum" if enum else "class")


def or_null(type_: Type, *, null: bool = True) -> Type:
    """Return a type that may also be null."""
    return replace(type_, nullable=True) if null and not type_.nullable else type_


def union_of_plain(choices: Sequence[Type]) -> Type | None:
    """Return the union of types that the decoder tells apart by itself; None if it cannot."""
    nullable = any(each.nullable for each in choices)
    found = list(dict.fromkeys(replace(each, nullable=False) for each in choices))
    if ANY in found:
        return or_null(ANY, null=nullable)
    if NUMBER in found and INTEGER in found:
        found.remove(INTEGER)
    if len(found) == 1:
        return or_null(found[0], null=nullable)
    names = [each.json for each in found]
    if "" in names or len(set(names)) < len(names):
        return None
    return Type("|", tuple(found), nullable=nullable)
