"""`telnyx-recordings hold`: keep recordings from being erased or deleted."""

from __future__ import annotations

from collections.abc import Sequence

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.command import described

FIELDS = ("id", "at", "by", "reason", "numbers", "ids", "conferences")


@described(
    "hold",
    'hold recordings --number +12125550137 --reason "case 7"',
    "hold s3://bucket/calls --list",
)
@options.destination
@options.held
@click.option("--reason", metavar="TEXT", help="The reason, such as a case number.")
@click.option("--list", "listing", is_flag=True, help="Show all holds, and place none.")
@options.form
def command(  # noqa: PLR0913 - one parameter per option
    *,
    destination: str,
    numbers: Sequence[str],
    ids: Sequence[str],
    conferences: Sequence[str],
    reason: str | None,
    listing: bool,
    form: str,
) -> None:
    """Put recordings in the archive at DESTINATION on hold, including those archived later.

    Held recordings are not erased by `purge`, nor deleted at Telnyx by `archive`, until they are
    released. This applies on every machine: the hold is stored in the archive.
    """
    from telnyx_recordings import archive

    chosen = [*numbers, *ids, *conferences]
    if listing and (chosen or reason):
        raise click.UsageError("--list takes no other option")
    if listing:
        result = archive.holds(destination)
    elif not chosen or not reason:
        raise click.UsageError("give a --reason, and at least one --number, --id or --conference")
    else:
        result = archive.hold(
            destination, numbers=numbers, ids=ids, conferences=conferences, reason=reason
        )
        if result.recordings == 0:
            click.echo(
                "the hold matches no recording in the archive so far; check that numbers have "
                "their country code, and that ids are complete",
                err=True,
            )
    output.write_report(result, form, FIELDS, part="holds")
