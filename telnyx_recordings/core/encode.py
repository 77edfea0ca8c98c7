"""Encodes a call's path, query, headers and body as the wire has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from telnyx_recordings.core import codec
from telnyx_recordings.core.model import Model

_PLACE = re.compile(r"\{([^{}]+)\}")
_UNSAFE_SEGMENT = re.compile(r"[\x00-\x20\x7f/\\?#]|^\.{1,2}$")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")


def path(template: str, params: Mapping[str, Any]) -> str:
    """Return the path with its parameters filled in.

    Raises:
        ValueError: a parameter is empty, or could change which path it is.
    """

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        value = params[name]
        if not isinstance(value, str | int) or isinstance(value, bool):
            message = f"Expected text for `{name}` but received a {type(value).__name__}"
            raise TypeError(message)
        text = str(value)
        if not text:
            message = f"Expected a non-empty value for `{name}` but received {value!r}"
            raise ValueError(message)
        if _UNSAFE_SEGMENT.search(text):
            message = (
                f"Expected an id for `{name}` but received {value!r}: "
                "an id has no slashes, spaces or control characters and is not all dots"
            )
            raise ValueError(message)
        return quote(text, safe="")

    return _PLACE.sub(fill, template)


def query(*groups: Mapping[str, Any]) -> str:
    """Return the encoded query: nested mappings and models as ``filter[created_at][gte]=…``."""
    pairs = [pair for group in groups for key, value in group.items() for pair in _flat(key, value)]
    return urlencode(pairs, quote_via=quote)


def _flat(key: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Model):
        value = value.to_dict()
    if isinstance(value, Mapping):
        for name, each in value.items():
            # A keyword argument cannot be called `from`, so a mapping may say `from_` as models do.
            yield from _flat(f"{key}[{name.removesuffix('_')}]", each)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for each in value:
            yield from _flat(key, each)
    else:
        yield key, scalar(value)


def scalar(value: Any) -> str:
    """Return a value as text: times in UTC, a date as its midnight in UTC, an enum's value."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
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


def body(fields: Mapping[str, Any] | None, extra: Mapping[str, Any] | None) -> bytes | None:
    """Return the JSON body; what is None is left out, unless it is in extra."""
    if fields is None and not extra:
        return None
    merged = {key: value for key, value in (fields or {}).items() if value is not None}
    merged.update(extra or {})
    return msgspec.json.encode(_plain(merged))


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return codec.to_builtins(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):  # a datetime is one too
        return scalar(value)
    return value
