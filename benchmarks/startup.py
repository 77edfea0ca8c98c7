"""Cold start to first model and to first record, in a fresh interpreter."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Program, peers_with, programs_in_rounds
from benchmarks.peers import interpreter, ours
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 11
RECORDS = 20


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure both."""
    yield from _tables(
        workshop,
        "startup-model",
        "Import and use of a model",
        _programs("use_model"),
        "Aim: telnyx takes at least 30 × as long.",
    )
    with serving(Offer(RECORDS)) as url:
        yield from _tables(
            workshop,
            "startup-client",
            "Cold start to first record over HTTP",
            _programs("first_record", url),
            "Aim: telnyx takes at least 14 × as long.",
        )


def _programs(task: str, *arguments: str) -> dict[str, Program]:
    peers = peers_with(task).items()
    programs = {name: Program(peer, task, arguments) for name, peer in peers}
    return {**programs, interpreter.NAME: Program(interpreter, "nothing")}


def _tables(
    workshop: Workshop, key: str, title: str, programs: dict[str, Program], aim: str
) -> Iterator[Table]:
    runs = programs_in_rounds(workshop, programs, workshop.rounds or ROUNDS)
    inside = {name: [run.seconds * 1e3 for run in each] for name, each in runs.items()}
    del inside[interpreter.NAME]
    yield Table(
        key=key,
        title=title,
        unit="ms",
        samples=inside,
        against=(ours.NAME,),
        note=f"Measured in a fresh interpreter, starting before the first import. {aim}",
    )
    yield Table(
        key=f"{key}-process",
        title=f"{title}: the whole process",
        unit="ms",
        samples={name: [run.process_seconds * 1e3 for run in each] for name, each in runs.items()},
        against=(ours.NAME,),
        note="The same runs, from before the interpreter starts until it has ended.",
        is_plotted=False,
    )
