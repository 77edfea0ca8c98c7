"""MP3 files from hand-made frames: MPEG-2 Layer III, 16 kHz, 16 kbit/s, one spectral line a note.

Each frame stands alone (no bit reservoir), is 72 bytes and lasts 36 ms. The layout is that of
ISO/IEC 13818-3, low sampling frequencies.
"""

from functools import lru_cache

from telnyx_recordings.sandbox.audio.tune import Audio, Note, Score

RATE = 16_000
FRAME_SAMPLES = 576
FRAME_BYTES = 72
FRAME_MILLIS = 36
_FRAMES_A_NOTE = 7
_MPEG2_LAYER3_NO_CRC = b"\xff\xf3"
_16_KBITS_16_KHZ = b"\x28"
_STEREO = b"\x04"
_MONO = b"\xc4"
_TITLE_LATIN1 = b"\x00"


def mp3(score: Score) -> Audio:
    """Play `score` as an MP3 file; it lasts its milliseconds rounded up to frames of 36 ms."""
    header = _id3(f"Recording {score.recording_id}")
    frames = max(1, -(-score.millis // FRAME_MILLIS))
    legs = 2 if score.dual else 1

    def block(index: int) -> bytes:
        notes = tuple(score.note(leg, index) for leg in range(legs))
        return _frame(notes) * _FRAMES_A_NOTE

    size = len(header) + frames * FRAME_BYTES
    return Audio("audio/mpeg", header, block, FRAME_BYTES * _FRAMES_A_NOTE, size)


def _id3(title: str) -> bytes:
    """Build an ID3v2.3 tag with a title, which makes each recording's file unlike any other."""
    text = _TITLE_LATIN1 + title.encode("latin-1", "replace")
    frame = b"TIT2" + len(text).to_bytes(4) + b"\x00\x00" + text
    size = len(frame)
    # The tag's own size has seven bits a byte, so that it never looks like a frame's sync.
    spread = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + spread + frame


@lru_cache(maxsize=4096)
def _frame(notes: tuple[Note, ...]) -> bytes:
    stereo = len(notes) > 1
    sides, mains = zip(*map(_granule, notes), strict=True)
    # main_data_begin: the frame uses no earlier bytes. Then private_bits.
    side = "0" * 8 + "0" * (2 if stereo else 1) + "".join(sides)
    mode = _STEREO if stereo else _MONO
    start = _MPEG2_LAYER3_NO_CRC + _16_KBITS_16_KHZ + mode + _packed(side) + _packed("".join(mains))
    return start.ljust(FRAME_BYTES, b"\x00")


def _granule(note: Note) -> tuple[str, str]:
    """Return the bits of one channel of one frame: side information and main data.

    Every spectral value is 0 but one, which is 1.
    """
    line = round(note.hertz * 2 * FRAME_SAMPLES / RATE) & ~1
    pairs = line // 2 + 1
    # Table 1: the pairs (0, 0), the pair (1, 0), and its sign, which is positive.
    main = "1" * (pairs - 1) + "01" + "0"
    side = (
        f"{len(main):012b}",  # part2_3_length
        f"{pairs:09b}",  # big_values
        f"{196 + 2 * note.loudness:08b}",  # global_gain: a quarter of an octave a step
        "0" * 9,  # scalefac_compress: no scale factors are sent
        "0",  # window_switching_flag
        f"{1:05b}" * 3,  # table_select: the same for all regions, so their borders do not matter
        "0" * 7,  # region0_count, region1_count
        "0" * 2,  # scalefac_scale, count1table_select
    )
    return "".join(side), main


def _packed(bits: str) -> bytes:
    """Pack bits into bytes, the most significant first; the last byte is filled with zeros."""
    length = -(-len(bits) // 8)
    return int(bits.ljust(8 * length, "0"), 2).to_bytes(length)
