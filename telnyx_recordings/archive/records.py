"""The values that a manifest is made of: recordings with their states, and their objects."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from telnyx_recordings.archive.windows import Window


class State(StrEnum):
    """How far a recording has been archived."""

    DISCOVERED = "discovered"
    """It was listed, and is still to be copied."""
    STORED = "stored"
    """Its objects are durable, but were not read back yet."""
    VERIFIED = "verified"
    """Its objects were read back and match what was downloaded."""
    DELETE_INTENT = "delete_intent"
    """It is about to be deleted at the source, or already is."""
    DELETED = "deleted"
    """It is deleted at the source."""
    QUARANTINED = "quarantined"
    """It cannot be archived; the reason is noted."""
    ERASED = "erased"
    """It was purged from the archive, and is not archived again."""


class Stored(NamedTuple):
    """An object of the archive; `name` is its format, or the part of a transcript that it is."""

    name: str
    key: str
    size: int
    sha256: str
    etag: str | None = None


class Found(NamedTuple):
    """A recording as it was listed; `created` in milliseconds since 1970, `meta` as JSON."""

    id: str
    created: int | None
    updated: str | None
    caller: str | None
    called: str | None
    meta: str


class Entry(NamedTuple):
    """A recording in the manifest; `created` in milliseconds since 1970."""

    n: int
    id: str
    state: State
    reason: str | None
    created: int | None
    updated: str | None
    objects: tuple[Stored, ...]


class Tally(Struct, frozen=True):
    """A number of recordings, and their bytes of audio in the archive."""

    count: int
    bytes: int


class Selection(NamedTuple):
    """The recordings of a filter that were created in a window."""

    scope: int
    window: Window
