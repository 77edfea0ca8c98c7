"""Audio files whose blocks are computed on demand, so that any range is cheap."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_CHUNK = 65_536
_PENTATONIC = (1.0, 9 / 8, 5 / 4, 3 / 2, 5 / 3)
PITCHES = tuple(220.0 * 2**octave * step for octave in range(3) for step in _PENTATONIC)
"""Frequencies of the notes in Hz, from pentatonic scales."""
LOUDNESSES = 4
"""Number of loudness levels; few, since the samples of each note are cached."""
LEG_B_PITCH = 2.0
"""Leg B is an octave higher than leg A, to be distinguishable by ear."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note of a quarter of a second."""

    hertz: float
    loudness: int


@dataclass(frozen=True, slots=True)
class Score:
    """A tune that is determined by the recording's id, for one leg or two.

    `millis` is the duration in milliseconds.
    """

    recording_id: str
    millis: int
    dual: bool

    def note(self, leg: int, index: int) -> Note:
        """Return the `index`-th note of leg 0 (channel A) or 1 (channel B)."""
        page, place = divmod(index, hashlib.sha256().digest_size)
        byte = _digest(self.recording_id, leg, page)[place]
        loudness, pitch = divmod(byte, len(PITCHES))
        return Note(PITCHES[pitch] * (LEG_B_PITCH if leg else 1.0), loudness % LOUDNESSES)


@lru_cache(maxsize=1024)
def _digest(recording_id: str, leg: int, page: int) -> bytes:
    return hashlib.sha256(f"{leg}/{page}/{recording_id}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Audio:
    """An audio file that is never completely in memory: a header and blocks, cut at `size`.

    `block(i)` returns the i-th block of `block_size` bytes; `size` counts the header too.
    """

    media_type: str
    header: bytes
    block: Callable[[int], bytes]
    block_size: int
    size: int

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` up to, but not including, `stop`, about 64 KiB at a time."""
        end = self.size if stop is None else min(stop, self.size)
        pending = bytearray(self.header[start:end])
        head = len(self.header)
        place = max(start - head, 0)
        while head + place < end:
            index, skip = divmod(place, self.block_size)
            piece = self.block(index)[skip : skip + end - head - place]
            pending += piece
            place += len(piece)
            if len(pending) >= _CHUNK:
                yield bytes(pending)
                pending.clear()
        if pending:
            yield bytes(pending)
