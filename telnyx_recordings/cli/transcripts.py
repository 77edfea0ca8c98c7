"""`telnyx-recordings transcripts`: list transcripts, with their text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import COMMANDS, options, output
from telnyx_recordings.cli.columns import Column, Row, Sheet, created, plain
from telnyx_recordings.cli.command import Command
from telnyx_recordings.cli.runner import DONE

if TYPE_CHECKING:
    from telnyx_recordings import Client

_PAGE = 250
_SHEET = Sheet(
    (
        *("id", "recording_id", "created_at", "updated_at", "status", "duration_millis"),
        "transcription_text",
    ),
    lambda: [
        Column("recording", plain("recording_id")),
        created(),
        Column("status", plain("status")),
        Column("text", plain("transcription_text")),
    ],
)


@click.command(
    "transcripts",
    cls=Command,
    short_help=COMMANDS["transcripts"],
    examples=(
        "transcripts 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42",
        "transcripts --since 7d --format csv > transcripts.csv",
    ),
)
@click.argument("recording_ids", nargs=-1)
@options.added(*options.times)
@options.form
@options.connecting
def command(
    *,
    client: Client,
    recording_ids: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    form: str | None,
) -> int:
    """List the transcripts of the recordings with RECORDING_IDS, or of all, with their text.

    Use - to read ids from standard input.
    """
    wanted = options.ids(recording_ids) if recording_ids else [None]
    rows = _rows(client, wanted, options.window(since, until))
    if not output.write_texts(rows, form, _SHEET, "transcription_text"):
        output.nothing_found(form)
    return DONE


def _rows(client: Client, ids: Sequence[str | None], created: options.Filter) -> Iterator[Row]:
    for each in ids:
        chosen = created if each is None else created | {"recording_id": each}
        for transcript in client.recording_transcriptions.list(filter=chosen, page_size=_PAGE):
            yield transcript.to_dict()
