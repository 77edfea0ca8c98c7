"""Traits: what a contract states about a value besides its type: limits, defaults and texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from contract.api import Argument, Class, Field, Notes, Operation, Style
from contract.references import as_list, as_object

_IN_TYPES = frozenset(("date-time", "date", "time", "uuid", "byte", "binary", "decimal"))
_TEXTS = frozenset(
    """
    $comment description example examples externalDocs summary title xml x-codeSamples
    x-enum-descriptions
    """.split()
)
# What types, names and kinds of classes follow from; the rest of a schema are its traits.
_SEEN = frozenset(
    """
    $ref $defs additionalProperties allOf anyOf deprecated discriminator items nullable oneOf
    properties required type x-enum-varnames x-enumNames
    """.split()
)
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))
_OURS = frozenset(("x-client-side", "x-event-type", "x-secret", "x-unit"))
"""What of `x-…` is seen by users; the rest is others' own."""

Traits = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The least or the most that a number may be.

    Attributes:
        value: that number.
        is_open: whether it must not be that number itself.
    """

    value: float
    is_open: bool

    def tightness(self, word: str) -> tuple[float, bool]:
        """Return a value that is larger for a stricter bound."""
        return (self.value if word == "minimum" else -self.value), self.is_open


def traits_of(part: Field | Argument) -> Traits:
    """Return the traits of a field or argument."""
    found = _traits(part.notes)
    if isinstance(part, Argument):
        if part.style is not None:
            found["style"] = _style(part.style, is_scalar=part.is_scalar)
        if part.notes.get("x-identifier") is True:
            found["x-identifier"] = True
    return found


def traits_of_class(made: Class) -> dict[str, Any]:
    """Return the traits of a class."""
    found = _traits(made.notes, but=("const", "default", "enum", "format"))
    if made.kind == "model" and made.notes.get("additionalProperties") is False:
        found["other fields"] = "none"
    return found


def traits_of_operation(operation: Operation) -> dict[str, Any]:
    """Return the traits of an operation, but for the type of its body."""
    found: dict[str, Any] = {"x-safe-to-retry": operation.safe_to_retry}
    if operation.batch is not None:
        found["x-batch"] = operation.batch
    if operation.servers:
        found["server"] = ", ".join(operation.servers.values())
    return found


def _style(style: Style, *, is_scalar: bool) -> str:
    """Return how a parameter is written, in the same words whether or not the contract says it."""
    told = [style.name]
    if style.explode is not (style.name in ("form", "deepObject")) and not is_scalar:
        told.append("exploded" if style.explode else "not exploded")
    if style.reserved:
        told.append("reserved characters kept")
    return ", ".join(told)


def _traits(notes: Notes, but: Iterable[str] = ()) -> dict[str, Any]:
    """Return what a schema states besides types, names and texts; of items under ``items: …``."""
    left_out = {*_TEXTS, *_SEEN, *_BOUNDS, *but}
    found = {key: value for key, value in notes.items() if key not in left_out}
    found = {key: value for key, value in found.items() if key in _OURS or key[:2] != "x-"}
    found |= _bounds(notes)
    if _is_enum(notes):
        found = {key: value for key, value in found.items() if key not in ("const", "enum")}
    if found.get("format") in _IN_TYPES:
        del found["format"]
    inner = _traits(as_object(notes.get("items"))) if "items" in notes else {}
    return found | {f"items: {key}": value for key, value in inner.items()}


def _bounds(notes: Notes) -> dict[str, Bound]:
    """Return the minimum and maximum of a number, however the contract states them."""
    found: dict[str, Bound] = {}
    for word, beyond in (
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ):
        own, other = notes.get(word), notes.get(beyond)
        bounds = [Bound(value=own, is_open=other is True)] if _is_number(own) else []
        bounds += [Bound(value=other, is_open=True)] if _is_number(other) else []
        if bounds:
            found[word] = max(bounds, key=lambda each: each.tightness(word))
    return found


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_enum(notes: Notes) -> bool:
    """Return whether its values are members of a class, which describes them."""
    values: list[object] = [notes["const"]] if "const" in notes else as_list(notes.get("enum"))
    found = {type(each) for each in values if each is not None}
    return found in ({str}, {int})


def texts_of(notes: Notes) -> dict[str, Any]:
    """Return what only readers see of a class, a field or an argument."""
    found = {key: value for key, value in notes.items() if key in _TEXTS}
    if "example" in found:  # as OpenAPI 3.0 says it
        found["examples"] = [found.pop("example"), *as_list(found.get("examples"))]
    inner = texts_of(as_object(notes.get("items"))) if "items" in notes else {}
    return found | {f"items: {key}": value for key, value in inner.items()}
