"""Rows as JSON Lines, CSV, or a table."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, Protocol, cast

import click

from telnyx_recordings.cli.columns import Row, Sheet, field, local_time, minutes
from telnyx_recordings.cli.param_types import zone
from telnyx_recordings.cli.runner import flat, one_line
from telnyx_recordings.core.text import printable, printable_json

_FORMULA = re.compile(
    r"[\0\t\n\r]|(?:[\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff])*"
    r"[=+@\-\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
)
"""Text that a spreadsheet takes for a formula, also in full width or after invisible characters."""
_CELL_BREAKS = "\0\t\n\r"
"""Kept in the cells of CSV that are not for a terminal: they are data, and no command."""
_TO_QUOTE = re.compile(r'[,"\r\n]')
_SHORTEST_NUMBER = 7
_BATCH = 250
"""Rows of a table that are drawn at a time, so that a long list appears without delay."""


class Report(Protocol):
    """The report of a run; ``str()`` gives it as a table."""

    def to_dict(self) -> dict[str, Any]:
        """Return a dict for JSON."""
        ...


def resolved(form: str | None) -> str:
    """Return the output format: as given, or else a table on a terminal and JSON in a pipe."""
    return form or ("table" if sys.stdout.isatty() else "json")


def check_raw(form: str | None, *, raw: bool) -> None:
    """Check that `--raw` is used with CSV.

    Raises:
        click.UsageError: it is not.
    """
    if raw and resolved(form) != "csv":
        raise click.UsageError("--raw is for CSV: add --format csv")


def write(rows: Iterable[Row], form: str | None, sheet: Sheet, *, raw: bool = False) -> bool:
    """Print rows as they arrive; return whether there were any."""
    left = iter(rows)
    match resolved(form):
        case "json":
            found = False
            for row in left:
                sys.stdout.write(_line(row))
                found = True
            return found
        case "csv":
            return _write_csv(left, sheet.fields, raw=raw)
        case _:
            return _draw(left, sheet)


def write_records(
    rows: Iterable[Row], form: str | None, sheet: Sheet, *, raw: bool = False
) -> bool:
    """Like `write`, but draw each row as a record, with a line per field."""
    if resolved(form) != "table":
        return write(rows, form, sheet, raw=raw)
    from telnyx_recordings.cli import table

    found = False
    for row in rows:
        if found:
            click.echo()
        table.draw_record(record(row), table.width())
        found = True
    return found


def write_texts(rows: Iterable[Row], form: str | None, sheet: Sheet, name: str) -> bool:
    """Like `write`, but wrap the text in the field `name` below its row on a terminal."""
    from rich.cells import cell_len

    from telnyx_recordings.cli import table

    limit = table.width()
    if resolved(form) != "table" or limit is None:
        return write(rows, form, sheet)
    *columns, _ = sheet.columns()
    found = False
    for row in rows:
        if found:
            click.echo()
        heading = "  ".join(_shown(each.show(row)) for each in columns)
        lines = [heading] if cell_len(heading) <= limit else table.wrap(heading, limit)
        click.echo(click.style("\n".join(lines), bold=True))
        table.draw_text(_shown(row.get(name)), limit)
        found = True
    return found


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


def nothing_found(form: str | None, chosen: Row | None = None) -> None:
    """State that a search succeeded and found nothing, if the output is a table."""
    if resolved(form) != "table":
        return
    digits = [value for value in (chosen or {}).values() if _is_digits(value)]
    hint = f": phone numbers begin with +, as +{digits[0]}" if digits else ""
    click.echo(f"nothing found{hint}", err=True)


def _is_digits(value: object) -> bool:
    return isinstance(value, str) and len(value) >= _SHORTEST_NUMBER and value.isdigit()


def write_report(report: Report, form: str | None, fields: tuple[str, ...], part: str = "") -> None:
    """Print a report; as CSV, one row, or one row per item of the list named by `part`."""
    match resolved(form):
        case "json":
            sys.stdout.write(_line(report.to_dict()))
        case "csv":
            whole = report.to_dict()
            _write_csv(iter(whole[part] if part else [whole]), fields)
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


def _write_csv(rows: Iterable[Row], fields: tuple[str, ...], *, raw: bool = False) -> bool:
    sys.stdout.write(",".join(fields) + "\n")
    kept = "" if sys.stdout.isatty() else _CELL_BREAKS
    found = False
    for row in rows:
        sys.stdout.write(",".join(_cell(field(row, name), kept, raw=raw) for name in fields) + "\n")
        found = True
    return found


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


def _draw(rows: Iterator[Row], sheet: Sheet) -> bool:
    from telnyx_recordings.cli import table

    columns = sheet.columns()
    drawn = table.Table(columns, table.width())
    cells = ([_shown(column.show(row)) for column in columns] for row in rows)
    found = False
    for first in cells:
        drawn.draw(list(chain([first], islice(cells, _BATCH - 1))))
        found = True
    if found and sys.stderr.isatty():
        hidden = ", ".join(drawn.left_out)
        notes = [f"not shown, as the terminal is too narrow: {hidden}"] if hidden else []
        if lines := "; ".join([*notes, *drawn.notes]):
            click.echo(lines, err=True)
    return found


def _shown(value: object) -> str:
    return "" if value is None else flat(str(value))
