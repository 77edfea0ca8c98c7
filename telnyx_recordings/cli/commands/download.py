"""`telnyx-recordings download`: download the audio of recordings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from telnyx_recordings.cli import options, output, parallel, progress
from telnyx_recordings.cli.columns import Column, Row, Sheet, size
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.runner import DONE, Failures
from telnyx_recordings.core.text import printable

if TYPE_CHECKING:
    from telnyx_recordings import Client, RecordingResponseData
    from telnyx_recordings.media import Downloaded, Format
    from telnyx_recordings.models.recording_list_filter import RecordingListFilterDict

    Fetch = Callable[[str | RecordingResponseData, progress.Update], Downloaded]


def _path(row: Row) -> str:
    return printable(row["path"])  # a line break in it is shown as an escape


def _size(row: Row) -> str:
    return size(row["size"])


def _note(row: Row) -> str:
    return "already there" if row["already_there"] else ""


_SHEET = Sheet(
    ("recording_id", "format", "path", "size", "sha256", "already_there"),
    output.in_columns(
        lambda: [
            Column("file", _path, least=8),
            Column("size", _size),
            Column("", _note, rank=2),
        ]
    ),
)
_SEPARATORS = ("/", os.sep)
_FORMATS = ("wav", "mp3")
_OTHER_FORMATS = ("aac", "aif", "aiff", "flac", "m4a", "ogg", "opus", "wma")
_RESUME = "what was downloaded is kept: run the same command again to resume"


@described(
    "download",
    "download 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42 -o call.mp3",
    "download --since yesterday --channels dual -o audio/",
    "download - -o audio/ < ids.txt",
)
@click.argument("ids", nargs=-1)
@click.option(
    "--output",
    "-o",
    "destination",
    metavar="PATH",
    shell_complete=options.complete_path,
    default=".",
    show_default="the current folder",
    help="A folder; or for a single recording a file, or - for standard output.",
)
@options.audio
@options.wait
@options.workers(8)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Download at most this many."
)
@options.selecting
@options.channels
@options.form
@options.fetching
def command(  # noqa: PLR0913 - one parameter per option
    *,
    client: Client,
    ids: Sequence[str],
    destination: str,
    audio: Format | None,
    wait: timedelta | None,
    workers: int,
    limit: int | None,
    chosen: RecordingListFilterDict,
    channels: str | None,
    form: str,
) -> int:
    """Download the audio of the recordings with these IDS, or of those that match the filters.

    Use - to read ids from standard input. A file appears under its name once it is complete,
    verified and on disk. Run the same command again to resume after an interruption.
    """
    filtered = bool(chosen or channels)
    if bool(ids) == filtered:
        raise click.UsageError("pass the ids of recordings, or select recordings with filters")
    wanted: Sequence[str] = options.ids(ids)[:limit] if ids else ()
    _check_destination(destination, audio, several=filtered or len(wanted) > 1)
    seconds = wait.total_seconds() if wait else None
    if destination == "-":
        _to_stdout(partial(client.download, format=audio, wait=seconds), wanted)
        return DONE

    def fetch(recording: str | RecordingResponseData, update: progress.Update) -> Downloaded:
        return client.download(recording, destination, format=audio, wait=seconds, progress=update)

    recordings: Iterable[str | RecordingResponseData] = wanted
    count: int | None = len(wanted)
    if filtered:
        first = client.recordings.list(filter=chosen, page_size=options.PAGE)
        recordings = islice(options.of_channels(first, channels), limit)
        count = first.meta.total_results if channels is None else None
        if count is not None and limit is not None:
            count = min(count, limit)
    failures = Failures()
    try:
        with progress.of_downloads(count) as shown:
            rows: Iterable[Row] = _rows(workers, fetch, recordings, failures, shown)
            if sys.stdout.isatty():
                rows = list(rows)  # shown below the bar, when that is gone
            else:
                output.write(rows, form, _SHEET)
    except KeyboardInterrupt as error:
        error.add_note(_RESUME)
        raise
    if sys.stdout.isatty():
        output.write(rows, form, _SHEET)
    if filtered and not shown.started:
        output.nothing_found(form, chosen.get("from"), chosen.get("to"))
    return failures.code


def _rows(
    workers: int,
    fetch: Fetch,
    recordings: Iterable[str | RecordingResponseData],
    failures: Failures,
    shown: progress.Downloads,
) -> Iterator[Row]:
    """Download recordings, and yield their rows.

    The first is downloaded alone: what would stop all of them, such as a full disk, stops it.
    """
    left = iter(recordings)
    for first in islice(left, 1):
        with failures.caught(), shown.of_next() as update:
            yield _row(fetch(first, update))

    def work(each: str | RecordingResponseData, stopping: Event) -> Downloaded:
        with shown.of_next() as update:

            def update_or_stop(done: int, total: int) -> None:
                if stopping.is_set():
                    raise parallel.CallStoppedError
                update(done, total)

            return fetch(each, update_or_stop)

    with closing(parallel.calls(work, left, workers)) as futures:
        for future in futures:
            with failures.caught():
                yield _row(future.result())


def _row(done: Downloaded) -> Row:
    return {name: getattr(done, name) for name in _SHEET.fields} | {"path": str(done.path)}


@contextmanager
def downloaded(client: Client, recording_id: str, **choices: Any) -> Generator[Path]:
    """Download a recording to a temporary folder, and yield the file."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="telnyx-recordings-") as folder:
        with progress.of_downloads(1) as shown, shown.of_next() as update:
            done = client.download(recording_id, folder, progress=update, **choices)
        yield done.path


def _to_stdout(fetch: Callable[..., Downloaded], ids: Sequence[str]) -> None:
    if sys.stdout.isatty():
        raise click.UsageError("audio is not written to a terminal: redirect it to a file")
    for each in ids:
        fetch(each, sys.stdout.buffer)


def _check_destination(destination: str, audio: Format | None, *, several: bool) -> None:
    """Check that the destination suits what is downloaded; create a folder whose name ends with /.

    Raises:
        click.UsageError: several recordings are not for a folder, or the file name has the ending
            of another format.
    """
    path = Path(destination)
    if destination.endswith(_SEPARATORS):
        path.mkdir(parents=True, exist_ok=True)
    if path.is_dir() or destination == "-":
        return
    if several:
        raise click.UsageError(
            f"several recordings need a folder, but {destination!r} is not one: "
            f"write {destination + '/'!r} to create it"
        )
    ending = path.suffix.lower().removeprefix(".")
    if ending in _OTHER_FORMATS:
        names = f"{path.with_suffix('.wav').name} or {path.with_suffix('.mp3').name}"
        raise click.UsageError(f"Telnyx has WAV and MP3, but not {ending.upper()}: write {names}")
    if audio and ending in _FORMATS and ending != audio:
        raise click.UsageError(
            f"--audio {audio} does not go with a file name that ends with .{ending}: "
            f"leave --audio out, or write {path.with_suffix('.' + audio).name}"
        )
