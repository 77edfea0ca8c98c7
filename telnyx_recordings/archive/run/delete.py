"""Deletes recordings at the source once they are safe here; stops at the first mismatch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from telnyx_recordings.archive.context import WorkerContext
from telnyx_recordings.archive.integrity import damage_of
from telnyx_recordings.archive.records import Entry, Selection, State, found_of
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.errors import (
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    TelnyxRecordingsError,
)

_BATCH = 64
"""Recordings whose delete intents share a commit: all are inspected before any is deleted."""
_DELETERS = 8


def delete_archived(run: Run, selection: Selection) -> None:
    """Delete the recordings of this run's filter that are verified and old enough.

    Raises:
        AuthenticationError, PermissionDeniedError: the key may not do this.
    """
    options = run.options
    run.report_progress("deleting")
    cutoff = run.now - round(options.min_age.total_seconds() * 1000)
    count, run.awaited = run.manifest.count_deletable(
        selection, options.formats, cutoff, dry_run=options.dry_run
    )
    if options.max_delete is not None and count > options.max_delete:
        run.deletion_stopped = (
            f"{count:,} recordings would be deleted, and max_delete is {options.max_delete:,}: "
            "none was"
        )
    elif options.dry_run:
        run.deleted = count
    else:
        entries = run.manifest.deletable(selection, options.formats, cutoff)
        with ThreadPoolExecutor(_DELETERS, thread_name_prefix="telnyx-delete") as deleters:
            while run.deletion_stopped is None and (batch := list(islice(entries, _BATCH))):
                _delete_batch(run, batch, deleters)
                run.report_progress()


def _delete_batch(run: Run, entries: Sequence[Entry], deleters: ThreadPoolExecutor) -> None:
    gone = _inspect_all(run, entries)
    if gone is None:
        return
    run.store.assert_locked()
    with run.manifest.commit():
        for entry in entries:
            run.manifest.set_state(entry.id, State.DELETE_INTENT)
    wanted = [entry for entry in entries if entry.id not in gone]
    done = {*gone}
    first_error: Exception | None = None
    try:
        for id_, error in deleters.map(partial(_delete, run), wanted):
            if error is None:
                done.add(id_)
            else:
                first_error = first_error or error
    finally:
        # After Ctrl-C too: deletions that are certain are committed; the rest stay intents.
        with run.manifest.commit():
            for id_ in done:
                run.manifest.set_state(id_, State.DELETED)
        run.deleted += len(done)
    if isinstance(first_error, AuthenticationError | PermissionDeniedError):
        raise first_error
    if first_error is not None:
        run.deletion_stopped = f"{type(first_error).__name__}: {first_error}"


def _delete(run: Run, entry: Entry) -> tuple[str, TelnyxRecordingsError | None]:
    try:
        run.account.recordings.delete(entry.id)
    except NotFoundError:
        return entry.id, None  # someone else deleted it first
    except TelnyxRecordingsError as error:
        return entry.id, error
    return entry.id, None


def _inspect_all(run: Run, entries: Sequence[Entry]) -> set[str] | None:
    """Return the ids that are already gone; None after a mismatch, which stops all deletion."""
    gone: set[str] = set()
    for entry, future in _inspections(run, entries):
        try:
            wrong = future.result()
        except NotFoundError:
            gone.add(entry.id)
            continue
        except (AuthenticationError, PermissionDeniedError):
            raise
        except TelnyxRecordingsError as error:
            run.deletion_stopped = run.deletion_stopped or f"{type(error).__name__}: {error}"
            continue
        if wrong is not None:
            run.deletion_stopped = run.deletion_stopped or f"{entry.id}: {wrong}"
            with run.manifest.commit():
                # No longer verified: the next run copies it again, or reports why it cannot.
                run.manifest.set_state(entry.id, State.DISCOVERED, wrong, run.number)
    return gone if run.deletion_stopped is None else None


def _inspections(run: Run, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Any]]:
    futures = [(entry, run.submit(inspect, run.context, entry)) for entry in entries]
    try:
        yield from futures
    finally:
        for _, future in futures:
            future.cancel()


def inspect(context: WorkerContext, entry: Entry) -> str | None:
    """Check whether a recording may be deleted at the source; return why not, None if it may.

    Every object is read back in full and must match its sidecar, and the source must show the
    recording unchanged since it was copied.

    Raises:
        NotFoundError: the recording is already gone.
        APIError: the source could not be reached.
        DestinationError: the destination cannot be read.
    """
    account, store = context.account(), context.store()
    for each in entry.objects:
        if wrong := damage_of(store, entry.id, each):
            return f"{each.key}: {wrong}"
    recording = account.recordings.retrieve(entry.id).data
    if recording is None or recording.id != entry.id:
        return "the API returned another recording"
    if found_of(recording).updated != entry.updated:
        return "it was changed at the source after it was copied"
    return None
