"""Nothing is safe before it is on disk: the order of things, and a disk that fails."""

import errno
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from archiving import archive, checksums, holding, leftovers, stored
from telnyx_recordings.api.recordings import Recordings
from telnyx_recordings.archive.manifest.database import Database
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import DestinationError
from telnyx_recordings.sandbox import Sandbox

box = holding({"id": "one", "duration_millis": 500})


@dataclass
class VolatileDisk:
    """Watches every call to the file system, and knows what a power cut would leave.

    `calls` are (what, name of the file) in order; `durable` is the content of each file that has
    its name on disk and whose bytes are on disk.
    """

    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    durable: dict[Path, bytes] = field(default_factory=dict[Path, bytes])
    _open: dict[int, Path] = field(default_factory=dict[int, Path])
    _synced: dict[Path, bytes] = field(default_factory=dict[Path, bytes])
    _named: dict[Path, bytes] = field(default_factory=dict[Path, bytes])

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        for name, note in (
            ("open_new", self._opened),
            ("open_part", self._opened),
            ("write", self._wrote),
            ("sync", self._sync),
            ("link", self._renamed),
            ("rename", self._renamed),
            ("sync_folder", self._folder),
        ):
            self._wrap(patch, name, note)

    def _wrap(self, patch: pytest.MonkeyPatch, name: str, note: Callable[..., None]) -> None:
        real = getattr(Files, name)

        def called(this: Any, *arguments: Any) -> Any:
            result = real(this, *arguments)
            note(result, *arguments)
            return result

        patch.setattr(Files, name, called)

    def _opened(self, descriptor: int, path: Path) -> None:
        self._open[descriptor] = path

    def _wrote(self, _: object, descriptor: int, _data: bytes) -> None:
        self.calls.append(("write", self._open[descriptor].name))

    def _sync(self, _: object, descriptor: int) -> None:
        path = self._open.get(descriptor)
        if path is not None:
            self.calls.append(("fsync", path.name))
            self._synced[path] = path.read_bytes()

    def _renamed(self, _: object, old: Path, new: Path) -> None:
        self.calls.append(("rename", new.name))
        content = self._synced.get(old, self._named.get(old))
        self._named[new] = b"what was not synced is lost" if content is None else content

    def _folder(self, _: object, folder: Path) -> None:
        self.calls.append(("fsync folder", folder.name))
        self.durable |= {path: got for path, got in self._named.items() if path.parent == folder}


def test_each_step_is_on_disk_before_the_next(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 41: write, fsync, rename, fsync of the folder, commit, and only then the deletion.

    What is durable at the moment of the deletion is what a power cut would leave: it must be all.
    """
    disk = VolatileDisk()
    audio = box.audio("one", "wav")
    disk.watch(monkeypatch)
    execute, delete = Database.execute, Recordings.delete

    def noted_execute(self: Database, statement: str, values: Any = ()) -> Any:
        result = execute(self, statement, values)
        if statement == "COMMIT":
            disk.calls.append(("commit", ""))
        return result

    at_deletion: dict[str, bytes] = {}

    def noted_delete(self: Recordings, recording_id: str, **options: Any) -> Any:
        disk.calls.append(("delete", recording_id))
        at_deletion.update({path.name: content for path, content in disk.durable.items()})
        return delete(self, recording_id, **options)

    monkeypatch.setattr(Database, "execute", noted_execute)
    monkeypatch.setattr(Recordings, "delete", noted_delete)
    assert archive(box, tmp_path, delete=True).deleted == 1
    assert at_deletion["one.wav"] == audio
    assert b'"one"' in at_deletion["one.wav.json"]
    for name in ("one.wav", "one.wav.json"):
        order = [
            next(i for i, (what, of) in enumerate(disk.calls) if what == "write" and name in of),
            next(i for i, (what, of) in enumerate(disk.calls) if what == "fsync" and name in of),
            disk.calls.index(("rename", name)),
        ]
        order.append(disk.calls.index(("fsync folder", "01"), order[-1]))
        order.append(disk.calls.index(("commit", ""), order[-1]))
        order.append(disk.calls.index(("delete", "one"), order[-1]))
        assert order == sorted(order)
    # Three commits at least between the two: stored, verified, and that it may be deleted.
    last = disk.calls.index(("delete", "one"))
    assert disk.calls[disk.calls.index(("rename", "one.wav")) : last].count(("commit", "")) >= 3


def test_the_journal_waits_for_the_disk(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "x.sqlite")) as journal:
        assert journal.execute("PRAGMA synchronous") == [(2,)]
        assert journal.execute("PRAGMA journal_mode") == [("wal",)]
        assert journal.execute("PRAGMA locking_mode") == [("exclusive",)]


@dataclass
class FailingDisk:
    """A disk on which one type of call fails once, for names that contain a text."""

    number: int
    of: str
    failed: bool = False

    def fail(self, patch: pytest.MonkeyPatch, name: str) -> None:
        real = getattr(Files, name)

        def called(this: Any, *arguments: Any) -> Any:
            if not self.failed and self._is_about(arguments):
                self.failed = True
                raise OSError(self.number, os.strerror(self.number))
            return real(this, *arguments)

        patch.setattr(Files, name, called)

    def _is_about(self, arguments: tuple[Any, ...]) -> bool:
        first = arguments[0]
        path = Path(f"/proc/self/fd/{first}").readlink() if isinstance(first, int) else first
        return self.of in path.name


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
@pytest.mark.parametrize(
    "call",
    [
        ("write", "one.wav"),
        ("sync", "one.wav"),
        ("link", "one.wav"),
        ("sync_folder", "01"),
        ("write", "one.wav.json"),
        ("sync", "one.wav.json"),
        ("link", "one.wav.json"),
        ("write", "manifest.jsonl"),
        ("rename", "manifest.jsonl"),
    ],
    ids=" ".join,
)
def test_a_failing_disk_ends_the_run_and_damages_nothing(
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: tuple[str, str],
    number: int,
) -> None:
    name, of = call
    disk = FailingDisk(number, of)
    disk.fail(monkeypatch, name)
    with pytest.raises(DestinationError, match=os.strerror(number)):
        archive(box, tmp_path)
    assert disk.failed
    assert stored(tmp_path).items() <= checksums(box).items()
    result = archive(box, tmp_path)
    assert (result.listed.count, result.ok) == (1, True)
    assert stored(tmp_path) == checksums(box)
    assert leftovers(tmp_path) == []
