"""Asks for confirmation before anything is deleted."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime

import click

from telnyx_recordings.cli.param_types import zone
from telnyx_recordings.cli.runner import one_line


def counted(count: int) -> str:
    """Return a number of recordings in words."""
    return f"{count:,} recording" if count == 1 else f"{count:,} recordings"


def extent(amount: str, times: Iterable[datetime | None]) -> str:
    """Return an amount and the days between which recordings were created."""
    days = sorted(each.astimezone(zone()).date() for each in times if each is not None)
    return f"{amount}, created {days[0]} to {days[-1]}" if days else amount


def confirm(question: str) -> None:
    """Ask for confirmation; raise an exception if the answer is no."""
    check_terminal()
    if not click.confirm(one_line(question), err=True):
        raise click.ClickException("nothing was deleted")


def check_terminal() -> None:
    """Check that there is somebody to ask."""
    if not sys.stdin.isatty():
        raise click.UsageError("deletion needs confirmation, but there is no terminal: use --yes")
