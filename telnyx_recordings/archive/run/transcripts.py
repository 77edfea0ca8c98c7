"""Lists transcripts, and writes those of archived recordings beside the audio."""

from __future__ import annotations

import logging
from functools import partial
from itertools import islice
from typing import Final

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.records import Stored, body_of
from telnyx_recordings.archive.run.discover import SETTLED_AFTER, remember, unlisted
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.archive.windows import Window, millis
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.models.recording_transcription import RecordingTranscription
from telnyx_recordings.models.transcription_status_enum import TranscriptionStatusEnum

_log: Final = logging.getLogger("telnyx_recordings")
_MOST_OF_ONE = 1000
"""Maximum number of transcripts of a single recording."""


def archive_transcripts(run: Run) -> None:
    """List transcriptions, and write those of archived recordings beside the audio.

    A dry run only lists them, to know which recordings still wait for one before deletion.
    """
    run.report_progress("transcripts")
    if run.options.ids:
        _list_given(run)
    else:
        _list_all(run)
    if run.options.dry_run:
        return
    for meta, body in run.manifest.unwritten_transcripts():
        run.start(partial(_written, run), tasks.write_transcript, meta, body)
    run.drain()


def _list_given(run: Run) -> None:
    for id_ in run.options.ids:
        found = run.account.recording_transcriptions.list(filter={"recording_id": id_})
        with run.manifest.commit():
            for row in islice(found, _MOST_OF_ONE):
                if row.id and row.recording_id == id_:
                    _note_transcription(run, row)


def _list_all(run: Run) -> None:
    scope = run.manifest.scope("transcriptions")
    wanted = Window(run.options.conditions.low(), run.now - SETTLED_AFTER)
    seen: set[str] = set()
    for listed in unlisted(run, scope, wanted, run.transcriptions_page):
        with run.manifest.commit():
            for row in listed.rows:
                if row.id and row.recording_id:
                    seen.add(row.id)
                    _note_transcription(run, row)
                else:
                    _log.warning("a transcript of no recording is not archived: id %s", row.id)
            remember(run, scope, listed.window)
    for id_ in run.manifest.pending_transcripts():
        if id_ not in seen:
            _refresh(run, id_)


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
    body = body_of(row) if row.status == TranscriptionStatusEnum.COMPLETED else None
    created = millis(row.created_at) if row.created_at else None
    run.manifest.transcribed(str(row.id), str(row.recording_id), created, body)


def _written(run: Run, result: tuple[str, str, tuple[Stored, ...]]) -> None:
    """Note a transcript that is written."""
    id_, recording, objects = result
    run.manifest.add_objects(recording, objects)
    run.manifest.transcript_written(id_)
    run.transcripts += 1
