"""The waveform of a WAV file: its loudest sample in each span, per channel."""

import struct

import pytest

from telnyx_recordings.browse import peaks
from telnyx_recordings.media import wav
from wav_files import chunk, form, riff


def wav_file(samples: bytes, channels: int = 1, codec: int = wav.PCM, bits: int = 16) -> bytes:
    return riff(form(codec, channels=channels, bits=bits), chunk(b"data", samples))


def drawn(content: bytes, piece: int = 7) -> list[int] | None:
    """Return the peaks of a file that arrives in small pieces."""
    pieces = (content[n : n + piece] for n in range(0, len(content), piece))
    found = peaks.waveform(pieces, len(content))
    return None if found is None else list(found)


def test_each_span_shows_its_loudest_sample() -> None:
    samples = [0] * 1600
    samples[0], samples[3], samples[1599] = 32767, -32768, 16384
    found = drawn(wav_file(struct.pack("<1600h", *samples)), piece=513)
    assert found is not None
    assert (len(found), found[0], found[1], found[2], found[799]) == (800, 254, 255, 0, 127)


def test_channels_are_drawn_one_after_the_other() -> None:
    found = drawn(wav_file(struct.pack("<6h", 32767, 0, 0, -32768, 0, 0), channels=2))
    assert found == [254, 0, 0, 0, 255, 0]


@pytest.mark.parametrize(
    ("codec", "silence", "loudest"),
    [(wav.PCM, 0x80, 0x00), (wav.MULAW, 0xFF, 0x00), (wav.ALAW, 0xD5, 0x2A)],
)
def test_samples_of_one_byte_are_decoded(codec: int, silence: int, loudest: int) -> None:
    found = drawn(wav_file(bytes([silence, loudest]), codec=codec, bits=8))
    assert found is not None
    assert found[0] <= 1
    assert found[1] > 240


@pytest.mark.parametrize(
    "content",
    [b"", b"ID3 is no WAV file", wav_file(bytes(8), codec=wav.FLOAT, bits=32), wav_file(b"")[:30]],
    ids=["empty", "MP3", "floating point", "cut"],
)
def test_files_that_only_a_browser_can_decode_have_no_waveform_here(content: bytes) -> None:
    assert drawn(content) is None


def test_a_file_without_samples_has_an_empty_waveform() -> None:
    assert drawn(wav_file(b"")) == []
