"""`telnyx-recordings purge`: erase recordings from an archive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output, param_types, prompts
from telnyx_recordings.cli.columns import size
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.runner import Failures

if TYPE_CHECKING:
    from telnyx_recordings import archive

_FIELDS = ("id", "created_at", "objects", "bytes")


@described(
    "purge",
    "purge recordings --older-than 365d --dry-run",
    "purge recordings --number +12125550137",
)
@options.destination
@click.option(
    "--older-than",
    type=param_types.deleting(param_types.time),
    help="Created longer ago than this (90d), or before this time (2026-03-01).",
)
@options.numbers
@options.recording_ids
@click.option(
    "--policy",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Erase what the rules in this file, such as retention.toml, no longer keep.",
)
@options.tz
@click.option("--dry-run", is_flag=True, help="Erase nothing; show what would be erased.")
@options.yes
@options.form
def command(  # noqa: PLR0913 - one parameter per option
    *,
    destination: str,
    older_than: datetime | None,
    numbers: Sequence[str],
    ids: Sequence[str],
    policy: str | None,
    dry_run: bool,
    yes: bool,
    form: str,
) -> int:
    """Erase the recordings that match all the given filters from the archive at DESTINATION.

    Recordings at Telnyx are not deleted. A log in the archive states what was erased, and when.
    """
    from telnyx_recordings import archive

    if older_than is None and not numbers and not ids and policy is None:
        raise click.UsageError("state what to erase: --older-than, --number, --id or --policy")

    purge = partial(
        archive.purge, destination, older_than=older_than, numbers=numbers, ids=ids, policy=policy
    )
    if not (dry_run or yes):
        found = purge(dry_run=True)
        if not found.erased:
            output.write_report(found, form, _FIELDS, part="erased")
            return _code(found, numbers)
        click.echo(found, err=True)
        prompts.confirm(f"{_summary(found)}. Erase for good?")
    done = purge(dry_run=dry_run)
    output.write_report(done, form, _FIELDS, part="erased")
    return _code(done, numbers)


def _summary(found: archive.Purge) -> str:
    """Return how much would be erased, and from which days."""
    times = (each.created_at for each in found.erased)
    return f"{prompts.counted(len(found.erased))}, {prompts.extent(size(found.bytes), times)}"


def _code(done: archive.Purge, numbers: Sequence[str]) -> int:
    """Return the exit code: ids and numbers that were not found are failures."""
    failures = Failures()
    for each in done.locked:
        failures.add(f"{each} is locked by the bucket, or may not be removed: it was kept")
    if done.held:
        count = f"{len(done.held):,} on hold"
        click.echo(f"{count}, not erased: {', '.join(done.held[:10])}", err=True)
    for each in done.missing:
        if each in numbers:
            hint = _number_hint(done.destination, each)
            failures.add(f"{each} matches no recording in this archive: {hint}")
        else:
            failures.add(f"{each} is not in this archive: {_id_hint(done.destination, each)}")
    return failures.code


def _id_hint(destination: str, given: str) -> str:
    """Return what to do about an id that is not in the archive."""
    from telnyx_recordings import archive

    usual = given.strip().strip("'\"").lower()
    known = usual not in {"", given} and not archive.purge(destination, ids=[usual]).missing
    if known:
        return f"did you mean {usual}?"
    if given.startswith("+") or given.isdigit():
        return "for a phone number, use --number"
    return "check the id, for example in manifest.jsonl"


def _number_hint(destination: str, given: str) -> str:
    """Return what to do about a number that matches no recording in the archive."""
    from telnyx_recordings import archive

    digits = re.sub(r"\D", "", given)
    spellings = {f"+{digits}", f"+{digits.lstrip('0')}", f"+1{digits}", digits} - {given, "+", ""}
    for each in sorted(spellings):
        if not archive.purge(destination, numbers=[each]).missing:
            return f"did you mean {each}?"
    if digits and not given.startswith("+"):
        return f"numbers begin with + and the country code, as +{digits}"
    return "numbers are compared exactly, as `from` and `to` in manifest.jsonl"
