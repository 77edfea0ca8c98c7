"""Reads audio from the user's own storage: S3, Google Cloud Storage or Azure, through obstore.

The responses look like those of Telnyx's stores, so that resuming and all checks are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError

from telnyx_recordings.core.call.retry import RETRIED_STATUSES
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import ConfigError, MediaAccessError
from telnyx_recordings.media.buckets import classified, explanation, open_bucket
from telnyx_recordings.media.links import shown
from telnyx_recordings.media.object_store import OK, PARTIAL, UNSATISFIABLE

_TIMEOUT = "120s"
"""For a request with its body; a download of more audio is resumed, as after any other failure."""
_CHUNK_SIZE = 262_144
_GOOGLE = "storage.googleapis.com"
_GOOGLE_HOSTS = (_GOOGLE, "storage.cloud.google.com")
_AZURE_HOSTS = (".blob.core.windows.net", ".dfs.core.windows.net")


class OwnReply:
    """The response of the user's own storage."""

    def __init__(self, status: int, headers: Mapping[str, str], chunks: Iterator[Any]) -> None:
        """Take the status, the headers and the body."""
        self.status = status
        self.headers = headers
        self._chunks = chunks

    def read(self) -> bytes | Failure:
        """Return the bytes that have arrived, at least one; none at the end."""
        try:
            return bytes(next(self._chunks, b""))
        except BaseError as error:
            return _failure_of(error)

    def close(self) -> None:
        """End the response; the rest of its body is not read."""
        self._chunks = iter(())


class OwnStorage:
    """Sends requests to the user's own storage; safe to share between threads."""

    def __init__(self) -> None:
        """Start without connections."""
        self._bucket = cache(partial(open_bucket, timeout=_TIMEOUT))

    def open(self, url: str, headers: Mapping[str, str]) -> OwnReply | Failure:
        """Request an object, or with a header `range` the rest of it if it has not changed.

        Raises:
            MediaAccessError: the object or bucket does not exist, or access is denied.
            ConfigError: the configuration in the environment is invalid.
        """
        bucket, key = place_of(url)
        start = int(headers.get("range", "bytes=0-")[len("bytes=") : -1])
        try:
            store = self._bucket(bucket)
            if not start:
                return _reply(OK, obstore.get(store, key))
            # Not with a condition: not all stores obey it, and the ETag of the response shows more.
            meta = obstore.head(store, key)
            if _etag_of(meta["e_tag"]) != headers.get("if-range"):
                return _reply(OK, obstore.get(store, key))
            if start >= meta["size"]:
                return OwnReply(UNSATISFIABLE, _headers(UNSATISFIABLE, meta, start), iter(()))
            options: Any = {"range": {"offset": start}}
            return _reply(PARTIAL, obstore.get(store, key, options=options), start)
        except (BaseError, FileNotFoundError, PermissionError) as error:
            failure = _failure_of(error)
            if failure.kind == "protocol":
                raise MediaAccessError(f"{shown(url)}: {explanation(error)}") from error
            return failure


def _reply(status: int, got: Any, start: int = 0) -> OwnReply:
    chunks = iter(got.stream(min_chunk_size=_CHUNK_SIZE)) if got.meta["size"] else iter(())
    return OwnReply(status, _headers(status, got.meta, start), chunks)


def _headers(status: int, meta: Any, start: int) -> dict[str, str]:
    size = meta["size"]
    headers = {
        "content-length": str(size - start if status != UNSATISFIABLE else 0),
        # Nothing shows whether the object is encrypted, and the ETag therefore no MD5.
        "x-amz-server-side-encryption": "aws:kms",
    }
    if meta["e_tag"]:
        headers["etag"] = _etag_of(meta["e_tag"])
    if status == PARTIAL:
        headers["content-range"] = f"bytes {start}-{size - 1}/{size}"
    elif status == UNSATISFIABLE:
        headers["content-range"] = f"bytes */{size}"
    return headers


def _etag_of(value: str | None) -> str:
    return f'"{(value or "").strip(chr(34))}"'


def _failure_of(error: Exception) -> Failure:
    """Return the failure; its kind is `protocol` if another attempt would not help."""
    if not isinstance(error, BaseError):
        return Failure(kind="protocol", message=explanation(error))
    status, failure = classified(error)
    if status is not None:
        kind: Any = "reset" if status in RETRIED_STATUSES else "protocol"
        return Failure(kind=kind, message=f"your storage returned {status}")
    if failure is None or failure.kind == "protocol":
        return Failure(kind="protocol", message=explanation(error))
    return Failure(kind=failure.kind, message=failure.message)


def place_of(url: str) -> tuple[str, str]:
    """Return the URL of the bucket or container that a link leads to, and the key of the object.

    Raises:
        ConfigError: it leads to no such storage.
    """
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path).lstrip("/")
    name, _, key = path.partition("/")
    if parts.scheme == "s3a":
        return f"s3://{parts.netloc}", path
    if parts.scheme in ("wasb", "wasbs") or parts.scheme in ("abfs", "abfss"):
        container = parts.username or ""
        if container:
            return f"https://{host}/{container}", path
    if parts.scheme in ("az", "azure", "s3", "gs", "abfs", "abfss"):
        return f"{parts.scheme}://{parts.netloc}", path
    if host in _GOOGLE_HOSTS:
        return f"gs://{name}", key
    if host.endswith(f".{_GOOGLE}"):
        return f"gs://{host.removesuffix(f'.{_GOOGLE}')}", path
    if host.endswith(_AZURE_HOSTS):
        return f"https://{host}/{name}", key
    raise ConfigError(f"{shown(url)} is not in a storage service that own_storage supports")
