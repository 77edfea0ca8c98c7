"""Checks that downloaded bytes are the recording's audio: container, length and duration."""

from __future__ import annotations

from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media import mp3, wav
from telnyx_recordings.media.duration import Format, Meter

LARGEST = 4 << 30
"""The largest file in bytes: lengths in WAV files have 32 bits."""
_FASTEST = 768
"""The highest bit rate, in bytes per millisecond: 96 kHz, 32 bits, two channels."""
_ROOM = 16 << 20
"""Allowance in bytes for tags, and for an inexact duration."""
_TOLERATED_SECONDS = 2.0
_TOLERATED_SHARE = 0.02
_MAGIC_SIZE = 12


def largest(duration_millis: int | None, limit: int = LARGEST) -> int:
    """Return the largest possible size of a recording of this duration."""
    if not duration_millis or duration_millis < 0:
        return limit
    return min(limit, duration_millis * _FASTEST + _ROOM)


def magic(head: bytes, form: Format) -> None:
    """Check the first bytes; too few bytes pass.

    Raises:
        MediaIntegrityError: it is not a file of that format.
    """
    if len(head) < _MAGIC_SIZE:
        return
    known = wav.is_wav(head) if form == "wav" else mp3.is_mp3(head)
    if not known:
        raise MediaIntegrityError(f"the downloaded data is not {form.upper()} audio")


def beginning(head: bytes, size: int, form: Format, duration_millis: int | None) -> None:
    """Check a file of that size by its first bytes, as far as possible.

    An MP3 file has no reliable length in its header: its frames are counted while they pass.

    Raises:
        MediaIntegrityError: as `content` does.
    """
    magic(head, form)
    scan = wav.Scan(head)
    if form == "wav" and (scan.is_over or scan.place >= size):
        found = scan.result(size)
        duration(found.seconds_of(found.bytes_in(size)), duration_millis)


def content(head: bytes, meter: Meter, form: Format, duration_millis: int | None) -> float | None:
    """Check a complete file by its first bytes, its length, and the duration that Telnyx states.

    Return its duration in seconds; None if its header does not state the rate.

    A WAV file whose header states that its length is unknown, as writers to a pipe do, is measured
    up to its end: its bytes must be as many as the store states, and its duration must match.

    Raises:
        MediaIntegrityError: the file is of another format, incomplete, or of another duration.
    """
    if meter.size < _MAGIC_SIZE:
        raise MediaIntegrityError(f"{meter.size} bytes are too few for {form.upper()} audio")
    magic(head, form)
    seconds = meter.seconds(form)
    duration(seconds, duration_millis)
    return seconds


def duration(seconds: float | None, duration_millis: int | None) -> None:
    """Compare the measured duration with the one that Telnyx states, if both are known.

    Raises:
        MediaIntegrityError: they differ by more than 2 s and 2 %.
    """
    if seconds is None or not duration_millis or duration_millis < 0:
        return
    stated = duration_millis / 1000
    if abs(seconds - stated) > max(_TOLERATED_SECONDS, stated * _TOLERATED_SHARE):
        raise MediaIntegrityError(
            f"the audio lasts {seconds:.1f} s, but the recording lasts {stated:.1f} s"
        )
