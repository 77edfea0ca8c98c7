"""WAV files in all variants that writers produce, chunk by chunk."""

import struct

PCM, MS_ADPCM, FLOAT, ALAW, MULAW, IMA_ADPCM, GSM = 1, 2, 3, 6, 7, 17, 49


def chunk(name: bytes, content: bytes, *, pad: bool = True, length: int | None = None) -> bytes:
    """Return a chunk, by default with a pad byte if its length is odd."""
    stated = len(content) if length is None else length
    padding = b"\0" if pad and len(content) % 2 else b""
    return name + struct.pack("<I", stated) + content + padding


def riff(*chunks: bytes, length: int | None = None, name: bytes = b"RIFF") -> bytes:
    """Return a WAV file with these chunks, by default with the right length."""
    body = b"WAVE" + b"".join(chunks)
    return name + struct.pack("<I", len(body) if length is None else length) + body


def form(  # noqa: PLR0913 - the fields of the chunk
    codec: int = PCM,
    *,
    channels: int = 1,
    rate: int = 8000,
    bits: int = 16,
    align: int | None = None,
    byte_rate: int | None = None,
    more: bytes = b"",
) -> bytes:
    """Return a format chunk, by default with the right block align and byte rate."""
    frame = channels * bits // 8
    fields = struct.pack(
        "<HHIIHH",
        codec,
        channels,
        rate,
        rate * frame if byte_rate is None else byte_rate,
        frame if align is None else align,
        bits,
    )
    return chunk(b"fmt ", fields + more)


def extensible(codec: int, bits: int) -> bytes:
    """Return the extension of an extensible format."""
    return struct.pack("<HHIH", 22, bits, 3, codec) + bytes.fromhex("000000001000800000aa00389b71")


def ds64(riff_length: int, data_length: int) -> bytes:
    """Return the chunk of RF64 and BW64 that has their lengths."""
    return chunk(b"ds64", struct.pack("<QQQI", riff_length, data_length, 0, 0))
