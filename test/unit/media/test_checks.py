"""Holds what passes for audio: WAV and MP3 files, whole, and as long as they should be."""

from __future__ import annotations

import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes_media import mp3, wav
from telnyx_recordings.errors import MediaError, MediaIntegrityError
from telnyx_recordings.media import checks
from telnyx_recordings.media import wav as wav_head
from telnyx_recordings.media.digests import HEAD

UNKNOWN = b"\xff\xff\xff\xff"


def check(audio: bytes, form: checks.Format = "wav", millis: int | None = None) -> None:
    """Check a whole file."""
    checks.content(audio[:HEAD], wav_head.Scan(audio), len(audio), form, millis)


def with_chunk(audio: bytes, chunk: bytes, *, counted: bool = True) -> bytes:
    """A WAV file with one more chunk after its samples."""
    size = len(audio) - 8 + (len(chunk) if counted else 0)
    return audio[:4] + struct.pack("<I", size) + audio[8:] + chunk


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_whole_wav_files(channels: int, width: int) -> None:
    """Files that are whole and last as long as the recording pass."""
    check(wav(4000, channels=channels, width=width), millis=4000)
    check(wav(4000, channels=channels, width=width))


@pytest.mark.parametrize("size", [0, 4, 11, 12, 20, 43, 44, 1000, 32_043])
def test_cut_wav_files(size: int) -> None:
    """A file that was cut anywhere is refused."""
    with pytest.raises(MediaIntegrityError):
        check(wav(2000)[:size])


def test_wav_files_that_go_on() -> None:
    """Bytes after the samples are refused, unless the file counts them as a chunk."""
    tags = b"LIST" + struct.pack("<I", 10) + b"INFO" + bytes(6)
    check(with_chunk(wav(2000), tags), millis=2000)
    for extra in (tags, bytes(100)):
        with pytest.raises(MediaIntegrityError, match="goes on"):
            check(with_chunk(wav(2000), extra, counted=False))
        with pytest.raises(MediaIntegrityError):
            check(with_chunk(wav(2000), extra)[:-5])


def test_wav_files_with_chunks_before_their_samples() -> None:
    """Chunks before the samples are passed over."""
    audio = wav(2000)
    tags = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    longer = audio[:12] + tags + audio[12:]
    check(longer[:4] + struct.pack("<I", len(longer) - 8) + longer[8:], millis=2000)


@pytest.mark.parametrize("pad", [b"", b"\0"])
def test_the_pad_byte_may_be_missing(pad: bytes) -> None:
    """After an odd number of bytes there should be one more; files without it are whole too."""
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", 8001)
    body += bytes(8001) + pad
    check(b"RIFF" + struct.pack("<I", len(body)) + body, millis=1000)


def test_lengths_that_were_not_known() -> None:
    """A writer to a pipe leaves 0xFFFFFFFF: samples go to the end, the duration still counts."""
    audio = wav(20_000)
    streamed = audio[:4] + UNKNOWN + audio[8:40] + UNKNOWN + audio[44:]
    check(streamed, millis=20_000)
    with pytest.raises(MediaIntegrityError, match=r"lasts 10\.0 s"):
        check(streamed[: 44 + 160_000], millis=20_000)


def test_a_length_of_nothing() -> None:
    """A length of 0 before samples contradicts them."""
    audio = wav(2000)
    with pytest.raises(MediaIntegrityError, match="goes on"):
        check(audio[:40] + bytes(4) + audio[44:])
    check(wav(0))


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
def test_the_duration(lasts: int, stated: int | None, *, fits: bool) -> None:
    """It may be off by 2 s or by 2 %, whichever is more; without a stated one it is not checked."""
    audio = wav(lasts)
    if fits:
        check(audio, millis=stated)
    else:
        with pytest.raises(MediaIntegrityError) as caught:
            check(audio, millis=stated)
        assert str(caught.value) == (
            f"the audio lasts {lasts / 1000:.1f} s, the recording {(stated or 0) / 1000:.1f} s"
        )


def test_what_is_too_short_to_be_anything() -> None:
    """A format is told by its first twelve bytes."""
    with pytest.raises(MediaIntegrityError, match=r"^11 bytes are too few for WAV audio$"):
        check(wav()[:11])
    with pytest.raises(MediaIntegrityError, match="no samples"):
        check(wav()[:12])
    checks.magic(b"<!doctype h", "wav")
    with pytest.raises(MediaIntegrityError, match=r"^what the store sent is not WAV audio$"):
        checks.magic(b"<!doctype ht", "wav")


def test_wav_files_of_other_kinds() -> None:
    """Packed samples are timed by the rate that the head states."""
    form = struct.pack("<HHIIHHHH", 49, 1, 8000, 1625, 65, 0, 2, 320)  # GSM 6.10
    body = b"WAVEfmt " + struct.pack("<I", 20) + form + b"data" + struct.pack("<I", 16_250)
    audio = b"RIFF" + struct.pack("<I", len(body) + 16_250) + body + bytes(16_250)
    check(audio, millis=10_000)
    with pytest.raises(MediaIntegrityError, match="lasts"):
        check(audio, millis=20_000)
    silent = audio.replace(struct.pack("<I", 1625), bytes(4))
    check(silent, millis=20_000)


@pytest.mark.parametrize(
    "junk", [b"<html>" * 9, b"RIFX" + bytes(99), b"RIFF1234AVI " + bytes(99), b"RF64" + bytes(99)]
)
def test_what_is_no_wav(junk: bytes) -> None:
    """Anything else is refused by its first bytes."""
    with pytest.raises(MediaIntegrityError, match="not WAV audio"):
        check(junk)


def test_wav_files_without_something() -> None:
    """Without a format, or without samples near the beginning, it is refused."""
    audio = wav(100)
    with pytest.raises(MediaIntegrityError, match="what its samples are"):
        check(audio[:12] + b"junk" + audio[16:])
    with pytest.raises(MediaIntegrityError, match="no samples"):
        check(audio[:36] + b"junk" + audio[40:])


def test_formats_are_not_mixed_up() -> None:
    """An MP3 is no WAV, nor the other way round."""
    with pytest.raises(MediaIntegrityError):
        check(wav(), "mp3")
    with pytest.raises(MediaIntegrityError):
        check(mp3(), "wav")


def test_the_largest_size() -> None:
    """It follows from the duration, where there is one, and never exceeds a WAV file's limit."""
    assert checks.largest(None) == checks.largest(0) == checks.largest(-1) == 4 << 30
    assert checks.largest(10**9) == 4 << 30
    for millis in (1000, 3_600_000):
        assert len(wav(1000)) * millis // 1000 < checks.largest(millis) < 4 << 30


@given(st.binary(max_size=200), st.integers(0, 2**40), st.none() | st.integers())
def test_hostile_heads(head: bytes, size: int, millis: int | None) -> None:
    """Whatever the bytes, they are audio or an error of ours."""
    wavish = b"RIFF" + head[:4].ljust(4) + b"WAVEfmt " + head
    for each in (head, wavish, b"ID3" + head, b"\xff\xfb" + head, wav(5)[:30] + head):
        for form in ("wav", "mp3"):
            try:
                checks.beginning(each, size, "wav" if form == "wav" else "mp3", millis)
            except MediaError:
                continue


def test_a_head_that_is_written_can_be_read() -> None:
    """What `header` writes, `Scan` reads."""
    for kind, width in ((wav_head.PCM, 2), (wav_head.MULAW, 1), (wav_head.FLOAT, 4)):
        found = wav_head.Scan(wav(100, channels=2, width=width, kind=kind)).result()
        again = wav_head.Scan(wav_head.header(found, 800 * width)).result()
        assert (again.kind, again.channels, again.rate, again.frame) == (kind, 1, 8000, width)
        assert again.samples_in(again.start + 800 * width) == 800 * width


def chunks(*parts: bytes) -> bytes:
    """A WAV file of these chunks, each with its name and length; a RIFF length that is right."""
    body = b"WAVE" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(name: bytes, content: bytes, length: int | None = None) -> bytes:
    """One chunk."""
    return name + struct.pack("<I", len(content) if length is None else length) + content


FORM = struct.pack("<HHIIHH", 1, 1, 8000, 16_000, 2, 16)


@pytest.mark.parametrize(
    ("audio", "why"),
    [
        (b"RIFF0000WAVX", "this is not a WAV file"),
        (chunks(chunk(b"fmt ", FORM)), "the WAV file has no samples where they should begin"),
        (
            chunks(chunk(b"fmt ", FORM), b"data"),
            "the WAV file has no samples where they should begin",
        ),
        (chunks(chunk(b"data", bytes(16))), "the WAV file does not say what its samples are"),
        (
            chunks(chunk(b"fmt ", FORM[:15]), b"\0", chunk(b"data", bytes(16))),
            "the WAV file does not say what its samples are",
        ),
        (
            chunks(chunk(b"fmt ", FORM), chunk(b"data", bytes(1600)), bytes(3))[:4]
            + b"\xff" * 4
            + chunks(chunk(b"fmt ", FORM), chunk(b"data", bytes(1600)), bytes(3))[8:],
            "the WAV file goes on for 3 bytes after its samples end",
        ),
    ],
    ids=["another form", "no samples", "a name alone", "no format", "half a format", "more"],
)
def test_why_it_is_no_whole_wav_file(audio: bytes, why: str) -> None:
    """The error says what is missing, or what is too much."""
    with pytest.raises(MediaIntegrityError) as caught:
        wav_head.Scan(audio).result().samples_in(len(audio))
    assert str(caught.value) == why


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_byte_more_is_padding(more: int, *, fits: bool) -> None:
    """Two are not, unless the file's own length counts them."""
    audio = chunks(chunk(b"fmt ", FORM), chunk(b"data", bytes(1600)))
    found = wav_head.Scan(audio).result()
    if fits:
        assert found.samples_in(len(audio) + more) == 1600
    else:
        with pytest.raises(MediaIntegrityError, match="goes on"):
            found.samples_in(len(audio) + more)


@pytest.mark.parametrize(("off", "fits"), [(-2, False), (-1, True), (0, True), (1, True)])
def test_chunks_that_follow_are_counted_by_the_file(off: int, *, fits: bool) -> None:
    """To the byte, but for the padding of the last."""
    audio = chunks(chunk(b"fmt ", FORM), chunk(b"data", bytes(1600)), chunk(b"LIST", bytes(20)))
    found = wav_head.Scan(audio).result()
    if fits:
        assert found.samples_in(len(audio) + off) == 1600
    else:
        with pytest.raises(MediaIntegrityError, match="goes on"):
            found.samples_in(len(audio) + off)


def test_an_extensible_format_names_its_kind_further_on() -> None:
    """In two bytes; a head that ends before them leaves it open, and no other kind is read so."""
    tail = struct.pack("<HHI", 22, 16, 3) + struct.pack("<H", 7) + b"\x01" + bytes(13)
    form = struct.pack("<HHIIHH", 0xFFFE, 1, 8000, 8000, 1, 8)
    whole = chunks(chunk(b"fmt ", form + tail), chunk(b"data", bytes(16)))
    assert wav_head.Scan(whole).result().kind == 7
    just = chunks(chunk(b"fmt ", (form + tail)[:26]), chunk(b"data", bytes(16)))
    assert wav_head.Scan(just).result().kind == 7
    short = chunks(chunk(b"fmt ", (form + tail)[:24]), chunk(b"data", bytes(16)))
    assert wav_head.Scan(short).result().kind == 0xFFFE
    plain = chunks(chunk(b"fmt ", FORM + tail), chunk(b"data", bytes(16)))
    assert wav_head.Scan(plain).result().kind == 1


def test_samples_that_stand_alone_are_counted_and_others_timed() -> None:
    """What a head says of bytes a second is believed only where nothing else tells."""
    lying = struct.pack("<HHIIHH", 1, 1, 8000, 99, 2, 16)
    found = wav_head.Scan(chunks(chunk(b"fmt ", lying), chunk(b"data", bytes(16_000)))).result()
    assert found.millis_of(16_000) == 1000
    packed = struct.pack("<HHIIHH", 17, 1, 8000, 4000, 1, 4)
    found = wav_head.Scan(chunks(chunk(b"fmt ", packed), chunk(b"data", bytes(4000)))).result()
    assert found.millis_of(4000) == 1000


PIECES = [1, 7, 8, 4096, 65_536, 1 << 20]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("tags", [65_492, 65_500, 65_536, 300_001])
def test_samples_may_begin_far_from_the_beginning(piece: int, tags: int) -> None:
    """Behind tags or a picture, in whatever pieces the file comes: it is checked all the same."""
    content = bytes(tags + tags % 2)
    parts = chunk(b"LIST", content, tags), chunk(b"fmt ", FORM), chunk(b"data", bytes(32_000))
    audio = chunks(*parts)
    scan = wav_head.Scan()
    for start in range(0, len(audio), piece):
        scan.add(memoryview(audio)[start : start + piece])
    assert scan.is_over
    checks.beginning(audio[:HEAD], len(audio), "wav", 2000)
    checks.content(audio[:HEAD], scan, len(audio), "wav", 2000)
    assert scan.result().start == len(audio) - 32_000
    with pytest.raises(MediaIntegrityError, match=r"lasts 2\.0 s"):
        checks.content(audio[:HEAD], scan, len(audio), "wav", 9000)
    with pytest.raises(MediaIntegrityError, match="ends early"):
        checks.content(audio[:HEAD], scan, len(audio) - 1, "wav", 2000)


def test_of_what_stands_before_the_samples_nothing_is_kept() -> None:
    """However much it is."""
    tags = chunks(chunk(b"id3 ", bytes(64 << 20)))
    scan = wav_head.Scan()
    tracemalloc.start()
    for start in range(0, len(tags), 1 << 18):
        scan.add(memoryview(tags)[start : start + (1 << 18)])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not scan.is_over
    assert most < 2 << 20


def test_a_length_past_the_end_is_refused_at_once() -> None:
    """Before the rest is fetched; and so is a file of chunks without end."""
    lost = chunks(chunk(b"LIST", bytes(99_000), 200_000))
    with pytest.raises(MediaIntegrityError, match="no samples"):
        checks.beginning(lost[:HEAD], len(lost), "wav", None)
    endless = chunks(*[chunk(b"junk", b"")] * 4096)
    assert wav_head.Scan(endless).is_over
    assert not wav_head.Scan(endless[:-1]).is_over
    with pytest.raises(MediaIntegrityError, match="no samples"):
        checks.beginning(endless[:HEAD], len(endless), "wav", None)
