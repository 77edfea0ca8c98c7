"""Places, lists and releases holds on the recordings of an archive."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from os import PathLike
from typing import TYPE_CHECKING

from msgspec.structs import replace

from telnyx_recordings.archive import holding
from telnyx_recordings.archive.filters import listed, read_ids
from telnyx_recordings.archive.holding import Hold
from telnyx_recordings.archive.manifest.opening import exists, open_manifest
from telnyx_recordings.archive.records import recording_of
from telnyx_recordings.archive.results import Holds
from telnyx_recordings.archive.run.state import now
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import Store
from telnyx_recordings.errors import (
    ArchiveError,
    ArchiveLockedError,
    ConfigError,
    DestinationError,
)

if TYPE_CHECKING:
    from telnyx_recordings.media.job import AnyRecording


def hold(  # noqa: PLR0913 - one keyword per kind of value
    destination: str | PathLike[str],
    *,
    numbers: Sequence[str] = (),
    ids: Sequence[AnyRecording] = (),
    conferences: Sequence[str] = (),
    reason: str,
    clock: Callable[[], datetime] = now,
) -> Holds:
    """Hold recordings: no purge erases them, and no run deletes them at Telnyx, until `release`.

    The hold is stored in the archive, and applies on every machine, also to recordings that are
    archived later. It can be placed while an archive is running.

    Args:
        destination: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        numbers: calls from or to these numbers, with the country code. ``+``, zeros before it and
            punctuation make no difference.
        ids: these recordings.
        conferences: recordings of these conferences.
        reason: why, such as a case number.
        clock: the current time.

    Raises:
        ConfigError: no reason, or nothing to hold, was given.
        DestinationError: there is no archive, or it cannot be written.
    """
    wanted = _wanted(numbers, ids, conferences)
    if not reason.strip():
        raise ConfigError("a hold needs a reason, such as a case number")
    store = open_store(destination)
    placed = Hold(
        id=secrets.token_hex(8),
        reason=reason,
        at=clock(),
        by=holding.this_user(),
        **wanted,
    )
    if not exists(store):
        raise DestinationError(f"there is no archive at {store.url}")
    holding.place(store, placed)  # first, since counting may take long
    return Holds(destination=store.url, holds=(placed,), recordings=_covered(store, placed))


def holds(destination: str | PathLike[str]) -> Holds:
    """Return all holds of an archive.

    Raises:
        ArchiveError: a hold cannot be read.
        DestinationError: the archive cannot be read.
    """
    store = open_store(destination)
    return Holds(destination=store.url, holds=(*holding.all_of(store),))


def release(
    destination: str | PathLike[str],
    *,
    numbers: Sequence[str] = (),
    ids: Sequence[AnyRecording] = (),
    conferences: Sequence[str] = (),
) -> Holds:
    """Remove numbers, ids and conferences from all holds of an archive; return what they were.

    Other values of the same holds stay held.

    Raises:
        ConfigError: nothing to release was given.
        ArchiveError: a value is not held: nothing was released.
        DestinationError: the archive cannot be read or written.
    """
    wanted = _wanted(numbers, ids, conferences)
    store = open_store(destination)
    found = holding.all_of(store)
    for kind, values in wanted.items():
        held = {value for each in found for value in getattr(each, kind)}
        if unknown := sorted({*values} - held):
            raise ArchiveError(f"not on hold: {', '.join(unknown)}; nothing was released")
    released: list[Hold] = []
    for each in found:
        left = {
            kind: tuple(value for value in getattr(each, kind) if value not in values)
            for kind, values in wanted.items()
        }
        gone = {
            kind: tuple(value for value in getattr(each, kind) if value in values)
            for kind, values in wanted.items()
        }
        if any(gone.values()):
            if any(left.values()):
                # A release that is repeated gives the rest the same id.
                rest = sha256(f"{each.id} {left}".encode()).hexdigest()[:16]
                holding.place(store, replace(each, id=rest, **left))
            store.remove(holding.key_of(each))
            released.append(replace(each, **gone))
    return Holds(destination=store.url, holds=tuple(released))


def _wanted(
    numbers: Sequence[str], ids: Sequence[AnyRecording], conferences: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return each number, id and conference once; ConfigError if there is none."""
    if any(isinstance(each, str) for each in (numbers, ids, conferences)):
        raise ConfigError("numbers, ids and conferences must be lists, not a single string")
    found = {
        "numbers": (*dict.fromkeys(listed("numbers", numbers)),),
        "ids": (*read_ids(ids),),
        "conferences": (*dict.fromkeys(listed("conferences", conferences)),),
    }
    if not any(found.values()):
        raise ConfigError("give at least one number, id or conference")
    return found


def _covered(store: Store, hold: Hold) -> int | None:
    """Count the archived recordings a hold applies to; None if they cannot be counted now.

    While a run is writing, its manifest cannot be read. Without one on this machine, it would have
    to be rebuilt from all objects.
    """
    if not store.manifest_path().exists():
        return None
    try:
        with open_manifest(store, dry_run=True) as manifest:
            return sum(hold.covers(id_, recording_of(meta)) for id_, meta in manifest.metadata())
    except ArchiveLockedError:
        return None
