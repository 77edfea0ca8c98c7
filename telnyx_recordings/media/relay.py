"""Hands audio on as it comes, to an open file or to a reader; what is handed on is not kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from telnyx_recordings.errors import MediaIntegrityError, MediaStorageError
from telnyx_recordings.media.digests import Digests
from telnyx_recordings.media.steps import There, Version


class Relay:
    """Gives each byte once, in order.

    When the transfer has to start over, the bytes that were given already are read again, and have
    to be the same.

    Attributes:
        target: None, since there is no path.
        there: None, since nothing can be there already.
        version: what the bytes that came are of.
        digests: of those bytes.
    """

    def __init__(self, give: Callable[[bytes], object]) -> None:
        """Take what to call with the bytes that follow."""
        self.target: Path | None = None
        self.there: There | None = None
        self.version: Version = Version()
        self.digests: Digests = Digests()
        self._give = give
        self._given = 0
        self._given_sha256 = ""

    @property
    def is_open(self) -> bool:
        """False: what the bytes go to is the caller's to close."""
        return False

    def begin(self) -> None:
        """Do nothing: there is nothing from before."""

    def restart(self, version: Version) -> None:
        """Begin from the first byte again."""
        if self.digests.size >= self._given:  # else it was still on its way there
            self._given_sha256 = self.digests.sha256
        self.version, self.digests = version, Digests(md5=version.md5 is not None)

    def write(self, pieces: Sequence[bytes]) -> None:
        """Give what has not been given yet.

        Raises:
            MediaIntegrityError: what was given already is different now.
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
        """Do no more than see that all that was given is part of what came.

        Raises:
            MediaIntegrityError: more was given than there is now.
        """
        if self.digests.size < self._given:
            raise MediaIntegrityError("the audio changed while it was read")
        return False

    def discard(self) -> None:
        """Do nothing: what was given cannot be taken back."""

    def close(self) -> None:
        """Do nothing: what the bytes went to is the caller's."""

    def _compare(self) -> None:
        if self.digests.sha256 != self._given_sha256:
            raise MediaIntegrityError("the audio changed while it was read")


class Writable(Protocol):
    """What an open binary file has to have; `flush` is called if it is there."""

    def write(self, data: bytes, /) -> int | None:
        """Write bytes; return how many were taken, None for all."""
        ...


class OpenFile(Relay):
    """Writes to an open binary file, from where it stands."""

    def __init__(self, file: Writable) -> None:
        """Take the file; it stays the caller's to close."""
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
