"""Sinks of audio: the one for a destination, and those that keep nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Protocol

from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import MediaIntegrityError, MediaStorageError
from telnyx_recordings.media.digests import Digests
from telnyx_recordings.media.duration import Format
from telnyx_recordings.media.job import DownloadJob
from telnyx_recordings.media.object_store import Version
from telnyx_recordings.media.part_file import Part, typed

_FORMATS: dict[str, Format] = {".wav": "wav", ".mp3": "mp3"}
_SEPARATORS = tuple(each for each in (os.sep, os.altsep) if each)


class Relay:
    """Passes each byte on once, in order.

    If the transfer starts over, the bytes that were already passed on must be the same again.

    Attributes:
        version: the version of the bytes that arrived.
        digests: of these bytes.
    """

    def __init__(self, pass_on: Callable[[bytes], object]) -> None:
        """Take the function that receives the bytes."""
        self.version: Version = Version()
        self.digests: Digests = Digests()
        self._pass_on = pass_on
        self._passed = 0
        self._passed_sha256 = ""

    def begin(self) -> None:
        """Do nothing: there are no partial bytes from an earlier transfer."""

    def restart(self, version: Version) -> None:
        """Start again from the first byte."""
        if self.digests.size >= self._passed:  # else they are still being compared
            self._passed_sha256 = self.digests.sha256
        self.version, self.digests = version, Digests(md5=version.md5 is not None)

    def write(self, pieces: Sequence[bytes]) -> None:
        """Pass on the bytes that were not passed on yet.

        Raises:
            MediaIntegrityError: bytes that were passed on have changed.
            MediaStorageError: the file cannot be written.
        """
        for piece in pieces:
            known = max(0, min(self._passed - self.digests.size, len(piece)))
            if known:
                self.digests.add(piece[:known])
                is_compared = self.digests.size == self._passed
                if is_compared and self.digests.sha256 != self._passed_sha256:
                    raise MediaIntegrityError("the audio changed during the download")
            if fresh := piece[known:]:
                self.digests.add(fresh)
                self._pass_on(fresh)
                self._passed += len(fresh)

    def publish(self) -> bool:
        """Check that everything that was passed on is part of the audio.

        Raises:
            MediaIntegrityError: more bytes were passed on than it has.
        """
        if self.digests.size < self._passed:
            raise MediaIntegrityError("the audio changed during the download")
        return False

    def discard(self) -> None:
        """Do nothing: bytes that were passed on cannot be taken back."""


Sink = Part | Relay
"""The destination of a transfer. Its methods are called one at a time, in any thread."""


class Writable(Protocol):
    """An open binary file; `flush` is called if there is one."""

    def write(self, data: bytes, /) -> int | None:
        """Write bytes; return how many were written, None for all."""
        ...


class OpenFile(Relay):
    """Writes to an open binary file, starting at its current position."""

    def __init__(self, file: Writable) -> None:
        """Take the file, which the caller closes."""
        super().__init__(self._write)
        self._file = file

    def publish(self) -> bool:
        """Flush the file."""
        super().publish()
        with typed("the open file"):
            if flush := getattr(self._file, "flush", None):
                flush()
        return False

    def _write(self, data: bytes) -> None:
        with typed("the open file"):
            while data:  # a raw file may write fewer bytes
                written = self._file.write(data)
                data = b"" if written is None else data[written:]


Destination = str | PathLike[str] | Writable


class Target:
    """The destination that a caller gave.

    Attributes:
        format: the format of the file extension, or None.
    """

    def __init__(self, destination: Destination, files: Files) -> None:
        """Inspect the destination.

        Raises:
            TypeError: it is neither a path nor an open binary file.
            MediaStorageError: no file can have that path.
        """
        self.format: Format | None = None
        self._destination = destination
        self._files = files
        self._is_folder = False
        if isinstance(destination, str | PathLike):
            path = Path(destination)
            _refuse_invalid(path)
            self._is_folder = os.fspath(destination).endswith(_SEPARATORS) or os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for names that are too long
            if not self._is_folder:
                self.format = _FORMATS.get(path.suffix.lower())
        elif not hasattr(destination, "write") or hasattr(destination, "encoding"):
            raise TypeError(
                "the destination must be a path, a folder or a file opened for writing bytes, "
                f"not a {type(destination).__name__}"
            )

    def sink(self, job: DownloadJob) -> Sink:
        """Return the sink; in a folder, the file is called ``<id>.<format>``."""
        if isinstance(self._destination, str | PathLike):
            path = Path(self._destination)
            name = f"{job.recording_id}.{job.format}"
            return Part(path / name if self._is_folder else path, self._files)
        return OpenFile(self._destination)


def _refuse_invalid(path: Path) -> None:
    try:
        if b"\0" not in os.fsencode(path):
            return
    except UnicodeEncodeError:
        pass
    raise MediaStorageError(f"no file can be named {str(path)!r}: choose another name")
