"""Pages of `browse`: how long the first page and searches take in a large archive."""

from __future__ import annotations

import random
import resource
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

from benchmarks.harness import in_rounds
from benchmarks.peers import manifests
from benchmarks.report import LARGE
from benchmarks.results import Table
from benchmarks.workshop import Workshop

_SIZES = (100_000, 1_000_000)
_WORDS = tuple(f"word{n}" for n in range(5_000))
_SPOKEN = 20
_PAGES: dict[str, dict[str, str]] = {
    "first page": {},
    "a rare word": {"q": "word4999 word4998"},
    "a common word": {"q": "hello"},
    "a number in every call": {"number": "+13125550142"},
    "a number in no call": {"number": "+19995550100"},
    "dual, at least 90 s": {"channels": "dual", "shortest": "90"},
    "a duration of no call": {"shortest": "100"},
}


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure each page with a synthetic manifest and index."""
    for count in _SIZES:
        with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
            path = Path(folder) / ".archive" / "manifest.sqlite"
            path.parent.mkdir()
            manifests.fill(path, Path(folder) / "manifest.jsonl", count)
            pages, seconds = _indexed(Path(folder))
            samples = in_rounds(pages, workshop.rounds or 9)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        yield Table(
            key=f"{LARGE}browse-{count}",
            title=f"Pages of an archive of {count:,} recordings",
            unit="ms",
            samples=samples,
            against=("first page",),
            note=f"Rendered by the application, without a socket. Every transcript has {_SPOKEN} "
            f"words and a greeting. The index of the manifest was built in {seconds:.0f} s; the "
            f"process never used more than {peak} MB.",
        )


def _indexed(folder: Path) -> tuple[Mapping[str, Callable[[], object]], float]:
    """Create an index with transcripts; return its pages, and the time without transcripts."""
    import sqlite3
    from datetime import UTC

    from starlette.requests import Request

    from telnyx_recordings.archive.manifest.manifest import SEARCH_INDEX
    from telnyx_recordings.archive.stores import open_store
    from telnyx_recordings.browse.app import Browser
    from telnyx_recordings.browse.index import Index
    from telnyx_recordings.browse.updates import Updates

    store = open_store(folder)
    index = Index(store.manifest_path().with_name(SEARCH_INDEX))
    started = perf_counter()
    index.update(store)
    seconds = perf_counter() - started
    chance = random.Random(7)  # noqa: S311 - synthetic texts
    with sqlite3.connect(index.path) as db:
        keys = [k for (k,) in db.execute("SELECT k FROM recordings")]
        db.executemany(
            "INSERT INTO transcripts (rowid, text) VALUES (?, ?)",
            ((k, "hello " + " ".join(chance.choices(_WORDS, k=_SPOKEN))) for k in keys),
        )
    db.close()
    browser = Browser(store, index, Updates(store, index), UTC)
    pages = {
        name: partial(
            browser.render_list,
            Request({"type": "http", "query_string": urlencode(filters).encode()}),
        )
        for name, filters in _PAGES.items()
    }
    return pages, seconds
