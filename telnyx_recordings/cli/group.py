"""The command group, which imports each command when it is used."""

from __future__ import annotations

import click
from click.exceptions import NoSuchCommand

from telnyx_recordings import __version__
from telnyx_recordings.cli import COMMANDS, SECTIONS, load
from telnyx_recordings.cli.command import write_examples


class LazyGroup(click.Group):
    """A group that imports only the command that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - of the base class
        """Return the names of the commands, in the order of the documentation."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        """Import a command."""
        return load(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; suggest others for one that does not exist."""
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:
            raise NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        """List the commands with their descriptions, without importing them."""
        widest = max(map(len, COMMANDS))
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:{widest}}", text) for name, text in commands.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        """Show how to begin."""
        examples = "list --since yesterday", "archive recordings --since 90d", "archive --help"
        write_examples(formatter, examples)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="telnyx-recordings")
def root() -> None:
    """List, download, archive and erase Telnyx call recordings.

    The API key is read from TELNYX_API_KEY, never from the command line, where others could see it.
    TELNYX_BASE_URL sets the URL of the API.
    """
