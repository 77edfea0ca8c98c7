"""Holds what passes for an MP3 file, and how long one plays, by its first bytes."""

from __future__ import annotations

import struct

import pytest

from fakes_media import MP3_FRAME, mp3
from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media import checks
from telnyx_recordings.media.digests import HEAD
from telnyx_recordings.media.mp3 import is_mp3, millis


def check(audio: bytes, lasts: int | None = None) -> None:
    """Check a whole file."""
    checks.beginning(audio[:HEAD], len(audio), "mp3", lasts)


def lasts(audio: bytes) -> float | None:
    """How long a whole file plays, in milliseconds."""
    return millis(audio[:HEAD], len(audio))


def frame(head: str, size: int) -> bytes:
    """A frame of silence: its head in hexadecimal, and how many bytes it has in all."""
    return bytes.fromhex(head).ljust(size, b"\0")


def tag(size: bytes, flags: int = 0, content: bytes = b"") -> bytes:
    """An ID3 tag; its size is in four times seven bits."""
    return b"ID3\x04\x00" + bytes([flags]) + size + content


@pytest.mark.parametrize("before", [b"", tag(b"\0\0\0\x0a", content=bytes(10))])
@pytest.mark.parametrize("frames", [1, 2, 3, 1000, 5000])
def test_mp3_files(before: bytes, frames: int) -> None:
    """Files with and without a tag pass, if they last as long as they should."""
    audio = before + mp3(frames)
    expected = round(frames * 1152 / 44.1)
    assert lasts(audio) == pytest.approx(expected, rel=0.01)
    check(audio, expected)
    with pytest.raises(MediaIntegrityError, match="lasts"):
        check(audio, 2 * expected + 2500)


def test_mp3_files_that_count_their_frames() -> None:
    """Where the first frame counts all of them, that is what counts."""
    for name in (b"Xing", b"Info"):
        counted = struct.pack(">II", 1, 2000)
        first = (MP3_FRAME[:21] + name + counted).ljust(len(MP3_FRAME), b"\0")
        audio = first + bytes(50_000)
        assert millis(audio, len(audio)) == pytest.approx(2000 * 1152 / 44.1)
    without = (MP3_FRAME[:21] + b"Xing" + bytes(8)).ljust(len(MP3_FRAME), b"\0")
    assert lasts(without + mp3(5)) == pytest.approx(156, abs=2)


@pytest.mark.parametrize(
    ("head", "size", "samples", "hertz"),
    [
        ("fffb90c4", 417, 1152, 44_100),  # MPEG-1, 128 kbit/s
        ("fffb92c4", 418, 1152, 44_100),  # the same, padded
        ("fffbe4c4", 960, 1152, 48_000),  # 320 kbit/s
        ("fffb18c4", 144, 1152, 32_000),  # 32 kbit/s
        ("fff380c4", 208, 576, 22_050),  # MPEG-2, 64 kbit/s
        ("fff314c4", 24, 576, 24_000),  # 8 kbit/s
        ("fff3e8c4", 720, 576, 16_000),  # 160 kbit/s
        ("ffe380c4", 417, 576, 11_025),  # MPEG-2.5, 64 kbit/s
        ("ffe344c4", 192, 576, 12_000),  # 32 kbit/s
        ("ffe318c4", 72, 576, 8_000),  # 8 kbit/s
    ],
)
def test_every_version_of_the_format(head: str, size: int, samples: int, hertz: int) -> None:
    """Its bit rates and sampling rates are read from tables of its own."""
    audio = frame(head, size) * 100
    assert lasts(audio) == pytest.approx(100 * samples * 1000 / hertz, rel=0.005)
    counted = bytes.fromhex(head) + b"Xing" + struct.pack(">II", 1, 1000)
    if size > 24:
        audio = counted.ljust(size, b"\0") + audio
        assert lasts(audio) == pytest.approx(1000 * samples * 1000 / hertz)


def test_frames_of_one_bit_rate_differ_by_a_byte() -> None:
    """Where a frame's length is no whole number, some are padded."""
    audio = (frame("fffb90c4", 417) + frame("fffb92c4", 418)) * 50
    assert lasts(audio) == len(audio) * 8 / 128


@pytest.mark.parametrize(
    "head", ["ffeb90c4", "fffd90c4", "ffff90c4", "fffb00c4", "fffbf0c4", "fffb9cc4"]
)
def test_frames_that_are_of_no_mp3(head: str) -> None:
    """Another layer; a version, a bit rate or a rate that there is not: no such file is one."""
    assert not is_mp3(frame(head, 417) * 3)
    assert not is_mp3(bytes.fromhex("fffb90"))
    assert is_mp3(bytes.fromhex("fffb90c4"))


@pytest.mark.parametrize(("flags", "more"), [(0, 0), (0x10, 10)])
def test_what_lies_in_a_tag_is_not_audio(flags: int, more: int) -> None:
    """A picture in it may look like anything; a footer makes it ten bytes longer."""
    length = (1 << 14) + (2 << 7) + 3
    content = (frame("fffbe4c4", 960) * 20)[: length + more]
    audio = tag(b"\0\1\2\3", flags, content) + mp3(50)
    assert lasts(audio) == len(mp3(50)) * 8 / 64
    first = (MP3_FRAME[:21] + b"Info" + struct.pack(">II", 1, 777)).ljust(len(MP3_FRAME), b"\0")
    counted = tag(b"\0\1\2\3", flags, content) + first + mp3(50)
    assert lasts(counted) == pytest.approx(777 * 1152 / 44.1)


def test_a_tag_that_is_longer_than_what_is_looked_at() -> None:
    """Its length is no secret, but what comes after it is."""
    audio = tag(b"\1\0\0\0", content=(frame("fffbe4c4", 960) * 2200)) + mp3(50)
    assert lasts(audio) is None


def test_two_frames_of_many_do_not_tell() -> None:
    """Three of one bit rate do."""
    assert millis(mp3(2), 100_000) is None
    assert millis(mp3(3), 100_000) == 100_000 * 8 / 64


def test_what_follows_the_last_frame() -> None:
    """A tag of the old kind belongs there, and the beginning of what is no frame does not."""
    assert lasts(mp3(20) + b"TAG" + bytes(125)) == (20 * len(MP3_FRAME) + 128) * 8 / 64
    assert lasts(mp3(20) + b"jun") is not None
    assert lasts(mp3(20) + b"junk") is None


@pytest.mark.parametrize(
    ("place", "counts"), [(4, True), (21, True), (60, True), (61, False), (100, False)]
)
def test_a_count_stands_near_the_beginning(place: int, *, counts: bool) -> None:
    """Further on it is sound that happens to spell a name."""
    counted = b"Xing" + struct.pack(">II", 3, 2000)
    first = (MP3_FRAME[:place] + counted).ljust(len(MP3_FRAME), b"\0")
    expected = 2000 * 1152 / 44.1 if counts else 51 * 1152 / 44.1
    assert lasts(first + mp3(50)) == pytest.approx(expected, rel=0.005)


def test_the_first_of_two_counts_is_taken() -> None:
    """The second is sound."""
    counts = b"".join(b"Xing" + struct.pack(">II", 1, number) for number in (2000, 9))
    first = (MP3_FRAME[:21] + counts).ljust(len(MP3_FRAME), b"\0")
    assert lasts(first + mp3(50)) == pytest.approx(2000 * 1152 / 44.1)


@pytest.mark.parametrize("place", range(4, 21))
def test_a_count_that_its_frame_cuts_off_is_none(place: int) -> None:
    """The smallest frames have no room for one behind that name."""
    first = frame("fff314c4", place) + b"Xing\0\0\0\1" + bytes([0, 0, 3, 232])
    audio = first[:24] + frame("fff314c4", 24) * 49
    expected = 1000 if place + 12 <= 24 else 50
    assert lasts(audio) == pytest.approx(expected * 24)


def test_mp3_files_whose_duration_is_not_known() -> None:
    """With several bit rates, or with something between the frames, nothing is claimed."""
    faster = b"\xff\xfb\x90\xc4" + bytes(413)
    for audio in (mp3(3) + faster * 200, mp3(200) + bytes(300) + mp3(200), b"ID3" + bytes(99)):
        assert lasts(audio) is None
        check(audio, 3_600_000)
    check(mp3(20) + b"TAG" + bytes(125), 500)


@pytest.mark.parametrize(
    "junk",
    [b"<html>" * 9, b"\xff\xfe<\0h\0t\0m\0l\0>\0", b"\xff\xd8\xff\xe0" + bytes(20), bytes(20), b""],
)
def test_what_is_no_mp3(junk: bytes) -> None:
    """Anything else is refused by its first bytes, pictures and UTF-16 among it."""
    with pytest.raises(MediaIntegrityError):
        check(junk)
