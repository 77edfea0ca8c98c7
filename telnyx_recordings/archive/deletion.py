"""Deletes at the source what is safe here, and stops at the first thing that is not as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.coordinator import Desk
from telnyx_recordings.archive.manifest import Entry, Selection, State
from telnyx_recordings.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    TelnyxRecordingsError,
)

_TOGETHER = 64
"""Recordings whose intents are one commit: all are looked at before the first is deleted."""
_DELETERS = 8


def delete_archived(desk: Desk, selection: Selection) -> None:
    """Delete the recordings of this run's filter that are verified and old enough.

    Raises:
        AuthenticationError, PermissionDeniedError: the key may not do this.
    """
    options = desk.options
    desk.tell("deleting")
    cutoff = desk.now - round(options.min_age.total_seconds() * 1000)
    count, desk.awaited = desk.manifest.count_deletable(
        selection, options.formats, cutoff, rehearsal=options.dry_run
    )
    if options.max_delete is not None and count > options.max_delete:
        desk.deletion_stopped = (
            f"{count:,} recordings would be deleted, and max_delete is {options.max_delete:,}: "
            "none was"
        )
    elif options.dry_run:
        desk.deleted = count
    else:
        entries = desk.manifest.deletable(selection, options.formats, cutoff)
        with ThreadPoolExecutor(_DELETERS, thread_name_prefix="telnyx-delete") as deleters:
            while desk.deletion_stopped is None and (some := list(islice(entries, _TOGETHER))):
                _delete_some(desk, some, deleters)
                desk.tell()


def _delete_some(desk: Desk, entries: Sequence[Entry], deleters: ThreadPoolExecutor) -> None:
    gone = _looked_at(desk, entries)
    if gone is None:
        return
    desk.store.assert_locked()
    with desk.manifest.commit():
        for entry in entries:
            desk.manifest.set_state(entry.id, State.DELETE_INTENT)
    wanted = [entry for entry in entries if entry.id not in gone]
    done = {*gone}
    trouble: Exception | None = None
    try:
        for id_, error in deleters.map(partial(_delete, desk), wanted):
            if error is None:
                done.add(id_)
            else:
                trouble = trouble or error
    finally:
        # Also after Ctrl-C: what is known to be gone is noted; the rest stays an intent.
        with desk.manifest.commit():
            for id_ in done:
                desk.manifest.set_state(id_, State.DELETED)
        desk.deleted += len(done)
    if isinstance(trouble, AuthenticationError | PermissionDeniedError):
        raise trouble
    if trouble is not None:
        desk.deletion_stopped = f"{type(trouble).__name__}: {trouble}"


def _delete(desk: Desk, entry: Entry) -> tuple[str, TelnyxRecordingsError | None]:
    try:
        desk.account.recordings.delete(entry.id)
    except NotFoundError:
        return entry.id, None  # somebody else was faster
    except TelnyxRecordingsError as error:
        return entry.id, error
    return entry.id, None


def _looked_at(desk: Desk, entries: Sequence[Entry]) -> set[str] | None:
    """Return the ids that are gone already; None after a mismatch, which stops all deletion."""
    gone: set[str] = set()
    for entry, future in _inspections(desk, entries):
        try:
            wrong = future.result()
        except NotFoundError:
            gone.add(entry.id)
            continue
        except (AuthenticationError, PermissionDeniedError):
            raise
        except TelnyxRecordingsError as error:
            desk.deletion_stopped = desk.deletion_stopped or f"{type(error).__name__}: {error}"
            continue
        if wrong is not None:
            desk.deletion_stopped = desk.deletion_stopped or f"{entry.id}: {wrong}"
            with desk.manifest.commit():
                # Not verified any more: the next run copies it again, or says why it cannot.
                desk.manifest.set_state(entry.id, State.DISCOVERED, wrong, desk.run)
    return gone if desk.deletion_stopped is None else None


def _inspections(desk: Desk, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Any]]:
    futures = [(entry, desk.submit(tasks.inspect, desk.site, entry)) for entry in entries]
    try:
        yield from futures
    finally:
        for _, future in futures:
            future.cancel()
