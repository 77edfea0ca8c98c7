"""Writes a recording as a vCon, the IETF's JSON document of a conversation (syntax 0.4.0)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import json

from telnyx_recordings.archive.bags.lists import Item

SUFFIX = ".vcon"
_MEDIA_TYPES = {"wav": "audio/x-wav", "mp3": "audio/x-mp3"}
_WHOLE = 3
"""Bytes that base64 encodes together."""


def chunks(
    item: Item, form: str, filename: str, audio: Iterable[bytes], *, created: datetime
) -> Iterator[bytes]:
    """Yield the document of a recording, made at `created`, with the audio in it as base64url."""
    metadata = item.metadata
    body = secrets.token_hex(16)  # stands for the audio, which is not held in memory
    began = (item.start or created).isoformat()
    dialog: dict[str, Any] = {
        "type": "recording",
        "start": began,
        "parties": [0, 1],
        "mediatype": _MEDIA_TYPES[form],
        "filename": filename,
        "body": body,
        "encoding": "base64url",
    }
    duration = metadata.get("duration_millis")
    if isinstance(duration, int) and not isinstance(duration, bool) and duration >= 0:
        dialog["duration"] = duration / 1000
    document = {
        "vcon": "0.4.0",
        "uuid": str(_uuid8()),
        "created_at": created.isoformat(),
        "parties": [_party(metadata.get("from")), _party(metadata.get("to"))],
        "dialog": [dialog],
        "analysis": [
            {
                "type": "transcript",
                "dialog": 0,
                "vendor": "Telnyx",
                "product": "recording_transcription",
                "mediatype": "text/plain",
                "body": text,
                "encoding": "none",
            }
            for text in item.texts
        ],
        "attachments": [
            {
                "purpose": "telnyx-recording",
                "start": began,
                "party": 0,
                "dialog": 0,
                "mediatype": "application/json",
                "body": json.encode(metadata).decode(),
                "encoding": "json",
            }
        ],
    }
    before, _, after = json.encode(document).partition(body.encode())
    yield before
    yield from _base64url(audio)
    yield after + b"\n"


def _base64url(data: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for chunk in data:
        held += chunk
        whole = len(held) - len(held) % _WHOLE
        yield base64.urlsafe_b64encode(held[:whole])
        held = held[whole:]
    yield base64.urlsafe_b64encode(held).rstrip(b"=")


def _party(number: object) -> dict[str, str]:
    """Return a party; who it is on which channel is not known, so nothing more is stated."""
    if not isinstance(number, str) or not number:
        return {}
    return (
        {"sip": number}
        if number.startswith(("sip:", "sips:")) or "@" in number
        else {"tel": number}
    )


def _uuid8() -> UUID:
    """Return a random UUID of version 8, which the draft recommends."""
    number = secrets.randbits(128)
    number = number & ~(0xF << 76) | 0x8 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)
