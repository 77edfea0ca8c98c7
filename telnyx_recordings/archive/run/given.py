"""Copies recordings that were given by their ids, without listing any others."""

from __future__ import annotations

from telnyx_recordings.archive.records import State, found_of
from telnyx_recordings.archive.run.copy import start_copy
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.errors import ArchiveError, NotFoundError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_ARCHIVED = (State.VERIFIED, State.DELETED, State.ERASED)


def copy_given(run: Run) -> None:
    """Copy the given recordings that are not in the archive yet.

    Raises:
        ArchiveError: the API returned another recording than the one that was requested.
    """
    run.report_progress("copying")
    with run.manifest.commit():
        run.manifest.clear_scope(run.scope)
    for id_ in dict.fromkeys(run.options.ids):
        entry = run.manifest.get(id_)
        is_archived = entry is not None and entry.state in _ARCHIVED
        row = None if is_archived else _retrieved(run, id_)
        with run.manifest.commit():
            if row is not None and run.manifest.discover(run.scope, found_of(row), run.number):
                if not run.options.dry_run:
                    start_copy(run, id_, row, run.options.formats)
            elif entry is not None:
                run.manifest.include(run.scope, entry.n)
            elif row is None:
                run.missing.append(id_)
        run.listed += 1


def _retrieved(run: Run, id_: str) -> RecordingResponseData | None:
    """Fetch a recording; None if it does not exist."""
    try:
        row = run.account.recordings.retrieve(id_).data
    except NotFoundError:
        return None
    if row.id != id_:
        raise ArchiveError(f"{id_}: the API returned another recording; nothing was archived of it")
    return row
