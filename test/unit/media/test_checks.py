"""Tests the checks of downloaded audio: format, length, and the duration that Telnyx states."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes_media import MP3_FRAME, mp3, wav
from telnyx_recordings.errors import MediaError, MediaIntegrityError
from telnyx_recordings.media import checks
from telnyx_recordings.media.digests import HEAD
from telnyx_recordings.media.duration import Format, Meter
from wav_files import chunk, form, riff


def check(audio: bytes, form: Format = "wav", millis: int | None = None) -> None:
    """Check a complete file, first by its beginning, as a download does."""
    checks.beginning(audio[:HEAD], len(audio), form, millis)
    meter = Meter()
    meter.add(audio)
    checks.content(audio[:HEAD], meter, form, millis)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_complete_wav_files_are_accepted(channels: int, width: int) -> None:
    check(wav(4000, channels=channels, width=width), millis=4000)
    check(wav(4000, channels=channels, width=width))


@pytest.mark.parametrize("size", [0, 4, 11, 12, 20, 43, 44, 1000, 32_043])
def test_truncated_wav_files_are_refused(size: int) -> None:
    with pytest.raises(MediaIntegrityError):
        check(wav(2000)[:size])


def test_wav_files_of_unknown_length_must_have_the_stated_duration() -> None:
    unknown = b"\xff\xff\xff\xff"
    audio = wav(20_000)
    streamed = audio[:4] + unknown + audio[8:40] + unknown + audio[44:]
    check(streamed, millis=20_000)
    with pytest.raises(MediaIntegrityError, match=r"lasts 10\.0 s"):
        check(streamed[: 44 + 160_000], millis=20_000)


@pytest.mark.parametrize(
    ("lasts", "stated", "fits"),
    [
        (4000, 4000, True),
        (4000, 2000, True),
        (4000, 1999, False),
        (4000, 6001, False),
        (200_000, 196_079, True),
        (204_000, 200_000, True),
        (200_000, 195_000, False),
        (1000, 60_000, False),
        (60_000, 1000, False),
        (4000, 0, True),
        (4000, -5, True),
        (4000, None, True),
    ],
)
def test_the_duration_may_differ_by_two_seconds_or_two_percent(
    lasts: int, stated: int | None, *, fits: bool
) -> None:
    audio = wav(lasts)
    if fits:
        check(audio, millis=stated)
    else:
        with pytest.raises(MediaIntegrityError) as caught:
            check(audio, millis=stated)
        assert str(caught.value) == (
            f"the audio lasts {lasts / 1000:.1f} s, "
            f"but the recording lasts {(stated or 0) / 1000:.1f} s"
        )


def test_the_first_twelve_bytes_show_the_format() -> None:
    with pytest.raises(MediaIntegrityError, match=r"^11 bytes are too few for WAV audio$"):
        check(wav()[:11])
    with pytest.raises(MediaIntegrityError, match="no samples"):
        check(wav()[:12])
    checks.magic(b"<!doctype h", "wav")
    with pytest.raises(MediaIntegrityError, match=r"^the downloaded data is not WAV audio$"):
        checks.magic(b"<!doctype ht", "wav")


@pytest.mark.parametrize("junk", [b"<html>" * 9, b"RIFX" + bytes(99), b"RIFF1234AVI " + bytes(99)])
def test_other_files_are_not_wav_audio(junk: bytes) -> None:
    with pytest.raises(MediaIntegrityError, match="not WAV audio"):
        check(junk)


@pytest.mark.parametrize(
    "junk",
    [b"<html>" * 9, b"\xff\xfe<\0h\0t\0m\0l\0>\0", b"\xff\xd8\xff\xe0" + bytes(20), bytes(20), b""],
)
def test_other_files_are_not_mp3_audio(junk: bytes) -> None:
    with pytest.raises(MediaIntegrityError):
        check(junk, "mp3")


def test_one_format_is_not_accepted_as_the_other() -> None:
    with pytest.raises(MediaIntegrityError):
        check(wav(), "mp3")
    with pytest.raises(MediaIntegrityError):
        check(mp3(), "wav")


@pytest.mark.parametrize("frames", [1, 3, 1000, 5000])
def test_mp3_files_must_have_the_stated_duration(frames: int) -> None:
    expected = round(frames * 1152 / 44.1)
    check(mp3(frames), "mp3", expected)
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):
        check(mp3(frames), "mp3", 2 * expected + 2500)
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):
        check(mp3(frames + 200), "mp3", expected // 2)


def test_mp3_files_of_variable_bit_rate_pass() -> None:
    faster = b"\xff\xfb\x90\xc4" + bytes(413)
    audio = mp3(3000) + faster * 9000
    check(audio, "mp3", round(12_000 * 1152 / 44.1))
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):
        check(audio[: len(audio) // 2], "mp3", round(12_000 * 1152 / 44.1))


@pytest.mark.parametrize("count", [0, 10, 1000, 2000, 0xFFFF_FFFF])
def test_a_frame_count_in_the_header_hides_no_truncation(count: int) -> None:
    first = (MP3_FRAME[:21] + b"Xing" + struct.pack(">II", 1, count)).ljust(len(MP3_FRAME), b"\0")
    check(first + mp3(1000), "mp3", round(1000 * 1152 / 44.1))
    with pytest.raises(MediaIntegrityError, match=r"lasts 13\.1 s"):
        check(first + mp3(500), "mp3", round(1000 * 1152 / 44.1))


def test_mp3_files_without_a_frame_are_refused() -> None:
    for audio in (b"ID3" + bytes(9), b"ID3" + bytes(999), MP3_FRAME[:50]):
        with pytest.raises(MediaIntegrityError, match="no frames"):
            check(audio, "mp3")


def test_the_largest_size_follows_from_the_duration() -> None:
    assert checks.largest(None) == checks.largest(0) == checks.largest(-1) == 4 << 30
    assert checks.largest(10**9) == 4 << 30
    for millis in (1000, 3_600_000):
        assert len(wav(1000)) * millis // 1000 < checks.largest(millis) < 4 << 30


def test_wav_files_are_refused_by_their_beginning_if_possible() -> None:
    tags = chunk(b"LIST", bytes(99_000))
    audio = riff(tags, form(), chunk(b"data", bytes(32_000)))
    check(audio, millis=2000)
    checks.beginning(audio[:HEAD], len(audio), "wav", 9000)
    with pytest.raises(MediaIntegrityError, match=r"lasts 2\.0 s"):
        check(audio, millis=9000)
    with pytest.raises(MediaIntegrityError, match="truncated"):
        check(audio[:-1], millis=2000)
    lost = riff(chunk(b"LIST", bytes(99_000), length=200_000))
    with pytest.raises(MediaIntegrityError, match="no samples"):
        checks.beginning(lost[:HEAD], len(lost), "wav", None)
    with pytest.raises(MediaIntegrityError, match=r"lasts 40\.0 s"):
        checks.beginning(wav(40_000)[:HEAD], len(wav(40_000)), "wav", 50_000)


@given(st.binary(max_size=200), st.integers(0, 2**40), st.none() | st.integers())
def test_hostile_beginnings_are_accepted_or_refused(
    head: bytes, size: int, millis: int | None
) -> None:
    wavish = b"RIFF" + head[:4].ljust(4) + b"WAVEfmt " + head
    for each in (head, wavish, b"RF64" + wavish[4:], b"ID3" + head, wav(5)[:30] + head):
        for name in ("wav", "mp3"):
            try:
                checks.beginning(each, size, "wav" if name == "wav" else "mp3", millis)
                check(each, "wav" if name == "wav" else "mp3", millis)
            except MediaError:
                continue
