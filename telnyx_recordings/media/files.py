"""The few things that a download asks of a file system, in one place: tests put another there."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from telnyx_recordings.media.together import sync_folder

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
    """What stands under a name; `names` is how many names it has."""

    size: int
    is_file: bool
    is_ours: bool
    names: int
    identity: tuple[int, int]


class Files:
    """Does to files what its methods' names say. Raises OSError; follows no symbolic link."""

    def open_part(self, path: Path) -> int:
        """Open a file for reading and writing, made for its owner alone if it is missing."""
        return os.open(path, os.O_RDWR | os.O_CREAT | _PLAIN, 0o600)

    def open_existing(self, path: Path) -> int:
        """Open a file for reading."""
        return os.open(path, os.O_RDONLY | _PLAIN)

    def close(self, descriptor: int) -> None:
        """Close a file; that also unlocks it."""
        os.close(descriptor)

    def lock(self, descriptor: int) -> None:
        """Lock a file against others who do so; BlockingIOError or PermissionError if one has."""
        _lock(descriptor)

    def entry(self, path: Path) -> Entry | None:
        """Return what stands under a name, None when nothing does."""
        try:
            return _entry(os.lstat(path))
        except FileNotFoundError:
            return None

    def entry_of(self, descriptor: int) -> Entry:
        """Return what stands behind an open file."""
        return _entry(os.fstat(descriptor))

    def pieces(self, descriptor: int) -> Iterator[memoryview]:
        """Give all bytes of a file from its beginning, and leave it at its end.

        Each piece is gone when the next is asked for.
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
        """Take all bytes out of a file, and go to its beginning."""
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)

    def sync(self, descriptor: int) -> None:
        """Return when a file's content is on disk."""
        os.fsync(descriptor)

    def sync_content(self, descriptor: int) -> None:
        """Return when a file's bytes of now are on disk, though perhaps not how long it is."""
        getattr(os, "fdatasync", os.fsync)(descriptor)

    def link(self, old: Path, new: Path) -> None:
        """Give a file a second name; FileExistsError when that is taken."""
        os.link(old, new)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name."""
        old.rename(new)

    def unlink(self, path: Path) -> None:
        """Take a name away; nothing happens when there is none."""
        with suppress(FileNotFoundError):
            path.unlink()

    def sync_folder(self, path: Path) -> None:
        """Return when a folder's names are on disk; Windows has no way to ask for that."""
        if sys.platform != "win32":
            sync_folder(path)

    def boot(self) -> str:
        """Return what differs after each start of the machine; empty where it is not told."""
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
