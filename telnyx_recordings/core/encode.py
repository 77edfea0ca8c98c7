"""Encodes a call's path, query, headers and body as the wire has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, TypeGuard, TypeVar, cast
from urllib.parse import quote, urlencode

import msgspec

from telnyx_recordings.core import codec
from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import Model
from telnyx_recordings.core.shape import shape_of

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_LONGEST_SHOWN = 200
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")

ModelT = TypeVar("ModelT", bound=Model)


def path(template: str, params: Mapping[str, Any]) -> str:
    """Return the path with its parameters filled in.

    Raises:
        ValueError: a parameter is empty, or no id and could change which path it is.
    """
    filled = template
    for name, value in params.items():
        filled = filled.replace(f"{{{name}}}", identifier(name, value))
    return filled


def identifier(name: str, value: object) -> str:
    """Return an id as it may stand in a path: letters, digits, - and _ need no quoting.

    Whatever else it holds is refused, for quoting would not do: ``..`` stays what it is, and
    ``/recordings/..`` is another path.

    Raises:
        ValueError: it is empty, or no id.
    """
    if value is None or value == "":
        message = f"Expected a non-empty value for `{name}` but received {value!r}"
        raise ValueError(message)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _ID.fullmatch(text):
        message = (
            f"Expected an id for `{name}` but received {value!r:.{_LONGEST_SHOWN}}: "
            "an id has up to 128 letters, digits, - and _, and begins with a letter or digit"
        )
        raise ValueError(message)
    return text


def model(kind: type[ModelT], value: ModelT | Mapping[str, Any] | None) -> ModelT | None:
    """Return what a parameter of several fields was given, checked: a mapping becomes its model.

    A mapping takes wire names and attribute names (``from_``), and times as datetimes (without a
    zone: UTC), dates or text. Fields that the contract does not know are sent as they are.

    Raises:
        ModelError: a value does not fit; the message names the place.
    """
    given: Any = value
    if given is None:
        return None
    if not isinstance(given, Mapping | Model):
        message = f"Expected a {kind.__name__} or a mapping but received a {type(given).__name__}"
        raise TypeError(message)
    names = {info.name: wire for wire, info in shape_of(kind).fields.items()}
    try:
        fields: dict[str, Any] = given.to_dict() if isinstance(given, Model) else _plain(given)
        fields = {names.get(name, name): each for name, each in fields.items()}
        _refuse_empty(fields, "$")
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise _unsendable(kind.__name__, error) from error
    return codec.from_builtins(kind, fields, lenient=False)


def _refuse_empty(fields: Mapping[str, Any], place: str) -> None:
    """Refuse an empty text: read as no time, it would quietly leave a condition out."""
    for name, value in fields.items():
        here = f"{place}.{name}"
        if value == "":
            message = f"{here}: expected a value, got an empty text"
            raise ModelError(message, place=here)
        if isinstance(value, dict):
            _refuse_empty(cast("dict[str, Any]", value), here)


def query(*groups: Mapping[str, Any]) -> str:
    """Return the encoded query: nested mappings and models as ``filter[created_at][gte]=…``.

    Raises:
        ModelError: a text holds half of a surrogate pair, a time has no place in the calendar, or
            the values are nested too deeply.
    """
    try:
        return urlencode(
            [
                pair
                for group in groups
                for key, value in group.items()
                for pair in _flat(key, value)
            ],
            quote_via=quote,
        )
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise _unsendable("the query", error) from error


def _unsendable(what: str, error: Exception) -> ModelError:
    """Return our own error for what Python says when a text, number or depth goes beyond it."""
    why = str(error)
    if isinstance(error, RecursionError):
        why = "it is nested too deeply"
    elif isinstance(error, UnicodeEncodeError):
        why = "a text is not valid Unicode"
    return ModelError(f"{what} cannot be sent: {why}")


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Model):
        value = value.to_dict()
    if isinstance(value, Mapping):
        for name, each in cast("Mapping[str, Any]", value).items():
            yield from _flat(f"{key}[{name}]", each)
    elif is_list(value):
        for each in value:
            yield from _flat(key, each)
    else:
        yield key, scalar(value)


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Tell whether a value is many values; a text is one."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def scalar(value: Any) -> str:
    """Return a value as text: times in UTC, a date as its midnight in UTC, an enum's value."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        try:
            return aware.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
        except OverflowError as error:
            message = f"{value!r} lies outside the calendar in UTC"
            raise ValueError(message) from error
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, str | int | float):
        return str(value)
    message = f"cannot send a {type(value).__name__} in a query or header"
    raise TypeError(message)


def headers(*groups: Mapping[str, Any]) -> dict[str, str]:
    """Return headers by lower-case name; later groups replace, None is left out.

    Raises:
        ValueError: a name or value that would not pass as one header.
    """
    merged: dict[str, str] = {}
    for group in groups:
        for name, value in group.items():
            if value is None:
                continue
            text = scalar(value)
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(text):
                message = f"the header {name!r} has characters that a header cannot carry"
                raise ValueError(message)
            merged[name.lower()] = text
    return merged


def body(given: Any, extra: Mapping[str, Any] | None) -> bytes | None:
    """Return the JSON body; of a mapping, what is None is left out, unless it is in extra.

    Raises:
        TypeError: there is something in extra, and the body has no fields to add it to.
        ModelError: a text holds half of a surrogate pair, or the values are nested too deeply.
    """
    try:
        return _encoded(given, extra)
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise _unsendable("the body", error) from error


def _encoded(given: Any, extra: Mapping[str, Any] | None) -> bytes | None:
    if given is None and not extra:
        return None
    if isinstance(given, Mapping):
        fields = cast("Mapping[str, Any]", given)
        given = {key: value for key, value in fields.items() if value is not None}
    plain: Any = {} if given is None else _plain(given)
    if extra:
        if not isinstance(plain, dict):
            message = f"extra_body cannot be added to a body that is a {type(plain).__name__}"
            raise TypeError(message)
        plain |= _plain(extra)
    return msgspec.json.encode(plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return codec.to_builtins(value)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: _plain(each) for name, each in fields.items()}
    if is_list(value):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):  # a datetime is one too
        return scalar(value)
    return value
