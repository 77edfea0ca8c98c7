"""`telnyx-recordings list`: list recordings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output, param_types
from telnyx_recordings.cli.arrange import Arrangement, arranging, write
from telnyx_recordings.cli.columns import (
    LINKS,
    RECORDING,
    Row,
    Sheet,
    of_recording,
    recording_columns,
)
from telnyx_recordings.cli.command import described

if TYPE_CHECKING:
    from telnyx_recordings import Client
    from telnyx_recordings.models.recording_list_filter import RecordingListFilterDict


@described(
    "list",
    "list --since yesterday",
    "list --from +12125550137 --channels dual --limit 20",
    "list --sort duration_millis --reverse --limit 10",
    "list --since 7d --format csv --fields id,from,to > calls.csv",
)
@options.selecting
@click.option("--number", type=param_types.number, help="The calling or the called number.")
@options.channels
@options.links
@options.form
@arranging
@options.connecting
def command(  # noqa: PLR0913 - one parameter per option
    *,
    client: Client,
    chosen: RecordingListFilterDict,
    number: str | None,
    channels: str | None,
    arrangement: Arrangement,
    links: bool,
    form: str,
) -> None:
    """List recordings that match all the given filters.

    A time is a date (2026-03-01 means midnight), today, yesterday, ISO 8601, another common form,
    or an age: 90d, 24h.
    """
    if not links and any(each.startswith("download_urls") for each in arrangement.fields or ()):
        raise click.UsageError(
            "--fields download_urls needs --links: anyone with a link can listen"
        )
    if number and chosen.keys() & {"from", "to"}:
        raise click.UsageError("--number is for both directions: leave out --from and --to")
    rows = _rows(client, chosen, number, channels, links=links)
    # A link is too long for a table, and is of no use when it is shortened.
    draw = output.as_records if links else output.in_columns(recording_columns)
    sheet = Sheet(RECORDING + LINKS if links else RECORDING, draw)
    if not write(rows, form, sheet, arrangement):
        output.nothing_found(form, number, chosen.get("from"), chosen.get("to"))


def _rows(
    client: Client,
    chosen: RecordingListFilterDict,
    number: str | None,
    channels: str | None,
    *,
    links: bool,
) -> Iterator[Row]:
    recordings = client.recordings.list(filter=chosen, number=number, page_size=options.PAGE)
    for recording in options.of_channels(recordings, channels):
        yield of_recording(recording, links=links)
