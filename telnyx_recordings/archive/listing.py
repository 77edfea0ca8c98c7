"""Brings what is listed into the manifest, and has it copied: the first half of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.coordinator import Desk
from telnyx_recordings.archive.manifest import Entry, Found, State
from telnyx_recordings.archive.sites import Here
from telnyx_recordings.archive.walk import Finished, Window, millis, walk, without
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.media.checks import Format
from telnyx_recordings.models.recording_response_data import RecordingResponseData
from telnyx_recordings.models.recording_transcription import RecordingTranscription
from telnyx_recordings.models.transcription_status_enum import TranscriptionStatusEnum

SETTLED_AFTER = 5 * 60 * 1000
"""Milliseconds after which a row is listed where it belongs: no window reaches nearer to now."""
OVERLAP = 24 * 60 * 60 * 1000
"""Milliseconds before the end of a walk in which the next looks again, for rows that came late."""


def list_and_copy(desk: Desk) -> None:
    """List what the filter asks for, and copy what is new of it while its links are fresh."""
    desk.tell("listing")
    wanted = desk.selection(desk.options.conditions.high(desk.now - SETTLED_AFTER)).window
    for finished in _unlisted(desk, desk.scope, wanted, desk.recordings_page):
        rows = [row for row in finished.rows if desk.options.conditions.admit(row)]
        fresh = _discover(desk, finished.window, rows)
        desk.listed += len(rows)
        desk.tell()
        for row in fresh:
            _begin(desk, str(row.id), row, desk.options.formats)
    desk.tell("copying")
    desk.drain()
    for entry in _left_over(desk):
        there = {each.name for each in entry.objects}
        lacking: list[Format] = [form for form in desk.options.formats if form not in there]
        # A copy that was noted in part, or has changed at the source, is made anew as a whole.
        whole = entry.state is not State.VERIFIED
        _begin(desk, entry.id, None, desk.options.formats if whole else tuple(lacking))
    desk.drain()


def _unlisted(desk: Desk, scope: int, wanted: Window, fetch: Any) -> Iterator[Finished[Any]]:
    """Walk what has not been walked; a window is remembered with what is noted of its rows."""
    todo = without(wanted, desk.manifest.covered(scope)) if wanted.low <= wanted.high else []
    yield from walk(todo, fetch)
    with desk.manifest.commit():
        desk.manifest.tidy(scope)


def _remember(desk: Desk, scope: int, window: Window) -> None:
    trusted = min(window.high, desk.now - SETTLED_AFTER - OVERLAP)
    if trusted > window.low:
        desk.manifest.cover(scope, Window(window.low, trusted))


def _discover(
    desk: Desk, window: Window, rows: list[RecordingResponseData]
) -> list[RecordingResponseData]:
    """Note a window and its rows in one commit; return the rows to copy."""
    fresh: list[RecordingResponseData] = []
    with desk.manifest.commit():
        for row in rows:
            if not row.id:
                _discover_nameless(desk, row)
            elif desk.manifest.discover(desk.scope, tasks.found_of(row), desk.run):
                fresh.append(row)
        _remember(desk, desk.scope, window)
    if desk.options.dry_run:
        return []
    return fresh


def _discover_nameless(desk: Desk, row: RecordingResponseData) -> None:
    found: Found = tasks.found_of(row)
    found = found._replace(id=f"(no id, created {found.created})")
    desk.manifest.discover(desk.scope, found, desk.run)
    desk.manifest.set_state(found.id, State.QUARANTINED, "it was listed without an id", desk.run)


def _begin(
    desk: Desk, id_: str, row: RecordingResponseData | None, formats: tuple[Format, ...]
) -> None:
    if id_ in desk.under_way:  # a row on a boundary is listed twice
        return
    desk.under_way.add(id_)
    desk.todo += 1
    # Links are as good as passwords for ten minutes: they stay in this process.
    handed = row if isinstance(desk.site, Here) else None
    desk.begin(desk.copied, tasks.copy, desk.site, id_, handed, desk.template, formats)


def _left_over(desk: Desk) -> Iterator[Entry]:
    """Give what earlier runs left: interrupted, failed, or short of a format asked for now."""
    if desk.options.dry_run:
        return
    selection = desk.selection(desk.options.conditions.high(desk.now))
    while entries := desk.manifest.lacking(
        selection,
        desk.options.formats,
        desk.run,
        quarantined=desk.options.retry_quarantined,
    ):
        yield from entries
        desk.drain()


def list_transcriptions(desk: Desk) -> None:
    """List transcriptions, and write those of archived recordings beside the audio.

    A dry run lists them only: a recording is not deleted while one of its own is being made.
    """
    desk.tell("transcripts")
    scope = desk.manifest.scope("transcriptions")
    wanted = Window(desk.options.conditions.low(), desk.now - SETTLED_AFTER)
    seen: set[str] = set()
    for finished in _unlisted(desk, scope, wanted, desk.transcriptions_page):
        with desk.manifest.commit():
            for row in finished.rows:
                if row.id and row.recording_id:
                    seen.add(row.id)
                    _transcribed(desk, row)
            _remember(desk, scope, finished.window)
    for id_ in desk.manifest.pending_transcripts():
        if id_ not in seen:
            _ask_again(desk, id_)
    if desk.options.dry_run:
        return
    for meta, body in desk.manifest.unwritten_transcripts():
        desk.begin(_writer(desk), tasks.write_transcript, desk.site, desk.template, meta, body)
    desk.drain()


def _ask_again(desk: Desk, id_: str) -> None:
    try:
        row = desk.account.recording_transcriptions.retrieve(id_).data
    except NotFoundError:
        row = None
    with desk.manifest.commit():
        if row is None:
            desk.manifest.forget_transcript(id_)
        else:
            _transcribed(desk, row)


def _transcribed(desk: Desk, row: RecordingTranscription) -> None:
    body = None if row.status == TranscriptionStatusEnum.IN_PROGRESS else tasks.body_of(row)
    created = millis(row.created_at) if row.created_at else None
    desk.manifest.transcribed(str(row.id), str(row.recording_id), created, body)


def _writer(desk: Desk) -> Any:
    def written(result: tuple[str, str, tuple[Any, ...]]) -> None:
        id_, recording, objects = result
        desk.manifest.add_objects(recording, objects)
        desk.manifest.transcript_written(id_)
        desk.transcripts += 1

    return written
