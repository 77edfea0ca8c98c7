"""Counts the frames of an MP3 file, whose sum is its duration.

The layout is that of ISO/IEC 11172-3 and 13818-3. The frame counts that encoders write into a first
frame (Xing, Info, VBRI) are not used: many are 0 or wrong, and none would show a truncated file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

_HEADER = 3
"""Bytes of a frame's header that state its size; the fourth does not affect it."""

_MPEG25, _MPEG2, _MPEG1 = 0, 2, 3
_KBITS_MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = (44_100, 48_000, 32_000)

_FREE_MIN, _FREE_MAX = 24, 8192
"""The sizes of frames of free bit rate, whose header does not state it."""

_MAX_REJECTED = 100_000
"""Headers that belong to no frame, after which no more are looked for: files have a few at most."""

_INFO = re.compile(rb"Xing|Info|VBRI")
_INFO_END = 64
"""The largest offset at which the name of an encoder's information ends in its frame."""

_ID3 = b"ID3"
_ID3_FOOTER = 0x10
_APE = b"APETAGEX"
_APE_IS_HEADER = 1 << 29
_TAG_HEAD = 32
"""Bytes that suffice to know the length of any tag."""
_TAGS = ((b"TAG+", 227), (b"TAG", 128), (b"3DI", 10), (b"LYRICSBEGIN", 11))
"""Tags at the end of a file, and their size; that of lyrics is looked for like any other bytes."""


class FrameLayout(NamedTuple):
    """The layout of a frame; `size` is 0 if the bit rate is free."""

    size: int
    samples: int
    rate: int
    padding: int


def _layouts() -> Iterator[tuple[bytes, FrameLayout]]:
    """Yield all valid headers of layer III, and their frames' layout."""
    for version in (_MPEG1, _MPEG2, _MPEG25):
        samples = 1152 if version == _MPEG1 else 576
        for third in range(256):
            bit_rate, rate, padding = third >> 4, third >> 2 & 3, third >> 1 & 1
            if bit_rate == len(_KBITS_MPEG1) or rate == len(_RATES):
                continue
            hertz = _RATES[rate] >> {_MPEG1: 0, _MPEG2: 1, _MPEG25: 2}[version]
            kbits = (_KBITS_MPEG1 if version == _MPEG1 else _KBITS_MPEG2)[bit_rate]
            size = samples // 8 * kbits * 1000 // hertz + padding if kbits else 0
            for unprotected in (0, 1):
                second = 0xE0 | version << 3 | 1 << 1 | unprotected
                yield bytes((0xFF, second, third)), FrameLayout(size, samples, hertz, padding)


_LAYOUTS: Final = dict(_layouts())
_FRAME = re.compile(
    rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][%s]"
    % re.escape(bytes(sorted({header[2] for header in _LAYOUTS})))
)


@cache
def _run_of(header: bytes, size: int) -> re.Pattern[bytes]:
    """Return a pattern of frames that all have this header and size: far faster than a loop."""
    return re.compile(b"(?:%s.{%d})*+" % (re.escape(header), size - len(header)), re.DOTALL)


def is_mp3(head: bytes) -> bool:
    """Return whether a file that begins like this may be an MP3 file: with a tag or a frame.

    Zero bytes may precede them.
    """
    head = head.lstrip(b"\0")
    return head.startswith((_ID3, _APE)) or head[:_HEADER] in _LAYOUTS


class FrameCounter:
    """Counts the frames of an MP3 file while it is read, with little memory.

    Tags and other bytes may precede, follow and separate frames. After such bytes, a frame counts
    only if another one, a tag or the end of the file follows it.

    Attributes:
        frames: counted so far.
    """

    def __init__(self) -> None:
        """Start with no bytes."""
        self.frames: int = 0
        self._seconds = 0.0  # of frames before the last change of the sampling rate
        self._of_rate = 0  # samples since then
        self._rate = 1
        self._held = b""
        self._skip = 0  # bytes to pass over before those that are held
        self._cut = 0  # samples of the last frame, if its end has not arrived yet
        self._follows = False  # a frame has just ended
        self._is_first = True
        self._rejected = 0  # headers that belong to no frame
        self._free_size = 0  # of frames of free bit rate, without padding

    @property
    def seconds(self) -> float:
        """The duration of the frames counted so far."""
        return self._seconds + self._of_rate / self._rate

    def add(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        if self._skip > len(data):
            self._skip -= len(data)
            return
        held = self._held + data[self._skip :]
        self._cut = 0
        place = self._walk(held, is_last=False)
        self._held, self._skip = held[place:], max(place - len(held), 0)

    def end(self) -> None:
        """Count the last frames; no bytes may be added afterwards."""
        if not self._skip:
            self._cut = 0
            self._walk(self._held, is_last=True)
        if self._cut:  # the file ends within its last frame
            self.frames -= 1
            self._of_rate -= self._cut
        self._held, self._skip, self._cut = b"", 0, 0

    def _walk(self, held: bytes, *, is_last: bool) -> int:
        """Count the frames in these bytes; return the place from which more bytes are needed."""
        place, end = 0, len(held)
        while True:
            if self._follows:
                place = self._count(held, place)
                if place + _HEADER > end and not is_last:
                    return place
                self._follows = False
            if place >= end or (place + _TAG_HEAD > end and not is_last):
                return place
            tag = _tag_size(held, place)
            if tag:
                place += tag
                continue
            place, size = self._find(held, place, is_last=is_last)
            if size is None:
                return place
            if self._is_first and _INFO.search(held, place, place + min(size, _INFO_END)):
                place += size  # no audio, but information of the encoder
            self._is_first = False
            self._follows = True

    def _find(self, held: bytes, place: int, *, is_last: bool) -> tuple[int, int | None]:
        """Return the place and size of the next frame; None if more bytes are needed."""
        while found := _FRAME.search(held, place):
            place = found.start()
            size = self._confirmed(held, place, is_last=is_last)
            if size != 0:
                return place, size
            place += 1
            self._rejected += 1
            if self._rejected > _MAX_REJECTED:
                return sys.maxsize, None
        return len(held) if is_last else max(place, len(held) - _HEADER + 1), None

    def _count(self, held: bytes, place: int) -> int:
        """Count frames that follow each other; return where they end."""
        frames = samples = added = 0
        while layout := _LAYOUTS.get(header := held[place : place + _HEADER]):
            size, added, rate, padding = layout
            if not size:
                if not self._free_size:
                    break
                size = self._free_size + padding
            if rate != self._rate:
                self._seconds += (self._of_rate + samples) / self._rate
                self._of_rate = samples = 0
                self._rate = rate
            run = _run_of(header, size).match(held, place)
            count = (run.end() - place) // size if run else 0
            count = max(count, 1)  # the last one may continue after these bytes
            place += count * size
            frames += count
            samples += count * added
        self.frames += frames
        self._of_rate += samples
        if place > len(held):
            self._cut = added
        return place

    def _confirmed(self, held: bytes, place: int, *, is_last: bool) -> int | None:
        """Return the size of the frame at this place; 0 if none, None if more is needed."""
        layout = _LAYOUTS[held[place : place + _HEADER]]
        size: int | None = layout.size
        if not size:
            size = self._free(held, place, layout, is_last=is_last)
            if not size:
                return size
        after, end = place + size, len(held)
        if after + _TAG_HEAD > end and not is_last:
            return None
        following = _LAYOUTS.get(held[after : after + _HEADER])
        if following is not None:
            return size if following.rate == layout.rate else 0
        is_end = end - _HEADER < after <= end
        return size if is_end or _tag_size(held, after) else 0

    def _free(self, held: bytes, place: int, layout: FrameLayout, *, is_last: bool) -> int | None:
        """Return the size of a frame of free bit rate: as far as two more like it are apart."""
        if self._free_size:
            return self._free_size + layout.padding
        end = len(held)
        for found in _FRAME.finditer(held, place + _FREE_MIN, place + _FREE_MAX + _HEADER):
            following = _LAYOUTS[found[0]]
            if following.size or following[1:3] != layout[1:3]:
                continue
            size = found.start() - place - layout.padding
            third = found.start() + size + following.padding
            if third + _HEADER > end and not is_last:
                return None
            header = held[third : third + _HEADER]
            if third == end or (header in _LAYOUTS and _LAYOUTS[header][:3] == following[:3]):
                self._free_size = size
                return size + layout.padding
        return 0 if is_last or place + _FREE_MAX + _HEADER <= end else None


def _tag_size(held: bytes, place: int) -> int:
    """Return the size of the tag at this place; 0 if there is none."""
    head = held[place : place + _TAG_HEAD]
    if head.startswith(_ID3) and len(head) >= 10:  # noqa: PLR2004 - the length of its header
        size = 0
        for byte in head[6:10]:  # seven bits a byte
            size = size << 7 | byte & 0x7F
        return 10 + size + (10 if head[5] & _ID3_FOOTER else 0)
    if head.startswith(_APE) and len(head) == _TAG_HEAD:
        size, flags = (int.from_bytes(head[at : at + 4], "little") for at in (12, 20))
        return _TAG_HEAD + (size if flags & _APE_IS_HEADER else 0)
    for name, size in _TAGS:
        if head.startswith(name):
            return size
    return 0
