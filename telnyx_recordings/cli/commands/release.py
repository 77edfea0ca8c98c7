"""`telnyx-recordings release`: end holds on recordings."""

from __future__ import annotations

from collections.abc import Sequence

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.commands.hold import FIELDS


@described(
    "release",
    "release recordings --number +12125550137",
    "release s3://bucket/calls --conference room-7",
)
@options.destination
@options.held
@options.form
def command(
    *,
    destination: str,
    numbers: Sequence[str],
    ids: Sequence[str],
    conferences: Sequence[str],
    form: str,
) -> None:
    """Release numbers, recordings or conferences from all holds of the archive at DESTINATION.

    The exit code is 1 if one of them is not on hold; nothing is released then.
    """
    from telnyx_recordings import archive

    if not (numbers or ids or conferences):
        raise click.UsageError("give at least one --number, --id or --conference")
    result = archive.release(destination, numbers=numbers, ids=ids, conferences=conferences)
    output.write_report(result, form, FIELDS, part="holds")
