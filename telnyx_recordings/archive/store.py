"""Store: what an archive asks of its destination, be it a folder or a bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from os import PathLike, fspath
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from telnyx_recordings.errors import ConfigError, MissingExtraError

T = TypeVar("T")

SIDE = ".json"
"""What is added to an object's key for the file beside it that describes it."""
LINES = "manifest.jsonl"
ERASURES = "erasures/"
OWN = ".archive/"
"""Where what an archive needs for itself is kept."""
GENERATION = f"{OWN}generation"
"""Names the manifest that knows a store that several machines can use."""

BUCKETS = ("s3", "gs", "az")


class Kept(NamedTuple):
    """What a store knows of an object without reading it; `etag` where it has one."""

    size: int
    etag: str | None


class Digest(NamedTuple):
    """What reading an object showed."""

    size: int
    sha256: str


class Store(Protocol):
    """A destination. Keys have slashes; every error is a DestinationError."""

    @property
    def url(self) -> str:
        """What `open_store` makes this store of again, in any process; no secret is in it."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other machines can use it with a manifest of their own."""
        ...

    def receive(self, key: str, fetch: Callable[[Path], T]) -> tuple[T, Kept]:
        """Have an object fetched to a path that is given, and keep it under a key.

        Raises:
            ObjectConflictError: another object has that key.
        """
        ...

    def create(self, key: str, data: bytes) -> None:
        """Keep a small object; one of the same content under this key is it.

        Raises:
            ObjectConflictError: another object has that key.
        """
        ...

    def replace(self, key: str, pieces: Iterable[bytes]) -> None:
        """Keep an object in place of the one under that key, if there is one."""
        ...

    def stat(self, key: str) -> Kept | None:
        """Return what is known of an object, None when there is none."""
        ...

    def read(self, key: str) -> Iterator[bytes]:
        """Give an object's bytes, piece by piece, from where they are durable.

        Raises:
            DestinationError: there is none.
        """
        ...

    def get(self, key: str) -> bytes | None:
        """Return a small object's bytes, None when there is none."""
        ...

    def keys(self, under: str = "") -> Iterator[str]:
        """Give the keys of all objects below a prefix, but for the archive's own."""
        ...

    def remove(self, key: str) -> None:
        """Remove an object for good; nothing happens when there is none."""
        ...

    def differs(self, key: str, size: int, sha256: str, etag: str | None) -> str | None:
        """Return in which way an object is not what was stored, None when it is."""
        ...

    def sweep(self, *, everything: bool) -> None:
        """Remove what interrupted runs left, but not what a download can go on with.

        With `everything` that too.
        """
        ...

    def journal(self) -> Path:
        """Return where the manifest is, on this machine."""
        ...

    def prepare(self) -> None:
        """Make the destination if it is missing.

        Raises:
            DestinationError: it cannot be made, or not be reached.
        """
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Keep other machines from archiving here.

        Raises:
            ArchiveLockedError: one is doing so.
        """
        ...

    def assert_locked(self) -> None:
        """Look whether the lock is still held.

        Raises:
            ArchiveLockedError: it was lost.
        """
        ...


def digest(store: Store, key: str) -> Digest:
    """Read an object whole.

    Raises:
        DestinationError: there is none, or it cannot be read.
    """
    total, sha256 = 0, hashlib.sha256()
    for piece in store.read(key):
        total += len(piece)
        sha256.update(piece)
    return Digest(total, sha256.hexdigest())


def reread(store: Store, key: str, size: int, sha256: str) -> str | None:
    """Read an object whole, now; return in which way it is not what was stored, or None."""
    kept = store.stat(key)
    if kept is None:
        return "it is missing"
    found = digest(store, key)
    if found.size != size:
        return f"it has {found.size:,} bytes, not {size:,}"
    return None if found.sha256 == sha256 else "its SHA-256 is another one"


def open_store(destination: str | PathLike[str]) -> Store:
    """Return the store of a destination: a folder's path, or ``s3://``, ``gs://``, ``az://``.

    Raises:
        ConfigError: it is neither.
        MissingExtraError: it is a bucket, and obstore is not installed.
    """
    text = fspath(destination)
    scheme, separator, _ = text.partition("://")
    if not separator:
        from telnyx_recordings.archive.folder import FolderStore  # noqa: PLC0415 - the one needed

        if not text:
            message = "the destination is empty: name a folder or a bucket"
            raise ConfigError(message)
        return FolderStore(Path(text))
    if scheme not in BUCKETS:
        message = f"the destination must be a folder, s3://, gs:// or az://, not {scheme}://"
        raise ConfigError(message)
    try:
        from telnyx_recordings.archive.bucket import BucketStore  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        raise MissingExtraError(f"archiving to {scheme}://", "archive") from error
    return BucketStore(text)
