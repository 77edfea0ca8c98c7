"""The arguments of ``recording_transcriptions.list``, as a dict."""

from __future__ import annotations

from typing import TypedDict


class FilterCreatedAt(TypedDict, total=False):
    """A span of time."""

    gte: str
    """Not before this time, in ISO 8601."""
    lte: str
    """Not after this time, in ISO 8601."""


class Filter(TypedDict, total=False):
    """Conditions, all of which a transcription must meet."""

    created_at: FilterCreatedAt
    recording_id: str


class RecordingTranscriptionListParams(TypedDict, total=False):
    """The arguments of ``recording_transcriptions.list``."""

    filter: Filter
    page_number: int
    page_size: int
