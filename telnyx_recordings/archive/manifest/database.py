"""The database of a manifest: one SQLite file with one connection and durable commits."""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from telnyx_recordings.errors import (
    ArchiveError,
    ArchiveLockedError,
    DestinationError,
    ManifestError,
)

_APPLICATION = 0x54525241  # "TRRA": distinguishes our files from other programs'
_VERSION = 2
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
    updated TEXT,  -- only from earlier versions, as are the next two
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
    version TEXT,
    PRIMARY KEY (n, name)
) WITHOUT ROWID;
CREATE TABLE deletions (
    scope INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (scope, n)
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
TABLES: list[str] = re.findall(r"CREATE TABLE (\w+)", _SCHEMA)
_FORGET_TRANSCRIPTS = """
UPDATE transcriptions SET state = 'pending', body = NULL WHERE state = 'found' AND recording NOT IN
    (SELECT id FROM recordings WHERE state NOT IN ('erased', 'quarantined'))
"""
"""Earlier versions kept the text of transcripts whose recordings are not in the archive."""
_FROM_VERSION_1 = (
    "ALTER TABLE objects ADD COLUMN version TEXT",
    _SCHEMA[_SCHEMA.index("CREATE TABLE deletions") : _SCHEMA.index("CREATE TABLE transcriptions")],
)


class Database:
    """A SQLite file, locked for this process; commits return once they are on disk.

    Args:
        path: the file; None keeps everything in memory.
        dry_run: commit nothing; closing rolls all changes back.

    Raises:
        ArchiveLockedError: it is already open, in this process or another.
        ManifestError: the file is not a manifest, is damaged, or of a later version.
        DestinationError: the file cannot be created or read.
    """

    def __init__(self, path: Path | None, *, dry_run: bool = False) -> None:
        """Open and lock the file; create it if it is missing."""
        self.path = path
        self._dry_run = dry_run
        if path is not None and path.exists() and not path.is_file():
            raise ManifestError(f"the manifest {path} is not a regular file: move it away")
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
        self.execute("PRAGMA secure_delete = ON")  # erased rows leave no trace in free pages
        self.execute("BEGIN EXCLUSIVE")
        [(application,)] = self.execute("PRAGMA application_id")
        [(version,)] = self.execute("PRAGMA user_version")
        [(tables,)] = self.execute("SELECT count(*) FROM sqlite_master")
        if tables == 0:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self.execute(statement)
            self.execute(f"PRAGMA application_id = {_APPLICATION}")
            self.execute(f"PRAGMA user_version = {_VERSION}")
        elif application != _APPLICATION:
            raise ManifestError(f"{self.path} is not the manifest of an archive")
        elif version == 1:
            self._upgrade()
        elif version != _VERSION:
            raise ManifestError(
                f"{self.path} is of version {version}: it needs a later telnyx-recordings"
            )
        if not self._dry_run:
            self.execute("COMMIT")

    def _upgrade(self) -> None:
        for statement in _FROM_VERSION_1:
            self.execute(statement)
        for scope, filter_ in self.execute("SELECT scope, filter FROM scopes"):
            name = self.digest(filter_)
            self.execute("UPDATE scopes SET filter = ? WHERE scope = ?", (name, scope))
        self.execute(_FORGET_TRANSCRIPTS)
        self.execute(f"PRAGMA user_version = {_VERSION}")

    def digest(self, text: str) -> str:
        """Return a salted hash of a text that may contain people's phone numbers."""
        self.execute("INSERT OR IGNORE INTO settings VALUES ('salt', ?)", (secrets.token_hex(16),))
        [(salt,)] = self.execute("SELECT value FROM settings WHERE name = 'salt'")
        return hashlib.sha256(f"{salt} {text}".encode()).hexdigest()

    @contextmanager
    def commit(self) -> Generator[None]:
        """Commit the changes made inside, durably and all at once; an exception rolls them back."""
        if self._dry_run:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        try:
            return self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error

    def rows(self, statement: str, values: Sequence[Any] = ()) -> Generator[tuple[Any, ...]]:
        """Run one statement and yield its rows one by one, for large results."""
        try:
            yield from self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error

    def shrink(self) -> None:
        """Truncate the write-ahead log, so that it keeps no copy of erased rows."""
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def vacuum(self) -> None:
        """Rewrite the file without free pages, which may have copies of erased rows."""
        if not self._dry_run:
            self.execute("VACUUM")
            self.shrink()

    def close(self) -> None:
        """Close and unlock the file; a dry run is rolled back."""
        if self._dry_run:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
        self._db.close()


def _translated(error: sqlite3.Error, path: Path | None) -> ArchiveError:
    code = getattr(error, "sqlite_errorcode", 0) & _ERROR_KIND
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return ArchiveLockedError(
            f"another archive, verify or purge is running here ({path} is locked); wait for it"
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ManifestError(
            f"the manifest {path} is damaged ({error}): move it away and run the archive again, "
            "which rebuilds it from the sidecars"
        )
    if isinstance(error, sqlite3.OperationalError):
        return DestinationError(f"the manifest {path} cannot be written: {error}")
    return ManifestError(f"the manifest {path} cannot be used: {error}")
