"""Installed size: the files of a package and its dependencies, without bytecode."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import peers_with
from benchmarks.peers import ours
from benchmarks.results import Table
from benchmarks.workshop import Workshop


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure it, once: it is the same in every round."""
    yield Table(
        key="size",
        title="Installed size, with dependencies",
        unit="MB",
        samples={
            name: [sum(file.stat().st_size for file in workshop.files(peer)) / 1e6]
            for name, peer in peers_with("first_record").items()
        },
        against=(ours.NAME,),
        note="The size of all files in 10⁶ bytes, without bytecode, Python and pip.",
    )
