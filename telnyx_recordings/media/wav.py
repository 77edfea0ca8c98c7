"""Parses the header of a WAV file, and writes one.

The layout is that of Microsoft's RIFF: chunks of a four-letter name, a length and an even number of
bytes, of which `fmt ` states the type of the samples and `data` contains them. RF64 and BW64 (EBU
Tech 3306, ITU-R BS.2088) state lengths of more than 32 bits in a chunk `ds64`.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from msgspec import Struct

from telnyx_recordings.errors import MediaIntegrityError

PCM, FLOAT, ALAW, MULAW = 1, 3, 6, 7
_MS_ADPCM, _IMA_ADPCM, _GSM = 2, 17, 49
_BLOCKS: Final = (_MS_ADPCM, _IMA_ADPCM, _GSM)
"""Types whose format chunk states the samples of a block."""
_EXTENSIBLE = 0xFFFE

_UNKNOWN = (0x7FFF_0000, 0x8001_0000), (0xFFFF_0000, 0x1_0000_0000)
"""Ranges of lengths that writers to a pipe state, because they cannot go back to correct them.

Known are 0xFFFFFFFF (ffmpeg, mpg123), 0x7FFFF000 (SoX), 0x7FFFFF00 and 0x80000000 (arecord),
0x7FFFFFFF, 0xFFFFFFDB, and such a length less or plus the size of a header.
"""

_RIFF_HEAD = 12
_CHUNK_HEAD = 8
_FMT_SIZE = 16
_MAX_CHUNKS = 4096
"""The number of chunks that are searched for samples: files have a dozen."""
_SUBFORMAT = 24
_BLOCK_SAMPLES = 18
_FMT = struct.Struct("<HHIIHH")
_CHUNK = struct.Struct("<4sI")
_DS64 = struct.Struct("<QQ")
_IN_DS64 = 0xFFFF_FFFF
_NEEDED = {b"fmt ": 64, b"ds64": _DS64.size}
"""Bytes that are read of a chunk's content: an extensible format has 40."""
_NAME = re.compile(rb"[ -~]{4}")
_KNOWN = frozenset(
    b"fmt |data|fact|LIST|list|bext|JUNK|junk|PAD |cue |smpl|inst|id3 |ID3 |PEAK|iXML|axml|_PMX|"
    b"cart|disp|DISP|plst|note|labl|ltxt|levl|umid|ds64|chna|FLLR|wavl|slnt|minf|elm1|regn".split(
        b"|"
    )
)


class Wav(Struct, frozen=True):
    """The header of a WAV file.

    Attributes:
        codec: of the samples: `PCM`, `FLOAT`, `ALAW`, `MULAW` or another number of the registry.
        channels: number of channels.
        rate: samples per second.
        byte_rate: bytes per second, as stated.
        frame: bytes of one sample of every channel, or of a block of compressed samples.
        bits: of one sample.
        block_samples: samples of one channel in a block of compressed samples; 0 if not stated.
        start: the offset of the samples in the file.
        length: bytes of samples; None if the header states that it is unknown.
        riff_end: the end of the file by its first length; None if that is unknown.
    """

    codec: int
    channels: int
    rate: int
    byte_rate: int
    frame: int
    bits: int
    block_samples: int
    start: int
    length: int | None
    riff_end: int | None

    @property
    def is_sampled(self) -> bool:
        """Whether samples are uncompressed, each in the same number of bytes."""
        width, rest = divmod(self.frame, self.channels) if self.channels else (0, 1)
        return self.codec in (PCM, FLOAT, ALAW, MULAW) and not rest and width * 8 >= self.bits > 0

    def bytes_in(self, size: int) -> int:
        """Return the number of bytes of samples in a file of this size.

        Raises:
            MediaIntegrityError: the file is shorter or longer than its header states.
        """
        if self.length is None or (self.start + self.length > size and _is_unknown(self.length)):
            return size - self.start
        end = self.start + self.length
        if end > size:
            raise MediaIntegrityError(
                f"the WAV file is truncated: its samples end at byte {end:,}, but it has {size:,}"
            )
        # Other chunks may follow, if the file's own length counts them. A pad byte may be missing.
        counted = self.riff_end is not None and abs(self.riff_end - size) <= 1
        if size - end > 1 and not counted:
            raise MediaIntegrityError(
                f"the WAV file continues for {size - end:,} bytes after the end of its samples"
            )
        return self.length

    def samples_of(self, length: int) -> int | None:
        """Return the samples of one channel in bytes of samples; None if it is not stated."""
        if self.is_sampled:
            return length // self.frame
        if self.codec in _BLOCKS and self.frame and self.block_samples:
            return length // self.frame * self.block_samples
        return length * self.rate // self.byte_rate if self.byte_rate else None

    def seconds_of(self, length: int) -> float | None:
        """Return the duration of bytes of samples; None if it is not stated."""
        samples = self.samples_of(length)
        return samples / self.rate if samples is not None and self.rate else None


def is_wav(head: bytes) -> bool:
    """Return whether a file that begins like this claims to be a WAV file."""
    return head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:_RIFF_HEAD] == b"WAVE"


class Scan:
    """Finds the samples of a WAV file while it is read, with little memory.

    Tags, cue points or a picture of any size may precede the samples.

    Attributes:
        is_over: whether the samples were found, or it is not a WAV file.
        place: the offset of the next chunk in the file.
    """

    def __init__(self, head: bytes = b"") -> None:
        """Take the first bytes, if available."""
        self.is_over: bool = False
        self.place: int = 0
        self._samples: tuple[int, int] | None = None  # their offset and length
        self._format = b""
        self._riff = 0
        self._ds64: tuple[int, int] | None = None  # the lengths of the file and of its samples
        self._chunks = 0
        self._offset = 0  # of the held bytes in the file
        self._held = b""
        self._is_odd = False  # the last chunk, so that a pad byte should follow
        if head:
            self.add(head)

    def add(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        held = self._held + data
        while self._step(held, self.place - self._offset):
            pass
        keep = min(max(self.place - self._offset, 0), len(held))
        self._offset += keep
        self._held = b"" if self.is_over else held[keep:]

    def result(self, size: int) -> Wav:
        """Return the header of a file of this size.

        Raises:
            MediaIntegrityError: it is not a WAV file, or has no format or samples.
        """
        if self.place == 0:
            raise MediaIntegrityError("this is not a WAV file")
        if self._samples is None:
            raise MediaIntegrityError("the WAV file has no samples where they should begin")
        start, length = self._samples
        # After a length of 0 there are either chunks to the end, or samples of unknown length.
        is_empty = length == 0 and 0 <= size - self.place <= self._is_odd
        known = length if length or is_empty else None
        return _parsed(self._format, start, known, self._riff_end())

    def _riff_end(self) -> int | None:
        length = self._riff if self._ds64 is None else self._ds64[0]
        return None if length == 0 or _is_unknown(length) else length + _CHUNK_HEAD

    def _step(self, held: bytes, here: int) -> bool:
        """Parse what is at `here`; return False if it has not arrived yet, or is not needed."""
        needed = _CHUNK_HEAD + self._is_odd if self.place else _RIFF_HEAD
        if self.is_over or here + needed > len(held):
            return False
        if self.place == 0:
            self.is_over = not is_wav(held)
            self._riff = int.from_bytes(held[4:8], "little")
            self.place = 0 if self.is_over else _RIFF_HEAD
            return True
        if self._is_odd:
            self._is_odd = False
            self.place += _is_padded(held[here : here + 5])
            return True
        return self._chunk(held, here)

    def _chunk(self, held: bytes, here: int) -> bool:
        name, size = _CHUNK.unpack_from(held, here)
        content = here + _CHUNK_HEAD
        wanted = min(size, _NEEDED.get(name, 0))
        if content + wanted > len(held):
            return False
        if self._samples is not None:  # its length is 0: other chunks may follow, or samples
            self.is_over = not _NAME.fullmatch(name)
            if self.is_over:
                return False
        elif name == b"data":
            if self._ds64 is not None and size == _IN_DS64:
                size = self._ds64[1]
            self._samples = self.place + _CHUNK_HEAD, size
            self.is_over = size > 0
        elif name == b"fmt ":
            self._format = held[content : content + wanted]
        elif name == b"ds64" and wanted == _DS64.size:
            self._ds64 = _DS64.unpack_from(held, content)
        self._chunks += 1
        self.is_over |= self._chunks == _MAX_CHUNKS
        self.place += _CHUNK_HEAD + size
        self._is_odd = size % 2 == 1
        return True


def header(wav: Wav, length: int) -> bytes:
    """Return the header of a file with one channel of another and `length` bytes of samples."""
    width = wav.frame // wav.channels
    form = _FMT.pack(wav.codec, 1, wav.rate, wav.rate * width, width, wav.bits)
    chunks = _written(b"fmt ", form)
    if wav.codec != PCM:  # these state the size of their extension and the number of samples
        chunks = _written(b"fmt ", form + bytes(2))
        chunks += _written(b"fact", (length // width).to_bytes(4, "little"))
    chunks += b"data" + length.to_bytes(4, "little")
    whole = 4 + len(chunks) + length + length % 2
    return b"RIFF" + whole.to_bytes(4, "little") + b"WAVE" + chunks


def _parsed(form: bytes, start: int, length: int | None, riff_end: int | None) -> Wav:
    if len(form) < _FMT_SIZE:
        raise MediaIntegrityError("the WAV file does not state its sample format")
    codec, channels, rate, byte_rate, align, bits = _FMT.unpack_from(form)
    if codec == _EXTENSIBLE and len(form) >= _SUBFORMAT + 2:
        codec = int.from_bytes(form[_SUBFORMAT : _SUBFORMAT + 2], "little")
    if codec in (ALAW, MULAW):
        bits = 8
    # Two of three fields decide: the block align is wrong in some files, and so is the byte rate.
    frame = channels * -(-bits // 8)
    is_stated = codec not in (PCM, FLOAT) or not frame or (align and align * rate == byte_rate)
    if is_stated and codec not in (ALAW, MULAW):  # these always have samples of one byte
        frame = align
    return Wav(
        codec=codec,
        channels=channels,
        rate=rate,
        byte_rate=byte_rate,
        frame=frame,
        bits=bits,
        block_samples=int.from_bytes(form[_BLOCK_SAMPLES : _BLOCK_SAMPLES + 2], "little"),
        start=start,
        length=length,
        riff_end=riff_end,
    )


def _is_unknown(length: int) -> bool:
    return any(first <= length < end for first, end in _UNKNOWN)


def _is_padded(after: bytes) -> bool:
    """Return whether the bytes after a chunk of odd length begin with its pad byte."""
    if after[1:] in _KNOWN or after[0] == 0:
        return True
    return after[:4] not in _KNOWN and not _NAME.fullmatch(after[:4])


def _written(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content
