"""Recovers from an interrupted run, before the next one adds anything."""

from __future__ import annotations

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.records import Entry, State
from telnyx_recordings.archive.run.state import Run


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
        if run.is_gone(entry.id):
            with run.manifest.commit():
                run.manifest.set_state(entry.id, State.DELETED)
        else:
            _read_back(run, entry)
    run.drain()


def _read_back(run: Run, entry: Entry) -> None:
    def checked(result: tuple[str, str | None]) -> None:
        if result[1] is None:
            run.manifest.set_state(entry.id, State.VERIFIED)
        else:
            # Attempt 0: the failure is not this run's, so this run may copy it again.
            run.requeue(entry.id, entry.objects, result[1], run=0)

    run.start(checked, tasks.confirm, run.context, entry.id, entry.objects)
