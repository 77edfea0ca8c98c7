"""`telnyx-recordings split`: split dual-channel WAV files into one file per leg."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.columns import Row, Sheet
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.runner import Failures

_SHEET = Sheet(("file", "a", "b"), output.as_records)


@described("split", "split call.wav", "split audio/*.wav --output legs/")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(exists=True, file_okay=False),
    show_default="next to each file",
    help="The folder for the new files.",
)
@options.form
def command(*, files: Sequence[str], folder: str | None, form: str) -> int:
    """Split WAV FILES with two channels into NAME.a.wav and NAME.b.wav.

    Channel a is the first leg of the call, b all others. Samples are copied, never converted.
    """
    failures = Failures()
    output.write(_rows(files, folder, failures), form, _SHEET)
    return failures.code


def _rows(files: Sequence[str], folder: str | None, failures: Failures) -> Iterator[Row]:
    from telnyx_recordings import split_channels

    for each in files:
        with failures.caught():
            legs = split_channels(each, folder)
            yield {"file": each, "a": str(legs.a), "b": str(legs.b)}
