"""Recovers from an interrupted run, before the next one adds anything."""

from __future__ import annotations

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.records import Entry, Reason, State
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.errors import NotFoundError


def recover(run: Run) -> None:
    """Remove leftovers, and settle the state of whatever was in progress.

    Copies that were not yet read back are read now. Recordings that were about to be deleted are
    looked up at the source: if gone, they are deleted; if not, their copies are read back and they
    count as archived.
    """
    run.report_progress("recovering")
    if run.options.dry_run:
        return
    run.store.sweep(everything=False)
    for entry in run.manifest.in_state(State.STORED):
        _read_back(run, entry)
    for entry in run.manifest.in_state(State.DELETE_INTENT):
        missing = _missing(run, entry)
        if missing is None:
            _read_back(run, entry)
        elif run.absence.is_certain(entry.n, missing):
            with run.manifest.commit():
                run.manifest.set_state(entry.id, State.DELETED)
        else:
            run.keep(Reason.DOUBTFUL, 1, entry.id, f"{missing}")
    run.drain()


def _missing(run: Run, entry: Entry) -> NotFoundError | None:
    """Return the error if the source says that a recording does not exist."""
    try:
        run.account.recordings.retrieve(entry.id)
    except NotFoundError as error:
        return error
    return None


def _read_back(run: Run, entry: Entry) -> None:
    def checked(result: tuple[str, str | None]) -> None:
        if result[1] is None:
            run.manifest.set_state(entry.id, State.VERIFIED)
        else:
            # Attempt 0: the failure is not this run's, so this run may copy it again.
            run.requeue(entry.id, entry.objects, result[1], run=0)

    run.start(checked, tasks.confirm, run.context, entry.id, entry.objects)
