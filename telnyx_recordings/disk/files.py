"""File-system operations of a download, in one place so that tests can replace them."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from telnyx_recordings.disk.fsync import sync_folder

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_PIECE = 1 << 20
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Entry(NamedTuple):
    """A directory entry; `names` is its number of hard links."""

    size: int
    is_file: bool
    is_ours: bool
    names: int
    identity: tuple[int, int]


class Files:
    """Operations on files. They raise OSError, and follow no symbolic links."""

    def open_part(self, path: Path) -> int:
        """Open a file for reading and writing; a new one is readable by its owner only."""
        return os.open(path, os.O_RDWR | os.O_CREAT | _PLAIN, 0o600)

    def open_existing(self, path: Path) -> int:
        """Open a file for reading."""
        return os.open(path, os.O_RDONLY | _PLAIN)

    def close(self, descriptor: int) -> None:
        """Close a file, which also unlocks it."""
        os.close(descriptor)

    def lock(self, descriptor: int) -> None:
        """Lock a file; BlockingIOError or PermissionError if another process holds the lock."""
        _lock(descriptor)

    def entry(self, path: Path) -> Entry | None:
        """Return the entry of a path; None if there is none."""
        try:
            return _entry(os.lstat(path))
        except FileNotFoundError:
            return None

    def entry_of(self, descriptor: int) -> Entry:
        """Return the entry of an open file."""
        return _entry(os.fstat(descriptor))

    def pieces(self, descriptor: int) -> Iterator[memoryview]:
        """Yield all bytes of a file from its beginning; leave the position at its end.

        Each piece is overwritten by the next.
        """
        os.lseek(descriptor, 0, os.SEEK_SET)
        buffer = memoryview(bytearray(_PIECE))
        with io.FileIO(descriptor, closefd=False) as file:
            while count := file.readinto(buffer):
                yield buffer[:count]

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of the data."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def empty(self, descriptor: int) -> None:
        """Truncate a file, and go to its beginning."""
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)

    def sync(self, descriptor: int) -> None:
        """Wait until a file's content is on disk."""
        os.fsync(descriptor)

    def sync_content(self, descriptor: int) -> None:
        """Wait until a file's present content is on disk, though perhaps not its metadata."""
        getattr(os, "fdatasync", os.fsync)(descriptor)

    def link(self, old: Path, new: Path) -> None:
        """Hard-link a file to a second name; FileExistsError if that is taken."""
        os.link(old, new)

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file."""
        old.rename(new)

    def unlink(self, path: Path) -> None:
        """Remove a name, if it exists."""
        with suppress(FileNotFoundError):
            path.unlink()

    def sync_folder(self, path: Path) -> None:
        """Wait until a folder's entries are on disk; Windows has no call for that."""
        if sys.platform != "win32":
            sync_folder(path)

    def boot(self) -> str:
        """Return an id of the machine's boot; empty where there is none."""
        try:
            return _BOOT.read_text("ascii").strip()
        except OSError:
            return ""


def _entry(found: os.stat_result) -> Entry:
    user = getattr(os, "geteuid", lambda: found.st_uid)()
    return Entry(
        size=found.st_size,
        is_file=stat.S_ISREG(found.st_mode),
        is_ours=found.st_uid == user,
        names=found.st_nlink,
        identity=(found.st_dev, found.st_ino),
    )
