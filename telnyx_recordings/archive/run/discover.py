"""Lists recordings and transcripts, notes them in the manifest, and has them copied."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.context import LocalContext
from telnyx_recordings.archive.records import Entry, Found, State, body_of, found_of
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.archive.windows import ListedWindow, Window, millis, walk, without
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.media.checks import Format
from telnyx_recordings.models.recording_response_data import RecordingResponseData
from telnyx_recordings.models.recording_transcription import RecordingTranscription
from telnyx_recordings.models.transcription_status_enum import TranscriptionStatusEnum

_log: Final = logging.getLogger("telnyx_recordings")

SETTLED_AFTER = 5 * 60 * 1000
"""Milliseconds after which the list is settled: no window ends later than this before now."""
OVERLAP = 24 * 60 * 60 * 1000
"""Milliseconds at the end of a walk that the next one lists again, for rows that appear late."""


def list_and_copy(run: Run) -> None:
    """List the recordings of the filter, and copy new ones while their links are fresh."""
    run.report_progress("listing")
    wanted = run.selection(run.options.conditions.high(run.now - SETTLED_AFTER)).window
    for listed in _unlisted(run, run.scope, wanted, run.recordings_page):
        rows = [row for row in listed.rows if run.options.conditions.admit(row)]
        fresh = _discover(run, listed.window, rows)
        run.listed += len(rows)
        run.report_progress()
        for row in fresh:
            _start_copy(run, str(row.id), row, run.options.formats)
    run.report_progress("copying")
    run.drain()
    for entry in _left_over(run):
        there = {each.name for each in entry.objects}
        lacking: list[Format] = [form for form in run.options.formats if form not in there]
        # A copy that is incomplete, or whose source has changed, is made again as a whole.
        whole = entry.state is not State.VERIFIED
        _start_copy(run, entry.id, None, run.options.formats if whole else tuple(lacking))
    run.drain()


def _unlisted(run: Run, scope: int, wanted: Window, fetch: Any) -> Iterator[ListedWindow[Any]]:
    """List what earlier runs have not; the caller remembers each window with its rows."""
    todo = without(wanted, run.manifest.covered(scope)) if wanted.low <= wanted.high else []
    yield from walk(todo, fetch)
    with run.manifest.commit():
        run.manifest.tidy(scope)


def _remember(run: Run, scope: int, window: Window) -> None:
    trusted = min(window.high, run.now - SETTLED_AFTER - OVERLAP)
    if trusted > window.low:
        run.manifest.cover(scope, Window(window.low, trusted))


def _discover(
    run: Run, window: Window, rows: list[RecordingResponseData]
) -> list[RecordingResponseData]:
    """Commit a window with its rows; return the rows to copy."""
    fresh: list[RecordingResponseData] = []
    with run.manifest.commit():
        for row in rows:
            if not row.id:
                _discover_without_id(run, row)
            elif run.manifest.discover(run.scope, found_of(row), run.number):
                fresh.append(row)
        _remember(run, run.scope, window)
    if run.options.dry_run:
        return []
    return fresh


def _discover_without_id(run: Run, row: RecordingResponseData) -> None:
    found: Found = found_of(row)
    content = sha256(found.meta.encode()).hexdigest()[:8]  # two may be of the same moment
    found = found._replace(id=f"(no id, created {found.created}, {content})")
    run.manifest.discover(run.scope, found, run.number)
    run.manifest.set_state(found.id, State.QUARANTINED, "it was listed without an id", run.number)


def _start_copy(
    run: Run, id_: str, row: RecordingResponseData | None, formats: tuple[Format, ...]
) -> None:
    if id_ in run.in_flight:  # a row on a boundary is listed twice
        return
    run.in_flight.add(id_)
    run.todo += 1
    # Whoever has a link can listen for ten minutes: links do not leave this process.
    recording = row if isinstance(run.context, LocalContext) else None
    run.start(run.copied, tasks.copy, run.context, id_, recording, run.template, formats)


def _left_over(run: Run) -> Iterator[Entry]:
    """Yield what earlier runs left: interrupted, failed, or lacking a format wanted now."""
    if run.options.dry_run:
        return
    selection = run.selection(run.options.conditions.high(run.now))
    while entries := run.manifest.lacking(
        selection,
        run.options.formats,
        run.number,
        quarantined=run.options.retry_quarantined,
    ):
        yield from entries
        run.drain()


def list_transcriptions(run: Run) -> None:
    """List transcriptions, and write those of archived recordings beside the audio.

    A dry run only lists them, to know which recordings still wait for one before deletion.
    """
    run.report_progress("transcripts")
    scope = run.manifest.scope("transcriptions")
    wanted = Window(run.options.conditions.low(), run.now - SETTLED_AFTER)
    seen: set[str] = set()
    for listed in _unlisted(run, scope, wanted, run.transcriptions_page):
        with run.manifest.commit():
            for row in listed.rows:
                if row.id and row.recording_id:
                    seen.add(row.id)
                    _note_transcription(run, row)
                else:
                    _log.warning("a transcript of no recording is not archived: id %s", row.id)
            _remember(run, scope, listed.window)
    for id_ in run.manifest.pending_transcripts():
        if id_ not in seen:
            _refresh(run, id_)
    if run.options.dry_run:
        return
    for meta, body in run.manifest.unwritten_transcripts():
        run.start(_writer(run), tasks.write_transcript, run.context, run.template, meta, body)
    run.drain()


def _refresh(run: Run, id_: str) -> None:
    try:
        row = run.account.recording_transcriptions.retrieve(id_).data
    except NotFoundError:
        row = None
    with run.manifest.commit():
        if row is None:
            run.manifest.forget_transcript(id_)
        else:
            _note_transcription(run, row)


def _note_transcription(run: Run, row: RecordingTranscription) -> None:
    body = None if row.status == TranscriptionStatusEnum.IN_PROGRESS else body_of(row)
    created = millis(row.created_at) if row.created_at else None
    run.manifest.transcribed(str(row.id), str(row.recording_id), created, body)


def _writer(run: Run) -> Any:
    def written(result: tuple[str, str, tuple[Any, ...]]) -> None:
        id_, recording, objects = result
        run.manifest.add_objects(recording, objects)
        run.manifest.transcript_written(id_)
        run.transcripts += 1

    return written
