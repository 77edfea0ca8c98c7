"""Options that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click

from telnyx_recordings.cli import param_types
from telnyx_recordings.cli.command import GROUPS
from telnyx_recordings.cli.times import zone_name

if TYPE_CHECKING:
    from datetime import datetime

    from telnyx_recordings import RecordingResponseData
    from telnyx_recordings.models.recording_transcription_list_filter import (
        RecordingTranscriptionListFilterDict,
    )

Run = Callable[..., int | None]
Decorator = Callable[[Run], Run]

form: Final = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default=lambda: "table" if sys.stdout.isatty() else "json",
    help="Output as a table, JSON Lines or CSV.  [default: table on a terminal, else json]",
)
raw: Final = click.option(
    "--raw", is_flag=True, help="CSV without the ' before cells that look like formulas."
)
audio: Final = click.option(
    "--audio",
    type=click.Choice(["wav", "mp3"]),
    help="The audio format.  [default: that of the file name, else wav if available]",
)
links: Final = click.option(
    "--links",
    is_flag=True,
    help="Include links to the audio. Anyone with a link can listen, for ten minutes.",
)
numbers: Final = click.option(
    "--number",
    "numbers",
    type=param_types.number,
    multiple=True,
    help="Calls from or to this number. Repeat for more.",
)
recording_ids: Final = click.option(
    "--id", "ids", metavar="ID", multiple=True, help="This recording. Repeat for more."
)
wait: Final = click.option(
    "--wait",
    type=param_types.duration,
    help="Wait this long for audio that is not ready yet, such as 60s.",
)
port: Final = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    default=0,
    help="The port to listen on.  [default: any free one]",
)
quiet: Final = click.option(
    "--quiet", is_flag=True, help="Print nothing unless something needs attention."
)
yes: Final = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
tz: Final = click.option(
    "--tz",
    type=param_types.time_zone,
    default="local",
    is_eager=True,
    expose_value=False,
    callback=param_types.set_zone,
    metavar="ZONE",
    help="Time zone in which times are read and shown, such as UTC or Europe/Berlin."
    "  [default: this machine's]",
)
times: Final = (
    click.option("--since", type=param_types.time, help="Created at this time or later."),
    click.option("--until", type=param_types.time, help="Created at this time or earlier."),
    tz,
)
_conditions = (
    *times,
    click.option("--from", "from", type=param_types.number, help="The calling number."),
    click.option("--to", type=param_types.number, help="The called number."),
    click.option("--connection-id", metavar="ID", help="The connection that carried the call."),
    click.option("--conference-id", metavar="ID", help="The conference that was recorded."),
    click.option("--conference-region", metavar="REGION", help="Where the conference was held."),
    click.option("--call-control-id", metavar="ID", help="The call's id in Call Control."),
    click.option("--call-leg-id", metavar="ID", help="The leg that was recorded."),
    click.option("--call-session-id", metavar="ID", help="The session that the call was part of."),
    click.option("--sip-call-id", metavar="ID", help="The Call-ID of the SIP messages."),
)
_PLAIN = (
    *("from", "to", "connection_id", "conference_id", "conference_region", "call_control_id"),
    *("call_leg_id", "call_session_id", "sip_call_id"),
)
_connection = (
    click.option(
        "--base-url",
        metavar="URL",
        help="The URL of the API.  [default: $TELNYX_BASE_URL, else Telnyx's own]",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="How long to wait for a connection, and for each part of a response.  [default: 30]",
    ),
    click.option(
        "--proxy",
        metavar="URL",
        help="HTTP proxy for all requests; none to use no proxy.  [default: $HTTPS_PROXY, if set]",
    ),
    click.option(
        "--ca-file",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Certificates to trust, as PEM.  [default: $SSL_CERT_FILE, else those of the system]",
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Show requests, retries and waits on standard error.",
    ),
)
_stores = (
    click.option(
        "--media-host",
        "media_hosts",
        metavar="HOST",
        multiple=True,
        help="Another host that audio may come from, such as *.example.com.",
    ),
    click.option(
        "--own-storage",
        is_flag=True,
        help="Read audio in your own storage (S3, Google, Azure) with your own credentials.",
    ),
)


def workers(count: int) -> Decorator:
    """Return a decorator that adds the option for the number of threads."""
    return click.option(
        "--workers",
        type=click.IntRange(min=1),
        metavar="N",
        default=count,
        show_default=True,
        help="How many recordings to process at the same time.",
    )


PAGE: Final = 250
"""Recordings per page of a list."""
channels: Final = click.option(
    "--channels", type=click.Choice(["single", "dual"]), help="Recorded in one channel, or in two."
)


def of_channels(
    recordings: Iterable[RecordingResponseData], channels: str | None
) -> Iterator[RecordingResponseData]:
    """Yield the recordings with these channels, as the API has no such filter."""
    return (each for each in recordings if channels is None or each.channels == channels)


def added(*decorators: Decorator) -> Decorator:
    """Return a decorator that adds options, in the order of the help."""

    def decorate(function: Run) -> Run:
        for each in reversed(decorators):
            function = each(function)
        return function

    return decorate


held: Final = added(
    numbers,
    recording_ids,
    click.option(
        "--conference",
        "conferences",
        metavar="ID",
        multiple=True,
        help="Recordings of this conference. Repeat for more.",
    ),
)
"""Options that name what is held or released."""


def selecting(function: Run) -> Run:
    """Add options that select recordings; the command gets a filter, `chosen`."""

    @added(*_conditions)
    @wraps(function)
    def run(*, since: datetime | None, until: datetime | None, **given: Any) -> int | None:
        set_ones = {name: value for name in _PLAIN if (value := given.pop(name)) is not None}
        return function(chosen={**window(since, until), **set_ones}, **given)

    return run


def connecting(function: Run, *, flag: str | None = None) -> Run:
    """Add the options of the connection; the command gets a `client`, closed at the end.

    With the name of a flag, the client is None unless that flag is set.
    """

    @added(*_connection)
    @wraps(function)
    def run(**given: Any) -> int | None:
        settings = {name: given.pop(name) for name in GROUPS["Connection"] if name in given}
        if flag is not None and not given[flag]:
            return function(client=None, **given)
        from telnyx_recordings import Client
        from telnyx_recordings.cli.verbose import shown

        if not os.environ.get("TELNYX_API_KEY"):
            raise click.UsageError("there is no API key: set TELNYX_API_KEY")
        log = shown() if settings.pop("verbose") else nullcontext()
        if settings["proxy"] == "none":
            settings["proxy"] = False
        with log, Client(**settings) as client:
            return function(client=client, **given)

    return run


def fetching(function: Run, *, flag: str | None = None) -> Run:
    """Like `connecting`, for commands that download audio."""
    return added(*_stores)(connecting(function, flag=flag))


complete_folder: Final = click.Path(file_okay=False).shell_complete
complete_path: Final = click.Path().shell_complete
destination: Final = click.argument("destination", shell_complete=complete_folder)


def ids(given: Sequence[str]) -> list[str]:
    """Return the ids without duplicates; ``-`` stands for those on standard input."""
    found: list[str] = []
    for each in given:
        found += sys.stdin.read().split() if each == "-" else [each]
    return list(dict.fromkeys(found))


def window(since: datetime | None, until: datetime | None) -> RecordingTranscriptionListFilterDict:
    """Return the filter for a time range, and state on a terminal which times were meant.

    Raises:
        click.UsageError: it ends before it begins.
    """
    if since and until and until < since:
        raise click.UsageError("--until is before --since")
    if not since and not until:
        return {}
    if sys.stderr.isatty():
        zone = param_types.zone()
        stated = [
            f"{name} {bound.astimezone(zone):%Y-%m-%d %H:%M:%S}"
            for name, bound in (("since", since), ("until", until))
            if bound is not None
        ]
        click.echo(f"{' '.join(stated)} {zone_name(zone)}", err=True)
    return {"created_at": {"gte": since, "lte": until}}
