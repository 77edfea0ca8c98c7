"""Writes the page of a run: each table, with its plot in a folder beside the page."""

from __future__ import annotations

from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.peers import ours
from benchmarks.plots import svg
from benchmarks.results import Table

_INTRODUCTION = """\
<!-- Written by `make bench` from one run: do not edit. -->
# Benchmarks

What this package takes beside the official SDK, what others' generators make of the same contract,
and the bare limits. All figures are of one run, and none of them is asserted anywhere: repeat them
with `make bench`, which makes an environment of its own for the peers.

{machine}

Versions: {versions}.

**How to read this.** In each round every subject has its turn, in changing order. The spread is
what the middle half of the samples keeps within. A ratio (×) compares the two subjects round by
round, so that what slows the whole machine cancels out; its own spread stands in brackets.
"""


def write(page: Path, machine: Machine, tables: list[Table]) -> None:
    """Write the page, and the plots into the folder that has the page's name; all at the end."""
    folder = page.with_suffix("")
    plots: dict[str, str] = {}
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    parts = [_INTRODUCTION.format(machine=machine.sentence(), versions=versions)]
    for table in tables:
        parts.append(f"## {table.title}\n")
        if table.note:
            parts.append(f"{table.note}\n")
        if table.is_plotted:
            plots[f"{table.key}.svg"] = svg(table, ours.NAME)
            parts.append(f"![{table.title}]({folder.name}/{table.key}.svg)\n")
        parts.append(_markdown(table))
    folder.mkdir(parents=True, exist_ok=True)
    for name, plot in plots.items():
        (folder / name).write_text(plot, "utf-8")
    for old in folder.glob("*.svg"):
        if old.name not in plots:
            old.unlink()
    page.write_text("\n".join(parts), "utf-8")


def _markdown(table: Table) -> str:
    head, *rows = table.cells()
    head[0] = table.unit
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
