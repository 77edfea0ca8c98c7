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

from telnyx_recordings.archive.stores.lock_file import LockFile
from telnyx_recordings.archive.stores.store import (
    INTERNAL,
    ObjectInfo,
    Store,
    as_destination_error,
    incoming_name,
    is_related,
    read_back,
)
from telnyx_recordings.disk.files import Files
from telnyx_recordings.disk.fsync import sync_folder
from telnyx_recordings.errors import ObjectConflictError

T = TypeVar("T")

_CHUNK_SIZE = 1 << 20
_MD5 = re.compile(r'"?[0-9a-f]{32}"?')


class FolderStore(Store):
    """Objects are files; each is complete and on disk before it appears under its name."""

    is_shared = False  # the manifest is in the folder

    def __init__(self, root: Path) -> None:
        """Take the folder; this creates nothing."""
        self.root: Path = root.absolute()
        self.url: str = str(self.root)
        self._files = Files()
        self._lock = LockFile(self.state, self._files, self.url)
        self._folders: dict[Path, Path] = {}  # each with the folder for its unfinished files
        self._folder_lock = Lock()

    @property
    def state(self) -> Path:
        """The hidden folder in the archive."""
        return self.root / INTERNAL

    def prepare(self) -> None:
        """Create the folder, and those in it for the archive's own state."""
        with as_destination_error(INTERNAL, f"{self.root} cannot be created"):
            self._files.make_folder(self.state)

    def receive(
        self, key: str, fetch: Callable[[Path], T], *, owner: str = ""
    ) -> tuple[T, ObjectInfo]:
        """Download a file, then give it its name."""
        path, via = self._path_for(key)
        with as_destination_error(key, f"{path} cannot be written"):
            if via == path.parent:
                got = fetch(path)
            else:
                part = via / incoming_name(key, owner)
                got = fetch(part)
                self._publish(part, path, key)
                sync_folder.dismiss(via)  # what was in it has another name by now
            return got, ObjectInfo(path.stat().st_size, None)

    def _publish(self, part: Path, path: Path, key: str) -> None:
        try:
            self._files.publish(part, path)
        except FileExistsError as error:
            if not self._same(part, path):
                raise ObjectConflictError(
                    f"{path} already exists, with other content, and is not replaced: move it away",
                    key=key,
                ) from error
            self._files.sync_folder(path.parent)
        finally:
            self._files.unlink(part)

    def _same(self, one: Path, other: Path) -> bool:
        sums = [hashlib.sha256(), hashlib.sha256()]
        for path, digest in zip((one, other), sums, strict=True):
            for chunk in self._files.read(path, cold=False):
                digest.update(chunk)
        return sums[0].digest() == sums[1].digest()

    def create(self, key: str, data: bytes) -> None:
        """Create a file."""
        with as_destination_error(key, f"{self.root / key} cannot be written"):
            try:
                self._create(key, data)
            except FileNotFoundError:  # removed meanwhile, by a run that ended or by a release
                self._folders.clear()
                self._create(key, data)

    def _create(self, key: str, data: bytes) -> None:
        path, via = self._path_for(key)
        self._publish(self._files.write_part(path, (data,), via), path, key)

    def replace(self, key: str, chunks: Iterable[bytes]) -> None:
        """Create a file, replacing the one of that name."""
        path, via = self._path_for(key)
        with as_destination_error(key, f"{path} cannot be written"):
            self._files.replace(path, chunks, via)

    def stat(self, key: str) -> ObjectInfo | None:
        """Return a file's size."""
        with as_destination_error(key, f"{key} cannot be read"):
            try:
                entry = self._files.entry(self.root / key)
            except NotADirectoryError:
                return None
        return None if entry is None else ObjectInfo(entry.size, None)

    def read(self, key: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        path = self.root / key
        with as_destination_error(key, f"{path} cannot be read"):
            yield from self._files.read(path)

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Yield a part of a file."""
        path = self.root / key
        with (
            as_destination_error(key, f"{path} cannot be read"),
            open(self._files.open_existing(path), "rb") as file,  # noqa: PTH123 - a descriptor
        ):
            file.seek(start)
            while start < end and (chunk := file.read(min(_CHUNK_SIZE, end - start))):
                start += len(chunk)
                yield chunk

    def get(self, key: str) -> bytes | None:
        """Return a file's bytes."""
        with as_destination_error(key, f"{key} cannot be read"):
            try:
                return b"".join(self._files.read(self.root / key, cold=False))
            except (FileNotFoundError, NotADirectoryError):
                return None

    def keys(self, under: str = "") -> Iterator[str]:
        """Yield the names of all regular files, but no hidden ones nor those of other archives."""
        with (
            as_destination_error(under, f"{self.root / under} cannot be listed"),
            suppress(FileNotFoundError, NotADirectoryError),
        ):
            yield from self._files_in(self.root / under)

    def _files_in(self, folder: Path) -> Iterator[str]:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda each: each.name)
        if folder != self.root and any(f"{each.name}/" == INTERNAL for each in entries):
            return
        for entry in entries:
            if not entry.name.startswith("."):
                if entry.is_dir(follow_symlinks=False):
                    yield from self._files_in(folder / entry.name)
                elif entry.is_file(follow_symlinks=False):
                    yield (folder / entry.name).relative_to(self.root).as_posix()

    def related(self, stem: str) -> list[str]:
        """Return the names of all files of a recording, hidden ones too."""
        folder, name = (self.root / stem).parent, Path(stem).name
        with as_destination_error(stem, f"{folder} cannot be listed"):
            try:
                found = sorted(path.name for path in folder.iterdir())
            except (FileNotFoundError, NotADirectoryError):
                return []
        names = (each for each in found if is_related(each, name))
        return [(folder / each).relative_to(self.root).as_posix() for each in names]

    def remove(self, key: str) -> None:
        """Remove a file, and the folders that this leaves empty."""
        path = self.root / key
        with as_destination_error(key, f"{path} cannot be removed"):
            self._files.remove(path)
            for folder in path.parents:
                if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()
                self._folders.pop(folder, None)

    def move(self, key: str, to: str) -> None:
        """Rename a file in its folder."""
        path = self.root / key
        with as_destination_error(key, f"{path} cannot be renamed"), suppress(FileNotFoundError):
            self._files.rename(path, self.root / to)
            self._files.sync_folder(path.parent)

    def differs(self, key: str, size: int, sha256: str, etag: str | None) -> str | None:
        """Read the file back soon after it was written; it may come from the page cache.

        Compares the MD5 instead of the SHA-256 if the source states it and this processor computes
        it faster. Deletion and `verify` always compare the SHA-256 of what is on disk.
        """
        with as_destination_error(key, f"{key} cannot be read"):
            entry = self._files.entry(self.root / key)
            if entry is not None and not entry.is_file:
                return "it is not a regular file"
            if entry is not None and entry.size == size:
                by_md5 = _MD5.fullmatch(etag or "") is not None and _is_md5_faster()
                digest = hashlib.md5(usedforsecurity=False) if by_md5 else hashlib.sha256()
                for chunk in self._files.read(self.root / key, cold=False):
                    digest.update(chunk)
                if digest.hexdigest() == ((etag or "").strip('"') if by_md5 else sha256):
                    return None
        return read_back(self, key, size, sha256)

    @contextmanager
    def lock(self, *, create: bool = True) -> Generator[None]:
        """Lock a file of its own in the folder."""
        with self._lock.held(create=create):
            try:
                yield
            finally:
                self._folders.clear()
                with suppress(OSError):  # it may be missing, or have downloads to be resumed
                    self.incoming.rmdir()

    def assert_locked(self) -> None:
        """Check that the lock is still held."""
        self._lock.assert_held()

    def _path_for(self, key: str) -> tuple[Path, Path]:
        """Return a file's path, and the folder in which it is written."""
        path = self.root / key
        if path.parent not in self._folders:
            # A folder may be used only once it is synced, even if another thread created it.
            with self._folder_lock, sync_folder.immediate():
                with as_destination_error(key, f"{path.parent} cannot be created"):
                    self._files.make_folder(path.parent)
                    self._files.make_folder(self.incoming)
                    # A file cannot be moved from one file system to another.
                    together = path.parent.stat().st_dev == self.incoming.stat().st_dev
                self._folders[path.parent] = self.incoming if together else path.parent
        return path, self._folders[path.parent]


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
