"""Tests that the sandbox's audio is valid for players and checkers, and generated lazily."""

import io
import wave
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from telnyx_recordings.sandbox.audio.mp3 import mp3
from telnyx_recordings.sandbox.audio.tune import Audio, Score
from telnyx_recordings.sandbox.audio.wav import wav

MONO = Score("rec-1", 3210, dual=False)
STEREO = Score("rec-1", 3210, dual=True)

# The columns of ISO/IEC 13818-3 for MPEG-2 Layer III, by the index in a frame's header.
MPEG2_LAYER3_KBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
MPEG2_RATES = (22_050, 24_000, 16_000)
MPEG2_FRAME_SAMPLES = 576
HEADER_BYTES = 4
SIDE_BYTES = {1: 9, 2: 17}


@dataclass(frozen=True)
class Mp3Frame:
    """The header of a frame, parsed, and the bytes after it."""

    rate: int
    channels: int
    body: bytes


def whole(audio: Audio) -> bytes:
    return b"".join(audio.chunks())


def parse_mp3(content: bytes) -> tuple[bytes, list[Mp3Frame]]:
    """Split an MP3 file into its ID3v2 tag's body and its frames; nothing may lie between them."""
    assert content[:3] == b"ID3"
    size = sum(byte << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
    place = 10 + size
    tag = content[10:place]
    frames: list[Mp3Frame] = []
    while place < len(content):
        header = int.from_bytes(content[place : place + HEADER_BYTES])
        assert header >> 16 == 0xFFF3, "sync, MPEG-2, Layer III, no CRC"
        kbits = MPEG2_LAYER3_KBITS[header >> 12 & 0xF]
        rate = MPEG2_RATES[header >> 10 & 0x3]
        padding = header >> 9 & 1
        length = MPEG2_FRAME_SAMPLES // 8 * kbits * 1000 // rate + padding
        body = content[place + HEADER_BYTES : place + length]
        assert len(body) == length - HEADER_BYTES, "the last frame is whole"
        frames.append(Mp3Frame(rate, 1 if header >> 6 & 0x3 == 0b11 else 2, body))
        place += length
    return tag, frames


@pytest.mark.parametrize(("score", "channels"), [(MONO, 1), (STEREO, 2)])
def test_wav_files_are_16_bit_pcm_of_the_exact_duration(score: Score, channels: int) -> None:
    content = whole(wav(score))
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getsampwidth()) == (8000, 2)
        assert file.getnchannels() == channels
        assert file.getnframes() == score.millis * 8
        assert len(file.readframes(file.getnframes())) == score.millis * 8 * 2 * channels
    assert int.from_bytes(content[4:8], "little") == len(content) - 8


def test_wav_legs_differ_and_are_heard() -> None:
    samples = memoryview(whole(wav(STEREO))[44:]).cast("h").tolist()
    left, right = samples[0::2], samples[1::2]
    assert left != right
    assert min(max(left), max(right)) > 2000


def test_wav_first_leg_is_the_same_in_mono_and_stereo() -> None:
    stereo = memoryview(whole(wav(STEREO))[44:]).cast("h").tolist()
    mono = memoryview(whole(wav(MONO))[44:]).cast("h").tolist()
    assert stereo[0::2] == mono


@pytest.mark.parametrize(("score", "channels"), [(MONO, 1), (STEREO, 2)])
def test_mp3_is_whole_frames_of_the_right_number(score: Score, channels: int) -> None:
    _, frames = parse_mp3(whole(mp3(score)))
    assert {(frame.rate, frame.channels) for frame in frames} == {(16_000, channels)}
    millis = len(frames) * MPEG2_FRAME_SAMPLES * 1000 // 16_000
    assert 0 <= millis - score.millis < 36


@pytest.mark.parametrize("score", [MONO, STEREO])
def test_mp3_frames_stand_alone_and_sound(score: Score) -> None:
    _, frames = parse_mp3(whole(mp3(score)))
    for frame in frames:
        side = int.from_bytes(frame.body[: SIDE_BYTES[frame.channels]])
        width = 8 * SIDE_BYTES[frame.channels]
        assert side >> width - 8 == 0, "main_data_begin"
        first = 8 + frame.channels
        lengths = [side >> width - first - 63 * leg - 12 & 0xFFF for leg in range(frame.channels)]
        assert all(length > 0 for length in lengths)
        assert sum(lengths) <= 8 * (len(frame.body) - SIDE_BYTES[frame.channels])


def test_an_mp3_file_contains_the_id_of_its_recording() -> None:
    tag, _ = parse_mp3(whole(mp3(MONO)))
    assert tag[:4] == b"TIT2"
    assert tag.endswith(b"Recording rec-1")


@pytest.mark.parametrize("make", [wav, mp3])
@pytest.mark.parametrize("score", [MONO, STEREO])
def test_any_range_is_a_part_of_the_whole(make: Callable[[Score], Audio], score: Score) -> None:
    audio = make(score)
    content = whole(audio)
    block = audio.block_size
    end = audio.size
    marks = (0, 1, 43, 44, 45, block, block + 44, 2 * block + 45, end - 1, end, end + 9)
    for start in marks:
        for stop in marks:
            assert b"".join(audio.chunks(start, stop)) == content[start:stop]


@pytest.mark.parametrize("make", [wav, mp3])
def test_the_size_is_known_without_generating_the_file(make: Callable[[Score], Audio]) -> None:
    day = Score("long", 86_400_000, dual=True)
    audio = make(day)
    assert len(b"".join(audio.chunks(audio.size - 100))) == 100
    first = next(audio.chunks())
    assert len(first) < 200_000


@pytest.mark.parametrize("make", [wav, mp3])
def test_audio_follows_from_the_id(make: Callable[[Score], Audio]) -> None:
    again = Score("rec-1", 3210, dual=False)
    other = Score("rec-2", 3210, dual=False)
    assert whole(make(again)) == whole(make(MONO))
    assert whole(make(other)) != whole(make(MONO))


def test_a_recording_of_zero_length_is_a_valid_file() -> None:
    nothing = Score("empty", 0, dual=False)
    assert len(whole(wav(nothing))) == 44
    assert len(parse_mp3(whole(mp3(nothing)))[1]) == 1


def test_the_length_of_a_wav_file_of_over_4_gib_is_stated_as_unknown() -> None:
    audio = wav(Score("rec-1", 300_000_000, dual=False))
    header = next(audio.chunks())[:44]
    assert audio.size == 44 + 300_000 * 16_000
    assert (header[4:8], header[40:44]) == (b"\xff" * 4, b"\xff" * 4)
