"""Asks for confirmation before anything is deleted."""

from __future__ import annotations

import sys

import click

from telnyx_recordings.cli.runner import one_line


def confirm(question: str) -> None:
    """Ask for confirmation.

    Raises:
        click.UsageError: standard input is not a terminal.
        click.ClickException: the answer is no.
    """
    check_terminal()
    if not click.confirm(one_line(question), err=True):
        raise click.ClickException("nothing was deleted")


def check_terminal() -> None:
    """Check that there is somebody to ask.

    Raises:
        click.UsageError: standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        raise click.UsageError("deletion needs confirmation, but there is no terminal: use --yes")
