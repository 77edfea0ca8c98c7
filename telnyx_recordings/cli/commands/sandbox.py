"""`telnyx-recordings sandbox`: run a local Telnyx server until it is interrupted."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import click

from telnyx_recordings.cli import options
from telnyx_recordings.cli.command import described


def _at(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not an ISO 8601 time") from None


@described("sandbox", "sandbox", "sandbox --recordings 1000 --port 8080")
@options.port
@click.option(
    "--recordings",
    type=click.IntRange(min=0),
    metavar="N",
    default=100,
    show_default=True,
    help="The number of recordings.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Determines all recordings.")
@click.option("--api-key", help="The only key to accept.  [default: any that begins with KEY]")
@click.option(
    "--rate-limit", type=click.IntRange(min=1), metavar="N", help="Requests per second before 429."
)
@click.option("--quirks", is_flag=True, help="Include rows that deviate from the documentation.")
@click.option(
    "--order",
    type=click.Choice(["newest", "oldest"]),
    default="newest",
    show_default=True,
    help="Which recordings come first.",
)
@click.option("--cursor-meta", is_flag=True, help="List transcripts by cursor.")
@click.option(
    "--at",
    type=_at,
    metavar="TEXT",
    help="When its clock starts, such as 2026-03-01.  [default: now]",
)
@click.option("--webhook-url", metavar="URL", help="Where to post the events of calls.")
@click.option(
    "--delay",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait before each response.",
)
def command(*, recordings: int, seed: int, delay: float, **choices: Any) -> None:
    """Run a local Telnyx server until Ctrl-C; the first line printed is its base URL."""
    from telnyx_recordings.sandbox import Sandbox, screen

    try:
        sandbox = Sandbox(recordings, seed, **choices)
    except ValueError as error:  # the URL for events, or a time in the year 1
        raise click.UsageError(str(error)) from error
    with suppress(KeyboardInterrupt), sandbox as box:
        box.delay(delay)
        screen.serve(box)
