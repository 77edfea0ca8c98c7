"""Digests: checksums and other properties that are computed while audio passes through."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from threading import Thread
from typing import Any

from telnyx_recordings.media.duration import Meter

HEAD = 65_536
"""Bytes from the beginning of the file that are kept."""

_LARGE = 4 << 20
"""Bytes after which a second core computes the MD5, which takes as long as the rest together."""

_TOGETHER = 1 << 20
"""Bytes of which the second core computes the MD5 at a time."""

_MD5 = re.compile(r"[0-9a-f]{32}")


class BackgroundWorker:
    """Runs one task at a time in a thread that ends with it: large files keep two cores busy."""

    def __init__(self) -> None:
        """Create a worker without a thread."""
        self._thread: Thread | None = None
        self._error: BaseException | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the last task is still running."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, work: Callable[..., object], *arguments: object) -> None:
        """Start a task, after the last one has ended.

        Raises:
            Exception: that the last one raised.
        """
        self.end()
        thread = Thread(target=self._do, args=(work, *arguments), name="telnyx-audio")
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down, or has too many threads
            self._do(work, *arguments)
        else:
            self._thread = thread

    def end(self) -> None:
        """Wait until the last task has ended.

        Raises:
            Exception: that it raised.
        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _do(self, work: Callable[..., object], *arguments: object) -> None:
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001 - `end` raises it
            self._error = error


class Digests:
    """SHA-256, MD5 if it can be compared, size, duration, and the beginning of the file."""

    def __init__(self, *, md5: bool = False) -> None:
        """Start with no bytes."""
        self.head: bytes = b""
        self.meter: Meter = Meter()
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None
        self._worker = BackgroundWorker()
        self._waiting: list[bytes] = []  # for the MD5
        self._held = 0  # bytes that wait

    def add(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        if len(self.head) < HEAD:
            self.head += bytes(data[: HEAD - len(self.head)])
        self.meter.add(data)
        if self._md5 is None:
            pass
        elif self.size > _LARGE and isinstance(data, bytes):  # a view may change under a thread
            self._waiting.append(data)
            self._held += len(data)
            if self._held >= _TOGETHER:
                self._worker.begin(_update, self._md5, self._waiting)
                self._waiting, self._held = [], 0
        else:
            self._flush()
            self._md5.update(data)
        self._sha256.update(data)

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.meter.size

    @property
    def sha256(self) -> str:
        """The SHA-256 in hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str | None:
        """The MD5 in hexadecimal; None if it was not requested."""
        self._flush()
        return self._md5.hexdigest() if self._md5 is not None else None

    def _flush(self) -> None:
        self._worker.end()
        if self._waiting:
            _update(self._md5, self._waiting)
            self._waiting, self._held = [], 0


def _update(digest: Any, pieces: list[bytes]) -> None:
    for piece in pieces:
        digest.update(piece)


def md5_in(etag: str | None) -> str | None:
    """Return the MD5 in an ETag; None if it is something else.

    An ETag of S3 is the MD5 of objects that were put in one part and not encrypted with KMS.
    """
    value = (etag or "").strip('"').lower()
    return value if _MD5.fullmatch(value) else None
