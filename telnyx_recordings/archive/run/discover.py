"""Lists recordings or looks up given ones, notes them, and starts to copy those that are new."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from telnyx_recordings.archive.records import Found, State, found_of
from telnyx_recordings.archive.run.copy import start_copy
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.archive.windows import ListedWindow, Row, Window, moment, walk, without
from telnyx_recordings.errors import ArchiveError, NotFoundError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_ARCHIVED = (State.VERIFIED, State.DELETED, State.ERASED)
SETTLED_AFTER = 5 * 60 * 1000
"""Milliseconds after which the list is settled: no window ends later than this before now."""
OVERLAP = 24 * 60 * 60 * 1000
"""Milliseconds at the end of a walk that the next one lists again, for rows that appear late."""


def discover(run: Run) -> None:
    """List the recordings of the filter, and copy new ones while their links are fresh."""
    run.report_progress("listing")
    wanted = run.selection(run.now - SETTLED_AFTER).window
    for listed in unlisted(run, run.scope, wanted, run.recordings_page):
        rows = [row for row in listed.rows if run.options.conditions.admit(row)]
        fresh = _add(run, listed._replace(rows=rows))
        run.listed += len(rows) + len(listed.odd)
        run.report_progress()
        for row in fresh:
            start_copy(run, str(row.id), row, run.options.formats)


def unlisted(run: Run, scope: int, wanted: Window, fetch: Any) -> Iterator[ListedWindow[Any]]:
    """List the windows that earlier runs have not; the caller remembers each window with its rows.

    A window that ends in the future comes from a run whose clock was ahead, and is listed again.
    """

    def is_odd(row: Row) -> bool:
        known = run.manifest.get(row.id or "")
        return known is not None and known.state is State.QUARANTINED and known.created is None

    now = None
    while now != run.now:
        now = run.now
        with run.manifest.commit():
            run.manifest.drop_windows(scope, now)
        todo = without(wanted, run.manifest.covered(scope)) if wanted.low <= wanted.high else []
        if scope == run.scope:
            run.expect(todo)
        yield from walk(todo, fetch, is_odd)
    with run.manifest.commit():
        run.manifest.tidy(scope)


def remember(run: Run, scope: int, window: Window) -> None:
    """Remember that a window was listed, except for its most recent part."""
    trusted = min(window.high, run.now - SETTLED_AFTER - OVERLAP)
    if trusted > window.low:
        run.manifest.cover(scope, Window(window.low, trusted))


def _add(run: Run, listed: ListedWindow[RecordingResponseData]) -> list[RecordingResponseData]:
    """Commit a window with its rows; return the rows to copy."""
    fresh: list[RecordingResponseData] = []
    with run.manifest.commit():
        for row in listed.rows:
            if not row.id:
                _quarantine(run, row, "it was listed without an id")
            elif run.manifest.discover(run.scope, found_of(row), run.number):
                fresh.append(row)
        for row in listed.odd:
            low, high = (moment(each).isoformat() for each in listed.window)
            reason = f"it was listed from {low} to {high}, but was created at {row.created_at}"
            _quarantine(run, row, reason)
        remember(run, run.scope, listed.window)
    return [] if run.options.dry_run else fresh


def _quarantine(run: Run, row: RecordingResponseData, reason: str) -> None:
    """Note a row that cannot be archived, unless its recording is archived already."""
    found: Found = found_of(row)
    if not row.id:
        content = sha256(found.meta.encode()).hexdigest()[:8]  # two may be of the same moment
        found = found._replace(id=f"(no id, created {found.created}, {content})")
    else:
        found = found._replace(created=None)  # it is not certain
    if run.manifest.discover(run.scope, found, run.number):
        run.manifest.set_state(found.id, State.QUARANTINED, reason, run.number)


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
            is_new = row is not None and run.manifest.discover(run.scope, found_of(row), run.number)
            if entry is not None and not is_new:
                run.manifest.include(run.scope, entry.n)
        if is_new and not run.options.dry_run:
            start_copy(run, id_, row, run.options.formats)
        if row is None and entry is None:
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
