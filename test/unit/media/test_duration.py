"""Tests measuring stored audio by its samples or frames."""

import pytest

from fakes_media import mp3, wav
from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media.duration import Format, Measured, Meter, measure
from wav_files import chunk, form, riff


def pieces(audio: bytes, size: int) -> list[memoryview]:
    """Cut a file into pieces."""
    return [memoryview(audio)[start : start + size] for start in range(0, len(audio), size)]


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_wav_files_are_measured_by_their_samples(size: int) -> None:
    assert measure(pieces(wav(2500, channels=2), size), "wav") == Measured(20_000, 2.5)
    assert measure(pieces(wav(0), size), "wav") == Measured(0, 0)


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_mp3_files_are_measured_by_their_frames(size: int) -> None:
    measured = measure(pieces(mp3(100), size), "mp3")
    assert measured.samples == 115_200
    assert measured.seconds == pytest.approx(115_200 / 44_100)


@pytest.mark.parametrize(
    ("audio", "form", "why"),
    [
        (b"", "wav", "this is not a WAV file"),
        (b"", "mp3", "the MP3 file has no frames"),
        (b"ID3" + bytes(9), "mp3", "the MP3 file has no frames"),
        (mp3(9), "wav", "this is not a WAV file"),
        (wav(100), "mp3", "the MP3 file has no frames"),
        (wav(100)[:1000], "wav", "the WAV file is truncated"),
        (
            riff(form(0x55, byte_rate=0), chunk(b"data", bytes(99))),
            "wav",
            "the WAV file does not state its sample rate",
        ),
    ],
)
def test_audio_that_cannot_be_measured_is_an_error(audio: bytes, form: Format, why: str) -> None:
    with pytest.raises(MediaIntegrityError, match=why):
        measure([audio], form)


def test_a_meter_tells_the_formats_apart() -> None:
    for audio, name in ((wav(100), "wav"), (mp3(9), "mp3")):
        meter = Meter()
        for piece in pieces(audio, 1):
            meter.add(piece)
        assert meter.size == len(audio)
        assert meter.result("wav" if name == "wav" else "mp3") is not None
