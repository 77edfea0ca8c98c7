"""Compares what a value may be: types and limits, in the direction in which it travels.

What users give may be more than before, and what they get may be less. The other way round a
program breaks: on a value that is no longer taken, or on one that it does not expect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contract.api import Argument, Class, Field, Type
from spec_diff.change import Change, breaking, changed
from spec_diff.traits import Bound
from spec_diff.types import ANY, NONE, Types, shown, types_of

_PLAIN = frozenset({"str", "int", "float", "bool", "list", "dict", "None"})
_LONGEST = 80  # characters of a value in a message
_LEAST = ("minLength", "minItems", "minProperties")
_MOST = ("maxLength", "maxItems", "maxProperties")
_BOUNDS = ("minimum", "maximum")
_SHOWN_AS_WRITTEN = ("const", "default", "enum")


@dataclass(frozen=True, slots=True)
class Ways:
    """Whether users give a value, get it, or both; what nobody uses is treated as both."""

    sent: bool
    received: bool

    @property
    def shown(self) -> str:
        """Return the words for a message; empty if it is both."""
        if self.sent == self.received:
            return ""
        return " in requests" if self.sent else " in responses"


def within(inner: Types, outer: Types, classes: Mapping[str, Class]) -> bool:
    """Return whether every value of some types is one of others."""
    return _Comparison(classes).within(inner, outer)


class _Comparison:
    """Compares types that can contain themselves."""

    def __init__(self, classes: Mapping[str, Class]) -> None:
        self._classes = classes
        self._begun: set[tuple[Type, Type]] = set()

    def within(self, inner: Types, outer: Types) -> bool:
        return all(any(self._is_within(each, other) for other in outer) for each in inner)

    def _is_within(self, inner: Type, outer: Type) -> bool:
        if inner == outer or (inner, outer) in self._begun:
            return True  # so far nothing speaks against it
        self._begun.add((inner, outer))
        found = self._is_new_within(inner, outer)
        if not found:
            self._begun.discard((inner, outer))
        return found

    def _is_new_within(self, inner: Type, outer: Type) -> bool:
        mine, theirs = self._classes.get(inner.name), self._classes.get(outer.name)
        if mine is not None and mine.kind == "choice":
            return self.within(variants_of(mine), frozenset({outer}))
        if theirs is not None:
            return theirs.kind == "choice" and self.within(frozenset({inner}), variants_of(theirs))
        if mine is not None:
            plain = {type(each.value).__name__ for each in mine.members}
            return mine.kind == "enum" and outer.name in {*plain, "Any"}
        if outer.name == "Any":
            items = [types_of(each) for each in inner.items]
            return inner.name in _PLAIN and all(self.within(each, ANY) for each in items)
        if inner.name == outer.name and inner.items and outer.items:
            return self.within(types_of(inner.items[0]), types_of(outer.items[0]))
        return inner.name == "int" and outer.name == "float"


def variants_of(made: Class) -> Types:
    """Return what a choice is between."""
    return frozenset(each for variant in made.variants for each in types_of(variant)) - {NONE}


def is_needed(part: Field | Argument) -> bool:
    """Return whether a value has to be there, of an optional body in each that is sent."""
    if isinstance(part, Argument):
        return part.needed
    return part.required and part.notes.get("readOnly") is not True


def compare_types(
    name: str,
    old: Field | Argument,
    new: Field | Argument,
    ways: Ways,
    classes: Mapping[str, Class],
) -> Iterator[Change]:
    """Yield the changes of the types of a field or argument, and of whether it is required."""
    before, after = _read_as(old), _read_as(new)
    is_argument = isinstance(new, Argument)
    given_before, given_after = old_types, new_types = types_of(old.type), types_of(new.type)
    was_needed, needed = is_needed(old), is_needed(new)
    if is_argument and not (was_needed and needed):
        given_before, given_after = old_types - {NONE}, new_types - {NONE}
    breaks = (ways.received and not within(after, before, classes)) or (
        ways.sent and not within(given_before, given_after, classes)
    )
    text = f"{shown(before)} → {shown(after)}" if before != after else "must not be null now"
    if ways.sent and needed and not was_needed:
        yield breaking(name, "is required now")
        text = f"{shown(old_types)} → {shown(new_types)}"
        breaks = breaks and old_types != new_types
    elif ways.sent and was_needed and not needed and not (ways.received and breaks):
        yield changed(name, "is optional now", "minor")
    if breaks:
        yield breaking(name, text + ways.shown)
    elif before != after:
        # Users gain where more is taken; where less comes, nothing of theirs has to change.
        gains = ways.sent and given_before != given_after
        if was_needed == needed or not ways.sent:
            yield changed(name, text + ways.shown, "minor" if gains else "patch")
    elif old_types != new_types and not is_argument:
        yield changed(name, "may be null" if NONE in new_types else "is never null now")


def _read_as(part: Field | Argument) -> Types:
    types = types_of(part.type)
    always = part.needed if isinstance(part, Argument) else part.required
    return types if always else types | {NONE}


def compare_traits(
    name: str, old: Mapping[str, Any], new: Mapping[str, Any], ways: Ways
) -> Iterator[Change]:
    """Yield the changes of limits, defaults, units and other traits."""
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before != after:
            yield _trait(name, key, (before, after), ways)


def _trait(name: str, key: str, values: tuple[Any, Any], ways: Ways) -> Change:
    before, after = values
    word = key.rpartition(": ")[2]
    text = f"{_KNOWN.get(word, word)}: {_said(before, word)} → {_said(after, word)}"
    if key.startswith("items: "):
        text = f"each item's {text}"
    match word:
        case "x-unit":
            breaks = before is not None and after is not None
        case "default":
            breaks = before is not None and ways.sent
        case "readOnly":
            breaks = ways.sent and after is True
        case "writeOnly":
            breaks = ways.received and after is True
        case "x-event-type":
            breaks = before is not None
        case _:
            breaks = ways.sent and word in _LIMITS and _is_tighter(word, before, after)
    if breaks:
        return breaking(name, text)
    return changed(name, text, "minor" if ways.sent and word in _LIMITS else "patch")


_KNOWN = {
    "enum": "possible values",
    "const": "only value",
    "x-event-type": "body of",
    "x-unit": "unit",
    "x-secret": "hidden in a repr",
    "x-client-side": "filled in by the client",
    "x-safe-to-retry": "safe to retry",
    "x-batch": "split into requests",
    "body": "body sent as",
    "server": "sent to",
}
_LIMITS = frozenset(
    (
        *_LEAST,
        *_MOST,
        *_BOUNDS,
        "enum",
        "const",
        "pattern",
        "multipleOf",
        "uniqueItems",
        "other fields",
        "not",
    )
)


def _said(value: Any, word: str = "") -> str:
    if value is None:
        return "not said"
    if isinstance(value, Bound):
        way = "more" if word == "minimum" else "less"
        return f"{way} than {value.value}" if value.is_open else str(value.value)
    if word in _SHOWN_AS_WRITTEN:
        return repr(value)
    text = "yes" if value is True else "no" if value is False else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _is_tighter(word: str, before: Any, after: Any) -> bool:
    """Return whether fewer values are accepted than before."""
    if after is None or after is False:
        return False
    if before is None or before is False:
        return True
    if word in ("enum", "const"):
        return any(each not in _listed(after) for each in _listed(before))
    if isinstance(before, Bound) and isinstance(after, Bound):
        return after.tightness(word) > before.tightness(word)
    if isinstance(before, int | float) and isinstance(after, int | float):
        return _is_less(word, before, after)
    return True  # a pattern, or what is no limit at all


def _is_less(word: str, before: float, after: float) -> bool:
    if word == "multipleOf":  # 0.3 is a multiple of 0.1 only where 0.1 is what it looks like
        return after == 0 or Decimal(str(before)) % Decimal(str(after)) != 0
    return after > before if word in _LEAST else after < before


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType] - of JSON
