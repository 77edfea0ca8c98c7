"""Parses the header of a WAV file, and writes one.

The layout is that of Microsoft's RIFF: chunks of a four-letter name, a length and an even number of
bytes, of which `fmt ` says what the samples are and `data` holds them.
"""

from __future__ import annotations

import struct

from msgspec import Struct

from telnyx_recordings.errors import MediaIntegrityError

PCM, FLOAT, ALAW, MULAW = 1, 3, 6, 7
_EXTENSIBLE = 0xFFFE
_NOT_KNOWN_YET = 0xFFFF_FFFF
"""The length that a writer to a pipe states, which cannot go back to correct it."""

_RIFF_HEAD = 12
_CHUNK_HEAD = 8
_FMT_SIZE = 16
_FMT_MOST = 64
"""The most bytes of a format chunk that are read: an extensible one has 40."""
_MOST_CHUNKS = 4096
"""The most chunks that are searched for samples: files have a dozen."""
_SUBFORMAT = 24
_FMT = struct.Struct("<HHIIHH")


class Wav(Struct, frozen=True):
    """The header of a WAV file.

    Attributes:
        kind: of the samples: `PCM`, `FLOAT`, `ALAW`, `MULAW` or another number of the registry.
        channels: how many.
        rate: frames a second.
        byte_rate: bytes a second, as the head has it.
        frame: bytes of one sample of every channel.
        bits: of one sample.
        start: where the samples begin in the file.
        length: bytes of samples; None when the head says that it was not known.
        riff_end: where the file ends by its first length; None when that was not known.
    """

    kind: int
    channels: int
    rate: int
    byte_rate: int
    frame: int
    bits: int
    start: int
    length: int | None
    riff_end: int | None

    @property
    def is_sampled(self) -> bool:
        """Whether samples are uncompressed, each in the same number of bytes."""
        width, rest = divmod(self.frame, self.channels) if self.channels else (0, 1)
        return self.kind in (PCM, FLOAT, ALAW, MULAW) and not rest and width * 8 >= self.bits > 0

    def samples_in(self, size: int) -> int:
        """Return the bytes of samples in a file of this size.

        Raises:
            MediaIntegrityError: the file is shorter or longer than its header states.
        """
        if self.length is None:
            return size - self.start
        end = self.start + self.length
        if end > size:
            raise MediaIntegrityError(
                f"the WAV file ends early: its samples end at byte {end:,}, it has {size:,}"
            )
        # Other chunks may follow, if the file's own length counts them. A pad byte may be missing.
        counted = self.length and self.riff_end is not None and abs(self.riff_end - size) <= 1
        if size - end > 1 and not counted:
            raise MediaIntegrityError(
                f"the WAV file goes on for {size - end:,} bytes after its samples end"
            )
        return self.length

    def millis_of(self, samples: int) -> float | None:
        """Return the duration of bytes of samples; None if the header does not state the rate."""
        rate = self.rate * self.frame if self.is_sampled else self.byte_rate
        return samples * 1000 / rate if rate else None


def is_wav(head: bytes) -> bool:
    """Tell whether a file that begins like this claims to be a WAV file."""
    return head[:4] == b"RIFF" and head[8:_RIFF_HEAD] == b"WAVE"


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
        self._samples: tuple[int, int] | None = None  # where they begin, and their length
        self._form = b""
        self._riff = 0
        self._chunks = 0
        self._at = 0  # where in the file the bytes that are held begin
        self._held = b""
        if head:
            self.add(head)

    def add(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        held = self._held + data
        while self._step(held, self.place - self._at):
            pass
        keep = min(max(self.place - self._at, 0), len(held))
        self._at += keep
        self._held = b"" if self.is_over else held[keep:]

    def result(self) -> Wav:
        """Return the header.

        Raises:
            MediaIntegrityError: it is not a WAV file, or has no format or samples.
        """
        if self.place == 0:
            raise MediaIntegrityError("this is not a WAV file")
        if self._samples is None:
            raise MediaIntegrityError("the WAV file has no samples where they should begin")
        return _found(self._form, *self._samples, self._riff)

    def _step(self, held: bytes, here: int) -> bool:
        """Parse the chunk header at `here`; False if it is not there yet, or not needed."""
        if self.is_over:
            return False
        if self.place == 0:
            if len(held) < _RIFF_HEAD:
                return False
            self.is_over = not is_wav(held)
            self._riff = int.from_bytes(held[4:8], "little")
            self.place = 0 if self.is_over else _RIFF_HEAD
            return True
        if here + _CHUNK_HEAD > len(held):
            return False
        name = held[here : here + 4]
        size = int.from_bytes(held[here + 4 : here + _CHUNK_HEAD], "little")
        if name == b"fmt ":
            wanted = min(size, _FMT_MOST)
            form = held[here + _CHUNK_HEAD : here + _CHUNK_HEAD + wanted]
            if len(form) < wanted:
                return False
            self._form = form
        elif name == b"data":
            self._samples = self.place + _CHUNK_HEAD, size
        self._chunks += 1
        self.is_over = name == b"data" or self._chunks == _MOST_CHUNKS
        self.place += _CHUNK_HEAD + size + size % 2
        return True


def header(wav: Wav, length: int) -> bytes:
    """Return the header of a file with one channel of another and `length` bytes of samples."""
    width = wav.frame // wav.channels
    form = _FMT.pack(wav.kind, 1, wav.rate, wav.rate * width, width, wav.bits)
    chunks = _chunk(b"fmt ", form)
    if wav.kind != PCM:  # all others say that nothing is added, and how many samples there are
        chunks = _chunk(b"fmt ", form + bytes(2))
        chunks += _chunk(b"fact", (length // width).to_bytes(4, "little"))
    chunks += b"data" + length.to_bytes(4, "little")
    whole = 4 + len(chunks) + length + length % 2
    return b"RIFF" + whole.to_bytes(4, "little") + b"WAVE" + chunks


def _found(form: bytes, start: int, length: int, riff: int) -> Wav:
    if len(form) < _FMT_SIZE:
        raise MediaIntegrityError("the WAV file does not say what its samples are")
    kind, channels, rate, byte_rate, frame, bits = _FMT.unpack_from(form)
    if kind == _EXTENSIBLE and len(form) >= _SUBFORMAT + 2:
        kind = int.from_bytes(form[_SUBFORMAT : _SUBFORMAT + 2], "little")
    return Wav(
        kind=kind,
        channels=channels,
        rate=rate,
        byte_rate=byte_rate,
        frame=frame,
        bits=bits,
        start=start,
        length=None if length == _NOT_KNOWN_YET else length,
        riff_end=None if riff == _NOT_KNOWN_YET else riff + _CHUNK_HEAD,
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content
