"""Keeps the index up to date in a thread, while pages show its present content."""

from __future__ import annotations

import threading

from telnyx_recordings.archive.stores.store import Store
from telnyx_recordings.browse.index import Index
from telnyx_recordings.errors import ArchiveError, ArchiveLockedError

_AGAIN = 15.0
"""Seconds between two checks of the manifest."""


class Updates:
    """Updates the index at once, and again whenever the manifest has changed."""

    def __init__(self, store: Store, index: Index, seconds: float = _AGAIN) -> None:
        """Take the archive and its index; `start` begins."""
        self._store = store
        self._index = index
        self._seconds = seconds
        self._problem = "reading the archive"
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telnyx-browse", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End after the running update."""
        self._closed.set()
        self._thread.join()

    def status(self) -> str:
        """Return how complete the index is, for a person; empty if it is complete."""
        if unread := self._index.unread():
            return f"{unread:,} transcripts are still to be read for the search"
        return self._problem

    def _run(self) -> None:
        while True:
            try:
                self._index.update(self._store)
                self._problem = ""
            except ArchiveLockedError:
                self._problem = "the archive is being changed: these pages show how it was before"
            except (ArchiveError, OSError) as error:
                self._problem = f"these pages may be out of date: {error}"
            if self._closed.wait(self._seconds):
                return
