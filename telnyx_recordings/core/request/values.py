"""Encodes values for paths, queries, headers and cookies, in all styles of OpenAPI.

Source: OpenAPI 3.1, Style Values, and RFC 6570 for what that leaves open. Empty lists and empty
objects are not sent.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, BinaryIO, Protocol, TypeAlias, TypeGuard
from urllib.parse import quote
from uuid import UUID

import msgspec

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import encode
from telnyx_recordings.core.model.base import Model
from telnyx_recordings.core.model.shape import with_zone

_RESERVED = ":/?@!$'()*,;"  # the reserved characters of RFC 3986 that cannot end a value
_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


class FilePath(Protocol):
    """The path of a file: a `pathlib.Path`."""

    def read_bytes(self) -> bytes:
        """Return the content of the file."""
        ...


_Content: TypeAlias = bytes | BinaryIO | FilePath
File: TypeAlias = _Content | tuple[str, _Content] | tuple[str, _Content, str]
"""A file to send: bytes, an open binary file or a `pathlib.Path`; or a tuple of file name, file and
media type, of which the last is optional."""


class FormPart(msgspec.Struct, frozen=True):
    """How a field of a form is encoded.

    Attributes:
        style: the style of OpenAPI, or empty.
        explode: whether each item or property is sent separately.
        content_type: the media type of the part.
    """

    style: str = ""
    explode: bool = True
    content_type: str = ""


class Styled(msgspec.Struct, frozen=True):
    """A value, and how it is encoded.

    Attributes:
        value: None is not sent.
        style: ``form``, ``spaceDelimited``, ``pipeDelimited``, ``deepObject``, ``simple``,
            ``label`` or ``matrix``; or ``json``.
        explode: whether each item or property is sent separately.
        reserved: whether reserved characters such as ``/`` and ``:`` are not encoded.
    """

    value: Any
    style: str = "form"
    explode: bool = True
    reserved: bool = False


def in_query(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the percent-encoded names and values of a query parameter."""
    given = value if isinstance(value, Styled) else Styled(value, "deepObject")
    held = _opened(given.value)
    safe = _RESERVED if given.reserved else ""
    own = quote(name, safe="")
    if held is None:
        return
    if given.style == "json":
        yield own, quote(json_text(held), safe=safe)
    elif given.style == "deepObject":
        numbered = isinstance(value, Styled)  # a plain list in a query is written as in a form
        for key, each in _deep(name, held, numbered=numbered):
            yield quote(key, safe=""), quote(each, safe=safe)
    elif given.explode:
        for key, each in _pairs(held) if is_mapping(held) else ((name, held),):
            for text in _texts(each):
                yield quote(key, safe=""), quote(text, safe=safe)
    elif parts := _parts(held):
        yield own, _joined(parts, given.style, safe)


def in_path(name: str, given: Styled) -> str:
    """Return a percent-encoded path parameter.

    Raises:
        ValueError: it would be empty.
    """
    held = _opened(given.value)
    if held is None or held == "" or (is_list(held) and not held) or held == {}:
        raise ValueError(f"Expected a non-empty value for `{name}` but received {given.value!r}")
    if given.style == "json":
        return quote(json_text(held), safe="")
    first, between = {"label": (".", "."), "matrix": (";", ";")}.get(given.style, ("", ","))
    separator = between if given.explode else ","
    own = quote(name, safe="")
    if is_mapping(held):
        pairs = [
            (quote(str(key), safe=""), quote(_one(each), safe="")) for key, each in _pairs(held)
        ]
        parts = [f"{key}={each}" if given.explode else f"{key},{each}" for key, each in pairs]
        start = f"{own}=" if given.style == "matrix" and not given.explode else ""
        return f"{first}{start}{separator.join(parts)}"
    texts = [quote(_one(each), safe="") for each in (held if is_list(held) else [held])]
    if given.style != "matrix":
        return first + separator.join(texts)
    if given.explode:
        return first + separator.join(f"{own}={each}" for each in texts)
    return f"{first}{own}={separator.join(texts)}"


def in_header(given: Styled) -> str | None:
    """Return a header parameter; None if it is not sent."""
    held = _opened(given.value)
    if held is None or (is_list(held) and not held) or held == {}:
        return None
    if given.style == "json":
        return json_text(held)
    if is_mapping(held):
        mark = "=" if given.explode else ","
        return ",".join(f"{key}{mark}{_one(each)}" for key, each in _pairs(held))
    return ",".join(_one(each) for each in held) if is_list(held) else scalar(held)


def cookies(given: Mapping[str, Any]) -> str:
    """Return the Cookie header for parameters; empty if none is sent."""
    return "; ".join(
        f"{key}={text}"
        for name, value in given.items()
        for key, text in in_query(name, value if isinstance(value, Styled) else Styled(value))
    )


def _joined(values: Sequence[Any], style: str, safe: str) -> str:
    return _DELIMITERS.get(style, ",").join(quote(_one(each), safe=safe) for each in values)


def _parts(held: Any) -> Sequence[Any]:
    """Return the delimited parts of a value; of an object, names and values alternate."""
    if is_mapping(held):
        return [part for pair in _pairs(held) for part in pair]
    return held if is_list(held) else [held]


def _opened(value: Any) -> Any:
    return encode.to_builtins(value) if isinstance(value, Model) else value


def _pairs(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((str(name), each) for name, each in fields.items() if each is not None)


def _texts(value: Any) -> list[str]:
    items = value if is_list(value) else [value]
    return [_one(each) for each in items if each is not None]


def _one(value: Any) -> str:
    """Return a value as a string; nested values as JSON, which OpenAPI leaves open."""
    held = _opened(value)
    return json_text(held) if is_mapping(held) or is_list(held) else scalar(held)


def _deep(key: str, value: Any, *, numbered: bool = False) -> Iterator[tuple[str, str]]:
    """Give names and values; the items of a list have numbers where they have names in turn."""
    value = _opened(value)
    if value is None:
        return
    if is_mapping(value):
        for name, each in value.items():
            yield from _deep(f"{key}[{name}]", each)
    elif is_list(value):
        for number, item in enumerate(value):
            each = _opened(item)
            own = f"{key}[{number}]" if numbered or is_mapping(each) or is_list(each) else key
            yield from _deep(own, each)
    else:
        yield key, scalar(value)


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a mapping."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Return whether a value is a sequence, but not a string."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def scalar(value: Any) -> str:
    """Return a value as a string: times in UTC, a date as midnight UTC, an enum by its value."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        aware = with_zone(value)
        try:
            return aware.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
        except OverflowError as error:
            raise ValueError(f"{value!r} is out of range in UTC") from error
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, str | int | float | UUID | time):
        return str(value)
    if isinstance(value, Decimal | bytes):
        return f"{value:f}" if isinstance(value, Decimal) else b64encode(value).decode()
    raise TypeError(f"cannot send a {type(value).__name__} in a query or header")


def day(value: Any) -> Any:
    """Return dates and datetimes as ``2026-03-01``, also in a list; strings unchanged."""
    if is_list(value):
        return [day(each) for each in value]
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else value


def moment(value: Any) -> Any:
    """Return a date as its midnight in UTC, also in a list; return anything else unchanged."""
    if is_list(value):
        return [moment(each) for each in value]
    return scalar(value) if isinstance(value, date) else value


def plain(value: Any) -> Any:
    """Return a value as plain JSON data, recursively; a date is a day, without a time."""
    if isinstance(value, Model):
        return encode.to_builtins(value)
    if is_mapping(value):
        return {name: plain(each) for name, each in value.items()}
    if is_list(value):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return scalar(value)
    return value.isoformat() if isinstance(value, date) else value


def json_text(value: Any) -> str:
    """Return a value as a JSON string."""
    return msgspec.json.encode(plain(value)).decode()


def unsendable(what: str, error: Exception) -> ModelError:
    """Return a ModelError for what Python raises for values that cannot be encoded."""
    why = str(error)
    if isinstance(error, RecursionError):
        why = "it is nested too deeply"
    elif isinstance(error, UnicodeEncodeError):
        why = "a string is not valid Unicode"
    return ModelError(f"{what} cannot be sent: {why}")
