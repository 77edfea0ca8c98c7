"""Large archives: 100,000 recordings into a bucket, and a cluster on one machine.

They take minutes, so only `make bench-scale` measures them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.object_store import stored
from benchmarks.one_archive import THREADS
from benchmarks.peers import KEY
from benchmarks.report import LARGE
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import ROOT, Workshop

RECORDINGS = 100_000
POINTS = (RECORDINGS // 10, RECORDINGS // 2, RECORDINGS)
_OF_CLUSTER = 1_000
_CLUSTERS = (0, 1, 2, 4)
_SMALL = 204  # bytes of audio: 10 ms
_SIZE = 200_000
_SECONDS_TO_AUDIO = 0.03


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure both."""
    yield from _large()
    yield _clusters(workshop.rounds or 2)


def _large() -> Iterator[Table]:
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        serving(Offer(RECORDINGS, audio_bytes=_SMALL)) as url,
        stored() as given,
    ):
        environment = {**given, "XDG_STATE_HOME": folder}
        first = _archive(environment, url, "s3://benchmarks/large", 0, *POINTS)
        again = _archive(environment, url, "s3://benchmarks/large", 0)
    if (first["stored"], again["already_there"]) != (RECORDINGS, RECORDINGS):
        raise RuntimeError(f"not all recordings were archived: {first}, {again}")
    seen: dict[str, dict[str, float]] = {
        f"the first {count:,}": point for count, point in zip(POINTS, first["points"], strict=True)
    }
    seen |= {"the whole run": first, "a run with nothing new": again}
    yield Table(
        key=f"{LARGE}bucket",
        title=f"Archiving {RECORDINGS:,} recordings into a bucket",
        unit="s",
        samples={name: [each["seconds"]] for name, each in seen.items()},
        note=f"16 threads; files of {_SMALL} bytes, from a loopback server to an S3-compatible "
        "store on loopback that keeps them in memory. Both are Python, and share the "
        f"processors with the archive. The manifest has {first['manifest_mb']:.0f} MB at the "
        "end.",
    )
    yield Table(
        key=f"{LARGE}memory",
        title=f"Peak memory of archiving {RECORDINGS:,} recordings into a bucket",
        unit="MB",
        samples={name: [each["mb"]] for name, each in seen.items()},
        note="Resident memory of the archiving process up to that point, in 10⁶ bytes. The value "
        "for the whole run includes `manifest.jsonl`, which is mapped into memory while it is put: "
        "the system can drop these pages at any time.",
    )


def _clusters(rounds: int) -> Table:
    samples: dict[str, list[float]] = {}
    with serving(Offer(_OF_CLUSTER, audio_bytes=_SIZE, seconds_to_audio=_SECONDS_TO_AUDIO)) as url:
        for _ in range(rounds):
            for workers in _CLUSTERS:
                with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder, stored() as given:
                    environment = {**given, "XDG_STATE_HOME": folder, "TELNYX_API_KEY": KEY}
                    found = _archive(environment, url, "s3://benchmarks/cluster", workers)
                if found["stored"] != _OF_CLUSTER:
                    raise RuntimeError(f"not all recordings were archived: {found}")
                samples.setdefault(_name(workers), []).append(_OF_CLUSTER / found["seconds"])
    return Table(
        key=f"{LARGE}cluster",
        title=f"Archiving {_OF_CLUSTER:,} files of 200 KB into a bucket with a Dask cluster",
        unit="recordings/s",
        samples=samples,
        against=(_name(0),),
        note="More is better. Everything runs on one machine, including the servers; the store "
        f"waits 30 ms before each file. Each worker of a cluster is a process with {THREADS} "
        "threads, and requests fresh links: one more request per recording.",
    )


def _name(workers: int) -> str:
    if not workers:
        return "16 threads, no cluster"
    return f"{workers} worker{'s' if workers > 1 else ''}"


def _archive(
    environment: Mapping[str, str], url: str, destination: str, workers: int, *points: int
) -> dict[str, Any]:
    arguments = [url, destination, str(workers), *map(str, points)]
    command = [sys.executable, "-m", "benchmarks.one_archive", *arguments]
    run = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        start_new_session=True,  # on Ctrl-C, this process kills it
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found
