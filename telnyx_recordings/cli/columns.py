"""Columns of tables, and what the cells of rows show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from telnyx_recordings.cli.param_types import zone
from telnyx_recordings.cli.times import zone_name

if TYPE_CHECKING:
    from telnyx_recordings import RecordingResponseData

Row = Mapping[str, Any]
_DAY = len("2026-03-01")
MINUTES = len("2026-03-01 09:30")
_NUMBER = re.compile(r"\+\d{1,15}")
_SHORTEST = len("+12125550137")


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        heading: its heading.
        show: returns the cell of a row.
        least: the width to which the column may be shortened, or a function that returns it for
            cells of the column; None if it is shown in full.
        rank: columns with the highest rank are left out first; those with 0 never are.
        tight: the width to which the column is cut before any of rank 1 or 2 is left out.
    """

    heading: str
    show: Callable[[Row], object]
    least: int | Callable[[Iterable[str]], int] | None = None
    rank: int = 0
    tight: int | None = None


Columns = Callable[[], Sequence[Column]]
"""Returns the columns of a table, in the time zone of the command."""


class Sheet(NamedTuple):
    """How one type of row is printed.

    Attributes:
        fields: the columns of CSV; ``a.b`` is the field b of a.
        draw: draws rows for people, as they arrive.
    """

    fields: tuple[str, ...]
    draw: Callable[[Iterable[Row]], None]


RECORDING = (
    *("id", "created_at", "recording_started_at", "recording_ended_at", "updated_at"),
    *("duration_millis", "channels", "source", "status", "from", "to", "initiated_by"),
    *("connection_id", "call_control_id", "call_leg_id", "call_session_id", "conference_id"),
)
LINKS = ("download_urls.wav", "download_urls.mp3")


def of_recording(recording: RecordingResponseData, *, links: bool) -> dict[str, Any]:
    """Return a recording as a row, with its links only on request."""
    row: dict[str, Any] = recording.to_dict()
    if not links:
        row.pop("download_urls", None)
    return row


def recording_columns() -> list[Column]:
    """Return the columns of recordings."""
    return [
        Column("id", plain("id")),
        created(),
        Column("length", length, rank=3),
        Column("channels", plain("channels"), rank=4),
        Column("from", plain("from"), least=_longest_number, rank=1),
        Column("to", plain("to"), least=_longest_number, rank=2),
    ]


def _longest_number(cells: Iterable[str]) -> int:
    """Return the width for phone numbers in full; SIP addresses may be longer."""
    return max((len(each) for each in cells if _NUMBER.fullmatch(each)), default=_SHORTEST)


def created() -> Column:
    """Return the column with the time of creation, in the time zone of the command."""
    heading = f"created ({zone_name(zone())})"
    return Column(heading, local("created_at"), least=MINUTES, tight=_DAY)


def local(name: str) -> Callable[[Row], object]:
    """Return a function for a cell with a time to the minute, in the time zone of the command."""
    at = zone()
    return lambda row: local_time(row.get(name), at)[:MINUTES]


def local_time(value: object, local: tzinfo | None) -> str:
    """Return a time in a zone, with its offset; text that is not a time is unchanged."""
    text = str(value or "")
    moment = parsed_time(text)
    try:
        return moment.astimezone(local).isoformat(" ", "seconds") if moment else text
    except (ValueError, OverflowError):  # it is outside the calendar in that zone
        return text


def parsed_time(text: object) -> datetime | None:
    """Parse a time, which is in UTC if it states no zone; None if the text is not a time."""
    try:
        parsed = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed


def length(row: Row) -> str:
    """Return a cell with the duration in minutes and seconds."""
    millis = row.get("duration_millis")
    return minutes(millis) if isinstance(millis, int) else str(millis or "")


def size(count: int) -> str:
    """Return a number of bytes with a unit."""
    from telnyx_recordings.archive import results

    return results.size(count)


def minutes(millis: int) -> str:
    """Return a duration in minutes and seconds."""
    whole, seconds = divmod(millis // 1000, 60)
    return f"{whole}:{seconds:02}"


def plain(name: str) -> Callable[[Row], object]:
    """Return a function for a cell with a field, unchanged."""
    return lambda row: row.get(name)


def field(row: Row, name: str) -> Any:
    """Return a field of a row; ``a.b`` is the field b of a. None if it is absent."""
    first, _, rest = name.partition(".")
    if not rest or name in row:
        return row.get(name)
    value = row.get(first)
    return field(cast("Row", value), rest) if isinstance(value, Mapping) else None
