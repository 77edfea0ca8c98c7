"""Measures how long audio is: by its samples or frames, not by what a header or an API states."""

from __future__ import annotations

from typing import Literal

from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media.mp3 import FrameCounter
from telnyx_recordings.media.wav import Scan

Format = Literal["wav", "mp3"]
"""The formats in which Telnyx offers audio."""


class Meter:
    """Measures a file while its bytes pass, with little memory.

    Attributes:
        size: of the file so far.
        scan: finds the samples of a WAV file.
    """

    def __init__(self) -> None:
        """Start with no bytes."""
        self.size: int = 0
        self.scan: Scan = Scan()
        self._frames = FrameCounter()

    def add(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        self.size += len(data)
        if not self.scan.is_over:
            self.scan.add(data)
        if self.scan.place == 0:  # it is not a WAV file
            self._frames.add(data)

    def seconds(self, form: Format) -> float | None:
        """Return the duration of the complete file; None if the header does not state the rate.

        Raises:
            MediaIntegrityError: the file is truncated, or has no audio of that format.
        """
        if form == "mp3":
            self._frames.end()
            if not self._frames.frames:
                raise MediaIntegrityError("the MP3 file has no frames")
            return self._frames.seconds
        wav = self.scan.result(self.size)
        return wav.seconds_of(wav.bytes_in(self.size))
