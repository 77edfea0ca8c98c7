"""A bucket as an archive's destination: S3, Google Cloud Storage or Azure, through obstore.

Endpoint and credentials come from the environment of each worker, under the names that the
services' own tools use (`AWS_ACCESS_KEY_ID`, `GOOGLE_APPLICATION_CREDENTIALS`, …).
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

from telnyx_recordings.archive.stores.lease import Lease, first_line
from telnyx_recordings.archive.stores.store import INTERNAL, Digest, ObjectInfo, digest
from telnyx_recordings.errors import ConfigError, DestinationError, ObjectConflictError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")

_CHUNK_SIZE = 1 << 20
_SINGLE_PUT = 32 << 20
"""Bytes up to which an object is put in one request: only that can be made create-only."""
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_INCOMING = "incoming"
_METADATA = "/latest/api/token"
"""Where a machine of Amazon's is asked for its own credentials, if there are no others."""
_NO_CREDENTIALS = "; there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


class BucketStore:
    """The objects of a bucket, below a prefix if the URL has one.

    Raises:
        ConfigError: the URL, or the configuration in the environment, is invalid.
    """

    def __init__(self, url: str) -> None:
        """Take a URL such as ``s3://bucket/prefix``; this makes no request."""
        self.url: str = url.rstrip("/")
        config: Any = {"checksum_algorithm": "sha256"} if url.startswith("s3:") else {}
        try:
            self._bucket: ObjectStore = from_url(self.url, config=config)
        except (BaseError, ValueError) as error:
            message = f"{self.url} cannot be used: {first_line(error)}"
            raise ConfigError(message) from error
        self._lease = Lease(self._bucket, f"{INTERNAL}lock.json", self.url)

    @property
    def is_shared(self) -> bool:
        """True: the manifest is on the machine that archives."""
        return True

    def prepare(self) -> None:
        """Check that the bucket can be reached, and create the folder for downloads."""
        with _as_destination_error("", self.url):
            self.stat(INTERNAL)
        with _as_destination_error("", f"the state folder of {self.url}"):
            (self.manifest_path().parent / _INCOMING).mkdir(mode=0o700, parents=True, exist_ok=True)

    def receive(self, key: str, fetch: Callable[[Path], T]) -> tuple[T, ObjectInfo]:
        """Download an object to this machine, then put it."""
        name = hashlib.sha256(key.encode()).hexdigest()[:32] + Path(key).suffix
        path = self.manifest_path().parent / _INCOMING / name
        with _as_destination_error(key, str(path)):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            got = fetch(path)
            kept = self._put(key, path)
            path.unlink(missing_ok=True)
        return got, kept

    def create(self, key: str, data: bytes) -> None:
        """Put a small object."""
        with _as_destination_error(key, f"{self.url}/{key}"):
            self._put_whole(key, data)

    def replace(self, key: str, chunks: Iterable[bytes]) -> None:
        """Put an object, replacing atomically the one under that key."""
        with _as_destination_error(key, f"{self.url}/{key}"):
            obstore.put(self._bucket, key, _in_parts(chunks))

    def stat(self, key: str) -> ObjectInfo | None:
        """Return an object's size and ETag."""
        with _as_destination_error(key, f"{self.url}/{key}"):
            try:
                meta = obstore.head(self._bucket, key)
            except FileNotFoundError:
                return None
        return ObjectInfo(meta["size"], meta["e_tag"])

    def read(self, key: str) -> Iterator[bytes]:
        """Yield an object's bytes."""
        with _as_destination_error(key, f"{self.url}/{key}"):
            for chunk in obstore.get(self._bucket, key).stream(min_chunk_size=_CHUNK_SIZE):
                yield bytes(chunk)

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes."""
        with _as_destination_error(key, f"{self.url}/{key}"):
            try:
                return bytes(obstore.get(self._bucket, key).bytes())
            except FileNotFoundError:
                return None

    def keys(self, under: str = "") -> Iterator[str]:
        """Yield the keys of all objects below a prefix."""
        with _as_destination_error(under, self.url):
            found: Iterable[Iterable[Any]] = obstore.list(  # pyright: ignore[reportUnknownMemberType]  # its overloads
                self._bucket, prefix=under.rstrip("/") or None
            )
            for batch in found:
                for meta in batch:
                    if not meta["path"].startswith(INTERNAL):
                        yield meta["path"]

    def remove(self, key: str) -> None:
        """Delete an object."""
        with _as_destination_error(key, f"{self.url}/{key}"):
            try:
                obstore.delete(self._bucket, key)
            except FileNotFoundError:
                return

    def move(self, key: str, to: str) -> None:
        """Copy an object in the bucket, and delete the first."""
        with _as_destination_error(key, f"{self.url}/{key}"):
            try:
                obstore.rename(self._bucket, key, to)
            except FileNotFoundError:
                return

    def differs(self, key: str, size: int, sha256: str, etag: str | None) -> str | None:
        """Compare the ETag: the content was checked when the object was put."""
        kept = self.stat(key)
        if kept is None:
            return "it is missing"
        if kept.size != size:
            return f"it has {kept.size:,} bytes, not {size:,}"
        if etag is not None and kept.etag == etag:
            return None
        return None if digest(self, key).sha256 == sha256 else "its SHA-256 differs"

    def sweep(self, *, everything: bool) -> None:
        """Remove downloads that were not put; by default they stay, to be resumed."""
        if everything:
            with _as_destination_error("", f"the state folder of {self.url}"):
                for path in (self.manifest_path().parent / _INCOMING).iterdir():
                    path.unlink(missing_ok=True)

    def manifest_path(self) -> Path:
        """Return the manifest's path, in the user's state folder."""
        name = hashlib.sha256(self.url.encode()).hexdigest()[:24]
        return _state() / "telnyx-recordings" / "archives" / name / "manifest.sqlite"

    def lock(self) -> AbstractContextManager[None]:
        """Hold the bucket's lease."""
        return self._lease.held()

    def assert_locked(self) -> None:
        """Check that the lease is still held."""
        self._lease.assert_held()

    def _put(self, key: str, path: Path) -> ObjectInfo:
        """Put a file, and verify that the bucket has its content."""
        size = path.stat().st_size
        if size <= _SINGLE_PUT:
            return self._put_whole(key, path.read_bytes())
        if self.stat(key) is None:
            with path.open("rb") as file:
                obstore.put(self._bucket, key, file, use_multipart=True)
        self._compare(key, _of_file(path))
        return self.stat(key) or ObjectInfo(-1, None)

    def _put_whole(self, key: str, data: bytes) -> ObjectInfo:
        try:
            result = obstore.put(self._bucket, key, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            # Perhaps put by this very request, if the response to its first attempt was lost.
            self._compare(key, Digest(len(data), hashlib.sha256(data).hexdigest()))
            return self.stat(key) or ObjectInfo(-1, None)
        etag = result["e_tag"]
        match = _MD5.fullmatch(etag or "")
        if match is None or match[1] != hashlib.md5(data, usedforsecurity=False).hexdigest():
            self._compare(key, Digest(len(data), hashlib.sha256(data).hexdigest()))
        return ObjectInfo(len(data), etag)

    def _compare(self, key: str, wanted: Digest) -> None:
        if digest(self, key) != wanted:
            message = f"{self.url}/{key} already exists, with other content"
            raise ObjectConflictError(message, key=key)


def _of_file(path: Path) -> Digest:
    with path.open("rb") as file:
        return Digest(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _in_parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in chunks large enough to upload."""
    pending = bytearray()
    for chunk in chunks:
        pending += chunk
        if len(pending) >= _CHUNK_SIZE:
            yield bytes(pending)
            pending.clear()
    yield bytes(pending)


def _state() -> Path:
    given = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return Path(given) if given else Path.home() / ".local" / "state"
    except RuntimeError as error:  # as of users that a container makes up
        message = "this user has no home folder for the manifest of a bucket: set XDG_STATE_HOME"
        raise ConfigError(message) from error


@contextmanager
def _as_destination_error(key: str, what: str) -> Generator[None]:
    """Raise errors of obstore and the system as DestinationError."""
    try:
        yield
    except BaseError as error:
        hint = _NO_CREDENTIALS if _METADATA in str(error) else ""
        raise DestinationError(f"{what}: {first_line(error)}{hint}", key=key) from error
    except OSError as error:
        raise DestinationError(f"{what}: {error.strerror or first_line(error)}", key=key) from error
