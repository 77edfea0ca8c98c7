"""`telnyx-recordings delete`: delete recordings at Telnyx."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output, prompts
from telnyx_recordings.cli.columns import (
    Column,
    Row,
    Sheet,
    created,
    length,
    minutes,
    parsed_time,
    plain,
)
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.commands.get import retrieved
from telnyx_recordings.cli.runner import Failures

if TYPE_CHECKING:
    from telnyx_recordings import Client


def _state(row: Row) -> str:
    return "deleted" if row["deleted"] else "would be deleted"


_SHEET = Sheet(
    ("id", "created_at", "duration_millis", "from", "to", "deleted"),
    output.in_columns(
        lambda: [
            Column("id", plain("id")),
            created(),
            Column("length", length, rank=1),
            Column("", _state),
        ]
    ),
)


@described("delete", "delete 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42", "delete - --dry-run < ids.txt")
@click.argument("ids", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Delete nothing; show what would be deleted.")
@options.yes
@options.tz
@options.form
@options.connecting
def command(*, client: Client, ids: Sequence[str], dry_run: bool, yes: bool, form: str) -> int:
    """Delete the recordings with these IDS at Telnyx; use - to read ids from standard input.

    They cannot be restored, and nothing is archived: see `archive --delete` for that.
    """
    failures = Failures()
    wanted = options.ids(ids)
    if not (dry_run or yes):
        prompts.check_terminal()
    found = list(_of_wanted(retrieved(client, wanted, failures, links=False), wanted, failures))
    if found and not (dry_run or yes):
        prompts.confirm(f"Delete {_summary(found)} at Telnyx for good?")
    if dry_run:
        output.write(({**row, "deleted": False} for row in found), form, _SHEET)
    else:
        output.write(_deleted(client, found, failures), form, _SHEET)
    return failures.code


def _of_wanted(rows: Iterator[Row], wanted: Sequence[str], failures: Failures) -> Iterator[Row]:
    """Yield the rows whose ids were named: no other recording is deleted."""
    for row in rows:
        if row.get("id") in wanted:
            yield row
        else:
            failures.add(f"the API responded with another recording, {row.get('id')}: not deleted")


def _deleted(client: Client, found: Sequence[Row], failures: Failures) -> Iterator[Row]:
    for row in found:
        with failures.caught():
            client.recordings.delete(str(row["id"]))
            yield {**row, "deleted": True}


def _summary(found: Sequence[Row]) -> str:
    """Return how many recordings there are, how long they are, and from which days."""
    lengths = [row.get("duration_millis") for row in found]
    total = minutes(sum(each for each in lengths if isinstance(each, int)))
    times = (parsed_time(row.get("created_at")) for row in found)
    return f"{prompts.counted(len(found))} ({prompts.extent(f'{total} of audio', times)})"
