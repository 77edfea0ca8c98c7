"""File-system operations of downloads and archives, in one place so that tests can replace them."""

from __future__ import annotations

import errno
import io
import os
import secrets
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from telnyx_recordings.disk.fsync import sync_folder

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


PART = ".part"
"""Suffix of unfinished files; their names also begin with a dot."""

_WITHOUT_LINKS = frozenset(
    {errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
)
"""Errors of file systems without hard links, such as FAT."""

_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Without O_NONBLOCK, opening a named pipe waits for another process."""
_PIECE = 1 << 20
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class DirEntry(NamedTuple):
    """A directory entry; `names` is its number of hard links."""

    size: int
    is_file: bool
    is_ours: bool
    names: int
    identity: tuple[int, int]


def hidden_path(path: Path, suffix: str) -> Path:
    """Return a path beside a file for its unfinished content: ``.<name><suffix>``.

    If the disk allows the file's name, but not this one, which is longer, a hash replaces the name.
    """
    name = f".{path.name}{suffix}"
    if len(os.fsencode(name)) > _longest_name(path.parent):
        name = f".{sha256(os.fsencode(path.name)).hexdigest()[:32]}{suffix}"
    return path.with_name(name)


class Files:
    """Operations on regular files. They raise OSError, and follow no symbolic links."""

    def write_part(self, path: Path, chunks: Iterable[bytes], via: Path | None = None) -> Path:
        """Write a file, durably, that `publish` or `rename` gives its final name; return its path.

        Until then it is hidden, in the folder `via`, by default the folder of `path`.
        """
        part = hidden_path((via or path.parent) / path.name, f".{secrets.token_hex(4)}{PART}")
        descriptor = self.open_new(part)
        try:
            try:
                for chunk in chunks:
                    self.write(descriptor, chunk)
                self.sync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            with suppress(OSError):
                self.unlink(part)
            raise
        return part

    def replace(self, path: Path, chunks: Iterable[bytes], via: Path | None = None) -> None:
        """Create a file atomically and durably, replacing the one of that name if there is one."""
        part = self.write_part(path, chunks, via)
        try:
            self.rename(part, path)
        except BaseException:
            with suppress(OSError):
                self.unlink(part)
            raise
        self.sync_folder(path.parent)

    def publish(self, part: Path, path: Path) -> None:
        """Give a complete file its final name, durably; FileExistsError if the name is taken."""
        self.link_or_rename(part, path)
        self.sync_folder(path.parent)

    def link_or_rename(self, part: Path, path: Path) -> bool:
        """Give a file its final name; return whether it lost the other one.

        Raises:
            FileExistsError: the name is taken.
        """
        try:
            self.link(part, path)
        except OSError as error:
            if error.errno not in _WITHOUT_LINKS:
                raise
            # These two steps are not atomic: another program could create the file in between.
            if self.entry(path) is not None:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from error
            self.rename(part, path)
            return True
        return False

    def remove(self, path: Path) -> None:
        """Remove a file durably, if it exists."""
        if self.entry(path) is not None:
            self.unlink(path)
            self.sync_folder(path.parent)

    def read(self, path: Path, *, cold: bool = True) -> Iterator[bytes]:
        """Yield a file's bytes; if `cold`, from the disk and not the page cache, where possible."""
        descriptor = self.open_existing(path)
        try:
            if cold and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            while chunk := os.read(descriptor, _PIECE):
                yield chunk
        finally:
            os.close(descriptor)

    def make_folder(self, path: Path) -> None:
        """Create a folder and its missing parents, and sync each parent."""
        missing: list[Path] = []
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
            self.sync_folder(each.parent)

    def open_new(self, path: Path) -> int:
        """Create a file for writing, readable by its owner only; FileExistsError if it exists."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)

    def open_part(self, path: Path) -> int:
        """Open a file for reading and writing; a new one is readable by its owner only."""
        return _open_regular(path, os.O_RDWR | os.O_CREAT)

    def open_existing(self, path: Path) -> int:
        """Open a file for reading."""
        return _open_regular(path, os.O_RDONLY)

    def close(self, descriptor: int) -> None:
        """Close a file and unlock it, even if a forked process has a copy of the descriptor."""
        with suppress(OSError):
            _unlock(descriptor)
        os.close(descriptor)

    def lock(self, descriptor: int) -> None:
        """Lock a file; BlockingIOError or PermissionError if another process holds the lock."""
        _lock(descriptor)

    def entry(self, path: Path) -> DirEntry | None:
        """Return the entry of a path; None if there is none."""
        try:
            return _entry(os.lstat(path))
        except FileNotFoundError:
            return None

    def entry_of(self, descriptor: int) -> DirEntry:
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
        """Rename a file, replacing the one that has the name."""
        old.replace(new)

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


def _longest_name(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # not on Windows, or there is no such folder
        return 255


def _open_regular(path: Path, flags: int) -> int:
    """Open a regular file; raise OSError for a pipe, a device, a folder or a symbolic link.

    Opening a device can do something, so its type is checked before as well as after.
    """
    with suppress(FileNotFoundError):
        _refuse_special(path, os.lstat(path))
    descriptor = os.open(path, flags | _FLAGS, 0o600)
    try:
        _refuse_special(path, os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_special(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        types = {stat.S_IFLNK: errno.ELOOP, stat.S_IFDIR: errno.EISDIR}
        number = types.get(stat.S_IFMT(found.st_mode), errno.EINVAL)
        raise OSError(number, f"{path} is not a regular file: {os.strerror(number)}")


def _entry(found: os.stat_result) -> DirEntry:
    user = getattr(os, "geteuid", lambda: found.st_uid)()
    return DirEntry(
        size=found.st_size,
        is_file=stat.S_ISREG(found.st_mode),
        is_ours=found.st_uid == user,
        names=found.st_nlink,
        identity=(found.st_dev, found.st_ino),
    )
