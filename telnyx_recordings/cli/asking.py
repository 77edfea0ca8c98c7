"""Asks before anything is deleted."""

from __future__ import annotations

import sys

import click


def confirm(question: str) -> None:
    """Ask, and return if the answer is yes.

    Raises:
        click.UsageError: there is nobody to ask.
        click.ClickException: the answer is no.
    """
    if not sys.stdin.isatty():
        raise click.UsageError("there is nobody to ask before something is deleted: give --yes")
    if not click.confirm(question, err=True):
        raise click.ClickException("nothing was deleted")
