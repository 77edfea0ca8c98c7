"""Options that arrange the rows of a list: which fields, in which order, and how many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import partial, wraps
from itertools import islice
from typing import Any, NamedTuple

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.columns import (
    MINUTES,
    Column,
    Row,
    Sheet,
    field,
    local,
    parsed_time,
    plain,
)
from telnyx_recordings.cli.runner import flat


def _names(text: str) -> tuple[str, ...]:
    """Parse names that are separated by commas."""
    names = tuple(each.strip() for each in text.split(","))
    if not all(names):
        raise click.BadParameter(f"{text!r} has an empty name: separate names as in id,created_at")
    return names


_OPTIONS = (
    click.option(
        "--fields", type=_names, metavar="A,B", help="Only these fields, such as id,created_at."
    ),
    click.option(
        "--ids",
        "only_ids",
        is_flag=True,
        help="Print only the ids of the recordings, one per line.",
    ),
    click.option("--sort", metavar="FIELD", help="Sort by a field. All rows are read first."),
    click.option("--reverse", is_flag=True, help="Reverse the order. All rows are read first."),
    click.option(
        "--limit", type=click.IntRange(min=1), metavar="N", help="Show at most this many."
    ),
    options.raw,
)


class Arrangement(NamedTuple):
    """How the rows of a list are arranged and printed."""

    fields: tuple[str, ...] | None
    only_ids: bool
    sort: str | None
    reverse: bool
    limit: int | None
    raw: bool

    def arrange(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Return the rows in their order, as many as are wanted."""
        if self.sort is not None:
            name = self.sort
            rows = list(rows)
            # Rows without the field are at the end in both orders.
            rows.sort(key=lambda row: _key(field(row, name), name), reverse=self.reverse)
            rows.sort(key=lambda row: field(row, name) is None)
        elif self.reverse:
            rows = reversed(list(rows))
        return islice(rows, self.limit)


def arranging(function: options.Run) -> options.Run:
    """Add the options; the command gets an `arrangement`."""

    @options.added(*_OPTIONS)
    @wraps(function)
    def run(**given: Any) -> int | None:
        arrangement = Arrangement(*(given.pop(name) for name in Arrangement._fields))
        if arrangement.fields and arrangement.only_ids:
            raise click.UsageError("--ids and --fields exclude each other")
        output.check_raw(given["form"], raw=arrangement.raw)
        return function(arrangement=arrangement, **given)

    return run


def write(
    rows: Iterable[Row], form: str, sheet: Sheet, arrangement: Arrangement, *, id_field: str = "id"
) -> bool:
    """Print rows in an arrangement; return whether there were any.

    Raises:
        click.ClickException: a field that was named is in none of the rows.
    """
    seen = _Seen(filter(None, (*(arrangement.fields or ()), arrangement.sort)), sheet.fields)
    arranged = arrangement.arrange(seen.watched(rows))
    if arrangement.only_ids:
        for id_ in dict.fromkeys(str(row.get(id_field)) for row in arranged):
            click.echo(flat(id_))
    else:
        if names := arrangement.fields:
            arranged = ({name: field(row, name) for name in names} for row in arranged)
            sheet = Sheet(names, output.in_columns(partial(_columns, names)))
        output.write(arranged, form, sheet, raw=arrangement.raw)
    seen.check()
    return seen.rows > 0


def _columns(names: tuple[str, ...]) -> list[Column]:
    return [
        Column(
            name,
            local(name) if name.endswith("_at") else plain(name),
            None if name == "id" else max(len(name), MINUTES),
            rank,
        )
        for rank, name in enumerate(names)
    ]


def _key(value: Any, name: str) -> tuple[int, Any]:
    """Return a key that puts numbers before text, and times in their order."""
    if isinstance(value, (int, float)):
        return (0, value)
    moment = parsed_time(value) if name.endswith("_at") else None
    return (2, str(value)) if moment is None else (1, moment)


class _Seen:
    """Counts rows, and notices names of fields that no row has."""

    def __init__(self, names: Iterable[str], known: tuple[str, ...]) -> None:
        self._known = set(known)
        self._missing = set(names) - self._known
        self.rows = 0

    def watched(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows unchanged."""
        for row in rows:
            self.rows += 1
            self._known.update(row)
            if self._missing:
                self._missing -= {name for name in self._missing if field(row, name) is not None}
            yield row

    def check(self) -> None:
        """Fail if a name was in none of the rows."""
        if not self.rows:
            return
        for name in sorted(self._missing):
            close = get_close_matches(name, sorted(self._known), 1)
            hint = f"did you mean {close[0]}?" if close else "see --format json for those there are"
            raise click.ClickException(f"no row has the field {name!r}: {hint}")
