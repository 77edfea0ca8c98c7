"""Disks that note what is done to them, or behave as only some do, and parts on them."""

import errno
import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import processes
from telnyx_recordings.disk.files import DirEntry, Files
from telnyx_recordings.media.object_store import Version
from telnyx_recordings.media.part_file import Part

NAME, PART, SIDE = "a.wav", ".a.wav.part", ".a.wav.part.json"
MD5 = hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest()
VERSION = Version('"one"', 6, MD5)
PLAIN = Version('"one"', 6)
EARLY = 32 << 20


class NotingFiles(Files):
    """Notes what is done to which file."""

    NOTED: tuple[str, ...] = (
        "empty",
        "link",
        "rename",
        "sync",
        "sync_content",
        "sync_folder",
        "unlink",
        "write",
    )

    def __init__(self) -> None:
        self.done: list[str] = []
        self.open: dict[int, str] = {}
        for name in self.NOTED:
            setattr(self, name, self._noting(name))

    def _noting(self, name: str) -> Callable[..., Any]:
        really: Callable[..., Any] = getattr(super(), name)

        def noted(*arguments: Any) -> Any:
            which = arguments[0]
            self.done.append(f"{name} {self.open[which] if isinstance(which, int) else which.name}")
            return really(*arguments)

        return noted

    def open_part(self, path: Path) -> int:
        return self._opened(super().open_part(path), path)

    def open_existing(self, path: Path) -> int:
        return self._opened(super().open_existing(path), path)

    def _opened(self, descriptor: int, path: Path) -> int:
        assert descriptor not in self.open
        self.open[descriptor] = path.name
        return descriptor

    def close(self, descriptor: int) -> None:
        del self.open[descriptor]
        super().close(descriptor)


class SlowDisk(NotingFiles):
    """Takes bytes meanwhile when it is let, or fails to."""

    NOTED = tuple(name for name in NotingFiles.NOTED if name != "sync_content")

    def __init__(self, error: OSError | None = None) -> None:
        super().__init__()
        self.may_end = threading.Event()
        self.error = error

    def sync_content(self, descriptor: int) -> None:
        assert self.open[descriptor] == PART
        self.done.append("sync_content")
        assert self.may_end.wait(processes.PATIENCE)
        if self.error is not None:
            raise self.error


class Finished(NotingFiles):
    """Another run finishes while this one waits for its lock: once."""

    def __init__(self, finish: Callable[[], None]) -> None:
        super().__init__()
        self._finish = [finish]

    def lock(self, descriptor: int) -> None:
        super().lock(descriptor)
        if self._finish:
            self._finish.pop()()


class OfSomeone(NotingFiles):
    """Says of what is open that it is something else."""

    def __init__(self, **changed: Any) -> None:
        super().__init__()
        self._changed = changed

    def entry_of(self, descriptor: int) -> DirEntry:
        return super().entry_of(descriptor)._replace(**self._changed)


class Stubborn(NotingFiles):
    """Removes nothing that is open, as on Windows."""

    NOTED = ()

    def unlink(self, path: Path) -> None:
        if path.name in self.open.values():
            raise PermissionError(errno.EACCES, "in use")
        super().unlink(path)


def begun(folder: Path, files: Files) -> Part:
    """A part that is ready to be written."""
    part = Part(folder / NAME, files)
    part.begin()
    return part


def leave(folder: Path, content: bytes, version: Version = VERSION, **changed: Any) -> None:
    """Leave what an interrupted run leaves."""
    (folder / PART).write_bytes(content)
    side = {"etag": version.etag, "total": version.total, "md5": version.md5}
    side["boot"] = Files().boot()
    (folder / SIDE).write_text(json.dumps(side | changed))


def written(files: Files, folder: Path, *pieces: Sequence[bytes], version: Version) -> Part:
    """A part with these writes."""
    part = begun(folder, files)
    part.restart(version)
    for each in pieces:
        part.write(each)
    return part


def rest() -> None:
    """Wait for what is done meanwhile."""
    for thread in threading.enumerate():
        if thread.name == "telnyx-audio":
            processes.end(thread)
