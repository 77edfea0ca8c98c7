"""Audio of a loopback store: a WAV file of noise, in an HTTP response that is ready to send.

It is noise, so that no file system can compress it, and its header is valid, because downloads are
verified.
"""

from __future__ import annotations

import hashlib
import struct
from random import Random

_HEAD = 44
_BYTES_PER_MILLISECOND = 16  # 8,000 samples per second of 16 bits
_BLOCK = 1 << 20


class Audio:
    """One WAV file: mono, 8 kHz, 16 bits.

    Attributes:
        millis: how long it plays.
        response: the pieces of the HTTP response with it; many of them are the same object.
    """

    def __init__(self, size: int) -> None:
        """Create a file of this size in bytes, with the ETag of an object put in one part."""
        samples = size - _HEAD
        self.millis = samples // _BYTES_PER_MILLISECOND
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
        self.response: list[bytes | memoryview]
        if blocks:
            self.response = [head.encode(), *pieces]
        else:
            self.response = [head.encode() + b"".join(pieces)]


def _head(samples: int) -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, 8000, 16_000, 2, 16)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", samples)
    return b"RIFF" + struct.pack("<I", len(chunks) + samples) + chunks
