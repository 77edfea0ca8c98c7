"""`telnyx-recordings verify`: read an archive in full and compare it with its manifest."""

from __future__ import annotations

import click

from telnyx_recordings.cli import COMMANDS, options, output, progress
from telnyx_recordings.cli.runner import DONE, FAILED


@click.command("verify", short_help=COMMANDS["verify"])
@click.argument("destination")
@click.option("--workers", type=click.IntRange(min=1), default=8, show_default=True)
@options.form
def command(*, destination: str, workers: int, form: str | None) -> int:
    """Read everything in the archive at DESTINATION; change nothing.

    The exit code is 1 if a file is missing or damaged. CSV has a row for each such file.
    """
    from telnyx_recordings import archive

    with progress.of_run() as update:
        result = archive.verify(destination, workers=workers, progress=update)
    output.write_report(result, form, ("id", "key", "reason"), part="damaged")
    return DONE if result.ok else FAILED
