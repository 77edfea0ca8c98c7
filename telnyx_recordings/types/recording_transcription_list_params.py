"""The arguments of ``recording_transcriptions.list``, as a dict."""

from typing import TypedDict

from telnyx_recordings.models import DateTimeRangeDict as FilterCreatedAt
from telnyx_recordings.models import RecordingTranscriptionListFilterDict as Filter

__all__ = ["Filter", "FilterCreatedAt", "RecordingTranscriptionListParams"]


class RecordingTranscriptionListParams(TypedDict, total=False):
    """The arguments of ``recording_transcriptions.list``."""

    filter: Filter
    page_number: int
    page_size: int
