"""Ed25519 keys and signatures in base64, parsed strictly; when in doubt, they are rejected.

The cryptography library (extra ``webhooks``) is imported on first use.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from telnyx_recordings.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

KEY_LENGTH = 32
SIGNATURE_LENGTH = 64

_SPACE = re.compile(r"\s+", re.ASCII)
_PRIME = 2**255 - 19


def encode(raw: bytes) -> str:
    """Return base64."""
    return b64encode(raw).decode()


def decode(text: str, length: int) -> bytes | None:
    """Decode canonical base64 of `length` bytes, ignoring white space; None if it is not that."""
    packed = _SPACE.sub("", text)
    try:
        raw = b64decode(packed, validate=True)
    except ValueError:
        return None
    # Decoders ignore surplus bits at the end: only what encodes back to itself is canonical.
    return raw if len(raw) == length and encode(raw) == packed else None


def public_keys(texts: Sequence[str]) -> list[Ed25519PublicKey]:
    """Return the public keys.

    Raises:
        ConfigError: one is invalid, or is a weak key for which anyone could sign.
        MissingExtraError: cryptography is not installed.
    """
    library = _library()
    keys: list[Ed25519PublicKey] = []
    for text in texts:
        raw = decode(text, KEY_LENGTH)
        if raw is None:
            raise ConfigError(
                f"a public key is not base64 of {KEY_LENGTH} bytes: copy it again from the "
                "Telnyx portal (not an API key, which begins with KEY)"
            )
        if _is_forgeable(raw):
            raise ConfigError("a public key is weak, such as all zeros: anyone can sign for it")
        keys.append(library.Ed25519PublicKey.from_public_bytes(raw))
    return keys


def is_signed_by(keys: Sequence[Ed25519PublicKey], signature: bytes, message: bytes) -> bool:
    """Return whether any of the keys made the signature."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra

    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False


def private_key(text: str) -> Ed25519PrivateKey:
    """Return the private key.

    Raises:
        ConfigError: it is invalid.
        MissingExtraError: cryptography is not installed.
    """
    library = _library()
    raw = decode(text, KEY_LENGTH)
    if raw is None:
        raise ConfigError(f"the private key is not base64 of {KEY_LENGTH} bytes")
    key: Ed25519PrivateKey = library.Ed25519PrivateKey.from_private_bytes(raw)
    return key


def _library() -> ModuleType:
    """Import the library, or fail: without it nothing is verified."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("checking or signing webhooks", "webhooks") from error
    return ed25519


def _is_forgeable(key: bytes) -> bool:
    """Return whether a key is a point of small order, for which signatures can be forged.

    OpenSSL accepts such keys, for example all zeros. With y the encoded coordinate, the order is 4
    if y = 0, 1 or 2 if y² = 1, and 8 if dy⁴ + 2y² = 1, which follows from the addition law of the
    curve with d = -121665 / 121666 (RFC 8032, section 5.1).
    """
    y = int.from_bytes(key, "little") & (2**255 - 1)
    order_8 = 121666 * (2 * y * y - 1) - 121665 * y**4
    return y * (y * y - 1) * order_8 % _PRIME == 0
