"""The manifest of a million recordings: the time and memory that opening it takes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Program, programs_in_rounds
from benchmarks.peers import manifests
from benchmarks.results import Table
from benchmarks.workshop import Workshop

ROUNDS = 5
RECORDINGS = 1_000_000


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure both."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        journal, lines = Path(folder, "manifest.sqlite"), Path(folder, "manifest.jsonl")
        manifests.fill(journal, lines, RECORDINGS)
        programs = {
            "opening it": Program(manifests, "open_journal", (str(journal),)),
            "and looking up a thousand": Program(manifests, "look_up", (str(journal),)),
            "and counting what is in it": Program(manifests, "count", (str(journal),)),
            "the same as JSON Lines, read": Program(manifests, "read_lines", (str(lines),)),
        }
        runs = programs_in_rounds(workshop, programs, workshop.rounds or ROUNDS)
        size = journal.stat().st_size / 1e6
    yield Table(
        key="manifest",
        title=f"The manifest of an archive of {RECORDINGS:,} recordings",
        unit="ms",
        samples={name: [run.seconds * 1e3 for run in each] for name, each in runs.items()},
        note="Measured in a fresh interpreter, starting before the import; the file has "
        f"{size:,.0f} MB. Aim: open in under 2,000 ms. JSON Lines are the alternative that was "
        "not chosen: msgspec reads the id, state and SHA-256 of each line.",
    )
    if sys.platform != "linux":
        return
    yield Table(
        key="manifest-memory",
        title="Peak memory of a process that opens a manifest",
        unit="MB",
        samples={name: [run.peak_mb for run in each] for name, each in runs.items()},
        note="Resident memory in 10⁶ bytes, including the interpreter. "
        "Aim: under 200 MiB (210 MB).",
        is_plotted=False,
    )
