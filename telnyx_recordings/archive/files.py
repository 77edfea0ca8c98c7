"""The few things that an archive asks of a file system, in one place: there tests let them fail."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from telnyx_recordings.media.together import sync_folder

PART = ".part"
"""How the names of unfinished files end; they begin with a dot."""

_PIECE = 1 << 20
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class Files:
    """Makes files that are there whole and on disk, or not at all. Raises OSError."""

    def create(self, path: Path, pieces: Iterable[bytes]) -> None:
        """Make a file under a name that is free; FileExistsError when it is not."""
        part = self._part(path, pieces)
        try:
            self.link(part, path)
            self.sync_folder(path.parent)
        finally:
            self.unlink(part)

    def replace(self, path: Path, pieces: Iterable[bytes]) -> None:
        """Make a file, in place of the one of that name if there is one."""
        part = self._part(path, pieces)
        try:
            self.rename(part, path)
        except BaseException:
            with suppress(OSError):
                self.unlink(part)
            raise
        self.sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """Remove a file for good; nothing happens when there is none."""
        with suppress(FileNotFoundError):
            self.unlink(path)
            self.sync_folder(path.parent)

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it that are missing, each noted on disk in its parent."""
        missing: list[Path] = []
        while not path.is_dir():
            missing.append(path)
            path = path.parent
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
            self.sync_folder(each.parent)

    def read(self, path: Path, *, cold: bool = True) -> Iterator[bytes]:
        """Give a file's bytes; `cold` ones from the disk, where the system allows to ask for it."""
        descriptor = os.open(path, os.O_RDONLY | _PLAIN)
        try:
            if cold and hasattr(os, "posix_fadvise"):
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            while piece := os.read(descriptor, _PIECE):
                yield piece
        finally:
            os.close(descriptor)

    def _part(self, path: Path, pieces: Iterable[bytes]) -> Path:
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
        descriptor = self.open_new(part)
        try:
            try:
                for piece in pieces:
                    self.write(descriptor, piece)
                self.sync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            with suppress(OSError):
                self.unlink(part)
            raise
        return part

    def open_new(self, path: Path) -> int:
        """Open a new file for writing, for its owner alone; return its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o600)

    def write(self, descriptor: int, data: bytes) -> None:
        """Write all of the data."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        """Return when a file's content is on disk."""
        os.fsync(descriptor)

    def link(self, old: Path, new: Path) -> None:
        """Give a file a second name; FileExistsError when that is taken."""
        os.link(old, new)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, in place of the file that has it."""
        old.replace(new)

    def unlink(self, path: Path) -> None:
        """Take a name away."""
        path.unlink()

    def sync_folder(self, path: Path) -> None:
        """Return when a folder's names are on disk; Windows has no way to ask for that."""
        if sys.platform != "win32":
            sync_folder(path)
