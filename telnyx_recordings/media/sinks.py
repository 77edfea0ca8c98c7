"""Sinks that pass audio on as it arrives, to an open file or a reader, and keep nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from telnyx_recordings.errors import MediaIntegrityError, MediaStorageError
from telnyx_recordings.media.digests import Digests
from telnyx_recordings.media.steps import ExistingFile, Version


class Relay:
    """Passes each byte on once, in order.

    If the transfer starts over, the bytes that were passed on already must be the same again.

    Attributes:
        target: None, since there is no path.
        existing: None, since no file can exist already.
        version: the version of the bytes that arrived.
        digests: of these bytes.
    """

    def __init__(self, give: Callable[[bytes], object]) -> None:
        """Take the function to call with bytes."""
        self.target: Path | None = None
        self.existing: ExistingFile | None = None
        self.version: Version = Version()
        self.digests: Digests = Digests()
        self._give = give
        self._given = 0
        self._given_sha256 = ""

    @property
    def is_open(self) -> bool:
        """False: the caller closes the destination."""
        return False

    def begin(self) -> None:
        """Do nothing: nothing was left behind."""

    def restart(self, version: Version) -> None:
        """Start again from the first byte."""
        if self.digests.size >= self._given:  # else it was still on its way there
            self._given_sha256 = self.digests.sha256
        self.version, self.digests = version, Digests(md5=version.md5 is not None)

    def write(self, pieces: Sequence[bytes]) -> None:
        """Pass on what was not passed on yet.

        Raises:
            MediaIntegrityError: bytes that were passed on are different now.
            MediaStorageError: the file cannot be written.
        """
        for piece in pieces:
            known = max(0, min(self._given - self.digests.size, len(piece)))
            if known:
                self.digests.add(piece[:known])
                if self.digests.size == self._given:
                    self._compare()
            if fresh := piece[known:]:
                self.digests.add(fresh)
                self._give(fresh)
                self._given += len(fresh)

    def publish(self) -> bool:
        """Check that everything that was passed on is part of the audio.

        Raises:
            MediaIntegrityError: more was passed on than there is now.
        """
        if self.digests.size < self._given:
            raise MediaIntegrityError("the audio changed while it was read")
        return False

    def discard(self) -> None:
        """Do nothing: what was passed on cannot be taken back."""

    def close(self) -> None:
        """Do nothing: the caller closes the destination."""

    def _compare(self) -> None:
        if self.digests.sha256 != self._given_sha256:
            raise MediaIntegrityError("the audio changed while it was read")


class Writable(Protocol):
    """An open binary file; `flush` is called if there is one."""

    def write(self, data: bytes, /) -> int | None:
        """Write bytes; return how many were written, None for all."""
        ...


class OpenFile(Relay):
    """Writes to an open binary file, from its current position."""

    def __init__(self, file: Writable) -> None:
        """Take the file, which the caller closes."""
        super().__init__(self._write)
        self._file = file

    def publish(self) -> bool:
        """Flush the file."""
        super().publish()
        try:
            if flush := getattr(self._file, "flush", None):
                flush()
        except OSError as error:
            raise _typed(error) from error
        return False

    def _write(self, data: bytes) -> None:
        try:
            while data:  # a raw file may take less than all
                written = self._file.write(data)
                data = b"" if written is None else data[written:]
        except OSError as error:
            raise _typed(error) from error


def _typed(error: OSError) -> MediaStorageError:
    return MediaStorageError(
        f"the open file cannot be written: {error.strerror or error}", errno=error.errno
    )
