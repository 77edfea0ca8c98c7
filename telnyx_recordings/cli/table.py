"""Draws tables with rich."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

_GAP = 1
_UNLIMITED = 100_000
"""Width of output that is not a terminal, in characters."""


class Table:
    """A table that is drawn in batches of rows, with the headings once."""

    def __init__(self, headings: Sequence[str]) -> None:
        """Take the headings."""
        self._headings = headings
        self._widths = [0] * len(headings)
        self._new = True

    def draw(self, rows: Sequence[Sequence[str]]) -> None:
        """Draw more rows; what exceeds the width of the terminal is wrapped, never cut."""
        console = Console(file=sys.stdout, highlight=False)
        if not console.is_terminal:
            console.width = _UNLIMITED
        self._widths = [
            max(width, cell_len(heading), *(cell_len(row[n]) for row in rows))
            for n, (width, heading) in enumerate(zip(self._widths, self._headings, strict=True))
        ]
        fits = sum(self._widths) + _GAP * len(self._widths) <= console.width
        drawn = RichTable(
            box=box.SIMPLE_HEAD, padding=(0, _GAP, 0, 0), show_edge=False, show_header=self._new
        )
        for heading, width in zip(self._headings, self._widths, strict=True):
            drawn.add_column(heading, min_width=width if fits else None, overflow="fold")
        for row in rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)
        self._new = False
