"""Draws tables; rich is loaded here and in `progress` only."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

_GAP = 1
_ENDLESS = 100_000
"""How wide a file is, in characters."""


class Table:
    """A table that is drawn in pieces: the headings once, the columns as wide as at first."""

    def __init__(self, headings: Sequence[str]) -> None:
        """Draw nothing yet."""
        self._headings = headings
        self._widths = [0] * len(headings)
        self._new = True

    def draw(self, rows: Sequence[Sequence[str]]) -> None:
        """Draw more rows; what does not fit into the terminal's width is folded, never cut."""
        console = Console(file=sys.stdout, highlight=False)
        if not console.is_terminal:
            console.width = _ENDLESS
        self._widths = [
            max(width, cell_len(heading), *(cell_len(row[n]) for row in rows))
            for n, (width, heading) in enumerate(zip(self._widths, self._headings, strict=True))
        ]
        fits = sum(self._widths) + _GAP * len(self._widths) <= console.width
        drawn = Drawn(
            box=box.SIMPLE_HEAD, padding=(0, _GAP, 0, 0), show_edge=False, show_header=self._new
        )
        for heading, width in zip(self._headings, self._widths, strict=True):
            drawn.add_column(heading, min_width=width if fits else None, overflow="fold")
        for row in rows:
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)
        self._new = False
