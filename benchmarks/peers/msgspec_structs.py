"""The same recording, written by hand for msgspec, which we use; unknown fields are dropped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from benchmarks.peers import ONE
from benchmarks.peers.enums import Channels, RecordType, Source, Status

NAME = "msgspec (by hand)"
NEEDS = ("msgspec",)
OWN = ""


class DownloadUrls(msgspec.Struct, omit_defaults=True):
    """Links to the audio."""

    mp3: str | None = None
    wav: str | None = None


class Recording(msgspec.Struct, omit_defaults=True, rename={"from_": "from"}):
    """A recording."""

    id: str | None = None
    call_control_id: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    conference_id: str | None = None
    connection_id: str | None = None
    from_: str | None = None
    to: str | None = None
    channels: Channels | None = None
    source: Source | None = None
    status: Status | None = None
    record_type: RecordType | None = None
    initiated_by: str | None = None
    duration_millis: int | None = None
    download_urls: DownloadUrls | None = None
    recording_started_at: datetime | None = None
    recording_ended_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Meta(msgspec.Struct):
    """The position of a page."""

    total_pages: int | None = None
    total_results: int | None = None
    page_number: int | None = None
    page_size: int | None = None


class Page(msgspec.Struct):
    """One page of recordings."""

    data: list[Recording] = []
    meta: Meta | None = None


def use_model() -> object:
    """Build one recording; this module imports the library."""
    return msgspec.convert(ONE, Recording)


def decoder() -> Callable[[bytes], list[Any]]:
    """Return the function that decodes a page."""
    decode = msgspec.json.Decoder(Page).decode
    return lambda body: decode(body).data


def encode(rows: list[Recording]) -> list[dict[str, Any]]:
    """Convert recordings to plain dicts."""
    return [msgspec.to_builtins(row) for row in rows]


def json_encoder(body: bytes) -> Callable[[], object]:
    """Return the function that converts a page to JSON."""
    page = msgspec.json.decode(body, type=Page)
    return lambda: msgspec.json.encode(page)
