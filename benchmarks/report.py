"""Writes the page of a run: each table, and its plot in a folder beside the page."""

from __future__ import annotations

from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.peers import ours, telnyx_sdk
from benchmarks.plots import svg
from benchmarks.results import Table

_INTRODUCTION = """\
<!-- Written by `make bench` from one run: do not edit. -->
# Benchmarks

How this package compares with the official SDK, with the output of other generators for the same
contract, and with the theoretical limits.

{summary}The figures are from one run, except for [large archives](#large-archives), and no test
asserts them. `make bench` repeats the measurements in an environment of its own.

{machine}

Versions: {versions}.

**How to read the tables.** Each round measures every package once, in shuffled order. A ratio (×)
compares two packages round by round, so that what slows the whole machine cancels out; its
interquartile range is in parentheses.
"""

_SCALE = """\
<!-- Written by `make bench-scale` from a run of its own, and kept by `make bench`. -->
## Large archives

`make bench-scale` repeats these measurements, in a run of its own.
"""

LARGE = "scale-"
"""Prefix of the keys of tables about large archives."""
_SUMMARY = (
    ("startup-model", "importing and using a model is", False),
    ("decode-plain", "decoding a page", False),
    ("listing", "listing", True),
)
"""Tables of the summary: key, wording, and whether more is better."""


def write(page: Path, machine: Machine, tables: list[Table]) -> None:
    """Write the page, and the plots to the folder with the page's name.

    Large archives are the last part of the page. They are measured in runs of their own, so each
    run keeps the part that it did not measure.
    """
    folder = page.with_suffix("")
    large = [table for table in tables if table.key.startswith(LARGE)]
    others = [table for table in tables if table not in large]
    before = page.read_text("utf-8") if page.exists() else ""
    main, marker, scale = before.partition(_SCALE.partition("\n")[0])
    if others:
        versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
        introduction = _INTRODUCTION.format(
            machine=machine.sentence(), versions=versions, summary=_summary(others)
        )
        main = f"{introduction}\n{_sections(folder, others)}\n"
    if large:
        marker, scale = f"{_SCALE}\n{machine.sentence()}\n\n", _sections(folder, large)
    folder.mkdir(parents=True, exist_ok=True)
    plots = {f"{table.key}.svg": svg(table, ours.NAME) for table in tables if table.is_plotted}
    for name, plot in plots.items():
        (folder / name).write_text(plot, "utf-8")
    for old in folder.glob("*.svg"):
        if old.name not in plots and (large if old.name.startswith(LARGE) else others):
            old.unlink()
    page.write_text(main + marker + scale, "utf-8")


def _sections(folder: Path, tables: list[Table]) -> str:
    parts: list[str] = []
    for table in tables:
        parts.append(f"## {table.title}\n")
        if table.note:
            parts.append(f"{table.note}\n")
        if table.is_plotted:
            parts.append(f"![{table.title}]({folder.name}/{table.key}.svg)\n")
        parts.append(_markdown(table))
    return "\n".join(parts)


def _summary(tables: list[Table]) -> str:
    """Return a sentence that compares with the official SDK; empty if it was not measured."""
    found: list[str] = []
    by_key = {table.key: table for table in tables}
    for key, what, more_is_better in _SUMMARY:
        table = by_key.get(key)
        if table is not None and telnyx_sdk.NAME in table.samples:
            own, other = (table.spread(name).median for name in (ours.NAME, telnyx_sdk.NAME))
            times = own / other if more_is_better else other / own
            found.append(f"{what} {times:.0f} × as fast")
    return f"In short, compared with the official SDK: {', '.join(found)}.\n\n" if found else ""


def _markdown(table: Table) -> str:
    head, *rows = table.cells()
    head[0] = table.unit
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
