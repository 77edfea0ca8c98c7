"""The arguments of ``recordings.list``, as a dict."""

from typing import TypedDict

from telnyx_recordings.models import DateTimeRangeDict as FilterCreatedAt
from telnyx_recordings.models import DateTimeRangeDict as FilterEndTime
from telnyx_recordings.models import DateTimeRangeDict as FilterStartTime
from telnyx_recordings.models import RecordingListFilterDict as Filter

__all__ = ["Filter", "FilterCreatedAt", "FilterEndTime", "FilterStartTime", "RecordingListParams"]


class RecordingListParams(TypedDict, total=False):
    """The arguments of ``recordings.list``."""

    filter: Filter
    page_number: int
    page_size: int
