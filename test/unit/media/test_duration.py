"""Tests measuring stored audio by its samples or frames."""

import pytest

from fakes_media import mp3, wav
from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media.duration import Format, Meter
from wav_files import chunk, form, riff


def pieces(audio: bytes, size: int) -> list[memoryview]:
    """Cut a file into pieces."""
    return [memoryview(audio)[start : start + size] for start in range(0, len(audio), size)]


def measured(audio: bytes, size: int, form: Format) -> float | None:
    """Return the duration of a file that arrives in pieces."""
    meter = Meter()
    for piece in pieces(audio, size):
        meter.add(piece)
    assert meter.size == len(audio)
    return meter.seconds(form)


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_wav_files_are_measured_by_their_samples(size: int) -> None:
    assert measured(wav(2500, channels=2), size, "wav") == 2.5
    assert measured(wav(0), size, "wav") == 0


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_mp3_files_are_measured_by_their_frames(size: int) -> None:
    assert measured(mp3(100), size, "mp3") == pytest.approx(115_200 / 44_100)


@pytest.mark.parametrize(
    ("audio", "form", "why"),
    [
        (b"", "wav", "this is not a WAV file"),
        (b"", "mp3", "the MP3 file has no frames"),
        (b"ID3" + bytes(9), "mp3", "the MP3 file has no frames"),
        (mp3(9), "wav", "this is not a WAV file"),
        (wav(100), "mp3", "the MP3 file has no frames"),
        (wav(100)[:1000], "wav", "the WAV file is truncated"),
    ],
)
def test_audio_that_cannot_be_measured_is_an_error(audio: bytes, form: Format, why: str) -> None:
    with pytest.raises(MediaIntegrityError, match=why):
        measured(audio, 1 << 20, form)


def test_a_wav_file_without_a_rate_has_no_duration() -> None:
    unstated = riff(form(0x55, byte_rate=0), chunk(b"data", bytes(99)))
    assert measured(unstated, 1 << 20, "wav") is None
