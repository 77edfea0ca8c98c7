"""`telnyx-recordings verify`: read an archive in full and compare it with its manifest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output, progress
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.runner import DONE, FAILED

if TYPE_CHECKING:
    from telnyx_recordings import Client


@described("verify", "verify recordings", "verify s3://bucket/calls --repair")
@options.destination
@click.option("--repair", is_flag=True, help="Download damaged and missing files again.")
@options.workers(8)
@options.quiet
@options.form
@partial(options.fetching, flag="repair")
def command(
    *,
    client: Client | None,
    destination: str,
    workers: int,
    quiet: bool,
    form: str,
    **_: bool,
) -> int:
    """Read the archive at DESTINATION in full; change nothing without --repair.

    The exit code is 1 if a file is missing or damaged, and was not repaired. CSV has a row for each
    such file.
    """
    from telnyx_recordings import archive

    with progress.of_run(quiet=quiet) as update:
        if client is not None:
            result = archive.repair(destination, client, workers=workers, progress=update)
        else:
            result = archive.verify(destination, workers=workers, progress=update)
    if not (quiet and result.ok):
        output.write_report(result, form, ("id", "key", "reason"), part="damaged")
    return DONE if result.ok else FAILED
