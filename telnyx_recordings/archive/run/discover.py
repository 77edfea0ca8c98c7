"""Lists recordings, notes them in the manifest, and starts to copy new ones."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from telnyx_recordings.archive.records import Found, State, found_of
from telnyx_recordings.archive.run.copy import start_copy
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.archive.windows import ListedWindow, Window, walk, without
from telnyx_recordings.models.recording_response_data import RecordingResponseData

SETTLED_AFTER = 5 * 60 * 1000
"""Milliseconds after which the list is settled: no window ends later than this before now."""
OVERLAP = 24 * 60 * 60 * 1000
"""Milliseconds at the end of a walk that the next one lists again, for rows that appear late."""


def discover(run: Run) -> None:
    """List the recordings of the filter, and copy new ones while their links are fresh."""
    run.report_progress("listing")
    wanted = run.selection(run.options.conditions.high(run.now - SETTLED_AFTER)).window
    for listed in unlisted(run, run.scope, wanted, run.recordings_page):
        rows = [row for row in listed.rows if run.options.conditions.admit(row)]
        fresh = _add(run, listed.window, rows)
        run.listed += len(rows)
        run.report_progress()
        for row in fresh:
            start_copy(run, str(row.id), row, run.options.formats)


def unlisted(run: Run, scope: int, wanted: Window, fetch: Any) -> Iterator[ListedWindow[Any]]:
    """List what earlier runs have not; the caller remembers each window with its rows."""
    todo = without(wanted, run.manifest.covered(scope)) if wanted.low <= wanted.high else []
    yield from walk(todo, fetch)
    with run.manifest.commit():
        run.manifest.tidy(scope)


def remember(run: Run, scope: int, window: Window) -> None:
    """Remember that a window was listed, except for its most recent part."""
    trusted = min(window.high, run.now - SETTLED_AFTER - OVERLAP)
    if trusted > window.low:
        run.manifest.cover(scope, Window(window.low, trusted))


def _add(
    run: Run, window: Window, rows: list[RecordingResponseData]
) -> list[RecordingResponseData]:
    """Commit a window with its rows; return the rows to copy."""
    fresh: list[RecordingResponseData] = []
    with run.manifest.commit():
        for row in rows:
            if not row.id:
                _add_without_id(run, row)
            elif run.manifest.discover(run.scope, found_of(row), run.number):
                fresh.append(row)
        remember(run, run.scope, window)
    if run.options.dry_run:
        return []
    return fresh


def _add_without_id(run: Run, row: RecordingResponseData) -> None:
    found: Found = found_of(row)
    content = sha256(found.meta.encode()).hexdigest()[:8]  # two may be of the same moment
    found = found._replace(id=f"(no id, created {found.created}, {content})")
    run.manifest.discover(run.scope, found, run.number)
    run.manifest.set_state(found.id, State.QUARANTINED, "it was listed without an id", run.number)
