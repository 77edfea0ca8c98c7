"""Finds the signature headers of a delivery among the headers of any framework."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias, cast

from telnyx_recordings.errors import WebhookVerificationError
from telnyx_recordings.webhooks import ed25519

SIGNATURE_HEADER = "telnyx-signature-ed25519"
"""The header with the signature, in base64."""
TIMESTAMP_HEADER = "telnyx-timestamp"
"""The header with the time of signing, in Unix seconds."""

_TIMESTAMP = re.compile(r"[0-9]{1,16}")


class _Items(Protocol):
    """What mappings and the header classes of all frameworks have in common."""

    def items(self) -> Iterable[tuple[str | bytes, Any]]: ...


Headers: TypeAlias = _Items | Iterable[tuple[str | bytes, str | bytes]]
"""The headers of a request in any framework: a mapping or pairs, names in any case, str or bytes.
A WSGI environ and the ``headers`` of an ASGI scope are accepted too."""


def signature_and_timestamp(headers: Headers) -> tuple[bytes, str]:
    """Return the signature and the timestamp.

    Raises:
        WebhookVerificationError: a header is missing, invalid, or there more than once.
    """
    found = _signature_headers(headers)
    signature = ed25519.decode(found[SIGNATURE_HEADER], ed25519.SIGNATURE_LENGTH)
    if signature is None:
        raise WebhookVerificationError(
            f"the header {SIGNATURE_HEADER} is not base64 of {ed25519.SIGNATURE_LENGTH} bytes: "
            "this is not from Telnyx, or a proxy altered it"
        )
    timestamp = found[TIMESTAMP_HEADER]
    if not _TIMESTAMP.fullmatch(timestamp):
        raise WebhookVerificationError(
            f"the header {TIMESTAMP_HEADER} is not Unix seconds in plain digits: "
            "this is not from Telnyx, or a proxy altered it"
        )
    return signature, timestamp


def _signature_headers(headers: Headers) -> dict[str, str]:
    """Return the two headers, each of which must be there exactly once."""
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
    """Return a header's name or value as str; for other objects in a WSGI environ, an empty one."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""
