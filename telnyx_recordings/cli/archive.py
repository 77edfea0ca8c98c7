"""`telnyx-recordings archive`: copy recordings to a folder or bucket, verified."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from telnyx_recordings.archive.records import Reason
from telnyx_recordings.cli import COMMANDS, options, output, param_types, progress, prompts
from telnyx_recordings.cli.command import Command
from telnyx_recordings.cli.runner import DONE, FAILED

if TYPE_CHECKING:
    from telnyx_recordings import Client
    from telnyx_recordings.media import Format

_TALLIES = ("listed", "stored", "already_there", "quarantined", "failed")
_FIELDS = (
    "destination",
    *(f"{tally}.{figure}" for tally in _TALLIES for figure in ("count", "bytes")),
    *("erased", "deleted", "awaiting_transcripts", "deletion_stopped", "transcripts"),
    *("dry_run", "seconds", "ok"),
    *(f"not_deleted.{reason}" for reason in Reason),
)


@click.command(
    "archive",
    cls=Command,
    short_help=COMMANDS["archive"],
    examples=(
        "archive recordings --since 90d",
        "archive s3://bucket/calls --delete --min-age 30d --dry-run",
    ),
)
@options.destination
@options.selecting
@click.option(
    "--audio",
    type=click.Choice(["wav", "mp3"]),
    multiple=True,
    default=["wav"],
    show_default=True,
    help="The audio format; use it twice for both.",
)
@click.option("--transcripts/--no-transcripts", default=True, help="Also write transcripts.")
@options.workers(16)
@click.option("--layout", metavar="TEMPLATE", help="Names of files; kept for all later runs.")
@click.option(
    "--retry-quarantined", is_flag=True, help="Retry recordings that could not be archived."
)
@click.option("--delete", is_flag=True, help="Delete archived recordings at Telnyx.")
@click.option(
    "--min-age",
    type=param_types.Duration(deletes=True),
    default="24h",
    show_default=True,
    help="Delete only recordings older than this.",
)
@click.option(
    "--max-delete",
    type=click.IntRange(min=0),
    metavar="N",
    help="Delete nothing at all if there are more than this.",
)
@click.option("--dry-run", is_flag=True, help="Write and delete nothing; show what would be done.")
@options.yes
@options.quiet
@options.form
@options.fetching
def command(  # noqa: PLR0913 - one parameter per option
    *,
    client: Client,
    destination: str,
    chosen: options.Filter,
    audio: Sequence[Format],
    min_age: timedelta,
    max_delete: int | None,
    delete: bool,
    dry_run: bool,
    yes: bool,
    quiet: bool,
    form: str | None,
    **choices: Any,
) -> int:
    """Copy recordings to DESTINATION: a folder, or a bucket as s3://, gs:// or az://.

    Each file is verified, on disk and listed in manifest.jsonl before it counts as archived. Run it
    again to resume after an interruption, or to add new recordings.
    """
    if delete and not (dry_run or yes):
        at_most = "" if max_delete is None else f", {max_delete:,} at most"
        prompts.confirm(
            f"Recordings older than {min_age}{at_most} are deleted at Telnyx once archived "
            f"in {destination}. Continue?"
        )
    with progress.of_run(quiet=quiet) as update:
        result = client.archive(
            destination,
            filter=chosen,
            formats=audio,
            min_age=min_age,
            max_delete=max_delete,
            delete=delete,
            dry_run=dry_run,
            progress=update,
            report=None,
            **choices,
        )
    if not (quiet and result.ok):
        output.write_report(result, form, _FIELDS)
    return DONE if result.ok else FAILED
