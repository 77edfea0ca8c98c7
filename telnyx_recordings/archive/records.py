"""What an archive keeps of a recording: its state and objects, its metadata and transcripts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from msgspec import Struct, json

from telnyx_recordings.archive.windows import Window, millis
from telnyx_recordings.core.model import decode
from telnyx_recordings.models.recording_response_data import RecordingResponseData
from telnyx_recordings.models.recording_transcription import RecordingTranscription

if TYPE_CHECKING:
    from telnyx_recordings.media.duration import Format

TRANSCRIPT = "transcript"
"""Names of objects that are transcripts begin with this."""
AUDIO: tuple[Format, ...] = ("mp3", "wav")
"""Names of objects that are audio; all others are transcripts."""
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#]+)\?[^\s#]*", re.IGNORECASE)


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


class Reason(StrEnum):
    """Why a recording is not deleted at the source; the keys of `Reconciliation.not_deleted`."""

    TOO_YOUNG = "too_young"
    """It is younger than `min_age`."""
    AGE = "age_unknown"
    """It has no time of creation."""
    FORMAT = "format_missing"
    """A format of this run is not in the archive."""
    TRANSCRIPT = "transcript"
    """A transcript is unfinished, not in the archive yet, or the list cannot be trusted."""
    STATUS = "status"
    """Its status is not `completed`."""
    VERSION = "version_unknown"
    """It has no time of its last change, so a change of the audio could go unnoticed."""
    DURATION = "duration_unknown"
    """It has no duration, or none that is a positive integer."""
    AUDIO = "audio_differs"
    """The audio is empty, not of the duration stated, or cannot be measured."""
    FILTER = "filter"
    """A condition of the filter is not met, or cannot be checked on the recording."""
    HELD = "held"
    """It is on hold."""
    DOUBTFUL = "doubtful_404"
    """The source reports that it does not exist, but that is not certain."""


class Stored(NamedTuple):
    """An object of the archive; `name` is its format, or the part of a transcript that it is."""

    name: str
    key: str
    size: int
    sha256: str
    etag: str | None = None
    version: str | None = None
    """The version of the metadata that it was made from; None if that is not certain."""


class Found(NamedTuple):
    """A recording as it was listed; `created` in milliseconds since 1970, `meta` as JSON."""

    id: str
    created: int | None
    meta: str


class Entry(NamedTuple):
    """A recording in the manifest; `created` in milliseconds since 1970."""

    n: int
    id: str
    state: State
    reason: str | None
    created: int | None
    objects: tuple[Stored, ...]


class Candidate(NamedTuple):
    """A recording that was selected for deletion at the source.

    Attributes:
        entry: the recording.
        meta: its metadata, as JSON.
        transcribed: whether no known transcript is missing from the archive.
    """

    entry: Entry
    meta: str
    transcribed: bool


class Tally(Struct, frozen=True):
    """A number of recordings, and their bytes of audio in the archive."""

    count: int
    bytes: int


class Selection(NamedTuple):
    """The recordings of a filter that were created in a window."""

    scope: int
    window: Window


def found_of(recording: RecordingResponseData) -> Found:
    """Return what the manifest keeps of a recording: everything except the links to its audio."""
    fields = recording.to_dict()
    fields.pop("download_urls", None)
    return Found(
        id=str(recording.id),
        created=millis(recording.created_at) if recording.created_at else None,
        meta=json.encode(_unsigned(fields)).decode(),
    )


def recording_of(meta: str) -> RecordingResponseData:
    """Return the recording of the metadata in the manifest, which is JSON."""
    return decode.from_json(RecordingResponseData, meta, lenient=True)


def version_of(meta: str) -> str:
    """Return a hash of a recording's metadata that does not depend on the order of its fields."""
    fields = json.decode(meta)
    return hashlib.sha256(json.encode(fields, order="deterministic")).hexdigest()


def body_of(transcription: RecordingTranscription) -> str:
    """Return what the archive keeps of a transcription, as JSON, with its text unchanged."""
    fields = transcription.to_dict()
    said = {name: text for name, text in fields.items() if name == "transcription_text"}
    return json.encode(_unsigned(fields) | said).decode()


def _unsigned(value: Any) -> Any:
    """Return data without the queries of links: a signed link gives access to whoever has it."""
    if isinstance(value, str):
        return _QUERY.sub(r"\1", value)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: _unsigned(each) for name, each in fields.items()}
    if isinstance(value, list):
        return [_unsigned(each) for each in cast("list[object]", value)]
    return value


def sidecar(found: Found, stored: Stored, template: str) -> bytes:
    """Return the sidecar of an object: enough to rebuild its manifest entry."""
    return json.format(
        json.encode(
            {
                "id": found.id,
                "object": stored._asdict(),
                "layout": template,
                "metadata": json.decode(found.meta),
            }
        )
    )


def fields_of(data: bytes | None) -> dict[str, Any]:
    """Parse a sidecar, or another JSON object; return an empty dict for any other data."""
    try:
        fields: object = json.decode(data or b"")
    except ValueError:
        return {}
    return cast("dict[str, Any]", fields) if isinstance(fields, dict) else {}


def text_of(fields: Mapping[str, Any]) -> bytes:
    """Return what is in a transcript's text file."""
    text = fields.get("transcription_text")
    return f"{text}\n".encode() if isinstance(text, str) else b""
