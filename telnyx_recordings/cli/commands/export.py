"""`telnyx-recordings export`: copy recordings out of an archive, to hand them over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output, param_types, progress
from telnyx_recordings.cli.command import described

if TYPE_CHECKING:
    from telnyx_recordings.models.recording_list_filter import RecordingListFilterDict

_FIELDS = (
    *("destination", "out", "recordings", "files", "bytes", "manifest_sha256", "log", "seconds"),
)


@described(
    "export",
    "export recordings case-7.zip --from +12125550137",
    "export s3://bucket/calls case-8 --since 90d --vcon",
)
@options.destination
@click.argument("out")
@options.selecting
@options.recording_ids
@click.option("--vcon", is_flag=True, help="Also write each recording as a vCon.")
@options.quiet
@options.form
def command(  # noqa: PLR0913 - one parameter per option
    *,
    destination: str,
    out: str,
    chosen: RecordingListFilterDict,
    ids: Sequence[str],
    vcon: bool,
    quiet: bool,
    form: str,
) -> None:
    """Export recordings from the archive at DESTINATION to OUT, a new folder or zip file.

    OUT becomes a BagIt bag with audio, transcripts and metadata, all verified, a list for
    spreadsheets, and a page that plays and searches without a server. The export is logged in the
    archive.
    """
    from telnyx_recordings import archive

    with progress.of_run(quiet=quiet) as update:
        result = archive.export(
            destination,
            out,
            filter=chosen,
            ids=ids,
            vcon=vcon,
            zone=param_types.zone(),
            progress=update,
        )
    if not quiet:
        output.write_report(result, form, _FIELDS)
