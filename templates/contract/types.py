"""Types: the type of each schema that is not a class, and the union of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from contract.api import Type

ANY = Type("Any")
INTEGER = Type("int")
NUMBER = Type("int | float")
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
_BY_TYPE = {
    "string": Type("str"),
    "integer": INTEGER,
    "number": NUMBER,
    "boolean": Type("bool"),
}
_TOLD_APART = frozenset({"str", "int", "int | float", "bool", "list", "dict"})
"""Types that the decoder tells apart by themselves, if what they hold needs no help either."""


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
    names = {each.name for each in found}
    if len(names) < len(found) or not names <= _TOLD_APART or not all(map(_is_native, found)):
        return None
    return Type("|", tuple(found), nullable=nullable)


def _is_native(type_: Type) -> bool:
    """Return whether the decoder needs no help with a type, at any depth."""
    return type_.name in {*_TOLD_APART, "Any", "|"} and all(map(_is_native, type_.items))
