"""`telnyx-recordings list`: list recordings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import COMMANDS, options, output
from telnyx_recordings.cli.columns import Row, of_recording, recordings_sheet
from telnyx_recordings.cli.command import Command
from telnyx_recordings.cli.runner import DONE

if TYPE_CHECKING:
    from telnyx_recordings import Client

_PAGE = 250


@click.command(
    "list",
    cls=Command,
    short_help=COMMANDS["list"],
    examples=(
        "list --since yesterday",
        "list --from +12125550137 --channels dual --limit 20",
        "list --since 2026-03-01 --format csv > recordings.csv",
    ),
)
@options.selecting
@click.option("--channels", type=click.Choice(["single", "dual"]), help="One track, or two.")
@click.option("--limit", type=click.IntRange(min=1), help="Show at most this many.")
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
    """List recordings that match all the given filters.

    Times are dates (2026-03-01 is midnight), ISO 8601, other common forms, or how long ago: 90d,
    24h.
    """
    rows = islice(_rows(client, chosen, channels, links=links), limit)
    # A link is too long for a table, and is of no use when it is shortened.
    write = output.write_records if links else output.write
    if not write(rows, form, recordings_sheet(links=links)):
        output.nothing_found(form)
    return DONE


def _rows(
    client: Client, chosen: options.Filter, channels: str | None, *, links: bool
) -> Iterator[Row]:
    for recording in client.recordings.list(filter=chosen, page_size=_PAGE):
        if channels is None or recording.channels == channels:  # the API has no such filter
            yield of_recording(recording, links=links)
