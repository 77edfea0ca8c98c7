"""An S3-compatible store on loopback that keeps objects in memory, with conditional writes.

It is a process of its own. `python -m benchmarks.object_store` prints its endpoint and ends with
its standard input.
"""

from __future__ import annotations

import hashlib
import re
import socket
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from threading import Lock
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks import loopback

_LISTED = 1_000
_DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@contextmanager
def stored() -> Generator[dict[str, str]]:
    """Serve a store; yield the environment variables by which obstore finds it."""
    with loopback.started("benchmarks.object_store") as endpoint:
        yield {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "benchmarks",
            "AWS_SECRET_ACCESS_KEY": "benchmarks",
        }


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; that to a HEAD has no body."""

    status: str
    body: bytes = b""
    etag: str = ""
    more: str = ""

    def encode(self, *, is_head: bool) -> bytes:
        """Return the bytes to send."""
        tag = f'etag: "{self.etag}"\r\nlast-modified: {_DATE}\r\n' if self.etag else ""
        head = f"HTTP/1.1 {self.status}\r\ncontent-length: {len(self.body)}\r\n{tag}{self.more}\r\n"
        return head.encode() + (b"" if is_head else self.body)


class Objects:
    """The objects of all buckets, by path."""

    def __init__(self) -> None:
        """Start without objects."""
        self._objects: dict[str, tuple[bytes, str]] = {}
        self._sorted: list[str] | None = []
        self._lock = Lock()

    def handle(self, connection: socket.socket) -> None:
        """Carry out the requests of a connection."""
        with connection, connection.makefile("rb") as stream, suppress(ConnectionError, ValueError):
            while line := stream.readline():
                method, target, _ = line.decode("latin-1").split(" ", 2)
                headers: dict[str, str] = {}
                while (line := stream.readline()).strip():
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                response = self._respond(method, target, headers, body)
                connection.sendall(response.encode(is_head=method == "HEAD"))

    def _respond(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        parts = urlsplit(target)
        key = unquote(parts.path)
        if method == "GET" and "list-type" in parts.query:
            return self._list(key.rstrip("/") + "/", parse_qs(parts.query))
        if method == "PUT":
            return self._put(key, headers, body)
        if method == "DELETE":
            with self._lock:
                self._sorted = None if self._objects.pop(key, None) else self._sorted
            return Response("204 No Content")
        found = self._objects.get(key)
        if found is None:
            return Response("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>")
        content, etag = found
        asked = _RANGE.fullmatch(headers.get("range", ""))
        if asked is None:
            return Response("200 OK", content, etag)
        start, end = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        more = f"content-range: bytes {start}-{end}/{len(content)}\r\n"
        return Response("206 Partial Content", content[start : end + 1], etag, more)

    def _put(self, key: str, headers: Mapping[str, str], body: bytes) -> Response:
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        wanted = headers.get("if-match", "").strip('"')
        with self._lock:
            found = self._objects.get(key)
            if (found and "if-none-match" in headers) or (
                wanted and (not found or found[1] != wanted)
            ):
                code = b"<Error><Code>PreconditionFailed</Code></Error>"
                return Response("412 Precondition Failed", code)
            self._objects[key] = (body, etag)
            self._sorted = self._sorted if found else None
        return Response("200 OK", etag=etag)

    def _list(self, bucket: str, query: Mapping[str, list[str]]) -> Response:
        with self._lock:
            if self._sorted is None:
                self._sorted = sorted(self._objects)
            keys = self._sorted
        prefix = bucket + query.get("prefix", [""])[0]
        after = query.get("continuation-token", query.get("start-after", [""]))[0]
        start = bisect_left(keys, prefix)
        if after:
            start = max(start, bisect_right(keys, bucket + after))
        end = start
        while end < min(start + _LISTED, len(keys)) and keys[end].startswith(prefix):
            end += 1
        is_cut = end - start == _LISTED and end < len(keys) and keys[end].startswith(prefix)
        found = [key.removeprefix(bucket) for key in keys[start:end]]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(self._objects[bucket + key][0])}</Size>"
            f"<ETag>{self._objects[bucket + key][1]}</ETag>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key in found
        )
        token = (
            f"<NextContinuationToken>{escape(found[-1])}</NextContinuationToken>" if is_cut else ""
        )
        text = (
            '<?xml version="1.0"?><ListBucketResult>'
            f"<IsTruncated>{'true' if is_cut else 'false'}</IsTruncated>"
            f"<KeyCount>{len(found)}</KeyCount>{rows}{token}</ListBucketResult>"
        )
        return Response("200 OK", text.encode())


if __name__ == "__main__":
    objects = Objects()
    loopback.serve(lambda _: objects.handle)
