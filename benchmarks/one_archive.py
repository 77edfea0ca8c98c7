"""Archives the recordings of a server in a separate process, and prints the results as JSON.

`python -m benchmarks.one_archive BASE_URL DESTINATION DASK_WORKERS [POINT …]`. With 0
workers, it uses threads.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.child import peak_mb
from benchmarks.fetchers import WORKERS
from benchmarks.peers import KEY

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from telnyx_recordings.archive import Progress


THREADS = 8
"""Threads of each worker of a cluster."""


class Points:
    """A progress callback that notes seconds and memory at certain numbers of recordings."""

    def __init__(self, points: list[int]) -> None:
        """Take the numbers of recordings, ascending."""
        self._left = points
        self.started = perf_counter()
        self.seen: list[dict[str, float]] = []

    def __call__(self, progress: Progress) -> None:
        """Take the progress of a run."""
        while self._left and progress.done >= self._left[0]:
            self._left = self._left[1:]
            self.seen.append({"seconds": perf_counter() - self.started, "mb": peak_mb()})


@contextmanager
def executor(dask_workers: int) -> Generator[tuple[Executor | None, int]]:
    """Yield the executor and slots of a cluster; for 0 workers, None and the default threads."""
    if not dask_workers:
        yield None, WORKERS
        return
    import dask.distributed

    distributed: Any = dask.distributed  # it has no types
    cluster = distributed.LocalCluster(
        n_workers=dask_workers, threads_per_worker=THREADS, dashboard_address=":0"
    )
    with cluster, distributed.Client(cluster) as client:
        yield client.get_executor(), dask_workers * THREADS


def main() -> None:
    """Archive, and print the results."""
    from telnyx_recordings import Client

    base_url, destination, dask_workers, *points = sys.argv[1:]
    with executor(int(dask_workers)) as (pool, slots), Client(KEY, base_url) as client:
        progress = Points([*map(int, points)])
        result = client.archive(
            destination, executor=pool, workers=slots, report=None, progress=progress
        )
    found: dict[str, Any] = {
        "seconds": perf_counter() - progress.started,
        "mb": peak_mb(),
        "stored": result.stored.count,
        "already_there": result.already_there.count,
        "points": progress.seen,
        "manifest_mb": _manifest_mb(destination),
    }
    print(json.dumps(found))


def _manifest_mb(destination: str) -> float:
    from telnyx_recordings.archive.stores import open_store

    return Path(open_store(destination).manifest_path()).stat().st_size / 1e6


if __name__ == "__main__":
    main()
