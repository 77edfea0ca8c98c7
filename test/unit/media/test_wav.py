"""Tests parsing WAV headers: chunks, lengths, formats, and headers that writers got wrong."""

import struct
import tracemalloc

import pytest

from fakes_media import wav
from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media.wav import FLOAT, MULAW, PCM, Scan, Wav, header
from wav_files import ALAW, GSM, IMA_ADPCM, MS_ADPCM, chunk, ds64, extensible, form, riff

SAMPLES = b"\1\0" * 8000
UNKNOWN = [
    0xFFFF_FFFF,
    0x7FFF_F000,
    0x7FFF_F024,
    0x7FFF_FF00,
    0x7FFF_FFFF,
    0x8000_0000,
    0x8000_0024,
    0xFFFF_FFDB,
    0xFFFF_F000,
    0xFFFF_FFF8,
]


def scanned(audio: bytes, piece: int = 1 << 20) -> Wav:
    """Return the header of a file that arrives in pieces."""
    scan = Scan()
    for start in range(0, len(audio), piece):
        scan.add(memoryview(audio)[start : start + piece])
    return scan.result(len(audio))


def seconds(audio: bytes, piece: int = 1 << 20) -> float | None:
    """Return the duration of a complete file."""
    found = scanned(audio, piece)
    return found.seconds_of(found.bytes_in(len(audio)))


def refused(audio: bytes) -> str:
    """Return why a file is refused."""
    with pytest.raises(MediaIntegrityError) as raised:
        seconds(audio)
    return str(raised.value)


LIST = chunk(b"LIST", b"INFOISFT\5\0\0\0abcd\0")
BEXT, FACT = chunk(b"bext", bytes(602)), chunk(b"fact", struct.pack("<I", 8000))
JUNK = chunk(b"JUNK", bytes(28))


@pytest.mark.parametrize("piece", [1, 7, 12, 1 << 20])
@pytest.mark.parametrize("before", [b"", LIST, BEXT + FACT, JUNK, LIST + BEXT + JUNK])
@pytest.mark.parametrize("after", [b"", LIST, JUNK + LIST])
def test_chunks_before_and_after_the_samples_are_skipped(
    before: bytes, after: bytes, piece: int
) -> None:
    data = chunk(b"data", SAMPLES)
    assert seconds(riff(before, form(), data, after), piece) == 1
    assert seconds(riff(form(), before, data, after), piece) == 1


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
@pytest.mark.parametrize("next_chunk", [b"", LIST, chunk(b"zzzz", b"ab")])
def test_odd_chunks_need_no_pad_byte(next_chunk: bytes, piece: int) -> None:
    odd = chunk(b"LIST", b"INFOISFT\5\0\0\0abcd\0", pad=False)
    data = chunk(b"data", SAMPLES)
    assert seconds(riff(form(), odd, next_chunk, data), piece) == 1
    assert seconds(riff(odd, form(), odd, odd, next_chunk, data), piece) == 1


def test_a_pad_byte_need_not_be_zero() -> None:
    for pad in (b"\0", b" ", b"X", b"\xff"):
        odd = chunk(b"LIST", b"abc", pad=False) + pad
        assert seconds(riff(form(), odd, chunk(b"data", SAMPLES))) == 1
        unknown = chunk(b"abcd", b"abc", pad=False) + b"\0" + chunk(b"wxyz", b"")
        assert seconds(riff(form(), unknown, chunk(b"data", SAMPLES))) == 1


@pytest.mark.parametrize("riff_length", [*UNKNOWN, 0, 36, None])
@pytest.mark.parametrize("length", [*UNKNOWN, 0])
def test_an_unknown_length_means_samples_up_to_the_end(
    length: int, riff_length: int | None
) -> None:
    data = chunk(b"data", SAMPLES, length=length)
    assert seconds(riff(form(), data, length=riff_length)) == 1
    noise = chunk(b"data", b"ABCD" * 4000, length=length)
    assert seconds(riff(form(), noise, length=riff_length)) == 1


@pytest.mark.parametrize("length", [16_002, 20_000, 0x7FFE_FFFF, 0x8001_0000, 0x9000_0000])
def test_other_lengths_past_the_end_are_truncations(length: int) -> None:
    audio = riff(form(), chunk(b"data", SAMPLES, length=length))
    assert refused(audio) == (
        f"the WAV file is truncated: its samples end at byte {44 + length:,}, but it has 16,044"
    )


def test_a_length_of_zero_is_right_if_other_chunks_follow() -> None:
    for after in (b"", LIST, JUNK + LIST, chunk(b"LIST", b"abc"), LIST[:-1]):
        assert seconds(riff(form(), chunk(b"data", b""), after)) == 0


def test_bytes_after_the_samples_are_refused_unless_the_file_counts_them() -> None:
    audio = riff(form(), chunk(b"data", SAMPLES))
    for more in (b"", b"\0"):
        assert seconds(audio + more) == 1
    for more in (bytes(2), LIST, bytes(100)):
        assert refused(audio + more) == (
            f"the WAV file continues for {len(more)} bytes after the end of its samples"
        )
    tagged = riff(form(), chunk(b"data", SAMPLES), chunk(b"LIST", bytes(20)))
    for cut in (0, 1):
        assert seconds(tagged[: len(tagged) - cut]) == 1
    assert "continues" in refused(tagged[:-2])


@pytest.mark.parametrize("name", [b"RF64", b"BW64"])
def test_64_bit_lengths_are_in_a_chunk_of_their_own(name: bytes) -> None:
    data = chunk(b"data", SAMPLES, length=0xFFFF_FFFF)

    def file(riff_length: int, data_length: int) -> bytes:
        return riff(ds64(riff_length, data_length), form(), data, length=0xFFFF_FFFF, name=name)

    size = len(file(0, 0))
    assert seconds(file(size - 8, 16_000)) == 1
    assert "continues for 1,000 bytes" in refused(file(size - 1008, 15_000))
    assert "truncated" in refused(file(size - 8, 1 << 33))
    for unknown in (0, 0xFFFF_FFFF):
        assert seconds(file(unknown, unknown)) == 1
    plain = riff(ds64(size - 8, 5), form(), chunk(b"data", SAMPLES), name=name)
    assert seconds(plain) == 1


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (form(), 16_000),
        (form(channels=2), 32_000),
        (form(bits=8), 8000),
        (form(bits=24), 24_000),
        (form(bits=32), 32_000),
        (form(FLOAT, bits=32), 32_000),
        (form(FLOAT, bits=64), 64_000),
        (form(ALAW, bits=8), 8000),
        (form(MULAW, bits=8, channels=2), 16_000),
        (form(0xFFFE, more=extensible(PCM, 16)), 16_000),
        (form(0xFFFE, bits=8, more=extensible(MULAW, 8)), 8000),
        (form(0xFFFE, bits=32, more=extensible(FLOAT, 32)), 32_000),
        # Wrong block align, byte rate or bits: two of three fields are right.
        (form(MULAW, bits=8, align=2), 8000),
        (form(MULAW, bits=16, align=1, byte_rate=8000), 8000),
        (form(MULAW, bits=0, align=0, byte_rate=0), 8000),
        (form(ALAW, bits=16, align=2, byte_rate=16_000), 8000),
        (form(align=4), 16_000),
        (form(align=1), 16_000),
        (form(align=0), 16_000),
        (form(align=0, byte_rate=0), 16_000),
        (form(byte_rate=99), 16_000),
        (form(byte_rate=0), 16_000),
        (form(channels=2, align=2), 32_000),
        (form(bits=0, align=2, byte_rate=16_000), 16_000),
        (form(bits=24, align=4, byte_rate=32_000), 32_000),
        (form(bits=12, align=2, byte_rate=16_000), 16_000),
        # Compressed samples, by their blocks or else by the byte rate.
        (form(GSM, bits=0, align=65, byte_rate=1625, more=struct.pack("<HH", 2, 320)), 1625),
        (form(GSM, bits=0, align=65, byte_rate=0, more=struct.pack("<HH", 2, 320)), 1625),
        (form(GSM, bits=0, align=65, byte_rate=1625), 1625),
        (form(IMA_ADPCM, bits=4, align=4, byte_rate=4000, more=struct.pack("<HH", 2, 8)), 4000),
        (form(MS_ADPCM, bits=4, align=4, byte_rate=9, more=struct.pack("<HH", 2, 8)), 4000),
        (form(0x55, bits=0, align=1, byte_rate=4000), 4000),
        (form(0xFFFE, byte_rate=16_000), 16_000),
    ],
)
def test_a_second_of_every_format_is_measured(head: bytes, length: int) -> None:
    audio = riff(head, chunk(b"data", bytes(length)))
    assert seconds(audio) == 1
    assert scanned(audio).samples_of(length) == 8000


def test_all_fields_of_a_header_are_read() -> None:
    blocks = form(GSM, bits=0, align=65, byte_rate=1625, more=struct.pack("<HH", 2, 320))
    audio = riff(blocks, chunk(b"data", bytes(1625), pad=False))
    assert scanned(audio) == Wav(
        codec=GSM,
        channels=1,
        rate=8000,
        byte_rate=1625,
        frame=65,
        bits=0,
        block_samples=320,
        start=len(audio) - 1625,
        length=1625,
        riff_end=len(audio),
    )
    g711 = scanned(riff(form(0xFFFE, more=extensible(ALAW, 16)), chunk(b"data", SAMPLES)))
    assert (g711.codec, g711.bits, g711.frame) == (ALAW, 8, 1)


def test_only_complete_samples_and_blocks_count() -> None:
    stereo = scanned(riff(form(channels=2), chunk(b"data", SAMPLES)))
    assert [stereo.samples_of(length) for length in (0, 3, 4, 7, 8)] == [0, 0, 1, 1, 2]
    plain = form(GSM, bits=0, align=65, byte_rate=1625)
    blocks = form(GSM, bits=0, align=65, byte_rate=1625, more=struct.pack("<HH", 2, 320))
    for head, counts in ((blocks, [0, 320, 320, 640]), (plain, [315, 320, 635, 640])):
        found = scanned(riff(head, chunk(b"data", bytes(1625))))
        assert [found.samples_of(length) for length in (64, 65, 129, 130)] == counts
    unknown = scanned(riff(form(0x55, bits=0, align=1, byte_rate=0), chunk(b"data", SAMPLES)))
    assert unknown.samples_of(100) is None


@pytest.mark.parametrize(
    ("stated", "end"), [(16_036, 16_044), (0, None), (1, 9), (0xFFFF_FFFF, None)]
)
def test_the_end_of_a_file_follows_from_its_first_length(stated: int, end: int | None) -> None:
    assert scanned(riff(form(), chunk(b"data", SAMPLES), length=stated)).riff_end == end
    long = chunk(b"data", SAMPLES, length=0xFFFF_FFFF)
    other = riff(ds64(stated, 16_000), form(), long, length=5, name=b"RF64")
    assert scanned(other).riff_end == end


@pytest.mark.parametrize(
    "head",
    [
        form(rate=0, byte_rate=16_000),
        form(0x55, bits=0, align=1, byte_rate=0),
        form(channels=0, byte_rate=0),
    ],
)
def test_a_format_without_a_rate_has_no_duration(head: bytes) -> None:
    audio = riff(head, chunk(b"data", bytes(1000)))
    assert seconds(audio) is None
    assert "truncated" in refused(audio[:-500])


@pytest.mark.parametrize(
    ("audio", "why"),
    [
        (b"RIFF0000WAVX", "this is not a WAV file"),
        (b"RIFX0000WAVE", "this is not a WAV file"),
        (b"RIFF", "this is not a WAV file"),
        (riff(form()), "the WAV file has no samples where they should begin"),
        (riff(form(), b"data"), "the WAV file has no samples where they should begin"),
        (riff(chunk(b"data", bytes(16))), "the WAV file does not state its sample format"),
        (
            riff(chunk(b"fmt ", form()[8:23]), chunk(b"data", bytes(16))),
            "the WAV file does not state its sample format",
        ),
    ],
    ids=["another form", "big endian", "cut", "no samples", "a name alone", "no format", "half"],
)
def test_incomplete_headers_are_refused(audio: bytes, why: str) -> None:
    assert refused(audio) == why


def test_written_headers_can_be_parsed() -> None:
    for codec, width in ((PCM, 2), (MULAW, 1), (FLOAT, 4)):
        found = scanned(wav(100, channels=2, width=width, kind=codec))
        written = header(found, 800 * width) + bytes(800 * width)
        again = scanned(written)
        assert (again.codec, again.channels, again.rate, again.frame) == (codec, 1, 8000, width)
        assert again.bytes_in(len(written)) == 800 * width


@pytest.mark.parametrize("piece", [1, 7, 8, 4096, 65_536, 1 << 20])
@pytest.mark.parametrize("tags", [65_492, 65_500, 65_536, 300_001])
def test_samples_may_begin_far_from_the_beginning(piece: int, tags: int) -> None:
    audio = riff(chunk(b"LIST", bytes(tags)), form(), chunk(b"data", SAMPLES))
    found = scanned(audio, piece)
    assert (found.start, found.length) == (len(audio) - 16_000, 16_000)


def test_memory_use_does_not_depend_on_the_chunks_before_the_samples() -> None:
    tags = riff(chunk(b"id3 ", bytes(64 << 20)))
    scan = Scan()
    tracemalloc.start()
    for start in range(0, len(tags), 1 << 18):
        scan.add(memoryview(tags)[start : start + (1 << 18)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not scan.is_over
    assert peak < 2 << 20


def test_the_search_for_samples_ends() -> None:
    endless = riff(*[chunk(b"junk", b"")] * 4096)
    assert Scan(endless).is_over
    assert not Scan(endless[:-1]).is_over
