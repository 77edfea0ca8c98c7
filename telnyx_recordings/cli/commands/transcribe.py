"""`telnyx-recordings transcribe`: transcribe a file or a recording."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.columns import Row, Sheet, minutes
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.commands.download import downloaded
from telnyx_recordings.cli.runner import flat

if TYPE_CHECKING:
    from telnyx_recordings import Client

_MODELS = (
    "openai/whisper-large-v3-turbo",
    "distil-whisper/distil-large-v2",
    "deepgram/nova-3",
)


@described(
    "transcribe",
    "transcribe call.wav",
    "transcribe 0b5e7e3c-7d1f-4b0e-9d0a-5a3f1c1a9d42 --segments",
)
@click.argument("source", metavar="FILE|ID", shell_complete=options.complete_path)
@click.option(
    "--model",
    metavar="NAME",
    default=_MODELS[0],
    show_default=True,
    help=f"The model: {', '.join(_MODELS)}, or another one.",
)
@click.option("--language", metavar="TAG", help="The language of the audio, such as de.")
@click.option("--segments", is_flag=True, help="Also print when each part was said.")
@options.form
@options.fetching
def command(  # noqa: PLR0913 - one parameter per option
    *,
    client: Client,
    source: str,
    model: str,
    language: str | None,
    segments: bool,
    form: str,
) -> None:
    """Transcribe an audio FILE, or the audio of the recording with this ID.

    Telnyx charges for each transcription, so it is not retried. See `transcripts` for those that
    exist already.
    """
    name, audio = _audio(client, source)
    found = client.ai.audio.transcribe(
        file=(name, audio),
        model=model,
        language=language,
        response_format="verbose_json" if segments else "json",
    ).to_dict()
    row = {"source": source, **found}
    output.write([row], form, Sheet(("source", "text", "duration"), _draw))


def _audio(client: Client, source: str) -> tuple[str, bytes]:
    """Return the name and the content of a file, or of the audio of a recording."""
    path = Path(source)
    if path.is_file():
        return path.name, path.read_bytes()
    if "/" in source or path.suffix:
        raise click.UsageError(f"there is no file {source!r}")
    with downloaded(client, source) as saved:
        return saved.name, saved.read_bytes()


def _draw(rows: Iterable[Row]) -> None:
    """Print the text, or its segments with their times."""
    from telnyx_recordings.cli import table

    (row,) = rows
    parts = row.get("segments")
    if not parts:
        for line in table.wrap(flat(str(row.get("text") or "")), table.width() or 100):
            click.echo(line)
        return
    fields = ((_at(part.get("start")), flat(str(part.get("text") or ""))) for part in parts)
    table.draw_record(fields, table.width())


def _at(seconds: object) -> str:
    return minutes(round(seconds * 1000)) if isinstance(seconds, (int, float)) else ""
