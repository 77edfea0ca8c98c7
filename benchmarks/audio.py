"""Audio that a loopback store gives: a WAV file of noise, in one HTTP answer that is ready to send.

Noise, because no disk can write less of it than it is; and a head that fits, because what we
download is checked.
"""

from __future__ import annotations

import hashlib
import struct
from random import Random

_HEAD = 44
_BYTES_A_MILLISECOND = 16  # 8,000 samples a second of 16 bits
_BLOCK = 1 << 20


class Audio:
    """One WAV file: mono, 8 kHz, 16 bits.

    Attributes:
        millis: how long it plays.
        answer: the pieces of the HTTP answer with it; many of them are one and the same object.
    """

    def __init__(self, size: int) -> None:
        """Make a file of so many bytes in all, as a store that was given it in one piece has it."""
        samples = size - _HEAD
        self.millis = samples // _BYTES_A_MILLISECOND
        noise = memoryview(Random(7).randbytes(min(samples, _BLOCK)))  # noqa: S311 - noise
        blocks, rest = divmod(samples, _BLOCK)
        pieces: list[bytes | memoryview] = [_head(samples), *[noise] * blocks, noise[:rest]]
        md5 = hashlib.md5(usedforsecurity=False)
        for piece in pieces:
            md5.update(piece)
        head = (
            "HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\naccept-ranges: bytes\r\n"
            f'content-length: {size}\r\netag: "{md5.hexdigest()}"\r\n\r\n'
        )
        self.answer: list[bytes | memoryview]
        if blocks:
            self.answer = [head.encode(), *pieces]
        else:
            self.answer = [head.encode() + b"".join(pieces)]


def _head(samples: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16_000, 2, 16)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", samples)
    return b"RIFF" + struct.pack("<I", len(chunks) + samples) + chunks
