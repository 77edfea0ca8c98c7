"""A recording's audio as a header and blocks made on demand, so that any range costs little."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_CHUNK = 65_536
_PENTATONIC = (1.0, 9 / 8, 5 / 4, 3 / 2, 5 / 3)
PITCHES = tuple(220.0 * 2**octave * step for octave in range(3) for step in _PENTATONIC)
"""Frequencies in Hz that tunes are made of; any two of them sound well together."""
LOUDNESSES = 4
"""Steps of loudness, from 0; few, because each note is worked out once and kept."""
LEG_B_PITCH = 2.0
"""Leg B plays an octave higher than leg A, to tell the legs apart by ear."""


@dataclass(frozen=True, slots=True)
class Note:
    """A quarter of a second of one pitch."""

    hertz: float
    loudness: int


@dataclass(frozen=True, slots=True)
class Score:
    """What is played: a tune that follows from the recording's id, on one leg or two.

    `millis` is the length in milliseconds.
    """

    recording_id: str
    millis: int
    dual: bool

    def note(self, leg: int, index: int) -> Note:
        """Give the `index`-th note of leg 0 (channel A) or 1 (channel B)."""
        page, place = divmod(index, hashlib.sha256().digest_size)
        byte = _digest(self.recording_id, leg, page)[place]
        loudness, pitch = divmod(byte, len(PITCHES))
        return Note(PITCHES[pitch] * (LEG_B_PITCH if leg else 1.0), loudness % LOUDNESSES)


@lru_cache(maxsize=1024)
def _digest(recording_id: str, leg: int, page: int) -> bytes:
    return hashlib.sha256(f"{leg}/{page}/{recording_id}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Audio:
    """One audio file that is never whole in memory: `header`, then blocks, cut at `size`.

    `block(i)` gives the i-th block of `block_size` bytes; `size` counts the header too.
    """

    media_type: str
    header: bytes
    block: Callable[[int], bytes]
    block_size: int
    size: int

    def chunks(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Bytes `start` up to but not including `stop` (None: the end), about 64 KiB at a time."""
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
