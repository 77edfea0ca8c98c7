"""Downloads and archives over loopback: one large file, and many small ones from two stores."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks import fetchers
from benchmarks.fetchers import CURL, WORKERS, Fetcher
from benchmarks.harness import once_in_rounds
from benchmarks.peers import ours
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 3
LARGE = Offer(1, audio_bytes=1 << 30)
FAST = Offer(2000, audio_bytes=200_000)
SLOW = Offer(2000, audio_bytes=200_000, seconds_to_audio=0.03)

_CURL_SYNCED = "curl, sha256sum, sync"
_LOOP = "httpx in a loop"
_STREAM = "httpx, piece by piece"
_ASYNC = f"{ours.NAME}, async"
_ARCHIVE = f"{ours.NAME}, archive"
_OURS: dict[str, Fetcher] = {
    ours.NAME: fetchers.threads,
    _ASYNC: fetchers.tasks,
    _ARCHIVE: fetchers.archive,
}
_LOOPED = 500
"""Files of the loop: enough to measure its rate, in a quarter of the time."""
_MANY = (
    f"More is better. {WORKERS} files at a time, except for the loop, which downloads the first "
    f"{_LOOPED} of them one by one. Our files are verified, hashed (SHA-256 and MD5) and synced to "
    "disk; an archive also lists and describes them, reads them back and keeps a journal. The loop "
    "does none of that."
)


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure all three, in the folder for temporary files."""
    rounds = workshop.rounds or ROUNDS
    lacking = [each for each in ("curl", "sha256sum", "sync") if shutil.which(each) is None]
    note = f" Not measured, because this machine lacks it: {', '.join(lacking)}." if lacking else ""
    large: dict[str, Fetcher] = {
        ours.NAME: fetchers.threads,
        _ASYNC: fetchers.tasks,
        _STREAM: fetchers.httpx_stream,
    }
    fast = dict(_OURS)
    if not lacking:
        large = {_CURL_SYNCED: fetchers.curl_and_sync, **large}
        fast = {CURL: fetchers.curl, **fast}
    size = LARGE.audio_bytes / 1e6
    yield Table(
        key="download-large",
        title="Downloading one file of 1 GiB",
        unit="MB/s",
        samples=_rates(LARGE, large, rounds, size),
        against=(ours.NAME,) if lacking else (_CURL_SYNCED, ours.NAME),
        note="More is better. Our file is verified, hashed (SHA-256 and MD5) and synced to disk; "
        "that of httpx is none of these. Aim: at least 0.9 of curl, then sha256sum, then sync "
        f"of the file.{note}",
    )
    yield Table(
        key="download-slow",
        title="Downloading 2,000 files of 200 KB, from a store that waits 30 ms before each",
        unit="files/s",
        samples=_rates(SLOW, {_LOOP: fetchers.httpx_loop, **fast}, rounds, SLOW.recordings),
        against=(_LOOP, ours.NAME),
        note=f"{_MANY} Aim: at least 10 × the loop.{note}",
    )
    yield Table(
        key="download-fast",
        title="Downloading 2,000 files of 200 KB, from a store that responds at once",
        unit="files/s",
        samples=_rates(FAST, {_LOOP: fetchers.httpx_loop, **fast}, rounds, FAST.recordings),
        against=(CURL if CURL in fast else _LOOP, ours.NAME),
        note=f"{_MANY} curl neither checks nor syncs. Aim: at least 0.3 of curl with sha256sum."
        f"{note}",
    )


def _rates(
    offer: Offer, ways: Mapping[str, Fetcher], rounds: int, amount: float
) -> dict[str, list[float]]:
    """Return the rate of each way, one run per round."""
    with serving(offer) as url, tempfile.TemporaryDirectory(prefix="benchmarks-") as home:
        recordings = fetchers.listed(url)
        functions: dict[str, Callable[[], float]] = {}
        for name, way in ways.items():
            some = recordings[:_LOOPED] if way is fetchers.httpx_loop else recordings
            part = amount * len(some) / len(recordings)
            sizes = [offer.audio_bytes] * len(some)
            functions[name] = partial(_rate, partial(way, url, some), home, sizes, part)
        return once_in_rounds(functions, rounds)


def _rate(way: Callable[[Path], object], home: str, sizes: list[int], amount: float) -> float:
    folder = Path(tempfile.mkdtemp(dir=home))
    os.sync()  # pending writes of other programs must not slow this one
    started = perf_counter()
    way(folder)
    seconds = perf_counter() - started
    # Check that all audio arrived, and empty the files. They are not removed: some file systems do
    # not reuse the numbers of files that were removed in the last seconds, and are slow to look for
    # others.
    files = list(folder.rglob("*.wav"))
    if [each.stat().st_size for each in files] != sizes:
        raise RuntimeError(f"{len(files)} files of {len(sizes)} arrived, or some are incomplete")
    for each in files:
        os.truncate(each, 0)
    return amount / seconds
