"""Checks that downloaded bytes are the recording's audio: container, length and duration."""

from __future__ import annotations

from typing import Literal

from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media import mp3, wav

Format = Literal["wav", "mp3"]
"""The formats in which Telnyx offers audio."""

LARGEST = 4 << 30
"""The largest file in bytes: lengths in WAV files have 32 bits."""
_FASTEST = 768
"""The highest bit rate, in bytes per millisecond: 96 kHz, 32 bits, two channels."""
_ROOM = 16 << 20
"""Allowance in bytes for tags, and for an inexact duration."""
_TOLERATED_MILLIS = 2000
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
        raise MediaIntegrityError(f"what the store sent is not {form.upper()} audio")


def beginning(head: bytes, size: int, form: Format, duration_millis: int | None) -> None:
    """Check a file of that size by its first bytes alone, as far as they tell.

    Raises:
        MediaIntegrityError: as `content` does.
    """
    scan = wav.Scan(head)
    if form == "wav" and not scan.is_over and scan.place < size:
        magic(head, form)  # its samples begin further on
    else:
        content(head, scan, size, form, duration_millis)


def content(
    head: bytes, scan: wav.Scan, size: int, form: Format, duration_millis: int | None
) -> None:
    """Check a whole file by its first bytes, its size, and the duration that Telnyx states.

    `scan` has seen all bytes up to a WAV file's samples.

    A WAV file that says "length not known" (a writer to a pipe leaves that) is taken to its end:
    it contradicts nothing, its bytes are counted against the store's length all the same, and its
    duration must still be right. A length of 0 before samples is a contradiction, and refused.

    Raises:
        MediaIntegrityError: it is not a file of that format, not whole, or of another duration.
    """
    if size < _MAGIC_SIZE:
        raise MediaIntegrityError(f"{size} bytes are too few for {form.upper()} audio")
    magic(head, form)
    if form == "wav":
        found = scan.result()
        lasts = found.millis_of(found.samples_in(size))
    else:
        lasts = mp3.millis(head, size)
    if lasts is None or not duration_millis or duration_millis < 0:
        return
    off = abs(lasts - duration_millis)
    if off > _TOLERATED_MILLIS and off > duration_millis * _TOLERATED_SHARE:
        raise MediaIntegrityError(
            f"the audio lasts {lasts / 1000:.1f} s, the recording {duration_millis / 1000:.1f} s"
        )
