"""Measures how long audio is: by its samples or frames, not by what a header or an API states."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media.mp3 import FrameCounter
from telnyx_recordings.media.wav import Scan

Format = Literal["wav", "mp3"]
"""The formats in which Telnyx offers audio."""


class Measured(NamedTuple):
    """The length of audio: the samples of one channel, and their duration."""

    samples: int
    seconds: float


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

    def result(self, form: Format) -> Measured | None:
        """Return the length of the complete file; None if the header does not state the rate.

        Raises:
            MediaIntegrityError: the file is truncated, or has no audio of that format.
        """
        if form == "mp3":
            self._frames.end()
            if not self._frames.frames:
                raise MediaIntegrityError("the MP3 file has no frames")
            return Measured(self._frames.samples, self._frames.seconds)
        wav = self.scan.result(self.size)
        length = wav.bytes_in(self.size)
        samples, seconds = wav.samples_of(length), wav.seconds_of(length)
        return None if samples is None or seconds is None else Measured(samples, seconds)


def measure(chunks: Iterable[bytes | memoryview], form: Format) -> Measured:
    """Measure a stored file from its bytes, in order and in chunks of any size.

    WAV files are measured by the length of their samples, and MP3 files by counting all of their
    frames. Archives use this before they delete a recording at Telnyx.

    Raises:
        MediaIntegrityError: the file cannot be measured; the message has the reason.
    """
    meter = Meter()
    for chunk in chunks:
        meter.add(chunk)
    measured = meter.result(form)
    if measured is None:
        raise MediaIntegrityError("the WAV file does not state its sample rate")
    return measured
