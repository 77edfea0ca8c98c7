"""What an archive knows of each recording: its state, its objects, and which times were listed."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from msgspec import json

from telnyx_recordings.archive.manifest.database import TABLES, Database
from telnyx_recordings.archive.records import (
    Candidate,
    Entry,
    Found,
    Selection,
    State,
    Stored,
    Tally,
)
from telnyx_recordings.archive.windows import Window, merged

SEARCH_INDEX = "browse.sqlite"
"""The search index of `browse`, beside the manifest; it can be rebuilt at any time."""

_BATCH = 500
"""Rows that are read from the manifest at a time."""

_LINES, _FRESH, _WRITTEN = "lines", "fresh", "lines_written"
_OF_SELECTION = (
    "FROM recordings AS r JOIN members AS m ON m.n = r.n AND m.scope = ? "
    "WHERE (r.created IS NULL OR r.created BETWEEN ? AND ?)"
)
_BYTES_PER_MILLISECOND = {"wav": 16, "mp3": 4}  # per channel: 8 kHz at 16 bits; 32 kbit/s
_ARCHIVED = "r.state IN ('verified', 'delete_intent', 'deleted')"
_MAY_HAVE_TRANSCRIPTS = "r.state NOT IN ('erased', 'quarantined')"
_HAS_OBJECTS = "EXISTS (SELECT 1 FROM objects AS o WHERE o.n = r.n)"
_LACKS = "NOT EXISTS (SELECT 1 FROM objects AS o WHERE o.n = r.n AND o.name = ?)"
_TO_DELETE = "FROM recordings AS r JOIN deletions AS d ON d.n = r.n AND d.scope = ? WHERE 1"
_COLUMNS = "r.n, r.id, r.state, r.reason, r.created"


class Manifest:
    """Queries and updates of the database. Make changes inside `with commit():`.

    Raises: see `Database`.
    """

    def __init__(
        self, path: Path | None, *, dry_run: bool = False, guard: Callable[[], None] | None = None
    ) -> None:
        """Open the database, see `Database`; `guard` raises if it must not be changed any more."""
        self._guard = guard
        self.database: Database = Database(path, dry_run=dry_run)

    def __enter__(self) -> Self:
        """Return this manifest."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close and unlock the database."""
        self.close()

    def close(self) -> None:
        """Close and unlock the database; a dry run is rolled back."""
        self.database.close()

    @contextmanager
    def commit(self) -> Generator[None]:
        """Commit the changes made inside, durably and all at once; an exception rolls them back."""
        if self._guard is not None:
            self._guard()
        with self.database.commit():
            yield

    def vacuum(self) -> None:
        """Remove every copy of erased rows: from the database, and with the search index."""
        self.database.vacuum()
        if self.database.path is not None:
            remove_search_index(self.database.path.with_name(SEARCH_INDEX))

    def setting(self, name: str) -> str | None:
        """Return a setting of the archive."""
        found = self.database.execute("SELECT value FROM settings WHERE name = ?", (name,))
        return str(found[0][0]) if found else None

    def set(self, name: str, value: str) -> None:
        """Store a setting of the archive."""
        self.database.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def unset(self, name: str) -> None:
        """Remove a setting of the archive."""
        self.database.execute("DELETE FROM settings WHERE name = ?", (name,))

    @property
    def has_stale_lines(self) -> bool:
        """Whether `manifest.jsonl` is out of date or was never written."""
        return self.setting(_LINES) != _FRESH

    @property
    def lines_written(self) -> str | None:
        """What `mark_lines_fresh` noted."""
        return self.setting(_WRITTEN)

    def mark_lines_stale(self) -> None:
        """Mark `manifest.jsonl` as out of date, in the commit that makes it so."""
        self.unset(_LINES)

    def mark_lines_fresh(self, written: str) -> None:
        """Mark `manifest.jsonl` as up to date, and note what was written."""
        with self.commit():
            self.set(_LINES, _FRESH)
            self.set(_WRITTEN, written)

    @property
    def needs_rebuild(self) -> bool:
        """Whether this manifest is new, or its rebuild was interrupted."""
        is_new = self.setting("archive") is None and self.setting("run") is None
        return is_new or self.setting("rebuilding") is not None

    def clear(self) -> None:
        """Delete everything, so that it can be rebuilt."""
        with self.commit():
            for table in TABLES:
                self.database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            self.set("rebuilding", "1")

    def begin_run(self) -> int:
        """Return the number of a new run, one more than the last."""
        run = int(self.setting("run") or 0) + 1
        self.set("run", str(run))
        return run

    def scope(self, filter_: str) -> int:
        """Return the number that stands for a filter."""
        name = self.database.digest(filter_)  # a filter may name people, who may ask to be erased
        self.database.execute("INSERT OR IGNORE INTO scopes (filter) VALUES (?)", (name,))
        return self._number("SELECT scope FROM scopes WHERE filter = ?", (name,))

    def covered(self, scope: int) -> list[Window]:
        """Return the windows that need not be listed again for a scope."""
        found = self.database.execute("SELECT low, high FROM windows WHERE scope = ?", (scope,))
        return merged(Window(low, high) for low, high in found)

    def cover(self, scope: int, window: Window) -> None:
        """Remember that a window has been listed completely."""
        self.database.execute("INSERT INTO windows VALUES (?, ?, ?)", (scope, *window))

    def clear_scope(self, scope: int) -> None:
        """Forget which recordings belong to a scope."""
        self.database.execute("DELETE FROM members WHERE scope = ?", (scope,))

    def include(self, scope: int, n: int) -> None:
        """Add a known recording to a scope."""
        self.database.execute("INSERT OR IGNORE INTO members VALUES (?, ?)", (scope, n))

    def drop_windows(self, scope: int, now: int) -> None:
        """Forget the windows that end after a time, in milliseconds since 1970."""
        self.database.execute("DELETE FROM windows WHERE scope = ? AND high > ?", (scope, now))

    def tidy(self, scope: int) -> None:
        """Merge a scope's listed windows."""
        windows = self.covered(scope)
        self.database.execute("DELETE FROM windows WHERE scope = ?", (scope,))
        for window in windows:
            self.cover(scope, window)

    def discover(self, scope: int, found: Found, run: int) -> bool:
        """Add a recording that was listed; return whether this run must copy it."""
        self.database.execute(
            "INSERT OR IGNORE INTO recordings (id, state, created, meta) "
            "VALUES (?, 'discovered', ?, ?)",
            found,
        )
        [(n, state, attempted)] = self.database.execute(
            "SELECT n, state, attempted FROM recordings WHERE id = ?", (found.id,)
        )
        self.include(scope, n)
        if state != State.DISCOVERED or attempted >= run:
            return False
        self.mark_lines_stale()
        return True

    def restore(self, found: Found, state: State, reason: str | None = None) -> None:
        """Add a recording that evidence names, unless the manifest has it."""
        self.mark_lines_stale()
        meta = None if state is State.ERASED else found.meta
        self.database.execute(
            "INSERT OR IGNORE INTO recordings (id, state, reason, created, meta) "
            "VALUES (?, ?, ?, ?, ?)",
            (found.id, state, reason, found.created, meta),
        )

    def restore_intent(self, id_: str) -> None:
        """Note that a stored recording was deleted at the source, or was about to be."""
        self.database.execute(
            "UPDATE recordings SET state = 'delete_intent' WHERE id = ? AND state = 'stored'",
            (id_,),
        )

    def copied(self, found: Found, objects: Iterable[Stored], run: int) -> None:
        """Note that a recording's objects are durable, and the metadata they were made with."""
        self.database.execute(
            "UPDATE recordings SET state = 'stored', reason = NULL, meta = ?, attempted = ?, "
            "copied = ? WHERE id = ?",
            (found.meta, run, run, found.id),
        )
        self.add_objects(found.id, objects)

    def add_objects(self, id_: str, objects: Iterable[Stored]) -> None:
        """Add objects, which must be durable."""
        self.mark_lines_stale()
        for each in objects:
            self.database.execute(
                "INSERT OR REPLACE INTO objects "
                "SELECT n, ?, ?, ?, ?, ?, ? FROM recordings WHERE id = ?",
                (*each, id_),
            )
        self.database.execute(
            "UPDATE recordings SET bytes = (SELECT coalesce(sum(size), 0) FROM objects "
            "WHERE objects.n = recordings.n AND name NOT LIKE 'transcript%') WHERE id = ?",
            (id_,),
        )

    def forget_object(self, id_: str, name: str) -> None:
        """Remove an object; a transcript is then fetched again."""
        mine = "(SELECT n FROM recordings WHERE id = ?)"
        self.database.execute(f"DELETE FROM objects WHERE n = {mine} AND name = ?", (id_, name))  # noqa: S608 - our own text
        if name.startswith("transcript"):
            self.database.execute(
                "UPDATE transcriptions SET state = 'pending' WHERE recording = ?", (id_,)
            )

    def set_state(self, id_: str, state: State, reason: str | None = None, run: int = 0) -> None:
        """Set a recording's state; `run` is given if it is the outcome of an attempt to copy it."""
        self.mark_lines_stale()
        self.database.execute(
            "UPDATE recordings SET state = ?, reason = ?, attempted = max(attempted, ?) "
            "WHERE id = ?",
            (state, reason, run, id_),
        )

    def erase(self, id_: str) -> None:
        """Delete all of a recording except its id, so that it is not archived again."""
        self.mark_lines_stale()
        self.database.execute(
            "DELETE FROM objects WHERE n = (SELECT n FROM recordings WHERE id = ?)", (id_,)
        )
        self.database.execute(
            "UPDATE recordings SET state = 'erased', reason = NULL, updated = NULL, caller = NULL, "
            "called = NULL, meta = NULL, bytes = 0 WHERE id = ?",
            (id_,),
        )
        self.database.execute(
            "UPDATE transcriptions SET state = 'stored', body = NULL WHERE recording = ?", (id_,)
        )

    def get(self, id_: str) -> Entry | None:
        """Return a recording; None if it is not in the manifest."""
        found = self.database.execute(
            f"SELECT {_COLUMNS} FROM recordings AS r WHERE id = ?",  # noqa: S608 - our own columns
            (id_,),
        )
        return self._entry(found[0]) if found else None

    def count(self) -> int:
        """Return the number of recordings."""
        return self._number("SELECT count(*) FROM recordings")

    def count_objects(self) -> int:
        """Return the number of objects, audio and transcripts."""
        return self._number("SELECT count(*) FROM objects")

    def meta(self, id_: str) -> str:
        """Return a recording's metadata, as JSON."""
        found = self.database.execute("SELECT meta FROM recordings WHERE id = ?", (id_,))
        return str(found[0][0]) if found and found[0][0] else "{}"

    def lacking(
        self, selection: Selection, formats: Sequence[str], run: int, *, quarantined: bool
    ) -> list[Entry]:
        """Return some recordings to copy that this run has not tried: new, or lacking a format."""
        states = "('discovered', 'quarantined')" if quarantined else "('discovered')"
        short = " OR ".join([_LACKS] * len(formats))
        found = self.database.execute(
            f"SELECT {_COLUMNS} {_OF_SELECTION} AND r.attempted < ? AND (r.state IN {states} "
            f"OR r.state = 'verified' AND ({short})) LIMIT {_BATCH}",
            (selection.scope, *selection.window, run, *formats),
        )
        return [self._entry(row) for row in found]

    def in_state(self, state: State) -> Iterator[Entry]:
        """Yield all recordings in a state; those already yielded may be changed meanwhile."""
        yield from self._listed("r.state = ?", (state,))

    def select_for_deletion(self, selection: Selection) -> None:
        """Remember that a run was to delete what its filter selects, once that is possible."""
        self.database.execute(
            f"INSERT OR IGNORE INTO deletions SELECT m.scope, r.n {_OF_SELECTION}",
            (selection.scope, *selection.window),
        )

    def count_too_young(self, scope: int, cutoff: int) -> int:
        """Count what was selected for deletion and created after `cutoff`, in milliseconds."""
        return self._number(
            f"SELECT count(*) {_TO_DELETE} AND r.state = 'verified' AND r.created > ?",
            (scope, cutoff),
        )

    def to_delete(self, scope: int, cutoff: int, *, dry_run: bool) -> Iterator[Candidate]:
        """Yield what was selected for deletion and is archived, but not what is too young.

        In a dry run, as if everything had been copied and all finished transcripts written.
        """
        states = "('verified', 'discovered', 'stored')" if dry_run else "('verified')"
        missing = "t.state = 'pending'" if dry_run else "t.state <> 'stored'"
        transcribed = f"SELECT 1 FROM transcriptions AS t WHERE t.recording = r.id AND {missing}"  # noqa: S608 - our own text
        wanted = f"r.state IN {states} AND (r.created IS NULL OR r.created <= ?)"
        for batch in self._batches(
            f"{_COLUMNS}, r.meta, NOT EXISTS ({transcribed}) {_TO_DELETE} AND {wanted}",
            (scope, cutoff),
        ):
            for *row, meta, transcribed_ in batch:
                yield Candidate(self._entry(tuple(row)), meta or "{}", bool(transcribed_))

    def newest(self) -> int:
        """Return the number of the recording that was added last; 0 if there is none."""
        return self._number("SELECT coalesce(max(n), 0) FROM recordings")

    def not_deleted(self, newest: int, limit: int) -> list[str]:
        """Return ids of recordings that may be at the source, added up to `newest`."""
        found = self.database.execute(
            "SELECT id FROM recordings WHERE n <= ? AND state NOT IN ('deleted', 'erased') "
            "ORDER BY created DESC LIMIT ?",
            (newest, limit),
        )
        return [str(id_) for (id_,) in found]

    def await_transcript(self, id_: str, recording: str, created: int | None) -> None:
        """Have the next run write a transcription, whose present content is not in the archive."""
        self.database.execute(
            "INSERT INTO transcriptions VALUES (?, ?, 'pending', ?, NULL) ON CONFLICT (id) "
            "DO UPDATE SET state = 'pending', body = NULL",
            (id_, recording, created),
        )

    def sample(self, count: int) -> list[Entry]:
        """Return some recordings that are archived, chosen at random."""
        highest = self.newest()
        numbers = random.sample(range(1, highest + 1), min(count, highest))
        marks = ", ".join("?" * len(numbers))
        found = self.database.execute(
            f"SELECT {_COLUMNS} FROM recordings AS r WHERE n IN ({marks}) AND {_ARCHIVED}",  # noqa: S608 - our own columns
            numbers,
        )
        return [self._entry(row) for row in found]

    def metadata(self) -> Iterator[tuple[str, str]]:
        """Yield the id and the metadata, as JSON, of all recordings that were not erased."""
        for batch in self._batches(
            "r.n, r.id, coalesce(r.meta, '{}') FROM recordings AS r WHERE r.state <> 'erased'"
        ):
            yield from ((str(id_), str(meta)) for _, id_, meta in batch)

    def with_objects(self) -> Iterator[Entry]:
        """Yield all recordings that have objects."""
        yield from self._listed(_HAS_OBJECTS)

    def described(self, after: int = -1) -> Iterator[list[tuple[Entry, str]]]:
        """Yield batches of recordings that have objects, each with its metadata as JSON.

        They begin with the recording whose number `n` follows `after`.
        """
        for batch in self._batches(
            f"{_COLUMNS}, r.meta FROM recordings AS r WHERE {_HAS_OBJECTS}", after=after
        ):
            yield [(self._entry(tuple(row)), meta or "{}") for *row, meta in batch]

    def transcribed(self, id_: str, recording: str, created: int | None, body: str | None) -> None:
        """Add or update a transcription; `body` is its JSON once it is finished.

        What was said is kept only if the recording is in the archive. If that comes later, the
        transcription is fetched again.
        """
        has = f"SELECT 1 FROM recordings AS r WHERE r.id = ? AND {_MAY_HAVE_TRANSCRIPTS}"  # noqa: S608 - our own text
        if not self.database.execute(has, (recording,)):
            body = None
        self.database.execute(
            "INSERT INTO transcriptions VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET state = excluded.state, body = excluded.body WHERE state <> 'stored'",
            (id_, recording, "pending" if body is None else "found", created, body),
        )
        self.database.execute(
            "UPDATE transcriptions SET state = 'stored', body = NULL WHERE id = ? AND EXISTS "
            "(SELECT 1 FROM recordings AS r WHERE r.id = recording AND r.state = 'erased')",
            (id_,),
        )

    def pending_transcripts(self) -> list[str]:
        """Return the ids of transcriptions that were not finished when they were listed."""
        found = self.database.execute(
            "SELECT t.id FROM transcriptions AS t JOIN recordings AS r ON r.id = t.recording "  # noqa: S608 - our own text
            f"WHERE t.state = 'pending' AND {_MAY_HAVE_TRANSCRIPTS}"
        )
        return [str(id_) for (id_,) in found]

    def unwritten_transcripts(self) -> Iterator[tuple[str, str]]:
        """Yield metadata and transcription, both JSON, of transcripts that are not written yet."""
        after = (-1, "")
        while True:
            found = self.database.execute(
                "SELECT coalesce(t.created, 0), t.id, r.meta, t.body FROM transcriptions AS t "  # noqa: S608 - our own columns
                "JOIN recordings AS r ON r.id = t.recording WHERE t.state = 'found' "
                f"AND {_ARCHIVED} AND (coalesce(t.created, 0), t.id) > (?, ?) "
                "ORDER BY 1, 2 LIMIT ?",
                (*after, _BATCH),
            )
            if not found:
                return
            after = found[-1][:2]
            yield from ((meta, body) for _, _, meta, body in found)

    def transcript_written(self, id_: str) -> None:
        """Note that a transcription is durable beside the audio."""
        self.database.execute(
            "UPDATE transcriptions SET state = 'stored', body = NULL WHERE id = ?", (id_,)
        )

    def forget_transcript(self, id_: str) -> None:
        """Note that a transcription is gone at the source."""
        self.database.execute("DELETE FROM transcriptions WHERE id = ?", (id_,))

    def not_erased(self) -> Iterator[Entry]:
        """Yield all recordings that were not erased."""
        yield from self._listed("r.state <> 'erased'")

    def aged(self, cutoff: int) -> Iterator[Entry]:
        """Yield recordings created before `cutoff`, in milliseconds since 1970."""
        yield from self._listed("r.created < ?", (cutoff,))

    def of_numbers(self, numbers: Sequence[str]) -> Iterator[Entry]:
        """Yield all recordings that one of these numbers took part in."""
        marks = ", ".join("?" * len(numbers))
        condition = " OR ".join(
            f"CAST(json_extract(r.meta, '$.{name}') AS TEXT) IN ({marks})"
            for name in ("from", "to")
        )
        yield from self._listed(f"({condition})", (*numbers, *numbers))

    def _number(self, query: str, values: Sequence[Any] = ()) -> int:
        [(number,)] = self.database.execute(query, values)
        return int(number)

    def _listed(self, condition: str, values: Sequence[Any] = ()) -> Iterator[Entry]:
        for batch in self._batches(f"{_COLUMNS} FROM recordings AS r WHERE {condition}", values):
            yield from map(self._entry, batch)

    def _batches(
        self, query: str, values: Sequence[Any] = (), after: int = -1
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield rows in batches, in the order of recordings; the first column must be `r.n`."""
        statement = f"SELECT {query} AND r.n > ? ORDER BY r.n LIMIT {_BATCH}"
        while found := self.database.execute(statement, (*values, after)):
            after = found[-1][0]
            yield found

    def tally(self, selection: Selection, run: int) -> dict[str, Tally]:
        """Count a run's recordings by outcome: the rows of its reconciliation."""
        found = self.database.execute(
            f"SELECT CASE WHEN {_ARCHIVED} AND r.copied = ? THEN 'stored' "
            f"WHEN {_ARCHIVED} THEN 'already_there' WHEN r.state IN ('quarantined', 'erased') "
            f"THEN r.state ELSE 'failed' END AS outcome, count(*), sum(r.bytes) {_OF_SELECTION} "
            "GROUP BY outcome",
            (run, selection.scope, *selection.window),
        )
        return {outcome: Tally(count, size or 0) for outcome, count, size in found}

    def problems(self, selection: Selection, limit: int) -> list[tuple[str, str, str]]:
        """Return id, state and reason of recordings that are not archived, at most `limit`."""
        return [
            (id_, state, reason or "")
            for id_, state, reason in self.database.execute(
                f"SELECT r.id, r.state, r.reason {_OF_SELECTION} AND r.state IN "
                "('discovered', 'stored', 'quarantined') ORDER BY r.created, r.id LIMIT ?",
                (selection.scope, *selection.window, limit),
            )
        ]

    def estimate(self, selection: Selection, formats: Sequence[str]) -> Tally:
        """Count the recordings still to copy, and estimate their size in bytes."""
        rate = sum(_BYTES_PER_MILLISECOND.get(form, 0) for form in formats)
        [(count, size)] = self.database.execute(
            f"SELECT count(*), sum(? * coalesce(CAST(json_extract(r.meta, '$.duration_millis') AS "
            "INTEGER), 0) * CASE json_extract(r.meta, '$.channels') WHEN 'dual' THEN 2 ELSE 1 END) "
            f"{_OF_SELECTION} AND r.state IN ('discovered', 'stored')",
            (rate, selection.scope, *selection.window),
        )
        return Tally(count, size or 0)

    def lines(self) -> Generator[bytes]:
        """Yield the manifest as JSON Lines, one line per recording."""
        rows = self.database.rows(
            "SELECT n, id, state, reason, meta FROM recordings ORDER BY created, id"
        )
        with closing(rows):
            for n, id_, state, reason, meta in rows:
                line = {
                    "id": id_,
                    "state": state,
                    "reason": reason,
                    "metadata": json.decode(meta) if meta else None,
                    "objects": [each._asdict() for each in self._objects(n)],
                }
                yield json.encode(line) + b"\n"

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        n, id_, state, reason, created = row
        return Entry(n, id_, State(state), reason, created, self._objects(n))

    def _objects(self, n: int) -> tuple[Stored, ...]:
        found = self.database.execute(
            "SELECT name, key, size, sha256, etag, version FROM objects WHERE n = ? ORDER BY name",
            (n,),
        )
        return tuple(Stored(*row) for row in found)


def remove_search_index(path: Path) -> None:
    """Remove a search index with all its files, if it exists."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def estimated_size(meta: str, formats: Sequence[str]) -> int:
    """Estimate the bytes of a recording's audio from its metadata, as JSON."""
    fields: dict[str, Any] = json.decode(meta)
    length = fields.get("duration_millis")
    tracks = 2 if fields.get("channels") == "dual" else 1
    rate = sum(_BYTES_PER_MILLISECOND.get(form, 0) for form in formats)
    return rate * tracks * length if isinstance(length, int) else 0
