"""WAV files: PCM, 16 bits, 8 kHz; one channel for a single recording, two for a dual one."""

import math
import struct
from functools import lru_cache

from telnyx_recordings.sandbox.audio.tune import LOUDNESSES, Audio, Note, Score

RATE = 8000
SAMPLE_BYTES = 2
_NOTE_FRAMES = RATE // 4
_FADE_FRAMES = 80
_FORMAT_PCM = 1


def wav(score: Score) -> Audio:
    """Play `score` as a WAV file; it lasts its milliseconds to the sample."""
    channels = 2 if score.dual else 1
    frame_bytes = SAMPLE_BYTES * channels
    data_bytes = score.millis * RATE // 1000 * frame_bytes
    header = _header(channels, data_bytes)

    def block(index: int) -> bytes:
        left = _tone(score.note(0, index))
        return _interleave(left, _tone(score.note(1, index))) if score.dual else left

    return Audio("audio/wav", header, block, _NOTE_FRAMES * frame_bytes, len(header) + data_bytes)


def _header(channels: int, data_bytes: int) -> bytes:
    frame_bytes = SAMPLE_BYTES * channels
    form = struct.pack(
        "<HHIIHH", _FORMAT_PCM, channels, RATE, RATE * frame_bytes, frame_bytes, SAMPLE_BYTES * 8
    )
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data"
    body += _length(data_bytes)
    return b"RIFF" + _length(len(body) + data_bytes) + body


def _length(size: int) -> bytes:
    """Write a length; one of over 4 GiB is stated as unknown, as ffmpeg does."""
    return struct.pack("<I", min(size, 0xFFFF_FFFF))


@lru_cache(maxsize=256)
def _tone(note: Note) -> bytes:
    """One note's samples, faded at both ends so that notes join without a click."""
    peak = 3000 + 8000 * note.loudness // LOUDNESSES
    turn = 2 * math.pi * note.hertz / RATE
    samples = [peak * math.sin(turn * i) for i in range(_NOTE_FRAMES)]
    for i in range(_FADE_FRAMES):
        samples[i] *= i / _FADE_FRAMES
        samples[-1 - i] *= i / _FADE_FRAMES
    return struct.pack(f"<{_NOTE_FRAMES}h", *map(round, samples))


def _interleave(left: bytes, right: bytes) -> bytes:
    both = bytearray(2 * len(left))
    frames = memoryview(both).cast("H")
    frames[0::2] = memoryview(left).cast("H")
    frames[1::2] = memoryview(right).cast("H")
    return bytes(both)
