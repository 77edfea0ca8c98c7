"""Clears up after a run that was interrupted, before the next one adds anything."""

from __future__ import annotations

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.coordinator import Desk
from telnyx_recordings.archive.manifest import Entry, State


def recover(desk: Desk) -> None:
    """Sweep what is of no more use, and find out the truth about what was under way.

    Copies that were not read again yet are read now. What was about to be deleted at the source is
    asked for there: gone means deleted; else its copies are read again, and it is merely archived.
    """
    desk.tell("recovering")
    if desk.options.dry_run:
        return
    desk.store.sweep(everything=False)
    for entry in desk.manifest.in_state(State.STORED):
        _reread(desk, entry)
    for entry in desk.manifest.in_state(State.DELETE_INTENT):
        if desk.is_gone(entry.id):
            with desk.manifest.commit():
                desk.manifest.set_state(entry.id, State.DELETED)
        else:
            _reread(desk, entry)
    desk.drain()


def _reread(desk: Desk, entry: Entry) -> None:
    def read(result: tuple[str, str | None]) -> None:
        if result[1] is None:
            desk.manifest.set_state(entry.id, State.VERIFIED)
        else:
            # This run may try it again: it is not this run's attempt that failed.
            desk.refetch(entry.id, entry.objects, result[1], run=0)

    desk.begin(read, tasks.confirm, desk.site, entry.id, entry.objects)
