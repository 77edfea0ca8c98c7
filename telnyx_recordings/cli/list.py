"""`telnyx-recordings list`: list recordings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import COMMANDS, options, output

if TYPE_CHECKING:
    from telnyx_recordings import Client

_PAGE = 250


@click.command("list", short_help=COMMANDS["list"])
@options.selecting
@click.option("--channels", type=click.Choice(["single", "dual"]), help="One track, or two.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many.")
@options.links
@options.form
@options.connecting
def command(  # noqa: PLR0913 - one parameter per option
    *,
    client: Client,
    chosen: options.Filter,
    channels: str | None,
    limit: int | None,
    links: bool,
    form: str | None,
) -> int:
    """List recordings, those that meet all conditions given.

    Times are dates (2026-03-01 is midnight UTC), ISO 8601, what else people write, or how long
    ago: 90d, 24h.
    """
    rows = _rows(client, chosen, channels, links=links)
    output.write(islice(rows, limit), form, output.recordings_sheet(links=links))
    return 0


def _rows(
    client: Client, chosen: options.Filter, channels: str | None, *, links: bool
) -> Iterator[output.Row]:
    for recording in client.recordings.list(filter=chosen, page_size=_PAGE):
        if channels is None or recording.channels == channels:  # the API has no such filter
            yield output.of_recording(recording, links=links)
