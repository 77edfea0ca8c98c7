"""What an archive knows of each recording: its state, its objects, and which times were listed."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Struct, json

from telnyx_recordings.archive.journal import Journal
from telnyx_recordings.archive.walk import Window, merged

_IN_HAND = 500
"""Rows that are taken from the manifest at a time."""


class State(StrEnum):
    """How far a recording is."""

    DISCOVERED = "discovered"
    """It was listed; nothing of it is safe yet."""
    STORED = "stored"
    """Its objects are durable, and have not been read again."""
    VERIFIED = "verified"
    """Its objects were read again and are what was sent."""
    DELETE_INTENT = "delete_intent"
    """It may be deleted at the source, or may have been."""
    DELETED = "deleted"
    """It is deleted at the source."""
    QUARANTINED = "quarantined"
    """It cannot be archived; the reason says why."""
    ERASED = "erased"
    """It was archived and then purged; it is not fetched again."""


class Stored(NamedTuple):
    """An object of the archive: `name` is the format, or which part of a transcript it is."""

    name: str
    key: str
    size: int
    sha256: str
    etag: str | None = None


class Found(NamedTuple):
    """A recording as it was listed."""

    id: str
    created: int | None
    updated: str | None
    caller: str | None
    called: str | None
    meta: str


class Entry(NamedTuple):
    """A recording as the manifest has it; `created` in milliseconds since 1970."""

    n: int
    id: str
    state: State
    reason: str | None
    created: int | None
    updated: str | None
    objects: tuple[Stored, ...]


class Tally(Struct, frozen=True):
    """How many recordings, and how many bytes of audio they have in the archive."""

    count: int
    bytes: int


class Selection(NamedTuple):
    """The recordings that a run is about: those of a filter, created in a window."""

    scope: int
    window: Window


_MINE = (
    "FROM recordings AS r JOIN members AS m ON m.n = r.n AND m.scope = ? "
    "WHERE (r.created IS NULL OR r.created BETWEEN ? AND ?)"
)
_BYTES_A_MILLISECOND = {"wav": 16, "mp3": 4}  # of one channel: 8 kHz at 16 bits; 32 kbit/s
_SAFE = "r.state IN ('verified', 'delete_intent', 'deleted')"
_ALL_SAID = (
    "NOT EXISTS (SELECT 1 FROM transcriptions AS t "
    "WHERE t.recording = r.id AND t.state <> 'stored')"
)
_NONE_PENDING = (
    "NOT EXISTS (SELECT 1 FROM transcriptions AS t "
    "WHERE t.recording = r.id AND t.state = 'pending')"
)
_LACKS = "NOT EXISTS (SELECT 1 FROM objects AS o WHERE o.n = r.n AND o.name = ?)"
_COLUMNS = "r.n, r.id, r.state, r.reason, r.created, r.updated"


class Manifest(Journal):
    """The journal's tables as what they mean. Changes belong inside `with commit():`."""

    def begin_run(self) -> int:
        """Return the number of this run, one more than the last."""
        run = int(self.setting("run") or 0) + 1
        self.set("run", str(run))
        return run

    def scope(self, filter_: str) -> int:
        """Return the number that stands for a filter."""
        self.execute("INSERT OR IGNORE INTO scopes (filter) VALUES (?)", (filter_,))
        [(number,)] = self.execute("SELECT scope FROM scopes WHERE filter = ?", (filter_,))
        return int(number)

    def covered(self, scope: int) -> list[Window]:
        """Return the times that need not be listed again for a scope."""
        found = self.execute("SELECT low, high FROM windows WHERE scope = ?", (scope,))
        return merged(Window(low, high) for low, high in found)

    def cover(self, scope: int, window: Window) -> None:
        """Remember that a window has been listed whole."""
        self.execute("INSERT INTO windows VALUES (?, ?, ?)", (scope, *window))

    def tidy(self, scope: int) -> None:
        """Write a scope's finished windows as few as they can be."""
        windows = self.covered(scope)
        self.execute("DELETE FROM windows WHERE scope = ?", (scope,))
        for window in windows:
            self.cover(scope, window)

    def discover(self, scope: int, found: Found, run: int) -> bool:
        """Take in a recording that was listed; tell whether it is one that this run must copy."""
        self.execute(
            "INSERT OR IGNORE INTO recordings (id, state, created, updated, caller, called, meta) "
            "VALUES (?, 'discovered', ?, ?, ?, ?, ?)",
            (found.id, *found[1:]),
        )
        [(n, state, attempted)] = self.execute(
            "SELECT n, state, attempted FROM recordings WHERE id = ?", (found.id,)
        )
        self.execute("INSERT OR IGNORE INTO members VALUES (?, ?)", (scope, n))
        if state != State.DISCOVERED or attempted >= run:
            return False
        self.outdate_lines()
        return True

    def copied(self, found: Found, objects: Iterable[Stored], run: int) -> None:
        """Note that a recording's objects are durable, and what it was like when they were made."""
        self.execute(
            "UPDATE recordings SET state = 'stored', reason = NULL, updated = ?, meta = ?, "
            "caller = ?, called = ?, attempted = ?, copied = ? WHERE id = ?",
            (found.updated, found.meta, found.caller, found.called, run, run, found.id),
        )
        self.add_objects(found.id, objects)

    def add_objects(self, id_: str, objects: Iterable[Stored]) -> None:
        """Note objects that are durable."""
        self.outdate_lines()
        for each in objects:
            self.execute(
                "INSERT OR REPLACE INTO objects "
                "SELECT n, ?, ?, ?, ?, ? FROM recordings WHERE id = ?",
                (*each, id_),
            )
        self.execute(
            "UPDATE recordings SET bytes = (SELECT coalesce(sum(size), 0) FROM objects "
            "WHERE objects.n = recordings.n AND name NOT LIKE 'transcript%') WHERE id = ?",
            (id_,),
        )

    def forget_object(self, id_: str, name: str) -> None:
        """Forget an object that is gone; a transcript's text is asked for again."""
        mine = "(SELECT n FROM recordings WHERE id = ?)"
        self.execute(f"DELETE FROM objects WHERE n = {mine} AND name = ?", (id_, name))  # noqa: S608 - our own text
        if name.startswith("transcript"):
            self.execute("UPDATE transcriptions SET state = 'pending' WHERE recording = ?", (id_,))

    def set_state(self, id_: str, state: State, reason: str | None = None, run: int = 0) -> None:
        """Note a recording's state; `run` when this was the outcome of an attempt to copy it."""
        self.outdate_lines()
        self.execute(
            "UPDATE recordings SET state = ?, reason = ?, attempted = max(attempted, ?) "
            "WHERE id = ?",
            (state, reason, run, id_),
        )

    def erase(self, id_: str) -> None:
        """Forget all of a recording but that it was here, so that it is not fetched again."""
        self.outdate_lines()
        self.execute(
            "DELETE FROM objects WHERE n = (SELECT n FROM recordings WHERE id = ?)", (id_,)
        )
        self.execute(
            "UPDATE recordings SET state = 'erased', reason = NULL, updated = NULL, caller = NULL, "
            "called = NULL, meta = NULL, bytes = 0 WHERE id = ?",
            (id_,),
        )
        self.execute(
            "UPDATE transcriptions SET state = 'stored', body = NULL WHERE recording = ?", (id_,)
        )

    def get(self, id_: str) -> Entry | None:
        """Return a recording, None when it is not known."""
        found = self.execute(f"SELECT {_COLUMNS} FROM recordings AS r WHERE id = ?", (id_,))  # noqa: S608 - our own columns
        return self._entry(found[0]) if found else None

    def lacking(
        self, selection: Selection, formats: Sequence[str], run: int, *, quarantined: bool
    ) -> list[Entry]:
        """Return some recordings to copy that this run has not tried: new, or short of a format."""
        states = "('discovered', 'quarantined')" if quarantined else "('discovered')"
        short = " OR ".join([_LACKS] * len(formats))
        found = self.execute(
            f"SELECT {_COLUMNS} {_MINE} AND r.attempted < ? AND (r.state IN {states} "
            f"OR r.state = 'verified' AND ({short})) LIMIT {_IN_HAND}",
            (selection.scope, *selection.window, run, *formats),
        )
        return [self._entry(row) for row in found]

    def in_state(self, state: State) -> Iterator[Entry]:
        """Give all recordings in a state, whatever becomes of those already given."""
        yield from self._listed("r.state = ?", (state,))

    def deletable(
        self, selection: Selection, formats: Sequence[str], cutoff: int
    ) -> Iterator[Entry]:
        """Give the verified recordings that have every format, and are of before `cutoff`.

        One whose transcript is still being made is left out. `cutoff` in milliseconds since 1970.
        """
        short = " OR ".join([_LACKS] * len(formats))
        after = -1
        while True:
            found = self.execute(
                f"SELECT {_COLUMNS} {_MINE} AND r.n > ? AND r.state = 'verified' "
                f"AND r.created <= ? AND NOT ({short}) AND {_ALL_SAID} "
                f"ORDER BY r.n LIMIT {_IN_HAND}",
                (selection.scope, *selection.window, after, cutoff, *formats),
            )
            if not found:
                return
            after = found[-1][0]
            yield from (self._entry(row) for row in found)

    def count_deletable(
        self, selection: Selection, formats: Sequence[str], cutoff: int, *, rehearsal: bool
    ) -> tuple[int, int]:
        """Count what `deletable` gives, and what it leaves out for a transcript.

        For a rehearsal, as if all had been copied, and all finished transcripts were written.
        """
        short = " OR ".join([_LACKS] * len(formats))
        ready = f"r.state = 'verified' AND NOT ({short})"
        if rehearsal:
            ready = f"({ready} OR r.state IN ('discovered', 'stored'))"
        all_said = _NONE_PENDING if rehearsal else _ALL_SAID
        [(ready_count, deletable)] = self.execute(
            f"SELECT count(*), coalesce(sum({all_said}), 0) {_MINE} AND {ready} AND r.created <= ?",
            (selection.scope, *selection.window, *formats, cutoff),
        )
        return int(deletable), int(ready_count - deletable)

    def with_objects(self) -> Iterator[Entry]:
        """Give all recordings that have objects."""
        yield from self._listed("EXISTS (SELECT 1 FROM objects AS o WHERE o.n = r.n)", ())

    def transcribed(self, id_: str, recording: str, created: int | None, body: str | None) -> None:
        """Take in a transcription; `body` is its JSON once it is finished."""
        self.execute(
            "INSERT INTO transcriptions VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET state = excluded.state, body = excluded.body WHERE state <> 'stored'",
            (id_, recording, "pending" if body is None else "found", created, body),
        )
        self.execute(
            "UPDATE transcriptions SET state = 'stored', body = NULL WHERE id = ? AND EXISTS "
            "(SELECT 1 FROM recordings AS r WHERE r.id = recording AND r.state = 'erased')",
            (id_,),
        )

    def pending_transcripts(self) -> list[str]:
        """Return the ids of transcriptions that were not finished when they were listed."""
        found = self.execute("SELECT id FROM transcriptions WHERE state = 'pending'")
        return [str(id_) for (id_,) in found]

    def unwritten_transcripts(self) -> Iterator[tuple[str, str]]:
        """Give metadata and transcription, both JSON, of archived recordings that lack theirs."""
        after = (-1, "")
        while True:
            found = self.execute(
                "SELECT coalesce(t.created, 0), t.id, r.meta, t.body FROM transcriptions AS t "  # noqa: S608 - our own columns
                f"JOIN recordings AS r ON r.id = t.recording WHERE t.state = 'found' AND {_SAFE} "
                "AND (coalesce(t.created, 0), t.id) > (?, ?) ORDER BY 1, 2 LIMIT ?",
                (*after, _IN_HAND),
            )
            if not found:
                return
            after = found[-1][:2]
            yield from ((meta, body) for _, _, meta, body in found)

    def transcript_written(self, id_: str) -> None:
        """Note that a transcription is durable beside the audio."""
        self.execute("UPDATE transcriptions SET state = 'stored', body = NULL WHERE id = ?", (id_,))

    def forget_transcript(self, id_: str) -> None:
        """Note that a transcription is gone at the source."""
        self.execute("DELETE FROM transcriptions WHERE id = ?", (id_,))

    def aged(self, cutoff: int) -> Iterator[Entry]:
        """Give all recordings with objects created before `cutoff`, in milliseconds since 1970."""
        yield from self._listed(
            "r.created < ? AND EXISTS (SELECT 1 FROM objects AS o WHERE o.n = r.n)", (cutoff,)
        )

    def of_numbers(self, numbers: Sequence[str]) -> Iterator[Entry]:
        """Give all recordings that one of these numbers took part in."""
        marks = ", ".join("?" * len(numbers))
        yield from self._listed(
            f"(r.caller IN ({marks}) OR r.called IN ({marks}))", (*numbers, *numbers)
        )

    def _listed(self, condition: str, values: Sequence[Any]) -> Iterator[Entry]:
        after = -1
        while True:
            found = self.execute(
                f"SELECT {_COLUMNS} FROM recordings AS r WHERE {condition} AND r.n > ? "  # noqa: S608 - our own columns
                f"ORDER BY r.n LIMIT {_IN_HAND}",
                (*values, after),
            )
            if not found:
                return
            after = found[-1][0]
            yield from (self._entry(row) for row in found)

    def tally(self, selection: Selection, run: int) -> dict[str, Tally]:
        """Count a run's recordings by what became of them: the rows of its reconciliation."""
        found = self.execute(
            f"SELECT CASE WHEN {_SAFE} AND r.copied = ? THEN 'stored' "
            f"WHEN {_SAFE} THEN 'already_there' WHEN r.state IN ('quarantined', 'erased') "
            f"THEN r.state ELSE 'failed' END AS became, count(*), sum(r.bytes) {_MINE} "
            "GROUP BY became",
            (run, selection.scope, *selection.window),
        )
        return {became: Tally(count, size or 0) for became, count, size in found}

    def problems(self, selection: Selection, most: int) -> list[tuple[str, str, str]]:
        """Return id, state and reason of recordings that are not safe, at most so many."""
        return [
            (id_, state, reason or "")
            for id_, state, reason in self.execute(
                f"SELECT r.id, r.state, r.reason {_MINE} AND r.state IN "
                "('discovered', 'stored', 'quarantined') ORDER BY r.created, r.id LIMIT ?",
                (selection.scope, *selection.window, most),
            )
        ]

    def estimate(self, selection: Selection, formats: Sequence[str]) -> Tally:
        """Count the recordings that are still to copy, and guess how many bytes they would take."""
        rate = sum(_BYTES_A_MILLISECOND.get(form, 0) for form in formats)
        [(count, size)] = self.execute(
            f"SELECT count(*), sum(? * coalesce(CAST(json_extract(r.meta, '$.duration_millis') AS "
            "INTEGER), 0) * CASE json_extract(r.meta, '$.channels') WHEN 'dual' THEN 2 ELSE 1 END) "
            f"{_MINE} AND r.state IN ('discovered', 'stored')",
            (rate, selection.scope, *selection.window),
        )
        return Tally(count, size or 0)

    def lines(self) -> Generator[bytes]:
        """Give the manifest as JSON Lines, a recording a line."""
        rows = self.rows("SELECT n, id, state, reason, meta FROM recordings ORDER BY created, id")
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
        n, id_, state, reason, created, updated = row
        return Entry(n, id_, State(state), reason, created, updated, self._objects(n))

    def _objects(self, n: int) -> tuple[Stored, ...]:
        found = self.execute(
            "SELECT name, key, size, sha256, etag FROM objects WHERE n = ? ORDER BY name", (n,)
        )
        return tuple(Stored(*row) for row in found)
