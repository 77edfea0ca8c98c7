"""Tests counting the frames of MP3 files: every layout, tags, damage, and pieces of any size."""

import random
import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes_media import MP3_FRAME, mp3
from telnyx_recordings.media.mp3 import FrameCounter, is_mp3

PIECES = [1, 2, 3, 7, 100, 209, 1000, 1 << 20]


def counted(audio: bytes, piece: int = 1 << 20) -> FrameCounter:
    """Count the frames of a file that arrives in pieces."""
    counter = FrameCounter()
    for start in range(0, len(audio), piece):
        counter.add(memoryview(audio)[start : start + piece])
    counter.end()
    return counter


def frame(head: str, size: int) -> bytes:
    """Return a silent frame with a header in hexadecimal."""
    return bytes.fromhex(head).ljust(size, b"\0")


def id3(content: bytes, *, footer: bool = False) -> bytes:
    """Return an ID3v2 tag; its size is in four times seven bits."""
    size = bytes(len(content) >> shift & 0x7F for shift in (21, 14, 7, 0))
    head = b"\x04\x00" + bytes([0x10 if footer else 0]) + size
    return b"ID3" + head + content + (b"3DI" + head if footer else b"")


def ape(content: bytes) -> bytes:
    """Return an APEv2 tag with a header and a footer."""

    def end(flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII8x", 2000, len(content) + 32, 1, flags << 29)

    return end(0b101) + content + end(0b100)


LOOKS_LIKE_AUDIO = frame("fffbe4c4", 960) * 20
FASTER, PADDED = frame("fffb90c4", 417), frame("fffb92c4", 418)
LYRICS = b"LYRICSBEGININD0000200" + bytes(40) + b"000061LYRICS200"


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("frames", [1, 2, 3, 500])
def test_all_frames_are_counted_in_pieces_of_any_size(frames: int, piece: int) -> None:
    counter = counted(mp3(frames), piece)
    assert counter.frames == frames
    assert counter.seconds == pytest.approx(frames * 1152 / 44_100)


@pytest.mark.parametrize(
    ("head", "size", "samples", "hertz"),
    [
        ("fffb90c4", 417, 1152, 44_100),  # MPEG-1, 128 kbit/s
        ("fffb92c4", 418, 1152, 44_100),  # the same, padded
        ("fffa90c4", 417, 1152, 44_100),  # the same, with a checksum
        ("fffbe4c4", 960, 1152, 48_000),  # 320 kbit/s
        ("fffb18c4", 144, 1152, 32_000),  # 32 kbit/s
        ("fff380c4", 208, 576, 22_050),  # MPEG-2, 64 kbit/s
        ("fff314c4", 24, 576, 24_000),  # 8 kbit/s
        ("fff3e8c4", 720, 576, 16_000),  # 160 kbit/s
        ("ffe380c4", 417, 576, 11_025),  # MPEG-2.5, 64 kbit/s
        ("ffe344c4", 192, 576, 12_000),  # 32 kbit/s
        ("ffe318c4", 72, 576, 8_000),  # 8 kbit/s
        ("ffe308c4", 600, 576, 8_000),  # free bit rate
        ("fffb00c4", 1044, 1152, 44_100),  # free bit rate, MPEG-1
    ],
)
@pytest.mark.parametrize("piece", [7, 1 << 20])
def test_every_version_and_bit_rate_is_counted(
    head: str, size: int, samples: int, hertz: int, piece: int
) -> None:
    counter = counted(frame(head, size) * 100, piece)
    assert counter.frames == 100
    assert counter.seconds == pytest.approx(100 * samples / hertz)


def test_padded_frames_of_free_bit_rate_are_one_byte_longer() -> None:
    audio = (frame("fffb00c4", 500) + frame("fffb02c4", 501)) * 20
    assert counted(audio).frames == 40
    assert counted(frame("fffb02c4", 501) + audio, 100).frames == 41


@pytest.mark.parametrize("size", [24, 8192])
@pytest.mark.parametrize("piece", [1000, 1 << 20])
def test_frames_of_free_bit_rate_have_limited_sizes(size: int, piece: int) -> None:
    assert counted(frame("fffb00c4", size) * 5, piece).frames == 5
    too_long = frame("fffb00c4", 8193 + size) * 5
    assert counted(too_long, piece).frames == 0


def test_padded_frames_of_free_bit_rate_are_found_after_other_bytes() -> None:
    plain, padded = frame("fffb00c4", 500), frame("fffb02c4", 501)
    assert counted(plain * 10 + bytes(50) + padded + plain * 3).frames == 14


def test_variable_bit_rates_are_counted() -> None:
    chosen = random.Random(1).choices([MP3_FRAME, FASTER, PADDED], k=300)
    assert counted(mp3(3000) + b"".join(chosen)).frames == 3300


def test_a_change_of_the_sampling_rate_counts_in_the_duration() -> None:
    slow = frame("ffe318c4", 72)
    counter = counted(slow * 10 + mp3(10) + slow * 10)
    assert counter.seconds == pytest.approx(20 * 576 / 8000 + 10 * 1152 / 44_100)


@pytest.mark.parametrize("piece", [1, 31, 1000, 1 << 20])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (id3(b""), b""),
        (id3(bytes(5)), b""),
        (id3(LOOKS_LIKE_AUDIO), b""),
        (id3(LOOKS_LIKE_AUDIO[:17_003], footer=True), b""),
        (id3(bytes(100)) + id3(bytes(3)), b""),
        (id3(bytes(10)) + bytes(700), b""),
        (ape(LOOKS_LIKE_AUDIO), b""),
        (b"", b"TAG" + bytes(125)),
        (b"", b"TAG+" + bytes(223) + b"TAG" + bytes(125)),
        (b"", ape(bytes(50)) + b"TAG" + bytes(125)),
        (b"", LYRICS + b"TAG" + bytes(125)),
        (b"", id3(LOOKS_LIKE_AUDIO, footer=True)),
        (b"", bytes(999)),
    ],
    ids=lambda tag: f"{tag[:8].decode('latin-1')}{len(tag)}",
)
def test_tags_of_mp3_files_are_not_audio(before: bytes, after: bytes, piece: int) -> None:
    assert counted(before + mp3(50) + after, piece).frames == 50


@pytest.mark.parametrize("name", [b"Xing", b"Info", b"VBRI"])
@pytest.mark.parametrize("place", [13, 21, 36])
@pytest.mark.parametrize("count", [0, 7, 0xFFFF_FFFF])
def test_counts_written_by_encoders_are_not_used(name: bytes, place: int, count: int) -> None:
    information = name + struct.pack(">II", 1, count)
    first = (MP3_FRAME[:4] + bytes(place - 4) + information).ljust(len(MP3_FRAME), b"\0")
    assert counted(first + mp3(50)).frames == 50
    assert counted(id3(bytes(9)) + first + mp3(50), 10).frames == 50
    assert counted(first).frames == 0


@pytest.mark.parametrize("size", [10, 100, len(MP3_FRAME) - 1])
@pytest.mark.parametrize("piece", [1, 50, 1 << 20])
def test_a_truncated_last_frame_is_not_counted(size: int, piece: int) -> None:
    counter = counted(mp3(10) + MP3_FRAME[:size], piece)
    assert counter.frames == 10
    assert counter.seconds == pytest.approx(10 * 1152 / 44_100)


def test_frames_after_other_bytes_count_only_if_another_follows() -> None:
    """Two headers at the right distance are no coincidence."""
    assert counted(mp3(10) + bytes(300) + mp3(10)).frames == 20
    assert counted(mp3(10) + bytes(300) + MP3_FRAME + bytes(300)).frames == 10
    assert counted(bytes(300) + MP3_FRAME + MP3_FRAME[:-1]).frames == 1


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"<html>" * 99,
        bytes(5000),
        b"ID3",
        b"ID3\x04\x00\x00\x00\x00\x00\x02",
        b"\xff\xfb\x50" * 3000,
        b"\xff" * 5001,
        b"\xff\xfb\x00\xc4" + bytes(20_000),
        frame("fffb90c4", 417) + frame("fff380c4", 208),
    ],
    ids=len,
)
@pytest.mark.parametrize("piece", [1, 1 << 20])
def test_other_bytes_have_no_frames(junk: bytes, piece: int) -> None:
    assert counted(junk, piece).frames <= 1


def test_the_search_for_frames_ends() -> None:
    """A file that is full of headers without frames would take hours."""
    headers = b"\xff\xfb\x50" * 110_000
    assert counted(headers + mp3(9)).frames == 0
    assert counted(headers[:30_000] + mp3(9)).frames == 9


def test_memory_use_does_not_depend_on_the_size() -> None:
    parts = id3(bytes(4 << 20)), mp3(20_000), bytes(4 << 20)
    counter = FrameCounter()
    tracemalloc.start()
    for part in parts:
        for start in range(0, len(part), 1 << 16):
            counter.add(memoryview(part)[start : start + (1 << 16)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    counter.end()
    assert counter.frames == 20_000
    assert peak < 1 << 20


@given(st.binary(max_size=300), st.integers(1, 400), st.integers(0, 250))
def test_the_size_of_pieces_changes_nothing(junk: bytes, piece: int, cut: int) -> None:
    audio = junk + mp3(3)[cut:] + junk + b"\xff\xfb" + junk + mp3(2)
    assert counted(audio, piece).frames == counted(audio).frames


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ("fffb90", True),
        ("fffb00", True),  # free bit rate
        ("ffeb90", False),  # a reserved version
        ("fffd90", False),  # layer II
        ("ffff90", False),  # layer I
        ("fffbf0", False),  # no bit rate
        ("fffb9c", False),  # no sampling rate
        ("fffe3c", False),  # UTF-16
        ("ffd8ff", False),  # JPEG
        ("fffb", False),
    ],
)
def test_mp3_files_begin_with_a_tag_or_a_frame(head: str, *, known: bool) -> None:
    assert is_mp3(bytes.fromhex(head)) is known
    assert is_mp3(bytes(500) + bytes.fromhex(head)) is known
    assert is_mp3(b"ID3\x04")
    assert is_mp3(ape(b""))
