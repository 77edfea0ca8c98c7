"""A folder as an archive's destination."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TypeVar

from telnyx_recordings.archive.stores.store import INTERNAL, ObjectInfo, read_back
from telnyx_recordings.disk.files import PART, Files
from telnyx_recordings.disk.fsync import sync_folder
from telnyx_recordings.errors import ArchiveError, DestinationError, ObjectConflictError

T = TypeVar("T")

_JOURNAL = "manifest.sqlite"
_OWN_PART = re.compile(r"\.[0-9a-f]{8}$")  # how `Files` names its part files; never resumed
_MD5 = re.compile(r'"?[0-9a-f]{32}"?')
_PART_KEPT = 86_400  # seconds


class FolderStore:
    """Objects are files; each is complete and on disk before it appears under its name."""

    def __init__(self, root: Path) -> None:
        """Take the folder; this creates nothing."""
        self.root: Path = root.absolute()
        self._files = Files()
        self._created_folders: set[Path] = set()
        self._folder_lock = Lock()

    @property
    def url(self) -> str:
        """The folder's path."""
        return str(self.root)

    @property
    def is_shared(self) -> bool:
        """False: the manifest is in the folder."""
        return False

    def prepare(self) -> None:
        """Create the folder, and the one in it for the archive's own state."""
        with _as_destination_error(INTERNAL, f"{self.root} cannot be created"):
            self._files.make_folder(self.root / INTERNAL)

    def receive(self, key: str, fetch: Callable[[Path], T]) -> tuple[T, ObjectInfo]:
        """Download a file to its place."""
        path = self._path_for(key)
        with _as_destination_error(key, f"{path} cannot be written"):
            got = fetch(path)
            return got, ObjectInfo(path.stat().st_size, None)

    def create(self, key: str, data: bytes) -> None:
        """Create a file."""
        path = self._path_for(key)
        with _as_destination_error(key, f"{path} cannot be written"):
            try:
                self._files.create(path, (data,))
            except FileExistsError as error:
                if path.read_bytes() != data:
                    message = f"{path} already exists, with other content"
                    raise ObjectConflictError(message, key=key) from error
                self._files.sync_folder(path.parent)

    def replace(self, key: str, chunks: Iterable[bytes]) -> None:
        """Create a file, replacing the one of that name."""
        path = self._path_for(key)
        with _as_destination_error(key, f"{path} cannot be written"):
            self._files.replace(path, chunks)

    def stat(self, key: str) -> ObjectInfo | None:
        """Return a file's size."""
        with _as_destination_error(key, f"{key} cannot be read"):
            try:
                return ObjectInfo((self.root / key).stat().st_size, None)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read(self, key: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        path = self.root / key
        with _as_destination_error(key, f"{path} cannot be read"):
            yield from self._files.read(path)

    def get(self, key: str) -> bytes | None:
        """Return a file's bytes."""
        with _as_destination_error(key, f"{key} cannot be read"):
            try:
                return (self.root / key).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def keys(self, under: str = "") -> Iterator[str]:
        """Yield the names of all files except hidden ones."""
        for folder, folders, names in os.walk(self.root / under):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield (Path(folder) / name).relative_to(self.root).as_posix()

    def remove(self, key: str) -> None:
        """Remove a file, and the folders that this leaves empty."""
        path = self.root / key
        with _as_destination_error(key, f"{path} cannot be removed"):
            self._files.remove(path)
            for folder in path.parents:
                if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
                self._created_folders.discard(folder)

    def move(self, key: str, to: str) -> None:
        """Rename a file in its folder."""
        path = self.root / key
        with _as_destination_error(key, f"{path} cannot be renamed"), suppress(FileNotFoundError):
            self._files.rename(path, self.root / to)
            self._files.sync_folder(path.parent)

    def differs(self, key: str, size: int, sha256: str, etag: str | None) -> str | None:
        """Read the file back soon after it was written; it may come from the page cache.

        Compares the MD5 instead of the SHA-256 if the source states it and this processor computes
        it faster. Deletion and `verify` always compare the SHA-256 of what is on disk.
        """
        kept = self.stat(key)
        if kept is not None and kept.size == size:
            by_md5 = _MD5.fullmatch(etag or "") is not None and _is_md5_faster()
            digest = hashlib.md5(usedforsecurity=False) if by_md5 else hashlib.sha256()
            with _as_destination_error(key, f"{key} cannot be read"):
                for chunk in self._files.read(self.root / key, cold=False):
                    digest.update(chunk)
            if digest.hexdigest() == ((etag or "").strip('"') if by_md5 else sha256):
                return None
        return read_back(self, key, size, sha256)

    def sweep(self, *, everything: bool) -> None:
        """Remove unfinished files; a download resumes a part that is named after its target."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                if name.startswith(".") and PART in name:
                    path = Path(folder) / name
                    if everything or _is_stale(path):
                        with _as_destination_error(name, f"{path} cannot be removed"):
                            self._files.remove(path)

    def manifest_path(self) -> Path:
        """Return the manifest's path, inside the folder."""
        return self.root / INTERNAL / _JOURNAL

    @contextmanager
    def lock(self) -> Generator[None]:
        """Do nothing: the manifest is in the folder, and opening it locks it."""
        yield

    def assert_locked(self) -> None:
        """Do nothing: the manifest cannot lose its lock."""

    def _path_for(self, key: str) -> Path:
        path = self.root / key
        if path.parent not in self._created_folders:
            # A folder may be used only once it is synced, even if another thread created it.
            with self._folder_lock, sync_folder.immediate():
                with _as_destination_error(key, f"{path.parent} cannot be created"):
                    self._files.make_folder(path.parent)
                self._created_folders.add(path.parent)
        return path


@cache
def _is_md5_faster() -> bool:
    """Compare the two hashes: SHA-256 is faster only on processors with instructions for it."""
    sample = bytes(1 << 16)

    def seconds(new: Callable[..., object]) -> float:
        started = time.perf_counter()
        new(sample, usedforsecurity=False)
        return time.perf_counter() - started

    return min(seconds(hashlib.md5) for _ in range(3)) < min(
        seconds(hashlib.sha256) for _ in range(3)
    )


def _is_stale(part: Path) -> bool:
    """Tell whether no download will resume a part, `.<name>.part`, or the note beside it."""
    stem = part.name.rpartition(PART)[0]
    if _OWN_PART.search(stem) or part.with_name(stem.removeprefix(".")).exists():
        return True
    return time.time() - part.stat().st_mtime > _PART_KEPT


@contextmanager
def _as_destination_error(key: str, what: str) -> Generator[None]:
    """Raise errors of the system as DestinationError."""
    try:
        yield
    except ArchiveError:
        raise
    except OSError as error:
        message = f"{what}: {error.strerror or error}"
        raise DestinationError(message, key=key) from error
