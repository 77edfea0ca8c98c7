"""Types as users see them: unions, independent of order and spelling in a contract."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from contract.api import Type
from contract.texts import SHOWN_AS

Types: TypeAlias = frozenset[Type]
"""A union of types; ``None`` in it is JSON's null."""

NONE = Type("None")
ANY: Types = frozenset({Type("Any")})


def types_of(type_: Type | None) -> Types:
    """Return the types that a value may be of; those inside of others are sorted."""
    if type_ is None:
        return frozenset({NONE})
    found: Types
    if type_.name == "|":
        found = frozenset(each for item in type_.items for each in types_of(item))
    elif type_.items:
        found = frozenset({Type(type_.name, tuple(_sorted(each) for each in type_.items))})
    else:
        words = type_.name.split(" | ")  # of a number, which may be either
        found = frozenset(Type(SHOWN_AS.get(word, word)) for word in words)
    return found | {NONE} if type_.nullable else found


def _sorted(type_: Type) -> Type:
    types = types_of(type_)
    found = sorted(types - {NONE}, key=lambda each: each.annotation)
    one = found[0] if len(found) == 1 else Type("|", tuple(found))
    return replace(one, nullable=NONE in types)


def shown(types: Types) -> str:
    """Write a union as annotations do, None at its end."""
    names = sorted(each.annotation for each in types if each != NONE)
    return " | ".join([*names, "None"] if NONE in types else names)
