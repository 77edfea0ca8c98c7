"""`telnyx-recordings play`: play a recording."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.commands.download import downloaded

if TYPE_CHECKING:
    from telnyx_recordings import Client
    from telnyx_recordings.media import Format

_PLAYERS = (
    "ffplay -nodisp -autoexit -loglevel error",
    "mpv --no-video --really-quiet",
    "afplay",
    "pw-play",
    "paplay",
    "aplay -q",
    "play -q",
)
"""Tried in this order; afplay is part of macOS, and play is part of SoX."""


@described(
    "play",
    "play 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42",
    "play 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42 --player mpv",
)
@click.argument("id")
@click.option(
    "--player",
    metavar="COMMAND",
    help="The program to play the file with.  [default: one that is installed]",
)
@options.audio
@options.wait
@options.fetching
def command(
    *,
    client: Client,
    id: str,  # noqa: A002 - the name of the argument
    player: str | None,
    audio: Format | None,
    wait: timedelta | None,
) -> None:
    """Download the recording with this ID, play it, and remove the file again."""
    import subprocess

    program = _program(player)
    seconds = wait.total_seconds() if wait else None
    with downloaded(client, id, format=audio, wait=seconds) as path:
        play = [*program, str(path)]
        code = subprocess.run(play, check=False).returncode  # noqa: S603 - the user's own choice
    if code:
        raise click.ClickException(f"{program[0]} failed with exit code {code}")


def _program(given: str | None) -> list[str]:
    """Return the program that plays audio, with its options: the given one, or one installed."""
    from shutil import which

    if given is not None:
        try:
            program = shlex.split(given)
        except ValueError as error:
            raise click.UsageError(f"--player {given!r}: {error}") from None
        if not program or which(program[0]) is None:
            raise click.UsageError(f"--player: there is no program {given!r}")
        return program
    for each in map(shlex.split, _PLAYERS):
        if which(each[0]) is not None:
            return each
    names = ", ".join(each.partition(" ")[0] for each in _PLAYERS)
    raise click.ClickException(
        f"no player is installed: install one of {names}, or name another with --player"
    )
