"""A folder as an archive's destination."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TypeVar

from telnyx_recordings.archive.files import PART, Files
from telnyx_recordings.archive.store import OWN, Kept, reread
from telnyx_recordings.errors import ArchiveError, DestinationError, ObjectConflictError
from telnyx_recordings.media.together import sync_folder

T = TypeVar("T")

_JOURNAL = "manifest.sqlite"
_OURS = re.compile(r"\.[0-9a-f]{8}$")  # as `Files` names its parts, which are never gone on with
_MD5 = re.compile(r'"?[0-9a-f]{32}"?')
_PART_KEPT = 86_400  # seconds


class FolderStore:
    """Objects are files: each is on disk, whole, before it has its name."""

    def __init__(self, root: Path) -> None:
        """Take the folder; nothing is made yet."""
        self.root: Path = root.absolute()
        self._files = Files()
        self._made: set[Path] = set()
        self._making = Lock()

    @property
    def url(self) -> str:
        """The folder's path."""
        return str(self.root)

    @property
    def is_shared(self) -> bool:
        """No: the manifest lies in the folder."""
        return False

    def prepare(self) -> None:
        """Make the folder, and the one in it for the archive's own."""
        with _typed(OWN, f"{self.root} cannot be made"):
            self._files.make_folder(self.root / OWN)

    def receive(self, key: str, fetch: Callable[[Path], T]) -> tuple[T, Kept]:
        """Have a file fetched to its place."""
        path = self._room_for(key)
        with _typed(key, f"{path} cannot be written"):
            got = fetch(path)
            return got, Kept(path.stat().st_size, None)

    def create(self, key: str, data: bytes) -> None:
        """Make a file."""
        path = self._room_for(key)
        with _typed(key, f"{path} cannot be written"):
            try:
                self._files.create(path, (data,))
            except FileExistsError as error:
                if path.read_bytes() != data:
                    message = f"{path} is there already, with other content"
                    raise ObjectConflictError(message, key=key) from error
                self._files.sync_folder(path.parent)

    def replace(self, key: str, pieces: Iterable[bytes]) -> None:
        """Make a file, in place of another."""
        path = self._room_for(key)
        with _typed(key, f"{path} cannot be written"):
            self._files.replace(path, pieces)

    def stat(self, key: str) -> Kept | None:
        """Return a file's size."""
        with _typed(key, f"{key} cannot be read"):
            try:
                return Kept((self.root / key).stat().st_size, None)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read(self, key: str) -> Iterator[bytes]:
        """Give a file's bytes."""
        path = self.root / key
        with _typed(key, f"{path} cannot be read"):
            yield from self._files.read(path)

    def get(self, key: str) -> bytes | None:
        """Return a file's bytes."""
        with _typed(key, f"{key} cannot be read"):
            try:
                return (self.root / key).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def keys(self, under: str = "") -> Iterator[str]:
        """Give all files' names, but for hidden ones."""
        for folder, folders, names in os.walk(self.root / under):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield (Path(folder) / name).relative_to(self.root).as_posix()

    def remove(self, key: str) -> None:
        """Remove a file, and folders that are empty then."""
        path = self.root / key
        with _typed(key, f"{path} cannot be removed"):
            self._files.remove(path)
            for folder in path.parents:
                if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
                self._made.discard(folder)

    def differs(self, key: str, size: int, sha256: str, etag: str | None) -> str | None:
        """Read the file again, soon after it was written: it need not come from the disk.

        Where the source said its MD5 (and the download matched), and this processor is faster at
        that, it is the MD5 that is compared; before a deletion, and in `verify`, it is the SHA-256
        of what is on the disk.
        """
        kept = self.stat(key)
        if kept is not None and kept.size == size:
            by_md5 = _MD5.fullmatch(etag or "") is not None and _is_md5_faster()
            digest = hashlib.md5(usedforsecurity=False) if by_md5 else hashlib.sha256()
            with _typed(key, f"{key} cannot be read"):
                for piece in self._files.read(self.root / key, cold=False):
                    digest.update(piece)
            if digest.hexdigest() == ((etag or "").strip('"') if by_md5 else sha256):
                return None
        return reread(self, key, size, sha256)

    def sweep(self, *, everything: bool) -> None:
        """Remove unfinished files; a download can go on with one that has its target's name."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                if name.startswith(".") and PART in name:
                    path = Path(folder) / name
                    if everything or _is_stale(path):
                        with _typed(name, f"{path} cannot be removed"):
                            self._files.remove(path)

    def journal(self) -> Path:
        """Return the manifest's path, in the folder."""
        return self.root / OWN / _JOURNAL

    @contextmanager
    def lock(self) -> Generator[None]:
        """Do nothing: the manifest is in the folder and is locked itself."""
        yield

    def assert_locked(self) -> None:
        """Do nothing: the manifest cannot lose its lock."""

    def _room_for(self, key: str) -> Path:
        path = self.root / key
        if path.parent not in self._made:
            # Nobody may count on a folder that another thread has made and not yet synced.
            with self._making, sync_folder.at_once():
                with _typed(key, f"{path.parent} cannot be made"):
                    self._files.make_folder(path.parent)
                self._made.add(path.parent)
        return path


@cache
def _is_md5_faster() -> bool:
    """Tell which hash takes less time here: it is SHA-256 where the processor has it built in."""
    sample = bytes(1 << 16)

    def seconds(begin: Callable[..., object]) -> float:
        started = time.perf_counter()
        begin(sample, usedforsecurity=False)
        return time.perf_counter() - started

    return min(seconds(hashlib.md5) for _ in range(3)) < min(
        seconds(hashlib.sha256) for _ in range(3)
    )


def _is_stale(part: Path) -> bool:
    """Tell whether nothing will go on with a part: `.<name>.part`, and what lies beside it."""
    stem = part.name.rpartition(PART)[0]
    if _OURS.search(stem) or part.with_name(stem.removeprefix(".")).exists():
        return True
    return time.time() - part.stat().st_mtime > _PART_KEPT


@contextmanager
def _typed(key: str, what: str) -> Generator[None]:
    """Turn the system's errors into ours, with the system's words."""
    try:
        yield
    except ArchiveError:
        raise
    except OSError as error:
        message = f"{what}: {error.strerror or error}"
        raise DestinationError(message, key=key) from error
