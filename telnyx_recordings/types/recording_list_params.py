"""The arguments of ``recordings.list``, as a dict."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from telnyx_recordings.models.date_time_range import DateTimeRangeDict as FilterCreatedAt
    from telnyx_recordings.models.date_time_range import DateTimeRangeDict as FilterEndTime
    from telnyx_recordings.models.date_time_range import DateTimeRangeDict as FilterStartTime
    from telnyx_recordings.models.recording_list_filter import RecordingListFilterDict as Filter
else:  # at run time, each TypedDict is a dict
    Filter = FilterCreatedAt = FilterEndTime = FilterStartTime = dict

__all__ = ["Filter", "FilterCreatedAt", "FilterEndTime", "FilterStartTime", "RecordingListParams"]


class RecordingListParams(TypedDict, total=False):
    """The arguments of ``recordings.list``."""

    filter: Filter
    page_number: int
    page_size: int
