"""Prints rows as JSON Lines, as CSV, or for people."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, cast

import click

from telnyx_recordings.cli.columns import Columns, Row, Sheet, field, local_time, minutes
from telnyx_recordings.cli.param_types import zone
from telnyx_recordings.cli.runner import flat, one_line
from telnyx_recordings.core.text import printable, printable_json

if TYPE_CHECKING:
    from telnyx_recordings.archive.results import Result

_FORMULA = re.compile(
    r"[\0\t\n\r]|(?:[\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff])*"
    r"[=+@\-\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
)
"""Text that a spreadsheet takes for a formula, also in full width or after invisible characters."""
_CELL_BREAKS = "\0\t\n\r"
"""Kept in the cells of CSV that are not for a terminal: they are data, and no command."""
_TO_QUOTE = re.compile(r'[,"\r\n]')
_SHORTEST = 7
"""Digits of a phone number."""
_BATCH = 250
"""Rows of a table that are drawn at a time, so that a long list appears without delay."""


def check_raw(form: str, *, raw: bool) -> None:
    """Check that `--raw` is used with CSV only."""
    if raw and form != "csv":
        raise click.UsageError("--raw is for CSV: add --format csv")


def write(rows: Iterable[Row], form: str, sheet: Sheet, *, raw: bool = False) -> None:
    """Print rows as they arrive."""
    match form:
        case "json":
            for row in rows:
                sys.stdout.write(_line(row))
        case "csv":
            _write_csv(rows, sheet.fields, raw=raw)
        case _:
            sheet.draw(rows)


def in_columns(columns: Columns) -> Callable[[Iterable[Row]], None]:
    """Return a function that draws rows as a table."""

    def draw(rows: Iterable[Row]) -> None:
        from telnyx_recordings.cli import table

        shown = columns()
        drawn = table.Table(shown, table.width())
        cells = ([_shown(column.show(row)) for column in shown] for row in rows)
        for first in cells:
            drawn.draw([first, *islice(cells, _BATCH - 1)])
        if drawn.notes and sys.stderr.isatty():
            click.echo("; ".join(drawn.notes), err=True)

    return draw


def as_records(rows: Iterable[Row]) -> None:
    """Draw each row as a record, with a line per field."""
    from telnyx_recordings.cli import table

    for n, row in enumerate(rows):
        if n:
            click.echo()
        table.draw_record(record(row), table.width())


def with_text(columns: Columns, name: str) -> Callable[[Iterable[Row]], None]:
    """Return a function that wraps the text in the field `name` below its row on a terminal."""

    def draw(rows: Iterable[Row]) -> None:
        from rich.cells import cell_len

        from telnyx_recordings.cli import table

        limit = table.width()
        if limit is None:
            in_columns(columns)(rows)
            return
        *shown, _ = columns()
        for n, row in enumerate(rows):
            if n:
                click.echo()
            heading = "  ".join(_shown(each.show(row)) for each in shown)
            lines = [heading] if cell_len(heading) <= limit else table.wrap(heading, limit)
            click.echo(click.style("\n".join(lines), bold=True))
            for line in table.wrap(_shown(row.get(name)), limit - len(table.INDENT)):
                click.echo(f"{table.INDENT}{line}")

    return draw


def record(row: Row) -> Iterator[tuple[str, str]]:
    """Yield the fields of a row as the lines of a record; fields of a field are ``a.b``."""
    for name, value in row.items():
        inner = _mapping(value)
        if inner is not None:
            yield from ((f"{name}.{each}", text) for each, text in record(inner))
        elif value is not None:
            yield name, _text(name, value)


def _mapping(value: object) -> Row | None:
    return cast("Row", value) if isinstance(value, dict) and value else None


def nothing_found(form: str, *numbers: str | None) -> None:
    """State that a search for these numbers succeeded and found nothing, if it is for people."""
    if form != "table":
        return
    digits = [each for each in numbers if each and len(each) >= _SHORTEST and each.isdigit()]
    hint = f": phone numbers begin with +, as +{digits[0]}" if digits else ""
    click.echo(f"nothing found{hint}", err=True)


def write_report(report: Result, form: str, fields: tuple[str, ...], part: str = "") -> None:
    """Print a report; as CSV, one row, or one row per item of the list named by `part`."""
    match form:
        case "json":
            sys.stdout.write(_line(report.to_dict()))
        case "csv":
            whole = report.to_dict()
            _write_csv(whole[part] if part else [whole], fields)
        case _:
            for line in str(report).splitlines():
                indent = line[: len(line) - len(line.lstrip())]
                sys.stdout.write(f"{indent}{one_line(line)}\n")


def _text(name: str, value: object) -> str:
    """Return the value of a record's field."""
    text = value if isinstance(value, str) else _line(value).rstrip()
    if name.endswith("_at"):
        text = local_time(value, zone())
    elif name.endswith("_millis") and isinstance(value, int):
        text = f"{value:,} ({minutes(value)})"
    return flat(text)


def _line(row: object) -> str:
    import json

    any_letter = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(row, ensure_ascii=not any_letter, separators=(",", ":"))
    return printable_json(text) + "\n"


def _write_csv(rows: Iterable[Row], fields: tuple[str, ...], *, raw: bool = False) -> None:
    sys.stdout.write(",".join(fields) + "\n")
    kept = "" if sys.stdout.isatty() else _CELL_BREAKS
    for row in rows:
        sys.stdout.write(",".join(_cell(field(row, name), kept, raw=raw) for name in fields) + "\n")


def _cell(value: object, kept: str, *, raw: bool) -> str:
    """Return a cell of CSV that no spreadsheet takes for a formula, and no terminal for commands.

    The csv module is not used, as it does not quote lone carriage returns, which readers reject.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else _line(value).rstrip()
    if not raw and _FORMULA.match(text):
        text = f"'{text}"
    text = printable(text, kept)
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def _shown(value: object) -> str:
    return "" if value is None else flat(str(value))
