"""Reads an archive whole and compares it with its manifest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from os import PathLike
from typing import Any

from msgspec import Struct, json, to_builtins

from telnyx_recordings.archive.manifest import Stored
from telnyx_recordings.archive.rebuild import opened
from telnyx_recordings.archive.report import Progress, size
from telnyx_recordings.archive.store import ERASURES, LINES, SIDE, Store, open_store
from telnyx_recordings.archive.tasks import damage_of

_TOGETHER = 256


class Damage(Struct, frozen=True):
    """An object that is not what the manifest says: which recording's, its key, what is wrong."""

    id: str
    key: str
    reason: str


class Verification(Struct, frozen=True, kw_only=True):
    """What reading an archive showed; ``print`` shows it as a table.

    Attributes:
        destination: the folder or bucket.
        recordings: recordings with objects.
        objects: objects read: audio and transcripts.
        bytes: bytes read.
        damaged: every object that is missing, or not what was stored.
        strangers: names of files that the manifest does not know; somebody else put them there.
        seconds: how long it took.
    """

    destination: str
    recordings: int = 0
    objects: int = 0
    bytes: int = 0
    damaged: tuple[Damage, ...] = ()
    strangers: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything is there and as it was stored."""
        return not self.damaged

    def to_dict(self) -> dict[str, Any]:
        """Return what ``json.dumps`` takes."""
        fields: dict[str, Any] = to_builtins(self)
        return fields | {"ok": self.ok}

    def to_json(self) -> str:
        """Return it as JSON text."""
        return json.encode(self.to_dict()).decode()

    def __str__(self) -> str:
        """Return it as a table."""
        lines = [
            f"Verify {self.destination}",
            f"  recordings  {self.recordings:>9,}",
            f"  objects     {self.objects:>9,}  {size(self.bytes):>10}",
            f"  damaged     {len(self.damaged):>9,}",
        ]
        lines += [f"  {each.id}: {each.key}: {each.reason}" for each in self.damaged[:_SHOWN]]
        if len(self.damaged) > _SHOWN:
            lines.append(f"  and {len(self.damaged) - _SHOWN:,} more")
        if self.strangers:
            lines.append(f"  strangers   {len(self.strangers):>9,}")
            lines += [f"  not in the manifest: {key}" for key in self.strangers[:_SHOWN]]
        return "\n".join(lines)


_SHOWN = 10


def verify(
    destination: str | PathLike[str],
    *,
    workers: int = 8,
    progress: Callable[[Progress], None] | None = None,
) -> Verification:
    """Read every object of an archive and compare it with the manifest; nothing is changed.

    Files that the manifest does not know are named too, but are no damage: `Verification.ok` is
    about what was archived. Where this machine has no manifest of a bucket, the files beside the
    audio take its place.

    Args:
        destination: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        workers: how many objects to read at the same time.
        progress: called now and then with how far it is.

    Raises:
        ArchiveLockedError: an archive or purge is at work there.
        ManifestError: the manifest cannot be read.
        DestinationError: there is no archive there, or it cannot be read at all.
    """
    store = open_store(destination)
    started = time.monotonic()
    count = total = 0
    recordings: set[str] = set()
    keys: set[str] = set()
    damaged: list[Damage] = []
    with opened(store, rehearsal=True, made_before=True) as manifest:
        [(expected,)] = manifest.execute("SELECT count(*) FROM objects")
        todo: Iterator[tuple[str, Stored]] = (
            (entry.id, each) for entry in manifest.with_objects() for each in entry.objects
        )
        with ThreadPoolExecutor(workers, thread_name_prefix="telnyx-verify") as pool:
            while some := list(islice(todo, _TOGETHER)):
                for id_, each, wrong in pool.map(partial(_look, store), some):
                    recordings.add(id_)
                    keys.add(each.key)
                    count += 1
                    total += each.size
                    if wrong is not None:
                        damaged.append(Damage(id_, each.key, wrong))
                if progress is not None:
                    told = time.monotonic() - started
                    progress(
                        Progress(
                            phase="verifying",
                            todo=expected,
                            done=count,
                            bytes=total,
                            failed=len(damaged),
                            seconds=told,
                        )
                    )
        there = store.keys()
        strangers = tuple(key for key in there if not _is_known(key, keys))
    return Verification(
        destination=store.url,
        recordings=len(recordings),
        objects=count,
        bytes=total,
        damaged=tuple(damaged),
        strangers=strangers,
        seconds=time.monotonic() - started,
    )


def _is_known(key: str, objects: set[str]) -> bool:
    """Tell whether a file is an object, lies beside one, or is the archive's own."""
    beside = key.endswith(SIDE) and key.removesuffix(SIDE) in objects
    return key in objects or beside or key == LINES or key.startswith(ERASURES)


def _look(store: Store, job: tuple[str, Stored]) -> tuple[str, Stored, str | None]:
    id_, stored = job
    return id_, stored, damage_of(store, id_, stored)
