"""`telnyx-recordings purge`: erase recordings from an archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import COMMANDS, options, output, param_types, prompts
from telnyx_recordings.cli.runner import Failures

if TYPE_CHECKING:
    from telnyx_recordings import archive

_FIELDS = ("id", "created_at", "objects", "bytes")


@click.command("purge", short_help=COMMANDS["purge"])
@click.argument("destination")
@click.option(
    "--older-than",
    type=param_types.Time(),
    help="Created longer ago than this (90d), or before this time (2026-03-01).",
)
@click.option(
    "--number",
    "numbers",
    type=param_types.PhoneNumber(),
    multiple=True,
    help="Calls from or to this number.",
)
@click.option("--id", "ids", metavar="ID", multiple=True, help="This recording.")
@click.option("--dry-run", is_flag=True, help="Erase nothing; show what would be erased.")
@options.yes
@options.form
def command(  # noqa: PLR0913 - one parameter per option
    *,
    destination: str,
    older_than: datetime | None,
    numbers: Sequence[str],
    ids: Sequence[str],
    dry_run: bool,
    yes: bool,
    form: str | None,
) -> int:
    """Erase the recordings that meet all given conditions from the archive at DESTINATION.

    Recordings at Telnyx are not deleted. A log in the archive says what was erased, and when.
    """
    from telnyx_recordings import archive

    if older_than is None and not numbers and not ids:
        raise click.UsageError("say what to erase: --older-than, --number or --id")

    def purge(*, dry_run: bool) -> archive.Purge:
        return archive.purge(
            destination, older_than=older_than, numbers=numbers, ids=ids, dry_run=dry_run
        )

    if not (dry_run or yes):
        found = purge(dry_run=True)
        if not found.erased:
            output.write_report(found, form, _FIELDS, part="erased")
            return _code(found)
        click.echo(found, err=True)
        prompts.confirm("Erase them for good?")
    done = purge(dry_run=dry_run)
    output.write_report(done, form, _FIELDS, part="erased")
    return _code(done)


def _code(done: archive.Purge) -> int:
    """Return the exit code: ids that were not found are failures."""
    failures = Failures()
    for each in done.missing:
        failures.add(f"{each} is not in this archive")
    return failures.code
