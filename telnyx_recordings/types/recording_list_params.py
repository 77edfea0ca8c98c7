"""The arguments of ``recordings.list``, as a dict."""

from __future__ import annotations

from typing import TypedDict


class FilterCreatedAt(TypedDict, total=False):
    """A span of time."""

    gte: str
    """Not before this time, in ISO 8601."""
    lte: str
    """Not after this time, in ISO 8601."""


FilterEndTime = FilterCreatedAt
FilterStartTime = FilterCreatedAt

Filter = TypedDict(
    "Filter",
    {
        "call_control_id": str,
        "call_leg_id": str,
        "call_session_id": str,
        "conference_id": str,
        "conference_region": str,
        "connection_id": str,
        "created_at": FilterCreatedAt,
        "end_time": FilterEndTime,
        "from": str,
        "sip_call_id": str,
        "start_time": FilterStartTime,
        "to": str,
    },
    total=False,
)
"""Conditions, all of which a recording must meet."""


class RecordingListParams(TypedDict, total=False):
    """The arguments of ``recordings.list``."""

    filter: Filter
    page_number: int
    page_size: int
