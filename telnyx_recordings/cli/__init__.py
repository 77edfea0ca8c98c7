"""What belongs here: the command line, a module a command; nothing loads before it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

COMMANDS = {
    "list": "List recordings.",
    "get": "Show recordings by their ids.",
    "download": "Download the audio of recordings, checked.",
    "archive": "Copy recordings to a folder or bucket, verified.",
    "verify": "Read an archive whole and compare it with its manifest.",
    "purge": "Erase recordings from an archive.",
    "transcripts": "List transcripts, with their text.",
    "split": "Split dual-channel WAV files into one file a leg.",
    "sandbox": "Serve a local Telnyx, for trying things out.",
}
"""Each command and what it does: known here, so that `--help` need not load them."""


def load(name: str) -> click.Command:
    """Load a command of COMMANDS: its module's `command`."""
    command: click.Command = import_module(f"{__name__}.{name}").command
    return command
