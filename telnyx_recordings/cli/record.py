"""`telnyx-recordings record`: start, stop, pause or resume the recording of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from telnyx_recordings.cli import COMMANDS, options, output
from telnyx_recordings.cli.columns import Column, Row, Sheet, plain
from telnyx_recordings.cli.command import Command
from telnyx_recordings.cli.runner import DONE

if TYPE_CHECKING:
    from telnyx_recordings import Client

_DONE = {"start": "started", "stop": "stopped", "pause": "paused", "resume": "resumed"}


def _state(row: Row) -> str:
    return _DONE[str(row["action"])]


_SHEET = Sheet(
    ("call_control_id", "action", "result", "command_id"),
    lambda: [
        Column("call", plain("call_control_id"), least=12),
        Column("recording", _state),
        Column("command", plain("command_id"), least=12, rank=1),
    ],
)


@click.command(
    "record",
    cls=Command,
    short_help=COMMANDS["record"],
    examples=(
        "record start CALL_ID",
        "record start CALL_ID --audio mp3 --channels single",
        "record pause CALL_ID",
    ),
)
@click.argument("action", type=click.Choice(tuple(_DONE)), metavar="ACTION")
@click.argument("call_id")
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
    "--transcription", is_flag=True, default=None, help="Transcribe it at its end, with start."
)
@click.option("--recording-id", metavar="ID", help="This recording of the call, not with start.")
@options.form
@options.connecting
def command(
    *,
    client: Client,
    action: str,
    call_id: str,
    recording_id: str | None,
    form: str | None,
    **choices: Any,
) -> int:
    """Start, stop, pause or resume the recording of a call: ACTION is one of these four words.

    CALL_ID is the `call_control_id` of the call.

    The command is safe to repeat: a retry starts or stops nothing twice. While paused, nothing is
    recorded, for instance while a caller reads out a card number.
    """
    choices["channels"] = choices.pop("tracks")
    given = {name: value for name, value in choices.items() if value is not None}
    if action == "start":
        if recording_id is not None:
            raise click.UsageError("--recording-id is for stop, pause and resume")
        form_of_audio = given.pop("audio", "wav")
        arguments = {"format": form_of_audio, "channels": "dual"} | given
    elif given:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(given))
        raise click.UsageError(f"{names}: only for start")
    else:
        arguments = {} if recording_id is None else {"recording_id": recording_id}
    done = getattr(client.calls.actions, f"{action}_recording")(call_id, **arguments)
    row = {
        "call_control_id": call_id,
        "action": action,
        "result": done.data.result,
        "command_id": done.command_id,
    }
    output.write([row], form, _SHEET)
    return DONE
