"""Peak memory of imports, listings, downloads and archives (Linux)."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping

from benchmarks.harness import Program, peers_with, programs_in_rounds
from benchmarks.peers import bare, interpreter, ours
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 3
RECORDS = 20_000
_ALONE = {interpreter.NAME: Program(interpreter, "nothing")}


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure it, if the system reports it."""
    if sys.platform != "linux":
        return
    models = {name: Program(peer, "use_model") for name, peer in peers_with("use_model").items()}
    title = "Peak memory of a process that imports and uses a model"
    yield _table(workshop, "memory-import", title, models)
    with serving(Offer(RECORDS)) as url:
        listings = {
            name: Program(peer, "listing", (url,)) for name, peer in peers_with("listing").items()
        }
        listings |= {
            f"{ours.NAME}, the first page": Program(ours, "one_page", (url,)),
            ours.PREFETCH_NAME: Program(ours, "listing_ahead", (url,)),
        }
        title = f"Peak memory of a process that goes through {RECORDS:,} recordings"
        yield _table(workshop, "memory-listing", title, listings)
    yield from _of_audio(workshop)


def _of_audio(workshop: Workshop) -> Iterator[Table]:
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        serving(Offer(1, audio_bytes=1 << 30)) as large,
        serving(Offer(2000, audio_bytes=200_000)) as many,
    ):
        yield _table(
            workshop,
            "memory-audio",
            "Peak memory of a process that fetches audio",
            {
                f"{ours.NAME}, 1 GiB": Program(ours, "download", (large, folder)),
                f"{ours.NAME}, archive": Program(ours, "archive", (many, folder)),
                bare.AUDIO_NAME: Program(bare, "download", (large, folder)),
            },
            against=f"{ours.NAME}, 1 GiB",
            rounds=1,
        )


def _table(  # noqa: PLR0913 - as many as a table has
    workshop: Workshop,
    key: str,
    title: str,
    programs: Mapping[str, Program],
    *,
    against: str = ours.NAME,
    rounds: int = ROUNDS,
) -> Table:
    runs = programs_in_rounds(workshop, {**programs, **_ALONE}, workshop.rounds or rounds)
    return Table(
        key=key,
        title=title,
        unit="MB",
        samples={name: [run.peak_mb for run in each] for name, each in runs.items()},
        against=(against,),
        note="Resident memory in 10⁶ bytes, including the interpreter.",
    )
