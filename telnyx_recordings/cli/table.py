"""Draws tables, with one line per row, and records, with one line per field."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Sequence

import click
from rich.cells import cell_len, set_cell_size

from telnyx_recordings.cli.columns import Column

_GAP = 1
_LAST_LEFT_OUT = 2
"""Columns up to this rank are left out only once others are cut to their least useful width."""
INDENT = "  "
_UNLIMITED = 100_000
"""Width of output that is not a terminal, in characters."""


class Table:
    """A table that is drawn in batches of rows, with the headings once.

    On a terminal that is too narrow, cells are shortened and columns are left out. Elsewhere
    nothing is.
    """

    def __init__(self, columns: Sequence[Column], limit: int | None) -> None:
        """Take the columns, and the width of the terminal; None if it is none."""
        self._columns = columns
        self._limit = limit
        self._shown: list[int] = []
        self._widths: list[int] = []

    @property
    def notes(self) -> list[str]:
        """What did not fit: columns, and the notes in headings, such as the time zone."""
        if not self._shown:
            return []
        hidden = [c.heading for n, c in enumerate(self._columns) if n not in self._shown]
        notes = [f"not shown, as the terminal is too narrow: {', '.join(hidden)}"] if hidden else []
        parts = [
            self._columns[n].heading.removesuffix(")").partition(" (")
            for n, size in zip(self._shown, self._widths, strict=True)
            if cell_len(self._columns[n].heading) > size
        ]
        return notes + [f"{heading} is in {note}" for heading, _, note in parts if note]

    def draw(self, rows: Sequence[Sequence[str]]) -> None:
        """Draw more rows."""
        if not self._shown:
            self._fit(rows)
            headings = [column.heading for column in self._columns]
            for n, size in zip(self._shown, self._widths, strict=True):
                if cell_len(headings[n]) > size:
                    headings[n] = headings[n].partition(" (")[0]
            click.echo(click.style(self._line(headings), bold=True))
            click.echo(_rule() * (sum(self._widths) + _GAP * (len(self._widths) - 1)))
        elif self._limit is None:
            self._widths = [
                max(width, *(cell_len(row[n]) for row in rows))
                for width, n in zip(self._widths, self._shown, strict=True)
            ]
        sys.stdout.writelines(f"{self._line(row)}\n" for row in rows)

    def _fit(self, rows: Sequence[Sequence[str]]) -> None:
        """Choose the columns that are shown, and their widths."""
        natural = [
            max(cell_len(column.heading), *(cell_len(row[n]) for row in rows))
            for n, column in enumerate(self._columns)
        ]
        leasts = [
            column.least(row[n] for row in rows) if callable(column.least) else column.least
            for n, column in enumerate(self._columns)
        ]
        self._shown = list(range(len(natural)))
        while True:
            self._widths = [natural[n] for n in self._shown]
            excess = sum(self._widths) + _GAP * (len(self._shown) - 1) - (self._limit or _UNLIMITED)
            excess = self._shorten(excess, leasts.__getitem__)
            if excess <= 0:
                return
            least = max(self._shown, key=lambda n: self._columns[n].rank)
            if self._columns[least].rank <= _LAST_LEFT_OUT:
                excess = self._tighten(excess)
            if excess <= 0:
                return
            if not self._columns[least].rank:
                self._shorten(excess, lambda _: 1)
                return
            self._shown.remove(least)

    def _tighten(self, excess: int) -> int:
        """Cut columns to their least useful width; return what is still too much."""
        for place, n in enumerate(self._shown):
            tight = self._columns[n].tight
            if excess > 0 and tight is not None and self._widths[place] > tight:
                excess -= self._widths[place] - tight
                self._widths[place] = tight
        return excess

    def _shorten(self, excess: int, least: Callable[[int], int | None]) -> int:
        """Shorten columns, the last first; return what is still too much."""
        for place in reversed(range(len(self._shown))):
            limit = least(self._shown[place])
            room = 0 if limit is None else max(0, self._widths[place] - limit)
            taken = min(room, max(0, excess))
            self._widths[place] -= taken
            excess -= taken
        return excess

    def _line(self, cells: Sequence[str]) -> str:
        shown: list[str] = []
        for n, size in zip(self._shown, self._widths, strict=True):
            is_tight = size == self._columns[n].tight
            shown.append(set_cell_size(cells[n], size) if is_tight else _cut(cells[n], size))
        return (" " * _GAP).join(shown).rstrip()


def width() -> int | None:
    """Return the width of the terminal; None if standard output is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def draw_record(fields: Iterable[tuple[str, str]], limit: int | None) -> None:
    """Draw a record: a line per field, wrapped on words. A long word, such as a link, is whole."""
    pairs = list(fields)
    names = max(cell_len(name) for name, _ in pairs)
    for name, value in pairs:
        lines = wrap(value, (limit or _UNLIMITED) - names - len(INDENT)) or [""]
        click.echo(f"{click.style(set_cell_size(name, names), bold=True)}{INDENT}{lines[0]}")
        for line in lines[1:]:
            click.echo(f"{' ' * names}{INDENT}{line}")


def wrap(text: str, limit: int) -> list[str]:
    """Wrap text on words; a word that is longer than a line has a line of its own."""
    lines: list[str] = []
    line, used = "", 0
    for word in text.split():
        size = cell_len(word)
        if line and used + 1 + size > limit:
            lines.append(line)
            line, used = "", 0
        line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
    return [*lines, line] if line else lines


def _cut(cell: str, size: int) -> str:
    if cell_len(cell) <= size:
        return set_cell_size(cell, size)
    mark = "…" if _has("…") else "."
    return set_cell_size(cell, max(0, size - 1)) + mark


def _rule() -> str:
    return "─" if _has("─") else "-"


def _has(character: str) -> bool:
    try:
        character.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
