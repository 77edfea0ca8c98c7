"""Webhooks: verify that a delivery is from Telnyx, then parse it into a typed event.

There is no I/O, except that TELNYX_PUBLIC_KEY and the clock are read unless they are given. This
needs the extra ``webhooks`` (cryptography), which is imported when something is verified or signed.

Source of the rules: Telnyx signs ``timestamp + "|" + body`` with Ed25519.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from telnyx_recordings._lazy import lazy as _lazy
from telnyx_recordings.errors import ConfigError, WebhookReplayError, WebhookVerificationError
from telnyx_recordings.webhooks import ed25519
from telnyx_recordings.webhooks.events import UnknownEvent, event_id, unsafe_unwrap
from telnyx_recordings.webhooks.events import raw_body as _raw_body
from telnyx_recordings.webhooks.headers import SIGNATURE_HEADER, TIMESTAMP_HEADER, Headers
from telnyx_recordings.webhooks.headers import signature_and_timestamp as _signature_and_timestamp
from telnyx_recordings.webhooks.signing import KeyPair, generate_keys, sign
from telnyx_recordings.webhooks.signing import signed_bytes as _signed_bytes

if TYPE_CHECKING:
    from telnyx_recordings.webhooks.event import Event as Event
else:  # it needs the models of all events
    __getattr__ = _lazy(globals(), {"Event": ".event"})[0]


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

MAX_BODY = 1 << 20
"""The largest body that is accepted, in bytes."""
TOLERANCE = 300.0
"""Seconds that the timestamp may differ from the clock, either way, as Telnyx recommends."""

_MAX_TOLERANCE = 86_400


def unwrap(  # noqa: PLR0913 - one keyword per rule
    body: bytes | str,
    headers: Headers,
    *,
    public_key: str | Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] | float | None = None,
    seen: Callable[[str], bool] | None = None,
) -> Event:
    """Verify a delivery, then parse it. What is not from Telnyx is never parsed.

    An authentic delivery always gives an event. Fields that do not fit their types are kept in
    ``additional_properties``; a body that is not an event of the contract gives an `UnknownEvent`.

    Args:
        body: the raw body, before anything has parsed it; a str is encoded as UTF-8.
        headers: all headers of the request; see `Headers`.
        public_key: base64 of 32 bytes, by default from TELNYX_PUBLIC_KEY. During a rotation there
            can be several, in a list or separated by commas; any of them is accepted.
        tolerance: seconds that the timestamp may differ from the clock, 0 to 86,400.
        now: Unix seconds, or a function that returns them, instead of the machine's clock.
        seen: called for authentic deliveries with a digest that is the same for the same bytes
            signed in the same second; returns whether it was called with that digest before.

    Raises:
        WebhookVerificationError: the delivery is not authentic, or not recent.
        WebhookReplayError: a subclass: ``seen`` returned True.
        ConfigError: there is no valid public key, or the tolerance is out of range.
        MissingExtraError: cryptography is not installed.
    """
    verify(body, headers, public_key=public_key, tolerance=tolerance, now=now, seen=seen)
    return unsafe_unwrap(body)


def verify(  # noqa: PLR0913 - one keyword per rule
    body: bytes | str,
    headers: Headers,
    *,
    public_key: str | Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] | float | None = None,
    seen: Callable[[str], bool] | None = None,
) -> None:
    """Verify a delivery without parsing it; arguments and errors are those of `unwrap`."""
    # Errors of the receiver come first, so that they show with the first request.
    keys = ed25519.public_keys(_key_texts(public_key))
    if not 0 <= _number("tolerance", tolerance) <= _MAX_TOLERANCE:
        raise ConfigError(f"tolerance must be from 0 to {_MAX_TOLERANCE} seconds")
    raw = _raw_body(body)
    if len(raw) > MAX_BODY:
        raise WebhookVerificationError(f"the body is larger than {MAX_BODY} bytes")
    signature, timestamp = _signature_and_timestamp(headers)
    time_now = now() if callable(now) else time.time() if now is None else now
    early = int(timestamp) - _number("now", time_now)
    if not abs(early) <= tolerance:  # written so that NaN is rejected
        raise WebhookVerificationError(
            f"it was signed more than {tolerance:g} s {'after' if early > 0 else 'before'} now: "
            "it is an old delivery sent again, or this machine's clock is wrong"
        )
    signed = _signed_bytes(timestamp, raw)
    if not ed25519.is_signed_by(keys, signature, signed):
        raise WebhookVerificationError(
            "the signature does not match: the body was changed on the way (pass the raw bytes, "
            "before anything parses them), or the public key is of another account"
        )
    if seen is not None and seen(sha256(signed).hexdigest()):
        raise WebhookReplayError(
            "this delivery was received before: respond with 200, and do nothing else"
        )


class Webhooks:
    """The type of ``client.webhooks``: `unwrap` with the signature of the official SDK."""

    def unwrap(
        self, payload: bytes | str, headers: Headers, *, key: str | bytes | None = None
    ) -> Event:
        """Verify a delivery, then parse it; the function `unwrap` of this module has more options.

        Args:
            payload: the raw body.
            headers: all headers of the request.
            key: the public key in base64, or its 32 bytes; by default from TELNYX_PUBLIC_KEY.

        Raises:
            WebhookVerificationError: the delivery is not authentic, or not recent.
            ConfigError: there is no valid public key.
            MissingExtraError: cryptography is not installed.
        """
        public_key = ed25519.encode(key) if isinstance(key, bytes) else key
        return unwrap(payload, headers, public_key=public_key)

    def unsafe_unwrap(self, payload: bytes | str) -> Event:
        """Parse a delivery without any check; see the function `unsafe_unwrap` of this module."""
        return unsafe_unwrap(payload)


def _number(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")


def _key_texts(given: object) -> list[str]:
    """Return the public keys, of which there must be at least one."""
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
