"""Parses the beginning of an MP3 file: whether it is one, and its duration.

The layout is that of ISO/IEC 11172-3 and 13818-3; the counts in a first frame are Xing's.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ID3 = b"ID3"
_ID3_HEAD = 10
_ID3_FOOTER = 0x10
_ID3V1 = b"TAG"
_FRAME_HEAD = 4

_MPEG1, _MPEG2 = 3, 2  # 0 is MPEG 2.5, 1 is reserved
_LAYER3 = 1
_KBITS_MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = (44_100, 48_000, 32_000)
_ENOUGH_FRAMES = 3

_COUNTS = re.compile(rb"(?:Xing|Info)...(.)(....)", re.DOTALL)
"""The name of the tag, 32 flags, of which the last announces the count, and the count."""
_COUNTS_END = 72
"""The largest offset at which such a count can end."""


class _Frame(NamedTuple):
    size: int
    samples: int
    rate: int
    kbits: int


def is_mp3(head: bytes) -> bool:
    """Tell whether a file that begins like this is an MP3 file: with a tag or a frame."""
    return head.startswith(_ID3) or _frame(head, 0) is not None


def millis(head: bytes, size: int) -> float | None:
    """Return the duration of an MP3 file; None if it cannot be told from the beginning.

    It can if the first frame counts all frames, or if all frames seen have the same bit rate.
    """
    start = _tag_size(head)
    first = _frame(head, start)
    if first is None:
        return None
    counted = _counted(head[start : start + first.size])
    if counted is not None:
        return counted * first.samples * 1000 / first.rate
    place, seen = start, 0
    while frame := _frame(head, place):
        if frame[1:] != first[1:]:
            return None
        place += frame.size
        seen += 1
    whole = len(head) == size
    broken = place + _FRAME_HEAD <= len(head) and not head.startswith(_ID3V1, place)
    if broken or (seen < _ENOUGH_FRAMES and not whole):
        return None
    return (size - start) * 8 / first.kbits


def _tag_size(head: bytes) -> int:
    if not head.startswith(_ID3) or len(head) < _ID3_HEAD:
        return 0
    size = 0
    for byte in head[6:_ID3_HEAD]:  # seven bits a byte
        size = size << 7 | byte & 0x7F
    return _ID3_HEAD + size + (_ID3_HEAD if head[5] & _ID3_FOOTER else 0)


def _frame(head: bytes, place: int) -> _Frame | None:
    """Return the layer III frame at this offset; None if there is none."""
    bits = int.from_bytes(head[place : place + _FRAME_HEAD])
    if bits >> 21 != 0x7FF:  # noqa: PLR2004 - eleven ones: sync; fewer than four bytes have none
        return None
    version, layer = bits >> 19 & 3, bits >> 17 & 3
    bit_rate, rate, padding = bits >> 12 & 15, bits >> 10 & 3, bits >> 9 & 1
    if version == 1 or layer != _LAYER3 or not 0 < bit_rate < len(_KBITS_MPEG1):
        return None
    if rate >= len(_RATES):
        return None
    is_first = version == _MPEG1
    kbits = (_KBITS_MPEG1 if is_first else _KBITS_MPEG2)[bit_rate]
    hertz = _RATES[rate] >> (0 if is_first else 1 if version == _MPEG2 else 2)
    samples = 1152 if is_first else 576
    return _Frame(samples // 8 * kbits * 1000 // hertz + padding, samples, hertz, kbits)


def _counted(frame: bytes) -> int | None:
    """Return the number of frames stated in a Xing or Info tag of the first frame."""
    match = _COUNTS.search(frame, _FRAME_HEAD, _COUNTS_END)
    return int.from_bytes(match[2]) if match and match[1][0] & 1 else None
