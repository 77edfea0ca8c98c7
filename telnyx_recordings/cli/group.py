"""The program as a whole: its commands, which load when they are called."""

from __future__ import annotations

import click

from telnyx_recordings import __version__
from telnyx_recordings.cli import COMMANDS, load


class LazyGroup(click.Group):
    """Knows its commands by name, and loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the base sets it
        """Name the commands, in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        """Load a command."""
        return load(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        """Say what each command does, without loading it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="telnyx-recordings")
def root() -> None:
    """List, download, archive and erase Telnyx call recordings.

    The API key comes from TELNYX_API_KEY, never from the command line, where others could see it;
    TELNYX_BASE_URL says where the API is, if it is not Telnyx's own.
    """
