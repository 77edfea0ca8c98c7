"""`telnyx-recordings download`: download the audio of recordings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import COMMANDS, kinds, options, output, progress
from telnyx_recordings.cli.ending import DONE, Failures

if TYPE_CHECKING:
    from telnyx_recordings import Client
    from telnyx_recordings.media import Downloaded, Format


def _size(row: output.Row) -> str:
    return f"{row['size']:,}"


def _news(row: output.Row) -> str:
    return "already there" if row["already_there"] else ""


_SHEET = output.Sheet(
    ("recording_id", "format", "path", "size", "sha256", "already_there"),
    {
        "recording": output.plain("recording_id"),
        "bytes": _size,
        "file": output.plain("path"),
        "": _news,
    },
)
_RESUME = "what came is kept: run the same command again and it goes on from there"


@click.command("download", short_help=COMMANDS["download"])
@click.argument("ids", nargs=-1, required=True)
@click.option(
    "--output",
    "-o",
    "destination",
    metavar="PATH",
    default=".",
    show_default="the current folder",
    help="A folder; or, for one recording, a file, or - for standard output.",
)
@options.audio
@click.option(
    "--wait", type=kinds.Span(), help="Wait so long for audio that is not ready yet, as 60s."
)
@options.form
@options.fetching
def command(  # noqa: PLR0913 - one parameter an option
    *,
    client: Client,
    ids: Sequence[str],
    destination: str,
    audio: Format | None,
    wait: timedelta | None,
    form: str | None,
) -> int:
    """Download the audio of the recordings with these IDS; - reads ids from standard input.

    A file appears under its name when it is whole, checked and on disk. Interrupted, the same
    command goes on where it was.
    """
    wanted = options.ids(ids)
    if len(wanted) > 1:
        _check_folder(destination)
    fetch = partial(client.download, format=audio, wait=wait.total_seconds() if wait else None)
    if destination == "-":
        return _to_stdout(fetch, wanted)
    failures = Failures()
    try:
        rows = _rows(fetch, wanted, destination, failures)
        output.write(rows, form, _SHEET)
    except KeyboardInterrupt as error:
        error.add_note(_RESUME)
        raise
    return failures.code


def _rows(
    fetch: Callable[..., Downloaded], ids: Sequence[str], destination: str, failures: Failures
) -> Iterator[output.Row]:
    for each in ids:
        with failures.kept(), progress.of_download(each) as tell:
            done = fetch(each, destination, progress=tell)
            yield _row(done)


def _row(done: Downloaded) -> output.Row:
    return {
        "recording_id": done.recording_id,
        "format": done.format,
        "path": str(done.path),
        "size": done.size,
        "sha256": done.sha256,
        "already_there": done.already_there,
    }


def _to_stdout(fetch: Callable[..., Downloaded], ids: Sequence[str]) -> int:
    if sys.stdout.isatty():
        raise click.UsageError("audio is not for a terminal: send it to a file or a program")
    for each in ids:
        fetch(each, sys.stdout.buffer)
    return DONE


def _check_folder(destination: str) -> None:
    """See that many files have a place to go to.

    Raises:
        click.UsageError: they would all be one file.
    """
    from pathlib import Path

    if not (destination.endswith("/") or Path(destination).is_dir()):
        raise click.UsageError(f"several recordings need a folder, and {destination!r} is none")
