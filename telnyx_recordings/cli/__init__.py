"""The command line: its commands, and what they share."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

SECTIONS = {
    "Recordings": {
        "list": "List recordings.",
        "get": "Show recordings by their ids, with transcripts.",
        "download": "Download and verify the audio of recordings.",
        "play": "Play a recording.",
        "transcripts": "List transcripts, with their text.",
        "transcribe": "Transcribe a file or a recording.",
        "record": "Start, stop, pause or resume the recording of a call.",
        "delete": "Delete recordings at Telnyx.",
    },
    "Archives": {
        "archive": "Copy recordings to a folder or bucket, and verify them.",
        "verify": "Read an archive in full and compare it with its manifest.",
        "browse": "Search, view and play an archive in the browser.",
        "export": "Copy recordings out of an archive, to hand them over.",
        "hold": "Keep recordings from being erased or deleted.",
        "release": "End holds on recordings.",
        "purge": "Erase recordings from an archive.",
    },
    "Tools": {
        "check": "Check the API key, the connection and an archive's destination.",
        "split": "Split dual-channel WAV files into one file per leg.",
        "sandbox": "Run a local Telnyx server, for experiments and tests.",
    },
}
"""The commands and their descriptions, for `--help`, which imports none of them."""
COMMANDS = {name: text for section in SECTIONS.values() for name, text in section.items()}


def load(name: str) -> click.Command:
    """Import a command of COMMANDS."""
    command: click.Command = import_module(f"{__name__}.commands.{name}").command
    return command
