"""The manifest: what it remembers, what it undoes, and that a large one opens at once."""

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

import processes
from telnyx_recordings.archive.manifest.database import Database
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.records import Found, Selection, State, Stored, Tally
from telnyx_recordings.archive.windows import Window
from telnyx_recordings.errors import ArchiveLockedError, DestinationError, ManifestError

ALL = Window(0, 10**15)


def found(id_: str, created: int = 1000) -> Found:
    """A recording as it was listed."""
    return Found(id_, created, '{"id":"' + id_ + '"}')


def test_states_follow_each_other_and_are_counted() -> None:
    with Manifest(None) as manifest:
        scope = manifest.scope("{}")
        for id_ in ("a", "b", "c", "d"):
            assert manifest.discover(scope, found(id_), 2)
        for id_, run in (("a", 1), ("b", 2)):
            manifest.copied(found(id_), [Stored("wav", f"{id_}.wav", 10, "00")], run)
            manifest.set_state(id_, State.VERIFIED)
        manifest.set_state("c", State.QUARANTINED, "why", 2)
        assert not manifest.discover(scope, found("a"), 2)
        assert manifest.tally(Selection(scope, ALL), 2) == {
            "already_there": Tally(1, 10),
            "stored": Tally(1, 10),
            "quarantined": Tally(1, 0),
            "failed": Tally(1, 0),
        }
        assert manifest.problems(Selection(scope, ALL), 9) == [
            ("c", "quarantined", "why"),
            ("d", "discovered", ""),
        ]


def test_a_commit_that_fails_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    with Manifest(path) as manifest:
        with manifest.commit():
            manifest.set("kept", "1")
        with suppress(KeyboardInterrupt), manifest.commit():
            manifest.set("lost", "1")
            raise KeyboardInterrupt
    with Manifest(path) as manifest:
        assert (manifest.setting("kept"), manifest.setting("lost")) == ("1", None)


def test_the_changes_of_a_dry_run_are_undone(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    Manifest(path).close()
    with Manifest(path, dry_run=True) as manifest, manifest.commit():
        manifest.set("lost", "1")
        assert manifest.setting("lost") == "1"
    with Manifest(path) as manifest:
        assert manifest.setting("lost") is None


def test_a_manifest_can_be_opened_only_once(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    with Manifest(path), pytest.raises(ArchiveLockedError, match="another archive"):
        Manifest(path)
    Manifest(path).close()


def test_a_manifest_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    Manifest(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(ManifestError, match="later telnyx-recordings"):
        Manifest(path)


def test_a_missing_folder_is_an_archive_error(tmp_path: Path) -> None:
    with pytest.raises(DestinationError):
        Database(tmp_path / "no" / "m.sqlite")


class _InterruptedAtCommit(Database):
    """Raises KeyboardInterrupt when a commit has just become durable."""

    armed = False

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        rows = super().execute(statement, values)
        if self.armed and statement == "COMMIT":
            raise KeyboardInterrupt
        return rows


def test_an_interruption_at_a_commit_is_not_lost(tmp_path: Path) -> None:
    with closing(_InterruptedAtCommit(tmp_path / "m.sqlite")) as database:
        database.armed = True
        with pytest.raises(KeyboardInterrupt), database.commit():
            database.execute("CREATE TABLE kept (n)")
    with closing(Database(tmp_path / "m.sqlite")) as database:
        assert database.execute("SELECT * FROM kept") == []


_FILL = """
WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000)
INSERT INTO recordings (n, id, state, created, updated, caller, called, meta, bytes, copied)
SELECT n, printf('r%07d', n), 'verified', n, '2026-03-01T12:00:00Z', '+12125550100',
    '+12125550101', printf('{"id":"r%07d","duration_millis":1000,"channels":"single"}', n), 16044, 1
FROM c
"""
_OPEN = """
import sys
from pathlib import Path
from telnyx_recordings.archive.records import Selection, State
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.windows import Window
with Manifest(Path(sys.argv[1])) as manifest:
    assert manifest.get("r0500000").state is State.VERIFIED
    assert next(manifest.in_state(State.STORED), None) is None
    tally = manifest.tally(Selection(1, Window(0, 10**15)), 2)["already_there"]
    assert tally.count == 1_000_000
# ru_maxrss would be that of the process that started this one, where that is larger.
status = Path("/proc/self/status").read_text()
print(status.partition("VmHWM:")[2].split()[0])
"""


def test_a_manifest_of_a_million_recordings_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    Manifest(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA synchronous = OFF")
    other.execute(_FILL)
    other.execute("INSERT INTO members SELECT 1, n FROM recordings")
    other.commit()
    other.close()
    command = [sys.executable, "-c", _OPEN, str(path)]
    told = processes.run(*command, check=True).stdout
    assert int(told) < 200 * 1024


def test_a_manifest_of_the_first_version_is_upgraded(tmp_path: Path) -> None:
    path, filter_ = tmp_path / "manifest.sqlite", '{"from":"+15559990001"}'
    with Manifest(path) as manifest, manifest.commit():
        for statement in (
            "ALTER TABLE objects DROP COLUMN version",
            "DROP TABLE deletions",
            "PRAGMA user_version = 1",
        ):
            manifest.database.execute(statement)
        manifest.database.execute("INSERT INTO scopes VALUES (7, ?)", (filter_,))
    with Manifest(path) as manifest:
        assert manifest.scope(filter_) == 7
        assert manifest.scope(filter_) == 7
        manifest.vacuum()
    assert b"+15559990001" not in path.read_bytes()
