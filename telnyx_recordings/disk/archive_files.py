"""File-system operations of an archive, in one place so that tests can make them fail."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from telnyx_recordings.disk.fsync import sync_folder

PART = ".part"
"""Suffix of unfinished files; their names also begin with a dot."""

_CHUNK_SIZE = 1 << 20
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Files:
    """Creates files atomically and durably. Raises OSError."""

    def create(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Create a file; FileExistsError if the name is taken."""
        part = self._part(path, chunks)
        try:
            self.link(part, path)
            self.sync_folder(path.parent)
        finally:
            self.unlink(part)

    def replace(self, path: Path, chunks: Iterable[bytes]) -> None:
        """Create a file, replacing the one of that name if there is one."""
        part = self._part(path, chunks)
        try:
            self.rename(part, path)
        except BaseException:
            with suppress(OSError):
                self.unlink(part)
            raise
        self.sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file durably, if it exists."""
        with suppress(FileNotFoundError):
            self.unlink(path)
            self.sync_folder(path.parent)

    def make_folder(self, path: Path) -> None:
        """Create a folder and its missing parents, and sync each parent."""
        missing: list[Path] = []
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
            self.sync_folder(each.parent)

    def read(self, path: Path, *, cold: bool = True) -> Iterator[bytes]:
        """Yield a file's bytes; if `cold`, from the disk and not the page cache, where possible."""
        descriptor = os.open(path, os.O_RDONLY | _FLAGS)
        try:
            if cold and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            while chunk := os.read(descriptor, _CHUNK_SIZE):
                yield chunk
        finally:
            os.close(descriptor)

    def _part(self, path: Path, chunks: Iterable[bytes]) -> Path:
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
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

    def open_new(self, path: Path) -> int:
        """Open a new file for writing, readable by its owner only; return its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of the data."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        """Wait until a file's content is on disk."""
        os.fsync(descriptor)

    def link(self, old: Path, new: Path) -> None:
        """Hard-link a file to a second name; FileExistsError if that is taken."""
        os.link(old, new)

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file, replacing the one that has the name."""
        old.replace(new)

    def unlink(self, path: Path) -> None:
        """Remove a name of a file."""
        path.unlink()

    def sync_folder(self, path: Path) -> None:
        """Wait until a folder's entries are on disk; Windows has no call for that."""
        if sys.platform != "win32":
            sync_folder(path)
