"""A command whose help has its options in groups, and examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from telnyx_recordings.cli import COMMANDS

GROUPS = {
    "Filters": (
        *("since", "until", "from", "to", "number", "channels", "connection_id", "conference_id"),
        *("conference_region", "call_control_id", "call_leg_id", "call_session_id"),
        *("sip_call_id", "older_than", "numbers", "ids", "conferences", "grep"),
    ),
    "Output": ("form", "fields", "only_ids", "raw", "sort", "reverse", "links", "tz", "quiet"),
    "Connection": (
        *("base_url", "timeout", "proxy", "ca_file", "media_hosts", "own_storage", "verbose"),
    ),
}
"""By the heading, the names of parameters; others are under "Options"."""


class Command(click.Command):
    """A command with examples, which are shown at the end of its help."""

    def __init__(self, *given: Any, examples: Sequence[str] = (), **choices: Any) -> None:
        """Take what follows the name of the program in each example."""
        super().__init__(*given, **choices)
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, grouped."""
        grouped = {name for names in GROUPS.values() for name in names}
        groups = {"Options": (), **GROUPS}
        for heading, names in groups.items():
            records = [
                record
                for param in self.get_params(ctx)
                if isinstance(param, click.Option)
                and (param.name in names or (not names and param.name not in grouped))
                and (record := param.get_help_record(ctx)) is not None
            ]
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - of the base class
        """Write the examples."""
        if self.examples:
            write_examples(formatter, self.examples)


def write_examples(formatter: click.HelpFormatter, examples: Iterable[str]) -> None:
    """Write what follows the name of the program in each example."""
    with formatter.section("Examples"):
        for line in examples:
            formatter.write(f"  telnyx-recordings {line}\n")


def described(name: str, *examples: str) -> Callable[[Callable[..., int | None]], Command]:
    """Return a decorator that makes a function the command of that name, with examples."""
    return click.command(name, cls=Command, short_help=COMMANDS[name], examples=examples)
