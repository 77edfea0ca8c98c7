"""A bucket as an archive's destination: S3, Google Cloud Storage or Azure, through obstore.

Endpoint and credentials come from the environment of each worker, under the names that the
services' own tools use (`AWS_ACCESS_KEY_ID`, `GOOGLE_APPLICATION_CREDENTIALS`, …).
"""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError

from telnyx_recordings.archive.stores.lease import Lease
from telnyx_recordings.archive.stores.lock_file import LockFile
from telnyx_recordings.archive.stores.requests import Requests, as_bucket_error
from telnyx_recordings.archive.stores.store import (
    INTERNAL,
    ObjectInfo,
    Store,
    digest,
    incoming_name,
    is_related,
    read_back,
)
from telnyx_recordings.disk.files import PART, Files
from telnyx_recordings.errors import ConfigError, DestinationError, ObjectConflictError
from telnyx_recordings.media.buckets import is_locked, open_bucket

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")

_CHUNK_SIZE = 1 << 20
_IN_MEMORY = 32 << 20
"""Bytes up to which content is kept in memory before it is put."""
_IN_ONE_REQUEST = 4 << 30
"""Bytes up to which an object is put in one request, which leaves nothing if it is interrupted."""
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_TIMEOUT = "120s"
_LONG_TIMEOUT = "3600s"
"""For objects that take longer to upload; their connection may be slow."""


class BucketStore(Store):
    """The objects of a bucket, below a prefix if the URL has one.

    Raises:
        ConfigError: the URL, or the configuration in the environment, is invalid.
    """

    is_shared = True  # the manifest is on the machine that archives

    def __init__(self, url: str) -> None:
        """Take a URL such as ``s3://bucket/prefix``; this makes no request."""
        parts = urlsplit(url)
        shape = f"{parts.scheme}://NAME/PREFIX"
        if "@" in parts.netloc or "?" in url or "#" in url:  # a secret, or would be ignored
            raise ConfigError(
                f"the URL of a bucket is {shape}, without user, password, query or fragment: "
                "credentials come from the environment"
            )
        if not parts.netloc:
            raise ConfigError(f"{parts.scheme}:// has no bucket: write {shape}")
        self.url: str = url.rstrip("/")
        self._bucket = open_bucket(self.url, _TIMEOUT)
        self._requests = Requests()
        self._files = Files()
        self._lease = Lease(self._bucket, self._requests, f"{INTERNAL}lock.json", self.url)

    @property
    def state(self) -> Path:
        """A folder of the user's own, named after the URL."""
        name = hashlib.sha256(self.url.encode()).hexdigest()[:24]
        given = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
        try:
            home = Path(given) if given else Path.home() / ".local" / "state"
        except RuntimeError as error:  # a user that only a container knows has none
            raise ConfigError(
                "this user has no home folder for the manifest of a bucket: set XDG_STATE_HOME"
            ) from error
        return home / "telnyx-recordings" / "archives" / name

    def prepare(self) -> None:
        """Check that the bucket exists and can be listed, and create the folder for downloads."""
        with as_bucket_error("", self.url):
            self._requests.run(lambda: next(iter(self._list(INTERNAL)), None))
        with as_bucket_error("", f"the state folder of {self.url}"):
            self.incoming.mkdir(mode=0o700, parents=True, exist_ok=True)

    def receive(
        self, key: str, fetch: Callable[[Path], T], *, owner: str = ""
    ) -> tuple[T, ObjectInfo]:
        """Download an object to this machine, then put it."""
        path = self.incoming / incoming_name(key, owner)
        with as_bucket_error(key, str(path)):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            got = fetch(path)
        try:
            with as_bucket_error(key, f"{self.url}/{key}"), _content(path) as data:
                kept = self._put_new(key, data)
        finally:
            self._files.unlink(path)
        return got, kept

    def create(self, key: str, data: bytes) -> None:
        """Put a small object."""
        with as_bucket_error(key, f"{self.url}/{key}"):
            self._put_new(key, data)

    def replace(self, key: str, chunks: Iterable[bytes]) -> None:
        """Put an object, replacing atomically the one under that key."""
        self._lease.assert_held()
        with as_bucket_error(key, f"{self.url}/{key}"), self._complete(chunks) as data:
            bucket, several = self._bucket_for(data), len(data) > _IN_ONE_REQUEST
            self._requests.run(lambda: obstore.put(bucket, key, data, use_multipart=several))

    @contextmanager
    def _complete(self, chunks: Iterable[bytes]) -> Generator[bytes | mmap.mmap]:
        """Yield all bytes at once, from a file if they are many: a request may be repeated."""
        data = bytearray()
        remaining = iter(chunks)
        for chunk in remaining:
            data += chunk
            if len(data) > _IN_MEMORY:
                break
        else:
            yield bytes(data)
            return
        path = self.incoming / f".{secrets.token_hex(8)}{PART}"
        try:
            with path.open("xb") as file:
                file.write(data)
                file.writelines(remaining)
            with _content(path) as content:
                yield content
        finally:
            self._files.unlink(path)

    def stat(self, key: str) -> ObjectInfo | None:
        """Return an object's size and ETag."""
        with as_bucket_error(key, f"{self.url}/{key}"):
            try:
                meta = self._requests.run(lambda: obstore.head(self._bucket, key))
            except FileNotFoundError:
                return None
        return ObjectInfo(meta["size"], meta["e_tag"])

    def read(self, key: str) -> Iterator[bytes]:
        """Yield an object's bytes; a connection that breaks is resumed where it broke."""
        offset, etag = 0, None

        def rest() -> Iterator[bytes]:
            nonlocal offset, etag
            options: Any = {"range": {"offset": offset}, "if_match": etag} if offset else {}
            got = obstore.get(self._bucket, key, options=options)
            etag, size = got.meta["e_tag"], got.meta["size"]
            for chunk in got.stream(min_chunk_size=_CHUNK_SIZE) if size else ():
                offset += len(chunk)
                yield bytes(chunk)

        with as_bucket_error(key, f"{self.url}/{key}"):
            yield from self._requests.resumed(rest, lambda: not offset or etag is not None)

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Yield a part of an object."""
        with as_bucket_error(key, f"{self.url}/{key}"):
            for place in range(start, end, _CHUNK_SIZE):
                stop = min(place + _CHUNK_SIZE, end)
                get = partial(obstore.get_range, self._bucket, key, start=place, end=stop)
                yield bytes(self._requests.run(get))

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes."""
        with as_bucket_error(key, f"{self.url}/{key}"):
            try:
                return self._requests.run(lambda: bytes(obstore.get(self._bucket, key).bytes()))
            except FileNotFoundError:
                return None

    def keys(self, under: str = "") -> Iterator[str]:
        """Yield the keys of all objects below a prefix."""
        last: str | None = None

        def rest() -> Iterator[str]:
            nonlocal last
            for key in self._list(under, last):
                if key == last:
                    raise DestinationError(
                        f"{self.url}: the list of objects repeats itself at {key!r}", key=key
                    )
                last = key
                yield key

        with as_bucket_error(under, self.url):
            for key in self._requests.resumed(rest):
                if not key.startswith(INTERNAL):
                    yield key

    def _list(self, under: str, after: str | None = None) -> Iterator[str]:
        found: Iterable[Iterable[Any]] = obstore.list(  # pyright: ignore[reportUnknownMemberType]  # its overloads
            self._bucket, prefix=under.rstrip("/") or None, offset=after
        )
        for batch in found:
            for meta in batch:
                yield meta["path"]

    def related(self, stem: str) -> list[str]:
        """Return the keys of all objects of a recording."""
        folder, _, name = stem.rpartition("/")
        return [
            key
            for key in self.keys(folder)
            if key.startswith(f"{stem}.") and is_related(key.rpartition("/")[2], name)
        ]

    def remove(self, key: str) -> None:
        """Delete an object."""
        self._lease.assert_held()
        with as_bucket_error(key, f"{self.url}/{key}"):
            try:
                self._requests.run(lambda: obstore.delete(self._bucket, key))
            except FileNotFoundError:
                return

    def is_locked(self, key: str) -> bool:
        """Return whether an object lock keeps the object."""
        if not self.url.startswith("s3:"):
            return False
        whole = f"{urlsplit(self.url).path}/{key}".lstrip("/")
        with as_bucket_error(key, f"{self.url}/{key}"):
            return self._requests.run(lambda: is_locked(self._root, whole))

    @cached_property
    def _root(self) -> ObjectStore:
        """The whole bucket: some versions of obstore sign requests without the prefix."""
        return open_bucket(f"s3://{urlsplit(self.url).netloc}", _TIMEOUT)

    def move(self, key: str, to: str) -> None:
        """Copy an object in the bucket, and delete the first."""
        self._lease.assert_held()
        with as_bucket_error(key, f"{self.url}/{key}"):
            try:
                self._requests.run(lambda: obstore.copy(self._bucket, key, to))
                self._requests.run(lambda: obstore.delete(self._bucket, key))
            except FileNotFoundError:
                return

    def differs(self, key: str, size: int, sha256: str, etag: str | None) -> str | None:
        """Compare the ETag: the content was checked when the object was put."""
        if etag is not None and self.stat(key) == ObjectInfo(size, etag):
            return None
        return read_back(self, key, size, sha256)

    @contextmanager
    def lock(self, *, create: bool = True) -> Generator[None]:
        """Hold the lock on this machine, and the bucket's lease if it is written to."""
        here = LockFile(self.state, self._files, self.url)
        with here.held(create=create), self._lease.held() if create else nullcontext():
            yield

    def assert_locked(self) -> None:
        """Check that the lease is still held."""
        self._lease.assert_held()

    def _bucket_for(self, data: bytes | mmap.mmap) -> ObjectStore:
        return self._bucket if len(data) <= _IN_MEMORY else open_bucket(self.url, _LONG_TIMEOUT)

    def _put_new(self, key: str, data: bytes | mmap.mmap) -> ObjectInfo:
        """Put an object in one request: only that can be made create-only."""
        wanted = len(data), hashlib.sha256(data).hexdigest()
        bucket = self._bucket_for(data)
        try:
            result = self._requests.run(
                lambda: obstore.put(bucket, key, data, mode="create", use_multipart=False)
            )
        except AlreadyExistsError:
            # Perhaps put by this very request, if the response to its first attempt was lost.
            return self._compare(key, wanted)
        etag = result["e_tag"]
        match = _MD5.fullmatch(etag or "")
        if match is None or match[1] != hashlib.md5(data, usedforsecurity=False).hexdigest():
            return self._compare(key, wanted)
        return ObjectInfo(len(data), etag)

    def _compare(self, key: str, wanted: tuple[int, str]) -> ObjectInfo:
        if digest(self, key) != wanted:
            raise ObjectConflictError(
                f"{self.url}/{key} already exists, with other content, and is not replaced: move "
                "it away",
                key=key,
            )
        return self.stat(key) or ObjectInfo(-1, None)


@contextmanager
def _content(path: Path) -> Generator[bytes | mmap.mmap]:
    """Yield the bytes of a file, without reading a large one into memory."""
    if path.stat().st_size <= _IN_MEMORY:
        yield path.read_bytes()
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data
