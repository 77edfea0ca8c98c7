"""`telnyx-recordings record`: start, stop, pause or resume a recording."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, Any

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.columns import Column, Row, Sheet, plain
from telnyx_recordings.cli.command import described

if TYPE_CHECKING:
    from telnyx_recordings import Client

_DONE = {"start": "started", "stop": "stopped", "pause": "paused", "resume": "resumed"}

_CALLS_ONLY = ("max_length", "transcription")


def _recorded(row: Row) -> str:
    return str(row["call_control_id"] or row["conference_id"])


def _state(row: Row) -> str:
    return _DONE[str(row["action"])]


_SHEET = Sheet(
    ("call_control_id", "conference_id", "action", "result", "command_id"),
    output.in_columns(
        lambda: [
            Column("id", _recorded, least=12),
            Column("recording", _state),
            Column("command", plain("command_id"), least=12, rank=1),
        ]
    ),
)


@described(
    "record",
    "record start CALL_ID",
    "record start CALL_ID --audio mp3 --channels single",
    "record pause CALL_ID",
    "record start CONFERENCE_ID --conference",
)
@click.argument("action", type=click.Choice(tuple(_DONE)), metavar="ACTION")
@click.argument("id")
@click.option("--conference", is_flag=True, help="ID is the id of a conference.")
@click.option("--region", metavar="REGION", help="Where the conference is, such as Europe.")
@click.option(
    "--audio", type=click.Choice(["wav", "mp3"]), help="The format, with start.  [default: wav]"
)
@click.option(
    "--channels",
    "tracks",
    type=click.Choice(["single", "dual"]),
    help="One track, or one per leg, with start.  [default: dual]",
)
@click.option("--play-beep", is_flag=True, default=None, help="Play a beep, with start.")
@click.option(
    "--max-length",
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="Stop after this time, with start.",
)
@click.option(
    "--transcription", is_flag=True, default=None, help="Transcribe the recording, with start."
)
@click.option("--recording-id", metavar="ID", help="Only this recording, not with start.")
@options.form
@options.connecting
def command(  # noqa: PLR0913 - one parameter per option
    *,
    client: Client,
    action: str,
    id: str,  # noqa: A002 - the name of the argument
    conference: bool,
    region: str | None,
    recording_id: str | None,
    form: str,
    **choices: Any,
) -> None:
    """Start, stop, pause or resume the recording of a call or conference.

    ACTION is start, stop, pause or resume. ID is the `call_control_id` of a call, or with
    --conference the id of a conference.

    The command is safe to repeat: a retry starts or stops nothing twice. While a recording is
    paused, for example while a caller reads out a card number, nothing is recorded.
    """
    choices["channels"] = choices.pop("tracks")
    given = {name: value for name, value in choices.items() if value is not None}
    if action == "start":
        if recording_id is not None:
            raise click.UsageError("--recording-id is for stop, pause and resume")
        if conference:
            _check_absent(given, _CALLS_ONLY, "only for calls")
        arguments = {"format": given.pop("audio", "wav"), "channels": "dual"} | given
    else:
        _check_absent(given, given, "only for start")
        arguments = {} if recording_id is None else {"recording_id": recording_id}
    if region is not None:
        if not conference:
            raise click.UsageError("--region: only with --conference")
        arguments["region"] = region
    if conference:
        send = getattr(client.conferences.actions, f"record_{action}")
    else:
        send = getattr(client.calls.actions, f"{action}_recording")
    try:
        done = send(id, **arguments)
    except ValueError as error:  # not a valid id
        raise click.UsageError(str(error)) from error
    row = {
        "call_control_id": None if conference else id,
        "conference_id": id if conference else None,
        "action": action,
        "result": done.data.result,
        "command_id": done.command_id,
    }
    output.write([row], form, _SHEET)


def _check_absent(given: Container[str], names: Iterable[str], why: str) -> None:
    """Check that none of these options is used."""
    if used := sorted(name for name in names if name in given):
        options_ = ", ".join(f"--{name.replace('_', '-')}" for name in used)
        raise click.UsageError(f"{options_}: {why}")
