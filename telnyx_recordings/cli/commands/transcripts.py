"""`telnyx-recordings transcripts`: list transcripts, with their text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.arrange import Arrangement, arranging, write
from telnyx_recordings.cli.columns import Column, Row, Sheet, created, plain
from telnyx_recordings.cli.command import described

if TYPE_CHECKING:
    from telnyx_recordings import Client
    from telnyx_recordings.models.recording_transcription_list_filter import (
        RecordingTranscriptionListFilterDict,
    )


def _columns() -> list[Column]:
    return [
        Column("recording", plain("recording_id")),
        created(),
        Column("status", plain("status")),
        Column("text", plain("transcription_text")),
    ]


_SHEET = Sheet(
    (
        *("id", "recording_id", "created_at", "updated_at", "status", "duration_millis"),
        "transcription_text",
    ),
    output.with_text(_columns, "transcription_text"),
)


@described(
    "transcripts",
    "transcripts 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42",
    'transcripts --since 7d --grep "cancel my contract"',
    "transcripts --since 7d --format csv > transcripts.csv",
)
@click.argument("recording_ids", nargs=-1)
@options.added(*options.times)
@click.option("--grep", metavar="TEXT", help="Only transcripts with this text. Case is ignored.")
@options.form
@arranging
@options.connecting
def command(  # noqa: PLR0913 - one parameter per option
    *,
    client: Client,
    recording_ids: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    grep: str | None,
    form: str,
    arrangement: Arrangement,
) -> None:
    """List the transcripts of the recordings with RECORDING_IDS, or of all, with their text.

    Use - to read ids from standard input.
    """
    wanted = options.ids(recording_ids) if recording_ids else [None]
    rows = _rows(client, wanted, options.window(since, until))
    if grep is not None:
        words = _words(grep)
        rows = (row for row in rows if words in _words(str(row.get("transcription_text") or "")))
    if not write(rows, form, _SHEET, arrangement, id_field="recording_id"):
        output.nothing_found(form)


def _rows(
    client: Client, ids: Sequence[str | None], created: RecordingTranscriptionListFilterDict
) -> Iterator[Row]:
    for each in ids:
        for transcript in client.recording_transcriptions.list(
            filter={**created, "recording_id": each}, page_size=options.PAGE
        ):
            yield transcript.to_dict()


def _words(text: str) -> str:
    """Return text in one case, with one space between words."""
    return " ".join(text.casefold().split())
