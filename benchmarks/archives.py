"""Existing archives: the time of a run that has little or nothing to add."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.fetchers import WORKERS
from benchmarks.peers import KEY
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

if TYPE_CHECKING:
    from telnyx_recordings.archive import Reconciliation

RECORDINGS = 10_000
_SMALL = 1_644  # bytes of audio: 0.1 s


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure a first run and later ones."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        with serving(Offer(RECORDINGS, audio_bytes=_SMALL)) as url:
            first, result = _timed(url, folder)
        if result.stored.count != RECORDINGS:
            raise RuntimeError(f"{result.stored.count} of {RECORDINGS} recordings were archived")
        again: list[float] = []
        # The links of this server are dead, so a run that requests audio reports failures.
        with serving(Offer(RECORDINGS)) as url:
            for _ in range(workshop.rounds or 3):
                seconds, result = _timed(url, folder)
                again.append(seconds)
                if result.already_there.count != RECORDINGS or result.failed.count:
                    raise RuntimeError(f"a run with nothing new did something: {result}")
    yield Table(
        key="archive-again",
        title=f"Archiving {RECORDINGS:,} recordings, then again without changes",
        unit="s",
        samples={"the first run": [first] * len(again), "a run with nothing new": again},
        against=("the first run",),
        note=f"{WORKERS} workers, files of {_SMALL:,} bytes. The first run is measured once. "
        "Later runs request no audio.",
    )


def _timed(url: str, folder: str) -> tuple[float, Reconciliation]:
    from telnyx_recordings import Client

    started = perf_counter()
    with Client(api_key=KEY, base_url=url) as client:
        result = client.archive(folder, workers=WORKERS, report=None)
    return perf_counter() - started, result
