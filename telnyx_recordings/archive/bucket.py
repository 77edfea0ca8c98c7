"""A bucket as an archive's destination: S3, Google Cloud Storage or Azure, through obstore.

Where it is and what opens it comes from the environment, as those services' own tools have it
(`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS`, …), in each worker.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import from_url

from telnyx_recordings.archive.lease import Lease, words
from telnyx_recordings.archive.store import OWN, Digest, Kept, digest
from telnyx_recordings.errors import ConfigError, DestinationError, ObjectConflictError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")

_PIECE = 1 << 20
_WHOLE = 32 << 20
"""Bytes up to which an object is put in one request, which alone can refuse to replace one."""
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_INCOMING = "incoming"


class BucketStore:
    """Objects of a bucket, below a prefix if the URL has one.

    Raises:
        ConfigError: the URL, or what the environment says of it, cannot be used.
    """

    def __init__(self, url: str) -> None:
        """Take a URL such as ``s3://bucket/prefix``; nothing is asked yet."""
        self.url: str = url.rstrip("/")
        config: Any = {"checksum_algorithm": "sha256"} if url.startswith("s3:") else {}
        try:
            self._bucket: ObjectStore = from_url(self.url, config=config)
        except (BaseError, ValueError) as error:
            message = f"{self.url} cannot be used: {words(error)}"
            raise ConfigError(message) from error
        self._lease = Lease(self._bucket, f"{OWN}lock.json", self.url)

    @property
    def is_shared(self) -> bool:
        """Yes: the manifest lies on the machine that archives."""
        return True

    def prepare(self) -> None:
        """Look whether the bucket can be reached, and make room for what is under way here."""
        with _typed("", self.url):
            self.stat(OWN)
        with _typed("", f"the state folder of {self.url}"):
            (self.journal().parent / _INCOMING).mkdir(mode=0o700, parents=True, exist_ok=True)

    def receive(self, key: str, fetch: Callable[[Path], T]) -> tuple[T, Kept]:
        """Have an object fetched to this machine, and put it."""
        name = hashlib.sha256(key.encode()).hexdigest()[:32] + Path(key).suffix
        path = self.journal().parent / _INCOMING / name
        with _typed(key, str(path)):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            got = fetch(path)
            kept = self._put(key, path)
            path.unlink(missing_ok=True)
        return got, kept

    def create(self, key: str, data: bytes) -> None:
        """Put a small object."""
        with _typed(key, f"{self.url}/{key}"):
            self._put_whole(key, data)

    def replace(self, key: str, pieces: Iterable[bytes]) -> None:
        """Put an object in place of another; readers see the one or the other."""
        with _typed(key, f"{self.url}/{key}"):
            obstore.put(self._bucket, key, _in_parts(pieces))

    def stat(self, key: str) -> Kept | None:
        """Ask for an object's size and ETag."""
        with _typed(key, f"{self.url}/{key}"):
            try:
                meta = obstore.head(self._bucket, key)
            except FileNotFoundError:
                return None
        return Kept(meta["size"], meta["e_tag"])

    def read(self, key: str) -> Iterator[bytes]:
        """Give an object's bytes."""
        with _typed(key, f"{self.url}/{key}"):
            for piece in obstore.get(self._bucket, key).stream(min_chunk_size=_PIECE):
                yield bytes(piece)

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes."""
        with _typed(key, f"{self.url}/{key}"):
            try:
                return bytes(obstore.get(self._bucket, key).bytes())
            except FileNotFoundError:
                return None

    def keys(self, under: str = "") -> Iterator[str]:
        """Give the keys of all objects below a prefix."""
        with _typed(under, self.url):
            found: Iterable[Iterable[Any]] = obstore.list(  # pyright: ignore[reportUnknownMemberType]  # its overloads
                self._bucket, prefix=under.rstrip("/") or None
            )
            for some in found:
                for meta in some:
                    if not meta["path"].startswith(OWN):
                        yield meta["path"]

    def remove(self, key: str) -> None:
        """Delete an object."""
        with _typed(key, f"{self.url}/{key}"):
            try:
                obstore.delete(self._bucket, key)
            except FileNotFoundError:
                return

    def differs(self, key: str, size: int, sha256: str, etag: str | None) -> str | None:
        """Ask whether the object is the one that was put: its content was proven then."""
        kept = self.stat(key)
        if kept is None:
            return "it is missing"
        if kept.size != size:
            return f"it has {kept.size:,} bytes, not {size:,}"
        if etag is not None and kept.etag == etag:
            return None
        return None if digest(self, key).sha256 == sha256 else "its SHA-256 is another one"

    def sweep(self, *, everything: bool) -> None:
        """Remove downloads that were not put; a later one goes on from them."""
        if everything:
            with _typed("", f"the state folder of {self.url}"):
                for path in (self.journal().parent / _INCOMING).iterdir():
                    path.unlink(missing_ok=True)

    def journal(self) -> Path:
        """Return the manifest's path: in the user's folder for programs' state."""
        name = hashlib.sha256(self.url.encode()).hexdigest()[:24]
        return _state() / "telnyx-recordings" / "archives" / name / "manifest.sqlite"

    def lock(self) -> AbstractContextManager[None]:
        """Hold the bucket's lease."""
        return self._lease.held()

    def assert_locked(self) -> None:
        """Look whether the lease is still ours."""
        self._lease.assert_held()

    def _put(self, key: str, path: Path) -> Kept:
        """Put a file and prove that the bucket has its content."""
        size = path.stat().st_size
        if size <= _WHOLE:
            return self._put_whole(key, path.read_bytes())
        if self.stat(key) is None:
            with path.open("rb") as file:
                obstore.put(self._bucket, key, file, use_multipart=True)
        self._compare(key, _of_file(path))
        return self.stat(key) or Kept(-1, None)

    def _put_whole(self, key: str, data: bytes) -> Kept:
        try:
            result = obstore.put(self._bucket, key, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            # Perhaps by this very request, whose first answer was lost.
            self._compare(key, Digest(len(data), hashlib.sha256(data).hexdigest()))
            return self.stat(key) or Kept(-1, None)
        etag = result["e_tag"]
        match = _MD5.fullmatch(etag or "")
        if match is None or match[1] != hashlib.md5(data, usedforsecurity=False).hexdigest():
            self._compare(key, Digest(len(data), hashlib.sha256(data).hexdigest()))
        return Kept(len(data), etag)

    def _compare(self, key: str, wanted: Digest) -> None:
        if digest(self, key) != wanted:
            message = f"{self.url}/{key} is there already, with other content"
            raise ObjectConflictError(message, key=key)


def _of_file(path: Path) -> Digest:
    with path.open("rb") as file:
        return Digest(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _in_parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Give the same bytes in pieces large enough to send."""
    pending = bytearray()
    for piece in pieces:
        pending += piece
        if len(pending) >= _PIECE:
            yield bytes(pending)
            pending.clear()
    yield bytes(pending)


def _state() -> Path:
    given = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(given) if given else Path.home() / ".local" / "state"


@contextmanager
def _typed(key: str, what: str) -> Generator[None]:
    """Turn obstore's and the system's errors into ours."""
    try:
        yield
    except BaseError as error:
        raise DestinationError(f"{what}: {words(error)}", key=key) from error
    except OSError as error:
        raise DestinationError(f"{what}: {error.strerror or words(error)}", key=key) from error
