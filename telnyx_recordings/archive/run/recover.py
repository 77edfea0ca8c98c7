"""Recovers from an interrupted run, before the next one adds anything."""

from __future__ import annotations

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.records import Entry, Reason, State
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.archive.run.terms import Kept
from telnyx_recordings.errors import NotFoundError

_SAMPLE = 32
"""Number of recordings whose objects a run looks up, to see that they still exist."""


def recover(run: Run) -> None:
    """Remove leftovers, and bring whatever was in progress to a certain state.

    Copies that were not yet read back are read now. Recordings that were about to be deleted are
    looked up at the source, and their copies are read back: they are deleted if gone there, else
    archived. If a random sample of recordings is missing, all objects are read back.
    """
    run.report_progress("recovering")
    if run.options.dry_run:
        return
    run.store.sweep(everything=False)
    for entry in run.manifest.in_state(State.STORED):
        _read_back(run, entry, State.VERIFIED)
    for entry in run.manifest.in_state(State.DELETE_INTENT):
        gone = _not_found(run, entry)
        if gone is None:
            _read_back(run, entry, State.VERIFIED)
        elif run.absence.is_certain(entry.n, gone):
            _read_back(run, entry, State.DELETED)
        else:
            run.keep(entry.id, Kept(Reason.DOUBTFUL, f"{gone}"))
            _read_back(run, entry, State.DELETE_INTENT)
    run.drain()
    sample = run.manifest.sample(_SAMPLE)
    if sample and all(_is_missing(run, entry) for entry in sample):
        for state in (State.VERIFIED, State.DELETED):
            for entry in run.manifest.in_state(state):
                _read_back(run, entry, state)
        run.drain()


def _not_found(run: Run, entry: Entry) -> NotFoundError | None:
    """Return the error if the source says that a recording does not exist."""
    try:
        run.account.recordings.retrieve(entry.id)
    except NotFoundError as error:
        return error
    return None


def _is_missing(run: Run, entry: Entry) -> bool:
    return any(run.store.stat(each.key) is None for each in entry.objects)


def _read_back(run: Run, entry: Entry, state: State) -> None:
    """Have a recording read back: it gets the state if it is intact, else it is copied again."""

    def checked(wrong: str | None) -> None:
        if wrong is None:
            if entry.state is not state:
                run.manifest.set_state(entry.id, state)
        else:
            run.manifest.include(run.scope, entry.n)  # to be reported, though it may not be listed
            # Attempt 0: the failure is not this run's, so this run may copy it again.
            run.requeue(entry.id, entry.objects, wrong, run=0)

    meta = run.manifest.meta(entry.id)
    run.start(checked, tasks.confirm_whole, entry, meta)
