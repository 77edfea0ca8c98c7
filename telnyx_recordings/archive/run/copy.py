"""Copies recordings, and has each copy read back before it counts as archived."""

from __future__ import annotations

from collections.abc import Iterator

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.context import LocalContext
from telnyx_recordings.archive.records import Entry, Found, State, Stored
from telnyx_recordings.archive.run.state import DOUBTFUL, Handler, Run
from telnyx_recordings.archive.tasks import Order, Outcome
from telnyx_recordings.media.duration import Format
from telnyx_recordings.models.recording_response_data import RecordingResponseData


def copy_left_over(run: Run) -> None:
    """Finish the copies that were started, and make those that earlier runs left."""
    run.report_progress("copying")
    run.drain()
    for entry in _left_over(run):
        there = {each.name for each in entry.objects}
        lacking: list[Format] = [form for form in run.options.formats if form not in there]
        # A copy that is incomplete, or whose source has changed, is made again as a whole.
        whole = entry.state is not State.VERIFIED
        formats = run.options.formats if whole else tuple(lacking)
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
    recording = row if isinstance(run.context, LocalContext) else None
    order = Order(run.template, formats, known)
    run.start(_copied(run), tasks.copy, run.context, id_, recording, order)


def _left_over(run: Run) -> Iterator[Entry]:
    """Yield what earlier runs left: interrupted, failed, or lacking a format wanted now."""
    if run.options.dry_run:
        return
    selection = run.selection(run.options.conditions.high(run.now))
    while entries := run.manifest.lacking(
        selection,
        run.options.formats,
        run.number,
        quarantined=run.options.retry_quarantined or bool(run.options.ids),
    ):
        yield from entries
        run.drain()


def _copied(run: Run) -> Handler:
    """Return the handler that notes a copy, and has it read back once that is durable."""

    def copied(outcome: Outcome) -> None:
        run.in_flight.discard(outcome.id)
        if outcome.state is State.STORED and outcome.found is not None:
            run.manifest.copied(outcome.found, outcome.objects, run.number)
            run.after_commit(
                _checked(run, outcome.found, outcome.objects),
                tasks.confirm,
                run.context,
                outcome.id,
                outcome.objects,
            )
            return
        state, reason = outcome.state, outcome.reason
        if outcome.missing is not None and not run.is_gone(outcome.id, outcome.missing):
            state, reason = State.DISCOVERED, f"{DOUBTFUL}: {outcome.missing}"
        run.manifest.add_objects(outcome.id, outcome.objects)
        run.manifest.set_state(outcome.id, state, reason, run.number)
        run.count(failed=True)

    return copied


def _checked(run: Run, found: Found, objects: tuple[Stored, ...]) -> Handler:
    """Return the handler that notes whether a copy was read back unchanged."""

    def checked(result: tuple[str, str | None]) -> None:
        wrong = result[1]
        if wrong is None:
            run.manifest.set_state(found.id, State.VERIFIED)
            run.count(failed=False, size=sum(each.size for each in objects))
        else:
            run.requeue(found.id, objects, wrong, run=run.number)
            run.count(failed=True)

    return checked
