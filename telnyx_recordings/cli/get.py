"""`telnyx-recordings get`: show recordings by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import COMMANDS, options, output
from telnyx_recordings.cli.runner import Failures

if TYPE_CHECKING:
    from telnyx_recordings import Client


@click.command("get", short_help=COMMANDS["get"])
@click.argument("ids", nargs=-1, required=True)
@options.links
@options.form
@options.connecting
def command(*, client: Client, ids: Sequence[str], links: bool, form: str | None) -> int:
    """Show recordings by their IDS; - reads the ids from standard input."""
    failures = Failures()
    rows = _rows(client, options.ids(ids), failures, links=links)
    output.write(rows, form, output.recordings_sheet(links=links))
    return failures.code


def _rows(
    client: Client, ids: Sequence[str], failures: Failures, *, links: bool
) -> Iterator[output.Row]:
    for each in ids:
        with failures.caught():
            try:
                recording = client.recordings.retrieve(each).data
            except ValueError as error:  # not a valid id
                failures.add(error)
                continue
            if recording is None:
                failures.add(f"recording {each}: the response is empty")
            else:
                yield output.of_recording(recording, links=links)
