"""Parses a delivery into a typed event, without any check of its signature."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import msgspec

from telnyx_recordings import models
from telnyx_recordings.core.model import decode
from telnyx_recordings.errors import ModelError, WebhookVerificationError

if TYPE_CHECKING:
    from telnyx_recordings.webhooks.event import Event

_FORM = re.compile(rb'[^\s"<>{}\x80-\xff=]*=[^\s"<>{}\x80-\xff]*')


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An authentic delivery that is not an event of the contract.

    For example an event of another product, the old flat form without ``data``, a form-encoded
    TeXML callback, or an event type that is newer than this package. Its repr hides the content.

    Attributes:
        body: the bytes that were signed.
        data: the parsed body: plain JSON values, or the fields of a form as a dict, of which the
            last of each name counts; None if it is neither.
        event_type: the event type that it states, or None.
        id: the event's id, for detecting duplicates, or None.
    """

    body: bytes = field(repr=False)
    data: Any = field(default=None, repr=False)
    event_type: str | None = None
    id: str | None = None


def unsafe_unwrap(body: bytes | str) -> Event:
    """Parse a delivery that was verified before, for example one from a queue, without any check.

    Raises:
        WebhookVerificationError: the body is a str that cannot be encoded (a lone surrogate).
    """
    raw = raw_body(body)
    try:
        data = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return _parse_other(raw)
    outer = _fields(data)
    event = _fields(outer.get("data")) or outer
    event_type = _text(event.get("event_type"))
    if event is not outer and (kind := _model_of(event_type)):
        with suppress(ModelError):  # it can be nested too deeply for a model only
            known: Event = decode.from_builtins(kind, data, lenient=True)
            return known
    return UnknownEvent(raw, data, event_type, _text(event.get("id")))


def event_id(event: Event) -> str | None:
    """Return the event's id, which repeated deliveries share, for detecting duplicates."""
    if isinstance(event, UnknownEvent):
        return event.id
    return event.data.id if event.data is not None else None


def raw_body(body: object) -> bytes:
    """Return the bytes of a body; a str is encoded as UTF-8."""
    if isinstance(body, bytes):
        return body
    if not isinstance(body, str):
        raise TypeError(
            "the body must be the raw bytes of the request, or a str of them, not "
            f"{type(body).__name__}: a parsed body cannot be verified"
        )
    try:
        return body.encode()
    except UnicodeEncodeError:
        raise WebhookVerificationError(
            "the body is a str that cannot be encoded as UTF-8: pass the raw bytes"
        ) from None


def _parse_other(raw: bytes) -> Event:
    """Parse a body that is not valid JSON: an event with a bad character, a form, or neither."""
    with suppress(ValueError, RecursionError):
        data = decode.decode_tolerantly(raw)
        if kind := _model_of(_text(_fields(_fields(data).get("data")).get("event_type"))):
            event: Event = decode.from_builtins(kind, data, lenient=True)
            return event
    fields = parse_qsl(raw.decode(), keep_blank_values=True) if _FORM.fullmatch(raw) else None
    return UnknownEvent(raw, None if fields is None else dict(fields))


def _model_of(event_type: str | None) -> Any:
    """Return the model of an event type, which is imported now; None if it is unknown."""
    name = models.EVENTS.get(event_type or "")
    return name and getattr(models, name)


def _fields(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
