"""Verifies an archive: reads all of it and compares it with its manifest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from os import PathLike
from typing import NamedTuple

from telnyx_recordings.archive.integrity import damage_of
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.manifest.opening import open_manifest
from telnyx_recordings.archive.records import Stored
from telnyx_recordings.archive.results import Damage, Progress, Verification
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import ERASURES, EXPORTS, HOLDS, LINES, SIDECAR, Store

_BATCH = 256


def verify(
    destination: str | PathLike[str],
    *,
    workers: int = 8,
    progress: Callable[[Progress], None] | None = None,
) -> Verification:
    """Read every object of an archive and compare it with the manifest; change nothing.

    Files that are not in the manifest are reported, but are not damage: `Verification.ok` is about
    what was archived. If this machine has no manifest of a bucket, the sidecars are used instead.

    Args:
        destination: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        workers: number of objects to read at the same time.
        progress: called from time to time with a `Progress`.

    Raises:
        ArchiveLockedError: an archive or purge is running there.
        ManifestError: the manifest cannot be read.
        DestinationError: there is no archive, or it cannot be read.
    """
    store = open_store(destination)
    with open_manifest(store, dry_run=True, must_exist=True, may_be_empty=True) as manifest:
        return read_all(store, manifest, workers, progress)[0]


class DamagedObject(NamedTuple):
    """An object, its recording's id, and what is wrong with it."""

    id: str
    stored: Stored
    wrong: str


def read_all(
    store: Store,
    manifest: Manifest,
    workers: int,
    progress: Callable[[Progress], None] | None,
) -> tuple[Verification, list[DamagedObject]]:
    """Read every object; return the verification, and the damaged objects."""
    started = time.monotonic()
    count = total = 0
    recordings: set[str] = set()
    keys: set[str] = set()
    damaged: list[DamagedObject] = []
    expected = manifest.count_objects()
    todo: Iterator[tuple[str, Stored]] = (
        (entry.id, each) for entry in manifest.with_objects() for each in entry.objects
    )

    def inspect(job: tuple[str, Stored]) -> str | None:
        return damage_of(store, *job)

    with ThreadPoolExecutor(workers, thread_name_prefix="telnyx-verify") as pool:
        while batch := list(islice(todo, _BATCH)):
            for (id_, each), wrong in zip(batch, pool.map(inspect, batch), strict=True):
                recordings.add(id_)
                keys.add(each.key)
                count += 1
                total += each.size
                if wrong is not None:
                    damaged.append(DamagedObject(id_, each, wrong))
            if progress is not None:
                progress(
                    Progress(
                        phase="verifying",
                        todo=expected,
                        done=count,
                        bytes=total,
                        failed=len(damaged),
                        seconds=time.monotonic() - started,
                    )
                )
    there = store.keys()
    strangers = tuple(
        key
        for key in there
        if key not in keys
        and key.removesuffix(SIDECAR) not in keys
        and key != LINES
        and not key.startswith((ERASURES, EXPORTS, HOLDS))
    )
    result = Verification(
        destination=store.url,
        recordings=len(recordings),
        objects=count,
        bytes=total,
        damaged=tuple(Damage(id_, stored.key, wrong) for id_, stored, wrong in damaged),
        strangers=strangers,
        seconds=time.monotonic() - started,
    )
    return result, damaged
