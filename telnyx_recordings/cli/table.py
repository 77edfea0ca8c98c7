"""Draws tables with rich."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

_GAP = 1
_UNLIMITED = 100_000
"""Width of output that is not a terminal, in characters."""
_INDENT = "  "


class Table:
    """A table that is drawn in batches of rows, with the headings once."""

    def __init__(self, headings: Sequence[str]) -> None:
        """Take the headings."""
        self._headings = headings
        self._widths = [0] * len(headings)
        self._new = True

    def draw(self, rows: Sequence[Sequence[str]]) -> None:
        """Draw more rows.

        Where the terminal is too narrow, the first cell has a line of its own, in one piece to be
        copied, and the others are below it. Nothing is cut.
        """
        console = Console(file=sys.stdout, highlight=False)
        if not console.is_terminal:
            console.width = _UNLIMITED
        self._widths = [
            max(width, cell_len(heading), *(cell_len(row[n]) for row in rows))
            for n, (width, heading) in enumerate(zip(self._widths, self._headings, strict=True))
        ]
        # Between two columns there is a space more than the padding.
        if sum(self._widths) + (_GAP + 1) * len(self._widths) <= console.width + 1:
            self._draw_table(console, rows)
        else:
            self._draw_stacked(console, rows)
        self._new = False

    def _draw_table(self, console: Console, rows: Sequence[Sequence[str]]) -> None:
        drawn = RichTable(
            box=box.SIMPLE_HEAD, padding=(0, _GAP, 0, 0), show_edge=False, show_header=self._new
        )
        for heading, width in zip(self._headings, self._widths, strict=True):
            drawn.add_column(heading, min_width=width, overflow="fold")
        for row in rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)

    def _draw_stacked(self, console: Console, rows: Sequence[Sequence[str]]) -> None:
        if self._new:
            for line in self._stacked(self._headings):
                console.print(Text(line, "bold"), soft_wrap=True)
            console.rule(style="")
        for row in rows:
            for line in self._stacked(row):
                console.print(Text(line), soft_wrap=True)

    def _stacked(self, cells: Sequence[str]) -> tuple[str, str]:
        first, *others = cells
        padded = map(set_cell_size, others, self._widths[1:])
        return first, f"{_INDENT}{_INDENT.join(padded)}".rstrip()
