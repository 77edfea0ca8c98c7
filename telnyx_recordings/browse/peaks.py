"""The waveform of a WAV file: its largest sample in each of a few hundred spans, per channel."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable
from itertools import chain

from telnyx_recordings.errors import MediaError
from telnyx_recordings.media import wav

SPANS = 800
"""Points of a waveform; fewer if there are fewer samples."""
_LARGEST = 0x8000


def waveform(chunks: Iterable[bytes], size: int) -> bytes | None:
    """Return the peaks of a WAV file of `size` bytes, 0 to 255, channel by channel.

    None if its samples are of a type that only the browser can decode; it draws those itself.
    """
    scan = wav.Scan()
    reader = iter(chunks)
    head = bytearray()
    while not scan.is_over and (chunk := next(reader, b"")):
        head += chunk
        scan.add(chunk)
    try:
        header = scan.result(size)
        length = min(header.bytes_in(size), size - header.start)
    except MediaError:
        return None
    decode = _DECODERS.get((header.codec, header.bits))
    if decode is None or not header.channels or header.frame * 8 != header.bits * header.channels:
        return None
    frames, place, rest = length // header.frame, 0, b""
    peaks = [bytearray(min(SPANS, frames)) for _ in range(header.channels)]
    for chunk in chain((bytes(head[header.start :]),), reader):
        rest += chunk
        whole = len(rest) // header.frame * header.frame
        place = _add(peaks, decode(rest[:whole]), place, frames)
        rest = rest[whole:]
    return b"".join(peaks)


def _add(peaks: list[bytearray], samples: array[int], place: int, frames: int) -> int:
    """Raise the peaks to those of the samples from the frame `place`; return the frame after."""
    channels, spans = len(peaks), len(peaks[0])
    count = min(len(samples) // channels, frames - place)
    done = 0
    while done < count:
        span = (place + done) * spans // frames
        next_span = -(-(span + 1) * frames // spans)
        end = min(count, next_span - place)
        for channel, loudest in enumerate(peaks):
            part = samples[done * channels + channel : end * channels : channels]
            low, high = min(part), max(part)
            peak = max(-low, high) * 255 // _LARGEST
            loudest[span] = max(loudest[span], min(255, peak))
        done = end
    return place + done


def _pcm16(data: bytes) -> array[int]:
    samples = array("h", data)
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _by_table(table: list[int]) -> Callable[[bytes], array[int]]:
    return lambda data: array("h", map(table.__getitem__, data))


def _mulaw(code: int) -> int:
    """Decode a sample by ITU-T G.711, mu-law."""
    code = ~code & 0xFF
    size = ((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)
    return 0x84 - size if code & 0x80 else size - 0x84


def _alaw(code: int) -> int:
    """Decode a sample by ITU-T G.711, A-law."""
    code ^= 0x55
    exponent = code >> 4 & 7
    size = (code & 0x0F) << 4
    size = size + 8 if exponent == 0 else size + 0x108 << exponent - 1
    return size if code & 0x80 else -size


_DECODERS: dict[tuple[int, int], Callable[[bytes], array[int]]] = {
    (wav.PCM, 16): _pcm16,
    (wav.PCM, 8): _by_table([each - 128 << 8 for each in range(256)]),
    (wav.MULAW, 8): _by_table([_mulaw(each) for each in range(256)]),
    (wav.ALAW, 8): _by_table([_alaw(each) for each in range(256)]),
}
