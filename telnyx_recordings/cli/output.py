"""Rows as JSON Lines, CSV, or a table."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

from telnyx_recordings.cli.runner import one_line
from telnyx_recordings.core.text import printable, printable_json

if TYPE_CHECKING:
    from telnyx_recordings import RecordingResponseData

Row = Mapping[str, Any]
_FORMULA = re.compile(
    r"[\0\t\n\r]|(?:[\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff])*"
    r"[=+@\-\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
)
"""What a spreadsheet takes for a formula, also in full width, and behind what is invisible."""
_CELL_BREAKS = "\0\t\n\r"
"""Kept in the cells of CSV that are not for a terminal: they are data, and no command."""
_TO_QUOTE = re.compile(r'[,"\r\n]')
_BATCH = 250
"""Rows of a table that are drawn at a time, so that a long list appears without delay."""


class Sheet(NamedTuple):
    """The columns of one kind of row.

    Attributes:
        fields: the columns of CSV; ``a.b`` is the field b of a.
        columns: the columns of a table: the heading, and a function for the cell of a row.
    """

    fields: tuple[str, ...]
    columns: Mapping[str, Callable[[Row], object]]


class Report(Protocol):
    """The report of a run; ``str()`` gives it as a table."""

    def to_dict(self) -> dict[str, Any]:
        """Return a dict for JSON."""
        ...


def resolved(form: str | None) -> str:
    """Return the output format: as given, or else a table on a terminal and JSON in a pipe."""
    return form or ("table" if sys.stdout.isatty() else "json")


def write(rows: Iterable[Row], form: str | None, sheet: Sheet) -> None:
    """Print rows as they arrive."""
    match resolved(form):
        case "json":
            for row in rows:
                sys.stdout.write(_line(row))
        case "csv":
            _write_csv(rows, sheet.fields)
        case _:
            _draw(rows, sheet)


def write_report(report: Report, form: str | None, fields: tuple[str, ...], part: str = "") -> None:
    """Print a report; as CSV, one row, or one row per item of the list named by `part`."""
    match resolved(form):
        case "json":
            sys.stdout.write(_line(report.to_dict()))
        case "csv":
            whole = report.to_dict()
            _write_csv(whole[part] if part else [whole], fields)
        case _:
            for line in str(report).splitlines():
                indent = line[: len(line) - len(line.lstrip())]
                sys.stdout.write(f"{indent}{one_line(line)}\n")


def of_recording(recording: RecordingResponseData, *, links: bool) -> dict[str, Any]:
    """Return a recording as a row, with its links only on request."""
    row: dict[str, Any] = recording.to_dict()
    if not links:
        row.pop("download_urls", None)
    return row


def recordings_sheet(*, links: bool) -> Sheet:
    """Return the columns of recordings."""
    return Sheet(_RECORDING + _LINKS if links else _RECORDING, _RECORDING_COLUMNS)


def moment(name: str) -> Callable[[Row], str]:
    """Return a function for a cell with a time in UTC, to the second."""
    return lambda row: str(row.get(name) or "")[:19].replace("T", " ")


def length(row: Row) -> str:
    """Return a cell with the duration in minutes and seconds."""
    millis = row.get("duration_millis")
    if not isinstance(millis, int):
        return str(millis or "")
    minutes, seconds = divmod(millis // 1000, 60)
    return f"{minutes}:{seconds:02}"


def path(name: str) -> Callable[[Row], str]:
    """Return a function for a cell with a path: a line break in it is shown as an escape."""
    return lambda row: printable(str(row[name]))


def plain(name: str) -> Callable[[Row], object]:
    """Return a function for a cell with a field, unchanged."""
    return lambda row: row.get(name)


_RECORDING = (
    *("id", "created_at", "recording_started_at", "recording_ended_at", "updated_at"),
    *("duration_millis", "channels", "source", "status", "from", "to", "initiated_by"),
    *("connection_id", "call_control_id", "call_leg_id", "call_session_id", "conference_id"),
)
_LINKS = ("download_urls.wav", "download_urls.mp3")
_RECORDING_COLUMNS: Mapping[str, Callable[[Row], object]] = {
    "id": plain("id"),
    "created (UTC)": moment("created_at"),
    "length": length,
    "channels": plain("channels"),
    "from": plain("from"),
    "to": plain("to"),
}


def _line(row: object) -> str:
    import json

    any_letter = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(row, ensure_ascii=not any_letter, separators=(",", ":"))
    return printable_json(text) + "\n"


def _write_csv(rows: Iterable[Row], fields: tuple[str, ...]) -> None:
    sys.stdout.write(",".join(fields) + "\n")
    kept = "" if sys.stdout.isatty() else _CELL_BREAKS
    for row in rows:
        sys.stdout.write(",".join(_cell(_field(row, name), kept) for name in fields) + "\n")


def _field(row: Row, name: str) -> object:
    first, _, rest = name.partition(".")
    value = row.get(first)
    if not rest:
        return value
    return _field(cast("Row", value), rest) if isinstance(value, Mapping) else None


def _cell(value: object, kept: str) -> str:
    """Return a cell of CSV that no spreadsheet takes for a formula, and no terminal for commands.

    The csv module is not used, as it does not quote lone carriage returns, which readers reject.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else _line(value).rstrip()
    if _FORMULA.match(text):
        text = f"'{text}"
    text = printable(text, kept)
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def _draw(rows: Iterable[Row], sheet: Sheet) -> None:
    from telnyx_recordings.cli.table import Table

    table = Table(tuple(sheet.columns))
    left = iter(rows)
    cells = ([_shown(show(row)) for show in sheet.columns.values()] for row in left)
    empty = True
    for first in cells:
        table.draw(list(chain([first], islice(cells, _BATCH - 1))))
        empty = False
    if empty:
        sys.stderr.write("nothing found\n")


def _shown(value: object) -> str:
    return "" if value is None else one_line(str(value))
