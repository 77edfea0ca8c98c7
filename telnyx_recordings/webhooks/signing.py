"""Signs deliveries as Telnyx does, to test a receiver with."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

from telnyx_recordings.webhooks import ed25519
from telnyx_recordings.webhooks.events import raw_body
from telnyx_recordings.webhooks.headers import SIGNATURE_HEADER, TIMESTAMP_HEADER


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A pair of keys for tests, each in base64, as Telnyx shows public keys."""

    public_key: str
    private_key: str = field(repr=False)


def sign(body: bytes | str, *, private_key: str, timestamp: float | None = None) -> dict[str, str]:
    """Return the headers that Telnyx would send with a body, to test a receiver with.

    Args:
        body: the body, exactly as it will be sent.
        private_key: from `generate_keys`.
        timestamp: Unix seconds; by default the current time.

    Raises:
        ConfigError: the private key is not base64 of 32 bytes.
        MissingExtraError: cryptography is not installed.
        WebhookVerificationError: the body is a str that cannot be encoded (a lone surrogate).
    """
    stamp = str(int(time.time() if timestamp is None else timestamp))
    signature = ed25519.private_key(private_key).sign(signed_bytes(stamp, raw_body(body)))
    return {SIGNATURE_HEADER: ed25519.encode(signature), TIMESTAMP_HEADER: stamp}


def generate_keys(seed: bytes | None = None) -> KeyPair:
    """Return a new pair of keys for tests; the same seed (32 bytes) gives the same keys.

    Raises:
        ConfigError: the seed does not have 32 bytes.
        MissingExtraError: cryptography is not installed.
    """
    private = ed25519.encode(os.urandom(ed25519.KEY_LENGTH) if seed is None else seed)
    public = ed25519.private_key(private).public_key().public_bytes_raw()
    return KeyPair(ed25519.encode(public), private)


def signed_bytes(timestamp: str, body: bytes) -> bytes:
    """Return the bytes that Telnyx signs: the timestamp, ``|`` and the raw body."""
    return timestamp.encode() + b"|" + body
