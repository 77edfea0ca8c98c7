"""The journal under a manifest: one SQLite file, one connection, and every commit on disk."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from telnyx_recordings.errors import (
    ArchiveError,
    ArchiveLockedError,
    DestinationError,
    ManifestError,
)

_APPLICATION = 0x54525241  # "TRRA": tells our file from other programs'
_VERSION = 1
_LINES, _FRESH = "lines", "fresh"
_ERROR_KIND = 0xFF  # the low byte of SQLite's extended error codes

_SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE scopes (scope INTEGER PRIMARY KEY, filter TEXT NOT NULL UNIQUE);
CREATE TABLE windows (scope INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL);
CREATE TABLE recordings (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    reason TEXT,
    created INTEGER,
    updated TEXT,
    caller TEXT,
    called TEXT,
    meta TEXT,
    bytes INTEGER NOT NULL DEFAULT 0,
    attempted INTEGER NOT NULL DEFAULT 0,
    copied INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX unsettled ON recordings (state)
    WHERE state IN ('discovered', 'stored', 'delete_intent');
CREATE INDEX ages ON recordings (created);
CREATE TABLE members (
    scope INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (scope, n)
) WITHOUT ROWID;
CREATE TABLE objects (
    n INTEGER NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    etag TEXT,
    PRIMARY KEY (n, name)
) WITHOUT ROWID;
CREATE TABLE transcriptions (
    id TEXT PRIMARY KEY,
    recording TEXT NOT NULL,
    state TEXT NOT NULL,
    created INTEGER,
    body TEXT
) WITHOUT ROWID;
CREATE INDEX transcribed ON transcriptions (recording);
CREATE INDEX unwritten ON transcriptions (state) WHERE state <> 'stored';
"""
_TABLES = re.findall(r"CREATE TABLE (\w+)", _SCHEMA)


class Journal:
    """A file that only this process has open; a commit returns when it is on disk.

    Args:
        path: the file; None keeps everything in memory.
        rehearsal: nothing is ever committed: what a dry run does is undone when it closes.

    Raises:
        ArchiveLockedError: another process, or this one, has it open.
        ManifestError: this is not a manifest, it is damaged, or of a later version.
        DestinationError: the file cannot be made or read.
    """

    def __init__(self, path: Path | None, *, rehearsal: bool = False) -> None:
        """Open and lock the file, and make it when there is none."""
        self.path = path
        self._rehearsal = rehearsal
        self._depth = 0
        self._knows_of_stale_lines = False
        try:
            self._db = sqlite3.connect(
                ":memory:" if path is None else path, timeout=0, isolation_level=None
            )
        except sqlite3.Error as error:
            raise _translated(error, path) from error
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        if self.path is not None and self.path.stat().st_size == 0:
            self.path.chmod(0o600)
        self.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = FULL")
        self.execute("PRAGMA secure_delete = ON")  # what is erased leaves no trace in free pages
        self.execute("BEGIN EXCLUSIVE")
        [(application,)] = self.execute("PRAGMA application_id")
        [(version,)] = self.execute("PRAGMA user_version")
        [(tables,)] = self.execute("SELECT count(*) FROM sqlite_master")
        if tables == 0:
            for statement in _SCHEMA.split(";"):
                if statement.strip():
                    self.execute(statement)
            self.execute(f"PRAGMA application_id = {_APPLICATION}")
            self.execute(f"PRAGMA user_version = {_VERSION}")
        elif application != _APPLICATION:
            message = f"{self.path} is not the manifest of an archive"
            raise ManifestError(message)
        elif version != _VERSION:
            message = f"{self.path} is of version {version}: it needs a later telnyx-recordings"
            raise ManifestError(message)
        if not self._rehearsal:
            self.execute("COMMIT")

    @contextmanager
    def commit(self) -> Generator[None]:
        """Make one durable commit of all that is done inside; an exception undoes it all."""
        if self._rehearsal or self._depth:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            self._knows_of_stale_lines = False
            raise
        finally:
            self._depth = 0

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Generator[tuple[Any, ...]]:
        """Run one statement and give its rows one by one, for those that are many."""
        try:
            yield from self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error

    def setting(self, name: str) -> str | None:
        """Return a setting of the archive."""
        found = self.execute("SELECT value FROM settings WHERE name = ?", (name,))
        return str(found[0][0]) if found else None

    def set(self, name: str, value: str) -> None:
        """Keep a setting of the archive."""
        self.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    @property
    def has_stale_lines(self) -> bool:
        """Whether `manifest.jsonl` lacks something that is noted here, or was never written."""
        return self.setting(_LINES) != _FRESH

    def outdate_lines(self) -> None:
        """Note, with the change that makes it so, that `manifest.jsonl` must be written anew."""
        if not self._knows_of_stale_lines:
            self.set(_LINES, "stale")
            self._knows_of_stale_lines = True

    def note_fresh_lines(self) -> None:
        """Note that `manifest.jsonl` has all that is noted here."""
        with self.commit():
            self.set(_LINES, _FRESH)
        self._knows_of_stale_lines = False

    def clear(self) -> None:
        """Forget everything, to be filled anew."""
        with self.commit():
            for table in _TABLES:
                self.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            self.set("rebuilding", "1")

    def shrink(self) -> None:
        """Empty the write-ahead log into the file, so that no copy of erased rows is left in it."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close and unlock the file; a rehearsal is undone."""
        if self._rehearsal:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
        self._db.close()

    def __enter__(self) -> Self:
        """Return this journal."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close and unlock the file."""
        self.close()


def _translated(error: sqlite3.Error, path: Path | None) -> ArchiveError:
    code = getattr(error, "sqlite_errorcode", 0) & _ERROR_KIND
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return ArchiveLockedError(
            f"another archive, verify or purge is at work here ({path} is locked); wait for it"
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ManifestError(
            f"the manifest {path} is damaged ({error}): move it away and run the same archive "
            "again, and it is rebuilt from the files beside the audio"
        )
    if isinstance(error, sqlite3.OperationalError):
        return DestinationError(f"the manifest {path} cannot be written: {error}")
    return ManifestError(f"the manifest {path} cannot be used: {error}")
