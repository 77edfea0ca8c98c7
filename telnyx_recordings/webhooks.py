"""Webhooks: check that a delivery is Telnyx's, over its raw bytes, then read it as a typed event.

Nothing here does I/O: TELNYX_PUBLIC_KEY is read from the environment, and the clock, unless given.
Needs the extra ``webhooks`` (cryptography), which is imported when something is checked or signed.

Source of the rules: Telnyx signs ``timestamp + "|" + body`` with Ed25519.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol, TypeAlias, cast
from urllib.parse import parse_qsl

import msgspec

from telnyx_recordings import models
from telnyx_recordings.core import codec, ed25519
from telnyx_recordings.errors import (
    ConfigError,
    ModelError,
    WebhookReplayError,
    WebhookVerificationError,
)
from telnyx_recordings.models import (
    CallRecordingErrorWebhookEvent,
    CallRecordingSavedWebhookEvent,
    CallRecordingTranscriptionSavedWebhookEvent,
    ConferenceRecordingSavedWebhookEvent,
)

__all__ = [
    "MAX_BODY",
    "SIGNATURE_HEADER",
    "TIMESTAMP_HEADER",
    "TOLERANCE",
    "Event",
    "Headers",
    "KeyPair",
    "UnknownEvent",
    "Webhooks",
    "event_id",
    "generate_keys",
    "sign",
    "unsafe_unwrap",
    "unwrap",
    "verify",
]

SIGNATURE_HEADER = "telnyx-signature-ed25519"
"""The header that has the signature, in base64."""
TIMESTAMP_HEADER = "telnyx-timestamp"
"""The header that says when it was signed, in Unix seconds."""
MAX_BODY = 1 << 20
"""The largest body that is looked at, in bytes."""
TOLERANCE = 300.0
"""Seconds that the timestamp may differ from the clock, either way, as Telnyx recommends."""

_LONGEST_TOLERANCE = 86_400
_STAMP = re.compile(r"[0-9]{1,16}")
_FORM = re.compile(rb'[^\s"<>{}\x80-\xff=]*=[^\s"<>{}\x80-\xff]*')


class _Items(Protocol):
    """What mappings, and every framework's own headers class, have in common."""

    def items(self) -> Iterable[tuple[str | bytes, Any]]: ...


Headers: TypeAlias = _Items | Iterable[tuple[str | bytes, str | bytes]]
"""A delivery's headers as any framework has them: a mapping or pairs, names in any case, text or
bytes; a WSGI environ and an ASGI scope's ``headers`` too."""


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An authentic delivery that is none of the events in the contract.

    An event of another product, an old flat shape without ``data``, a form-encoded TeXML callback,
    or what Telnyx sends next year. Its repr shows no contents.

    Attributes:
        body: the bytes that were signed.
        data: what they say: plain JSON values; for a form its fields, the last of each name, as a
            dict; None when they are neither.
        event_type: as the event names it, else None.
        id: the event's own id, by which doubles are dropped, else None.
    """

    body: bytes = field(repr=False)
    data: Any = field(default=None, repr=False)
    event_type: str | None = None
    id: str | None = None


Event: TypeAlias = (
    CallRecordingErrorWebhookEvent
    | CallRecordingSavedWebhookEvent
    | CallRecordingTranscriptionSavedWebhookEvent
    | ConferenceRecordingSavedWebhookEvent
    | UnknownEvent
)
"""What `unwrap` gives; tell them apart with ``isinstance`` or ``match``."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A pair of keys for tests, each in base64 as Telnyx shows the public one."""

    public_key: str
    private_key: str = field(repr=False)


def unwrap(  # noqa: PLR0913 - one keyword a rule of the check
    body: bytes | str,
    headers: Headers,
    *,
    public_key: str | Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] | float | None = None,
    seen: Callable[[str], bool] | None = None,
) -> Event:
    """Check a delivery, then read it: what is not Telnyx's is never parsed.

    What passes the check always gives an event. A field that does not fit its type is kept in
    ``additional_properties``; a body that is no event of the contract gives an `UnknownEvent`.

    Args:
        body: the raw body, before anything parsed it; text stands for its UTF-8.
        headers: all headers of the request; see `Headers`.
        public_key: base64 of 32 bytes, from TELNYX_PUBLIC_KEY when not given. During a rotation
            several, in a list or with commas between: any of them will do.
        tolerance: seconds, 0 to 86,400.
        now: Unix seconds, or what tells them, in place of the machine's clock.
        seen: called once the signature is good, with a text that is the same for the same bytes
            signed at the same second: returns whether it was called with that before.

    Raises:
        WebhookVerificationError: it is not authentic, not recent, or cannot be checked.
        WebhookReplayError: a kind of it: ``seen`` knew this very delivery.
        ConfigError: there is no usable public key, or the tolerance makes no sense.
        MissingExtraError: cryptography is not installed.
    """
    verify(body, headers, public_key=public_key, tolerance=tolerance, now=now, seen=seen)
    return unsafe_unwrap(body)


def verify(  # noqa: PLR0913 - one keyword a rule of the check
    body: bytes | str,
    headers: Headers,
    *,
    public_key: str | Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] | float | None = None,
    seen: Callable[[str], bool] | None = None,
) -> None:
    """Check a delivery and read nothing; arguments and errors are those of `unwrap`."""
    # What the receiver got wrong comes first, so that it is noticed with the first request.
    keys = ed25519.public_keys(_key_texts(public_key))
    if not 0 <= _number("tolerance", tolerance) <= _LONGEST_TOLERANCE:
        raise ConfigError(f"tolerance must be from 0 to {_LONGEST_TOLERANCE} seconds")
    raw = _raw(body)
    if len(raw) > MAX_BODY:
        raise WebhookVerificationError(f"the body is larger than {MAX_BODY} bytes")
    signature, stamp = _signature_and_stamp(headers)
    moment = now() if callable(now) else time.time() if now is None else now
    early = int(stamp) - _number("now", moment)
    if not abs(early) <= tolerance:  # so put, a NaN is refused
        raise WebhookVerificationError(
            f"it was signed more than {tolerance:g} s {'after' if early > 0 else 'before'} now: "
            "an old delivery sent again, or this machine's clock is wrong"
        )
    signed = _signed(stamp, raw)
    if not ed25519.is_signed_by(keys, signature, signed):
        raise WebhookVerificationError(
            "the signature does not match: the body was changed on its way (pass on the raw "
            "bytes, before anything parses them), or the public key is of another account"
        )
    if seen is not None and seen(sha256(signed).hexdigest()):
        raise WebhookReplayError(
            "this very delivery was here before: answer 200, and do nothing more"
        )


def unsafe_unwrap(body: bytes | str) -> Event:
    """Read a delivery without any check: for one that was checked before, such as from a queue.

    Raises:
        WebhookVerificationError: the body is a text that has no bytes (a lone surrogate).
    """
    raw = _raw(body)
    try:
        data = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return _odd(raw)
    outer = _fields(data)
    event = _fields(outer.get("data")) or outer
    event_type = _text(event.get("event_type"))
    if event is not outer and (kind := _KINDS.get(event_type or "")):
        try:
            known: Event = codec.from_builtins(kind, data, lenient=True)
        except ModelError:  # nested too deeply for a model, though not for JSON
            return UnknownEvent(raw, data, event_type, _text(event.get("id")))
        return known
    return UnknownEvent(raw, data, event_type, _text(event.get("id")))


def event_id(event: Event) -> str | None:
    """Return the event's own id: repeated deliveries have the same, so drop doubles by it."""
    if isinstance(event, UnknownEvent):
        return event.id
    return event.data.id if event.data is not None else None


def sign(body: bytes | str, *, private_key: str, timestamp: float | None = None) -> dict[str, str]:
    """Return the headers that Telnyx would send with this body: for tests of your receiver.

    Args:
        body: what will be sent, byte for byte.
        private_key: of `generate_keys`.
        timestamp: Unix seconds; now when not given.

    Raises:
        ConfigError: the private key is not base64 of 32 bytes.
        MissingExtraError: cryptography is not installed.
        WebhookVerificationError: the body is a text that has no bytes (a lone surrogate).
    """
    stamp = str(int(time.time() if timestamp is None else timestamp))
    signature = ed25519.sign(private_key, _signed(stamp, _raw(body)))
    return {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: stamp}


def generate_keys(seed: bytes | None = None) -> KeyPair:
    """Return a new pair of keys for tests; from the same seed (32 bytes) always the same.

    Raises:
        ConfigError: the seed has another length.
        MissingExtraError: cryptography is not installed.
    """
    private = ed25519.encode(os.urandom(ed25519.KEY_LENGTH) if seed is None else seed)
    return KeyPair(ed25519.public_of(private), private)


class Webhooks:
    """What ``client.webhooks`` is: `unwrap` under the names of Telnyx's own SDK."""

    def unwrap(
        self, payload: bytes | str, headers: Headers, *, key: str | bytes | None = None
    ) -> Event:
        """Check a delivery, then read it; see `unwrap` of this module, also for more options.

        Args:
            payload: the raw body.
            headers: all headers of the request.
            key: the public key in base64, or its 32 bytes; from TELNYX_PUBLIC_KEY when not given.

        Raises:
            WebhookVerificationError: it is not authentic, not recent, or cannot be checked.
            ConfigError: there is no usable public key.
            MissingExtraError: cryptography is not installed.
        """
        public_key = ed25519.encode(key) if isinstance(key, bytes) else key
        return unwrap(payload, headers, public_key=public_key)

    def unsafe_unwrap(self, payload: bytes | str) -> Event:
        """Read a delivery without any check; see `unsafe_unwrap` of this module."""
        return unsafe_unwrap(payload)


_KINDS: dict[str, type[Any]] = {each: getattr(models, name) for each, name in models.EVENTS.items()}


def _raw(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if not isinstance(body, str):
        raise TypeError(
            "the body must be the raw bytes of the request, or their text, not "
            f"{type(body).__name__}: a parsed body cannot be checked any more"
        )
    try:
        return body.encode()
    except UnicodeEncodeError:
        raise WebhookVerificationError(
            "the body is a text that came from no UTF-8: pass on the raw bytes"
        ) from None


def _number(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")


def _signed(stamp: str, raw: bytes) -> bytes:
    return stamp.encode() + b"|" + raw


def _signature_and_stamp(headers: Headers) -> tuple[bytes, str]:
    """Return what the two headers say."""
    found = _signature_headers(headers)
    signature = ed25519.decode(found[SIGNATURE_HEADER], ed25519.SIGNATURE_LENGTH)
    if signature is None:
        raise WebhookVerificationError(
            f"the header {SIGNATURE_HEADER} is not base64 of {ed25519.SIGNATURE_LENGTH} bytes: "
            "this is not from Telnyx, or a proxy altered it"
        )
    stamp = found[TIMESTAMP_HEADER]
    if not _STAMP.fullmatch(stamp):
        raise WebhookVerificationError(
            f"the header {TIMESTAMP_HEADER} is not Unix seconds in plain digits: "
            "this is not from Telnyx, or a proxy altered it"
        )
    return signature, stamp


def _signature_headers(headers: Headers) -> dict[str, str]:
    """Return the two headers, each of which must be there once."""
    found: dict[str, str] = {}
    for name, value in _pairs(headers):
        plain = _latin(name).lower().replace("_", "-")
        wanted = plain.removeprefix("http-")  # a WSGI environ has HTTP_TELNYX_TIMESTAMP
        if wanted not in (SIGNATURE_HEADER, TIMESTAMP_HEADER):
            continue
        if wanted in found:
            raise WebhookVerificationError(f"the header {wanted} is there more than once")
        if not isinstance(value, str | bytes):
            raise TypeError(f"a header's value must be str or bytes, not {type(value).__name__}")
        found[wanted] = _latin(value)
    for wanted in (SIGNATURE_HEADER, TIMESTAMP_HEADER):
        if wanted not in found:
            raise WebhookVerificationError(
                f"the header {wanted} is missing: this is not from Telnyx, or a proxy removed it"
            )
    return found


def _pairs(headers: object) -> Iterable[tuple[object, object]]:
    items = getattr(headers, "items", None)
    pairs = items() if callable(items) else headers
    for pair in cast("Iterable[Any]", pairs):
        match pair:
            case (name, value):
                yield name, value
            case _:
                raise TypeError("headers must be a mapping, or pairs of a name and a value")


def _latin(value: object) -> str:
    """Return a header's name or value as text; that of a WSGI environ's other objects is empty."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""


def _key_texts(given: object) -> list[str]:
    """Return the keys as they were given: at least one."""
    if given is None:
        given = os.environ.get("TELNYX_PUBLIC_KEY", "")
    given = given.split(",") if isinstance(given, str) else given
    if not isinstance(given, list | tuple):
        raise TypeError(f"public_key must be str or a list of str, not {type(given).__name__}")
    texts: list[str] = []
    for text in cast("list[object]", given):
        if not isinstance(text, str):
            raise TypeError(f"a public key must be str, not {type(text).__name__}")
        if text.strip():
            texts.append(text)
    if not texts:
        raise ConfigError(
            "there is no public key: pass public_key=… or set TELNYX_PUBLIC_KEY; the Telnyx "
            "portal shows it under Keys & Credentials"
        )
    return texts


def _odd(raw: bytes) -> Event:
    """Read what is no JSON: an event with half a character in it, a form, or nothing known."""
    with suppress(ValueError, RecursionError):
        data = codec.decode_tolerantly(raw)
        if kind := _KINDS.get(_text(_fields(_fields(data).get("data")).get("event_type")) or ""):
            event: Event = codec.from_builtins(kind, data, lenient=True)
            return event
    fields = parse_qsl(raw.decode(), keep_blank_values=True) if _FORM.fullmatch(raw) else None
    return UnknownEvent(raw, None if fields is None else dict(fields))


def _fields(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
