"""The search index of an archive: filters and full-text search, in a separate SQLite file.

The key of a row begins with the time at which the recording was created, so that the newest rows
of every query come first without sorting: pages take as long in a large archive as in a small one.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct, json

from telnyx_recordings.archive.manifest.manifest import remove_search_index
from telnyx_recordings.archive.manifest.opening import open_manifest
from telnyx_recordings.archive.records import TRANSCRIPT, Entry, Stored
from telnyx_recordings.archive.stores.store import LINES, Store

PAGE = 50
"""Rows on a page."""

_VERSION = 1
_SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE recordings (
    k INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    mark TEXT NOT NULL,
    caller TEXT,
    called TEXT,
    channels TEXT,
    duration INTEGER,
    state TEXT NOT NULL
);
CREATE TABLE details (k INTEGER PRIMARY KEY, meta TEXT NOT NULL, objects TEXT NOT NULL);
CREATE TABLE facets (value TEXT NOT NULL, k INTEGER NOT NULL, PRIMARY KEY (value, k)) WITHOUT ROWID;
CREATE INDEX facets_of ON facets (k);
CREATE TABLE unread (k INTEGER PRIMARY KEY);
CREATE TABLE peaks (sha256 TEXT PRIMARY KEY, peaks BLOB NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE transcripts USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');
"""
_SPREAD = 1 << 20
"""Keys per millisecond of creation."""
_LATEST = 1 << 42
"""Milliseconds since 1970, as of the year 2109; keys are 64-bit numbers."""
_BATCHES_AT_ONCE = 10
"""Batches of the manifest that are read while the archive is locked."""
_READ_AT_ONCE = 200
"""Recordings whose transcripts are read between two commits."""

_CALLS = ("call_leg_id", "call_session_id", "call_control_id", "conference_id", "connection_id")
_MARKS = ("\x02", "\x03")
"""Mark the beginning and end of a highlighted word; no transcript contains them."""
_MOST_TEXT = 4 << 20
"""Bytes of a transcript that are indexed."""


class Query(Struct, frozen=True):
    """The filters of a page of the list; None is no condition.

    Attributes:
        text: words that a transcript must contain; the last one may be unfinished.
        number: a phone number that took part, with or without its `+`.
        call: the id of a call leg, call session, conference, connection or recording.
        since: created at this time or later, in milliseconds since 1970.
        until: created before this time, in milliseconds since 1970.
        channels: `single` or `dual`.
        shortest: minimum duration in seconds.
        longest: maximum duration in seconds.
        before: the key after which the page begins.
    """

    text: str = ""
    number: str = ""
    call: str = ""
    since: int | None = None
    until: int | None = None
    channels: str = ""
    shortest: float | None = None
    longest: float | None = None
    before: int | None = None


class ListRow(NamedTuple):
    """A row of the list; `duration` in milliseconds, `snippet` in parts, every second a match."""

    key: int
    id: str
    caller: str | None
    called: str | None
    channels: str | None
    duration: int | None
    state: str
    created: int | None
    snippet: tuple[str, ...]


class IndexedRecording(NamedTuple):
    """All data of a recording in the index."""

    row: ListRow
    meta: dict[str, Any]
    objects: tuple[Stored, ...]


class Index:
    """An index file. Each call opens a connection of its own, so threads can share it.

    Args:
        path: the file; it is created, or created again if it is of another version.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or create it."""
        self.path = path
        try:
            with closing(sqlite3.connect(path)) as db:
                usable = db.execute("PRAGMA user_version").fetchone()[0] == _VERSION
        except sqlite3.DatabaseError:
            usable = False
        if not usable:
            self._create()

    def update(self, store: Store) -> None:
        """Apply the changes of the manifest since the last update, then read transcripts.

        The archive is locked only for moments, while a part of its manifest is read.

        Raises:
            ArchiveLockedError: another program is using the archive.
            ManifestError: the manifest cannot be read.
            DestinationError: there is no archive, or a transcript cannot be read.
        """
        with self._connected() as db:
            stamp = _stamp(store)
            known = db.execute("SELECT value FROM settings WHERE name = 'manifest'").fetchone()
            if known != (stamp,):
                self._read_manifest(db, store)
                with db:
                    db.execute("INSERT OR REPLACE INTO settings VALUES ('manifest', ?)", (stamp,))
            self._read_transcripts(db, store)

    def unread(self) -> int:
        """Return the number of transcripts that are not indexed yet."""
        with self._connected() as db:
            return int(db.execute("SELECT count(*) FROM unread").fetchone()[0])

    def find(self, query: Query) -> list[ListRow]:
        """Return the newest rows that match, one more than a page has if there are more."""
        statement, values = _select(query)
        with self._connected() as db:
            return [_row(*each) for each in db.execute(statement, values)]

    def get(self, id_: str) -> IndexedRecording | None:
        """Return a recording; None if it is not in the archive."""
        with self._connected() as db:
            found = db.execute(
                "SELECT k, id, caller, called, channels, duration, state, NULL, meta, objects "
                "FROM recordings JOIN details USING (k) WHERE id = ?",
                (id_,),
            ).fetchone()
        if found is None:
            return None
        *row, meta, objects = found
        return IndexedRecording(_row(*row), json.decode(meta), _objects(objects))

    def peaks(self, sha256: str) -> bytes | None:
        """Return the stored waveform of an object."""
        with self._connected() as db:
            found = db.execute("SELECT peaks FROM peaks WHERE sha256 = ?", (sha256,)).fetchone()
        return bytes(found[0]) if found else None

    def keep_peaks(self, sha256: str, peaks: bytes) -> None:
        """Store the waveform of an object."""
        with self._connected() as db, db:
            db.execute("INSERT OR REPLACE INTO peaks VALUES (?, ?)", (sha256, peaks))

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        if not self.path.exists():  # a purge removed it
            self._create()
        with closing(sqlite3.connect(self.path, timeout=10)) as db:
            db.execute("PRAGMA synchronous = NORMAL")  # it can be rebuilt
            db.execute("PRAGMA secure_delete = ON")
            yield db

    def _create(self) -> None:
        remove_search_index(self.path)
        self.path.touch(mode=0o600)
        with closing(sqlite3.connect(self.path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(f"{_SCHEMA} PRAGMA user_version = {_VERSION};")

    def _read_manifest(self, db: sqlite3.Connection, store: Store) -> None:
        db.execute("CREATE TEMP TABLE seen (k INTEGER PRIMARY KEY)")
        for batch in _batches(store):
            with db:
                _take_over(db, batch)
        with db:
            for gone in ("recordings", "details", "facets", "unread"):
                db.execute(f"DELETE FROM {gone} WHERE k NOT IN (SELECT k FROM seen)")  # noqa: S608 - our own names
            erased = db.execute("DELETE FROM transcripts WHERE rowid NOT IN (SELECT k FROM seen)")
            if erased.rowcount:  # their words are still in the index, though not found any more
                db.execute("INSERT INTO transcripts (transcripts) VALUES ('rebuild')")
            db.execute("DROP TABLE seen")
        if erased.rowcount:
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _read_transcripts(self, db: sqlite3.Connection, store: Store) -> None:
        while True:
            found = db.execute(
                "SELECT k, objects FROM unread JOIN details USING (k) ORDER BY k DESC LIMIT ?",
                (_READ_AT_ONCE,),
            ).fetchall()
            if not found:
                return
            texts = [(k, "\n".join(texts_of(store, _objects(objects)))) for k, objects in found]
            with db:
                keys = [(k,) for k, _ in texts]
                db.executemany("DELETE FROM transcripts WHERE rowid = ?", keys)
                db.executemany("INSERT INTO transcripts (rowid, text) VALUES (?, ?)", texts)
                db.executemany("DELETE FROM unread WHERE k = ?", keys)


def _batches(store: Store) -> Iterator[list[tuple[Entry, str]]]:
    """Yield the recordings of a manifest in batches; the archive is not locked between them.

    A manifest that is missing or out of date is rebuilt in memory, which is done only once.
    """
    after = -1
    while True:
        with open_manifest(store, dry_run=True, must_exist=True) as manifest:
            at_once = None if manifest.database.path is None else _BATCHES_AT_ONCE
            found = list(islice(manifest.described(after), at_once))
        yield from found
        if not found or at_once is None:
            return
        after = found[-1][-1][0].n


def _take_over(db: sqlite3.Connection, batch: Sequence[tuple[Entry, str]]) -> None:
    """Write the rows of a batch that are new or have changed."""
    marks = ", ".join("?" * len(batch))
    known = {
        id_: (k, mark)
        for id_, k, mark in db.execute(
            f"SELECT id, k, mark FROM recordings WHERE id IN ({marks})",  # noqa: S608 - only marks
            [entry.id for entry, _ in batch],
        )
    }
    for entry, meta in batch:
        k, mark = known.get(entry.id, (None, ""))
        objects = json.encode(entry.objects)
        now = hashlib.sha256(b"\0".join((entry.state.encode(), meta.encode(), objects))).hexdigest()
        if k is None:
            k = _new_key(db, entry)
        if mark != now:
            _write(db, k, entry, meta, now)
        db.execute("INSERT OR IGNORE INTO temp.seen VALUES (?)", (k,))


def _new_key(db: sqlite3.Connection, entry: Entry) -> int:
    created = min(max(entry.created or 0, 0), _LATEST)
    low, high = created * _SPREAD, (created + 1) * _SPREAD - 1
    among = "SELECT max(k) FROM recordings WHERE k BETWEEN ? AND ?"
    last = db.execute(among, (low, high)).fetchone()[0]
    return low if last is None else int(last) + 1


def _write(db: sqlite3.Connection, k: int, entry: Entry, meta: str, mark: str) -> None:
    fields: dict[str, Any] = json.decode(meta)
    caller, called = _text(fields.get("from")), _text(fields.get("to"))
    millis = fields.get("duration_millis")
    duration = int(millis) if isinstance(millis, int | float) else None
    db.execute(
        "INSERT OR REPLACE INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (k, entry.id, mark, caller, called, _text(fields.get("channels")), duration, entry.state),
    )
    objects = json.encode(entry.objects).decode()
    db.execute("INSERT OR REPLACE INTO details VALUES (?, ?, ?)", (k, meta, objects))
    db.execute("DELETE FROM facets WHERE k = ?", (k,))
    values = {_number(each) for each in (caller, called) if each}
    values |= {text for name in _CALLS if (text := _text(fields.get(name)))}
    values.add(entry.id)
    db.executemany("INSERT OR IGNORE INTO facets VALUES (?, ?)", [(each, k) for each in values])
    if any(map(_is_text, entry.objects)):
        db.execute("INSERT OR IGNORE INTO unread VALUES (?)", (k,))
    else:
        db.execute("DELETE FROM transcripts WHERE rowid = ?", (k,))


def _select(query: Query) -> tuple[str, list[Any]]:
    """Return the statement that finds a page; each condition that it streams from is an index."""
    sources = ["recordings AS r"]
    conditions, values = list[str](), list[Any]()
    snippet = "NULL"
    if words := _match(query.text):
        snippet = f"snippet(transcripts, 0, '{_MARKS[0]}', '{_MARKS[1]}', '…', 16)"
        sources.insert(0, "transcripts")
        conditions.append("transcripts MATCH ? AND r.k = transcripts.rowid")
        values.append(words)
    for place, value in enumerate(filter(None, (_number(query.number), query.call.strip()))):
        sources.insert(0, f"facets AS f{place}")
        conditions.append(f"f{place}.value = ? AND f{place}.k = r.k")
        values.append(value)
    key = "transcripts.rowid" if words else "f0.k" if len(sources) > 1 else "r.k"
    for text, bound in (
        (f"{key} >= ?", None if query.since is None else query.since * _SPREAD),
        (f"{key} < ?", None if query.until is None else query.until * _SPREAD),
        (f"{key} < ?", query.before),
        ("r.channels = ?", query.channels or None),
        ("r.duration >= ?", None if query.shortest is None else query.shortest * 1000),
        ("r.duration <= ?", None if query.longest is None else query.longest * 1000),
    ):
        if bound is not None:
            conditions.append(text)
            values.append(bound)
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    columns = "r.k, r.id, r.caller, r.called, r.channels, r.duration, r.state"
    tables = " CROSS JOIN ".join(sources)
    order = f"ORDER BY {key} DESC LIMIT {PAGE + 1}"
    return f"SELECT {columns}, {snippet} FROM {tables} {where}{order}", values  # noqa: S608 - our own text


def _match(text: str) -> str:
    """Return a query of FTS5 for all words of a text, each taken literally."""
    words = re.findall(r"\w+", text)
    quoted = [f'"{word}"' for word in words]
    if quoted and not text.endswith((" ", '"')):
        quoted[-1] += "*"
    return " AND ".join(quoted)


def _row(k: int, *columns: Any) -> ListRow:
    """Return the row with these columns, of which the last is the snippet or None."""
    *values, snippet = columns
    parts = tuple(re.split("[\x02\x03]", snippet)) if snippet else ()
    return ListRow._make((k, *values, k // _SPREAD or None, parts))


def _number(text: str) -> str:
    """Return a phone number as it is indexed: by its digits; if it has none, by its text."""
    bare = text.strip()
    digits = re.sub(r"[\s().-]", "", bare).removeprefix("+")
    return f"tel:{digits}" if digits.isdigit() else bare


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _plain(data: bytes) -> str:
    text = data[:_MOST_TEXT].decode("utf-8", "replace")
    return text.translate({ord(each): " " for each in _MARKS})


def _stamp(store: Store) -> str:
    """Return a value that changes with the manifest, on this machine or another."""
    path = store.manifest_path()
    files = (path, path.with_name(f"{path.name}-wal"))
    found = [each.stat() for each in files if each.exists()]
    parts = [f"{each.st_mtime_ns}:{each.st_size}" for each in found]
    if store.is_shared or not found:
        parts.append(str(store.stat(LINES)))
    return " ".join(parts)


def _objects(text: str) -> tuple[Stored, ...]:
    return tuple(Stored(*each) for each in json.decode(text))


def _is_text(stored: Stored) -> bool:
    """Return whether an object is the text of a transcript."""
    return stored.name.startswith(TRANSCRIPT) and stored.key.endswith(".txt")


def texts_of(store: Store, objects: Iterable[Stored]) -> list[str]:
    """Return the transcripts of a recording.

    Raises:
        DestinationError: one cannot be read.
    """
    return [_plain(store.get(each.key) or b"") for each in objects if _is_text(each)]
