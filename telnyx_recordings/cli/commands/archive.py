"""`telnyx-recordings archive`: copy recordings to a folder or bucket, and verify them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from telnyx_recordings.cli import options, output, param_types, progress, prompts
from telnyx_recordings.cli.columns import size
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.runner import DONE, FAILED

if TYPE_CHECKING:
    from telnyx_recordings import Client
    from telnyx_recordings.archive import Reconciliation
    from telnyx_recordings.media import Format
    from telnyx_recordings.models.recording_list_filter import RecordingListFilterDict

_TALLIES = ("listed", "stored", "already_there", "quarantined", "failed")
_FIELDS = (
    "destination",
    *(f"{tally}.{figure}" for tally in _TALLIES for figure in ("count", "bytes")),
    *("erased", "deleted", "awaiting_transcripts", "deletion_stopped", "transcripts"),
    *("dry_run", "seconds", "ok"),
)


@described(
    "archive",
    "archive recordings --since 90d",
    "archive s3://bucket/calls --delete --min-age 30d --dry-run",
)
@options.destination
@options.selecting
@click.option(
    "--id",
    "ids",
    multiple=True,
    metavar="ID",
    help="Archive only this recording. Repeat for more.",
)
@click.option(
    "--audio",
    type=click.Choice(["wav", "mp3"]),
    multiple=True,
    default=["wav"],
    show_default=True,
    help="The audio format. Repeat for both.",
)
@click.option("--transcripts/--no-transcripts", default=True, help="Also write transcripts.")
@options.workers(16)
@click.option("--layout", metavar="TEMPLATE", help="The file names. Later runs keep them.")
@click.option(
    "--retry-quarantined", is_flag=True, help="Retry recordings that could not be archived."
)
@click.option("--delete", is_flag=True, help="Delete archived recordings at Telnyx.")
@click.option(
    "--min-age",
    type=param_types.deleting(param_types.duration),
    default="24h",
    show_default=True,
    help="Delete only recordings older than this.",
)
@click.option(
    "--max-delete",
    type=click.IntRange(min=0),
    metavar="N",
    help="Delete nothing if more recordings than this would be deleted.",
)
@click.option("--dry-run", is_flag=True, help="Write and delete nothing; show what would be done.")
@click.option(
    "--wait",
    type=param_types.duration,
    help="How long to wait for another run to end.  [default: 10min with --id, else 0s]",
)
@options.yes
@options.quiet
@options.form
@options.fetching
def command(  # noqa: PLR0913 - one parameter per option
    *,
    client: Client,
    destination: str,
    chosen: RecordingListFilterDict,
    audio: Sequence[Format],
    min_age: timedelta,
    max_delete: int | None,
    delete: bool,
    dry_run: bool,
    wait: timedelta | None,
    yes: bool,
    quiet: bool,
    form: str,
    **choices: Any,
) -> int:
    """Copy recordings to DESTINATION: a folder, or a bucket as s3://, gs:// or az://.

    Each file is verified, on disk and listed in manifest.jsonl before it counts as archived. Run it
    again to resume after an interruption, or to add new recordings.
    """
    run = partial(
        client.archive,
        destination,
        filter=chosen,
        formats=audio,
        min_age=min_age,
        max_delete=max_delete,
        wait=wait.total_seconds() if wait is not None else None,
        report=None,
        **choices,
    )
    if delete and not (dry_run or yes):
        prompts.check_terminal()
        with progress.of_run(quiet=quiet) as update:
            planned = run(delete=True, dry_run=True, progress=update)
        delete = _is_confirmed(planned, destination, min_age, max_delete)
    with progress.of_run(quiet=quiet) as update:
        result = run(delete=delete, dry_run=dry_run, progress=update)
    if not quiet or result.needs_attention:
        from telnyx_recordings.archive.records import Reason

        fields = (*_FIELDS, *(f"not_deleted.{reason}" for reason in Reason))
        output.write_report(result, form, fields)
    return DONE if result.ok else FAILED


def _is_confirmed(
    planned: Reconciliation, destination: str, min_age: timedelta, max_delete: int | None
) -> bool:
    """Ask before deletion, with what a dry run found; return whether to delete."""
    found = planned.to_delete
    if found is None or not found.count:
        return True  # nothing to ask for: what is too young now is noted for later runs
    text = f"{prompts.counted(found.count)} older than {param_types.age(min_age)}"
    if planned.deletion_stopped is not None:
        prompts.confirm(
            f"Nothing will be deleted: there are {text}, and --max-delete allows {max_delete:,} "
            f"at most. Archive to {destination} without deleting?"
        )
        return False
    prompts.confirm(
        f"This will delete {text} at Telnyx after archiving them to {destination} "
        f"({prompts.extent(size(found.bytes), (found.oldest, found.newest))}). Continue?"
    )
    return True
