"""Store: the interface of an archive's destination, which is a folder or a bucket."""

from __future__ import annotations

import hashlib
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from telnyx_recordings.disk.files import PART
from telnyx_recordings.errors import DestinationError

T = TypeVar("T")

SIDECAR = ".json"
"""Suffix of a sidecar: the file beside an object that describes it."""
LINES = "manifest.jsonl"
"""The manifest as JSON Lines, for people and other programs."""
ERASURES = "erasures/"
"""Where the logs of purges are."""
EXPORTS = "exports/"
"""Where the notes on exports are."""
HOLDS = "holds/"
"""Where the holds are."""
INTERNAL = ".archive/"
"""Where an archive keeps its own state."""
GENERATION = f"{INTERNAL}generation"
"""Identifies this archive, and names its manifest that is up to date."""
_FORMATS = r"wav|mp3|transcript(-[0-9]+)?\.(json|txt)"
_RELATED = re.compile(rf"\.({_FORMATS})(\.json)?(\.damaged)?(\.[0-9a-f]+)?(\.part(\.json)?)?")
_DOWNLOAD = re.compile(r"\.[0-9a-f]{16}-.*" + re.escape(PART) + r"(\.json)?")
"""The part of a download, or the note beside it."""
_KEPT = 86_400
"""Seconds for which the part of a download is kept."""


class ObjectInfo(NamedTuple):
    """What a store knows of an object without reading it; `etag` is None where it has none."""

    size: int
    etag: str | None


class Store(ABC):
    """A destination. Keys use slashes. Every error is a DestinationError.

    Attributes:
        url: opens this store again with `open_store`, in any process; it holds no secret.
        is_shared: whether other machines can use it, each with its own manifest.
    """

    url: str
    is_shared: bool

    @property
    @abstractmethod
    def state(self) -> Path:
        """The folder of the archive's own state on this machine."""

    @property
    def incoming(self) -> Path:
        """The folder of unfinished files: nothing else is in it."""
        return self.state / "incoming"

    def manifest_path(self) -> Path:
        """Return the path of the manifest on this machine."""
        return self.state / "manifest.sqlite"

    @abstractmethod
    def receive(
        self, key: str, fetch: Callable[[Path], T], *, owner: str = ""
    ) -> tuple[T, ObjectInfo]:
        """Call `fetch` with a path to download to, and store that file under a key.

        Args:
            key: of the object.
            fetch: the download.
            owner: the id of the recording; downloads for different owners do not meet.

        Raises:
            ObjectConflictError: the key is taken, by other content.
        """

    @abstractmethod
    def create(self, key: str, data: bytes) -> None:
        """Store a small object, unless it is already there with the same content.

        Raises:
            ObjectConflictError: the key is taken, by other content.
        """

    @abstractmethod
    def replace(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store an object, replacing the one under that key if there is one."""

    @abstractmethod
    def stat(self, key: str) -> ObjectInfo | None:
        """Return an object's size and ETag; None if there is no such object."""

    @abstractmethod
    def read(self, key: str) -> Iterator[bytes]:
        """Yield an object's bytes, in chunks, from durable storage rather than a cache.

        Raises:
            DestinationError: there is no such object.
        """

    @abstractmethod
    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of an object from `start` up to, but not including, `end`, in chunks.

        Raises:
            DestinationError: there is no such object.
        """

    @abstractmethod
    def get(self, key: str) -> bytes | None:
        """Return a small object's bytes; None if there is no such object."""

    @abstractmethod
    def keys(self, under: str = "") -> Iterator[str]:
        """Yield the keys of all objects below a prefix, except the archive's own state."""

    @abstractmethod
    def related(self, stem: str) -> list[str]:
        """Return the keys of everything that an archive writes for a recording.

        That is the audio and the transcripts whose keys are `stem`, a dot and a format, with their
        sidecars, damaged copies and unfinished files.
        """

    @abstractmethod
    def remove(self, key: str) -> None:
        """Remove an object durably, if it exists."""

    def is_locked(self, key: str) -> bool:  # noqa: ARG002 - for stores that have such locks
        """Return whether an object is kept even if it is deleted, as by an object lock of S3."""
        return False

    @abstractmethod
    def move(self, key: str, to: str) -> None:
        """Give an object another key, durably, if it exists; one that has that key is replaced."""

    @abstractmethod
    def differs(self, key: str, size: int, sha256: str, etag: str | None) -> str | None:
        """Return how an object differs from what was stored; None if it does not."""

    def sweep(self, *, everything: bool) -> None:
        """Remove unfinished files that interrupted runs left behind.

        The parts of recent downloads stay, to be resumed, unless `everything` is set.
        """
        with as_destination_error(INTERNAL, f"{self.incoming} cannot be cleaned up"):
            for path in self.incoming.iterdir() if self.incoming.is_dir() else ():
                is_part = _DOWNLOAD.fullmatch(path.name) is not None
                is_resumable = is_part and time.time() - path.stat().st_mtime < _KEPT
                if everything or not is_resumable:
                    path.unlink(missing_ok=True)

    @abstractmethod
    def prepare(self) -> None:
        """Create the destination if it is missing.

        Raises:
            DestinationError: it cannot be created or reached.
        """

    @abstractmethod
    def lock(self, *, create: bool = True) -> AbstractContextManager[None]:
        """Hold the lock of the archive, against other processes and machines.

        Args:
            create: write what the lock needs, if it is missing; if not, a destination that cannot
                be written to is not locked.

        Raises:
            ArchiveLockedError: another process or machine holds it.
            DestinationError: the destination cannot be locked.
        """

    @abstractmethod
    def assert_locked(self) -> None:
        """Check that the lock is still held.

        Raises:
            ArchiveLockedError: it was lost.
        """


@contextmanager
def as_destination_error(
    key: str,
    what: str,
    types: tuple[type[Exception], ...] = (OSError,),
    explain: Callable[[Any], object] = lambda error: error.strerror or error,
) -> Generator[None]:
    """Raise errors of the system as DestinationError.

    Args:
        key: of the object; empty if the error is about the destination itself.
        what: what cannot be done.
        types: the errors.
        explain: returns the reason for an error.
    """
    try:
        yield
    except types as error:
        raise DestinationError(f"{what}: {explain(error)}", key=key) from error


def incoming_name(key: str, owner: str = "") -> str:
    """Return the name of an object while it is downloaded: always the same, to be resumed."""
    text = f"{owner}/{key}" if owner else key
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}-{Path(key).name}"


def is_related(name: str, stem: str) -> bool:
    """Return whether a name is one that an archive writes for the recording of a stem."""
    visible = name.removeprefix(".")
    return visible.startswith(stem) and _RELATED.fullmatch(visible, len(stem)) is not None


def digest(store: Store, key: str) -> tuple[int, str]:
    """Read an object in full; return its size and its SHA-256."""
    total, sha256 = 0, hashlib.sha256()
    for chunk in store.read(key):
        total += len(chunk)
        sha256.update(chunk)
    return total, sha256.hexdigest()


def read_back(store: Store, key: str, size: int, sha256: str) -> str | None:
    """Read an object in full; return how it differs from what was stored, None if it does not."""
    if store.stat(key) is None:
        return "it is missing"
    found_size, found_sha256 = digest(store, key)
    if found_size != size:
        return f"it has {found_size:,} bytes, not {size:,}"
    return None if found_sha256 == sha256 else "its SHA-256 differs"
