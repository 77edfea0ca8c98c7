"""The arguments of ``recording_transcriptions.list``, as a dict."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from telnyx_recordings.models.date_time_range import DateTimeRangeDict as FilterCreatedAt
    from telnyx_recordings.models.recording_transcription_list_filter import (
        RecordingTranscriptionListFilterDict as Filter,
    )
else:  # at run time, each TypedDict is a dict
    Filter = FilterCreatedAt = dict

__all__ = ["Filter", "FilterCreatedAt", "RecordingTranscriptionListParams"]


class RecordingTranscriptionListParams(TypedDict, total=False):
    """The arguments of ``recording_transcriptions.list``."""

    filter: Filter
    page_number: int
    page_size: int
