"""Copies recordings, and has each copy read back before it counts as archived."""

from __future__ import annotations

from functools import partial

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.records import State, Stored
from telnyx_recordings.archive.run.state import DOUBTFUL, Run
from telnyx_recordings.archive.tasks import Outcome
from telnyx_recordings.media.duration import Format
from telnyx_recordings.models.recording_response_data import RecordingResponseData


def copy_left_over(run: Run) -> None:
    """Finish the copies that were started, and those that earlier runs left unfinished.

    These were interrupted, failed, or lack a format that is wanted now.
    """
    run.report_progress("copying")
    run.drain()
    if run.options.dry_run:
        return
    selection = run.selection(run.now)
    retry = run.options.retry_quarantined or bool(run.options.ids)
    while entries := run.manifest.lacking(
        selection, run.options.formats, run.number, quarantined=retry
    ):
        for entry in entries:
            # A copy that is incomplete, or whose source has changed, is made again as a whole.
            formats: tuple[Format, ...] = run.options.formats
            if entry.state is State.VERIFIED:
                there = {each.name for each in entry.objects}
                formats = tuple(form for form in formats if form not in there)
            start_copy(run, entry.id, None, formats, tuple(each.key for each in entry.objects))
        run.drain()


def start_copy(
    run: Run,
    id_: str,
    row: RecordingResponseData | None,
    formats: tuple[Format, ...],
    known: tuple[str, ...] = (),
) -> None:
    """Start to copy a recording, unless that is under way already."""
    if id_ in run.in_flight:  # a row on a boundary is listed twice
        return
    run.in_flight.add(id_)
    run.todo += 1
    # Whoever has a link can listen for ten minutes: links do not leave this process.
    recording = row if run.remote is None else None
    run.start(partial(_copied, run), tasks.copy, id_, recording, formats, known)


def _copied(run: Run, outcome: Outcome) -> None:
    """Note a copy, and have it read back once that is durable."""
    run.in_flight.discard(outcome.id)
    if outcome.state is State.STORED and outcome.found is not None:
        run.manifest.copied(outcome.found, outcome.objects, run.number)
        checked = partial(_checked, run, outcome.id, outcome.objects)
        run.after_commit(checked, tasks.confirm, outcome.objects)
        return
    state, reason = outcome.state, outcome.reason
    if outcome.missing is not None and not run.is_gone(outcome.id, outcome.missing):
        state, reason = State.DISCOVERED, f"{DOUBTFUL}: {outcome.missing}"
    run.manifest.add_objects(outcome.id, outcome.objects)
    run.manifest.set_state(outcome.id, state, reason, run.number)
    run.count(failed=True)


def _checked(run: Run, id_: str, objects: tuple[Stored, ...], wrong: str | None) -> None:
    """Note whether a copy was read back unchanged."""
    if wrong is None:
        run.manifest.set_state(id_, State.VERIFIED)
        run.count(failed=False, size=sum(each.size for each in objects))
    else:
        run.requeue(id_, objects, wrong, run=run.number)
        run.count(failed=True)
