"""The same recording, written by hand for pydantic; unknown fields are kept, as in this package."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.peers import ONE
from benchmarks.peers.enums import Channels, RecordType, Source, Status

NAME = "pydantic (by hand)"
NEEDS = ("pydantic",)
OWN = ""


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class DownloadUrls(_Open):
    """Links to the audio."""

    mp3: str | None = None
    wav: str | None = None


class Recording(_Open):
    """A recording."""

    id: str | None = None
    call_control_id: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    conference_id: str | None = None
    connection_id: str | None = None
    from_: str | None = Field(default=None, alias="from")
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


class Meta(_Open):
    """The position of a page."""

    total_pages: int | None = None
    total_results: int | None = None
    page_number: int | None = None
    page_size: int | None = None


class Page(_Open):
    """One page of recordings."""

    data: list[Recording] = []
    meta: Meta | None = None


def use_model() -> object:
    """Build one recording; this module imports the library."""
    return Recording.model_validate(ONE)


def decoder() -> Callable[[bytes], list[Any]]:
    """Return the function that decodes a page."""
    return lambda body: Page.model_validate_json(body).data


def encode(rows: list[Recording]) -> list[dict[str, Any]]:
    """Convert recordings to plain dicts."""
    return [row.model_dump(mode="json", by_alias=True, exclude_unset=True) for row in rows]


def json_encoder(body: bytes) -> Callable[[], object]:
    """Return the function that converts a page to JSON."""
    page = Page.model_validate_json(body)
    return lambda: page.model_dump_json(by_alias=True, exclude_unset=True)
