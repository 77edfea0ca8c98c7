"""The fields of a recording, of its page and of what is in them, for the models written by hand."""

from datetime import datetime
from enum import StrEnum
from typing import Any

Channels = StrEnum("Channels", "SINGLE DUAL")
Source = StrEnum("Source", "CONFERENCE CALL")
Status = StrEnum("Status", "COMPLETED")
RecordType = StrEnum("RecordType", "RECORDING")

Fields = dict[str, Any]

LINKS: Fields = dict.fromkeys(("mp3", "wav"), str | None)

RECORDING: Fields = {
    "id": str | None,
    "call_control_id": str | None,
    "call_leg_id": str | None,
    "call_session_id": str | None,
    "conference_id": str | None,
    "connection_id": str | None,
    "from_": str | None,
    "to": str | None,
    "channels": Channels | None,
    "source": Source | None,
    "status": Status | None,
    "record_type": RecordType | None,
    "initiated_by": str | None,
    "duration_millis": int | None,
    "recording_started_at": datetime | None,
    "recording_ended_at": datetime | None,
    "created_at": datetime | None,
    "updated_at": datetime | None,
}
"""Without the links, whose class depends on the library."""

_OF_META = ("total_pages", "total_results", "page_number", "page_size")
META: Fields = dict.fromkeys(_OF_META, int | None)
