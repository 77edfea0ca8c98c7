"""Reads the head of a WAV file, and writes one.

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
"""What a writer to a pipe, which cannot go back to the beginning, leaves for a length."""

_RIFF_HEAD = 12
_CHUNK_HEAD = 8
_FMT_SIZE = 16
_SUBFORMAT = 24
_FMT = struct.Struct("<HHIIHH")


class Wav(Struct, frozen=True):
    """What a WAV file's head says.

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
        """Whether each sample stands alone, in as many bytes as any other."""
        width, rest = divmod(self.frame, self.channels) if self.channels else (0, 1)
        return self.kind in (PCM, FLOAT, ALAW, MULAW) and not rest and width * 8 >= self.bits > 0

    def samples_in(self, size: int) -> int:
        """Return how many bytes of samples a file of this size has.

        Raises:
            MediaIntegrityError: the file is shorter or longer than its head says.
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
        """Return how long so many bytes of samples play, None when the head does not say."""
        rate = self.rate * self.frame if self.is_sampled else self.byte_rate
        return samples * 1000 / rate if rate else None


def is_wav(head: bytes) -> bool:
    """Tell whether a file that begins like this says that it is a WAV file."""
    return head[:4] == b"RIFF" and head[8:_RIFF_HEAD] == b"WAVE"


def parse(head: bytes) -> Wav:
    """Read the head of a WAV file: as many of its first bytes as there are, up to 64 KiB.

    Raises:
        MediaIntegrityError: it is no WAV file, or one without format or samples.
    """
    if not is_wav(head):
        raise MediaIntegrityError("this is not a WAV file")
    riff = int.from_bytes(head[4:8], "little")
    place, form = _RIFF_HEAD, b""
    while place + _CHUNK_HEAD <= len(head):
        name = head[place : place + 4]
        size = int.from_bytes(head[place + 4 : place + _CHUNK_HEAD], "little")
        place += _CHUNK_HEAD
        if name == b"fmt ":
            form = head[place : place + min(size, 64)]
        elif name == b"data":
            return _found(form, place, size, riff)
        place += size + size % 2
    raise MediaIntegrityError("the WAV file has no samples where they should begin")


def header(wav: Wav, length: int) -> bytes:
    """Return the head of a file with one channel of another, `length` bytes of samples."""
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
