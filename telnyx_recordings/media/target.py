"""The destination of a download: a path, a folder, or an open file."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path

from telnyx_recordings.disk.files import Files
from telnyx_recordings.media.checks import Format
from telnyx_recordings.media.job import Job
from telnyx_recordings.media.part_file import Part
from telnyx_recordings.media.sinks import OpenFile, Writable
from telnyx_recordings.media.steps import Sink

Destination = str | PathLike[str] | Writable

_FORMATS: dict[str, Format] = {".wav": "wav", ".mp3": "mp3"}
_SEPARATORS = tuple(each for each in (os.sep, os.altsep) if each)


class Target:
    """The destination that a caller gave.

    Attributes:
        format: the format of the file extension, or None.
    """

    def __init__(self, destination: Destination, files: Files) -> None:
        """Inspect the destination.

        Raises:
            TypeError: it is neither a path nor an open binary file.
        """
        self.format: Format | None = None
        self._destination = destination
        self._files = files
        self._is_folder = False
        if isinstance(destination, str | PathLike):
            path = Path(destination)
            self._is_folder = os.fspath(destination).endswith(_SEPARATORS) or path.is_dir()
            if not self._is_folder:
                self.format = _FORMATS.get(path.suffix.lower())
        elif not hasattr(destination, "write") or hasattr(destination, "encoding"):
            raise TypeError(
                "the destination must be a path, a folder or a file opened for writing bytes, "
                f"not a {type(destination).__name__}"
            )

    def sink(self, job: Job) -> Sink:
        """Return the sink; in a folder, the file is called ``<id>.<format>``."""
        if isinstance(self._destination, str | PathLike):
            path = Path(self._destination)
            name = f"{job.recording_id}.{job.format}"
            return Part(path / name if self._is_folder else path, self._files)
        return OpenFile(self._destination)
