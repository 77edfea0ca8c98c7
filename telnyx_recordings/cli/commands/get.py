"""`telnyx-recordings get`: show recordings by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.columns import LINKS, RECORDING, Row, Sheet, of_recording
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.runner import Failures

if TYPE_CHECKING:
    from telnyx_recordings import Client


@described(
    "get",
    "get 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42",
    "get 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42 --links",
)
@click.argument("ids", nargs=-1, required=True)
@options.links
@options.tz
@options.form
@options.raw
@options.connecting
def command(*, client: Client, ids: Sequence[str], links: bool, form: str, raw: bool) -> int:
    """Show recordings by their IDS; use - to read ids from standard input.

    On a terminal, each field is on its own line, and the transcript follows.
    """
    output.check_raw(form, raw=raw)
    failures = Failures()
    rows = retrieved(client, options.ids(ids), failures, links=links)
    if form == "table":
        rows = _with_transcripts(client, rows, failures)
    sheet = Sheet(RECORDING + LINKS if links else RECORDING, output.as_records)
    output.write(rows, form, sheet, raw=raw)
    return failures.code


def _with_transcripts(client: Client, rows: Iterator[Row], failures: Failures) -> Iterator[Row]:
    """Yield rows with their transcripts."""
    for row in rows:
        whole = dict(row)
        with failures.caught():
            found = client.recording_transcriptions.list(filter={"recording_id": row["id"]})
            for n, each in enumerate(found):
                text = each.transcription_text or f"({each.status})"
                whole[f"transcript {n + 1}" if n else "transcript"] = text
        yield whole


def retrieved(
    client: Client, ids: Sequence[str], failures: Failures, *, links: bool
) -> Iterator[Row]:
    """Yield recordings as rows; count those that cannot be retrieved as failures."""
    for each in ids:
        with failures.caught():
            try:
                recording = client.recordings.retrieve(each).data
            except ValueError as error:  # not a valid id
                failures.add(error)
                continue
            yield of_recording(recording, links=links)
