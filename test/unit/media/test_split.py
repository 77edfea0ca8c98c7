"""Tests that a recording of two legs is split without loss, in flat memory, and durably."""

import errno
import os
import resource
import struct
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes_media import wav
from telnyx_recordings import Legs, split_channels
from telnyx_recordings.errors import (
    Conflict,
    MediaIntegrityError,
    MediaStorageError,
    MediaUnavailableError,
)
from telnyx_recordings.media import split
from telnyx_recordings.media import wav as wav_head
from telnyx_recordings.media.part_file import Part
from wav_files import chunk, extensible, form, riff


def leg(audio: bytes, number: int, width: int, start: int = 44) -> bytes:
    """The samples of one leg, picked one by one."""
    frames = range(start, len(audio) - 2 * width + 1, 2 * width)
    return b"".join(audio[at + number * width : at + (number + 1) * width] for at in frames)


def samples(path: Path) -> bytes:
    """The samples of a file with one channel."""
    content = path.read_bytes()
    found = wav_head.Scan(content).result(len(content))
    assert (found.channels, found.riff_end) == (1, len(content))
    return content[found.start : found.start + found.bytes_in(len(content))]


def write(folder: Path, audio: bytes) -> Path:
    """A file with this content."""
    path = folder / "talk.wav"
    path.write_bytes(audio)
    return path


@pytest.mark.parametrize(
    ("width", "kind"),
    [
        (1, wav_head.PCM),
        (2, wav_head.PCM),
        (3, wav_head.PCM),
        (4, wav_head.PCM),
        (4, wav_head.FLOAT),
        (1, wav_head.ALAW),
        (1, wav_head.MULAW),
    ],
)
@pytest.mark.parametrize("millis", [0, 1, 125, 20_000])
def test_each_leg_has_exactly_its_samples(
    tmp_path: Path, width: int, kind: int, millis: int
) -> None:
    audio = wav(millis, channels=2, width=width, kind=kind)
    legs = split_channels(write(tmp_path, audio))
    assert legs == Legs(tmp_path / "talk.a.wav", tmp_path / "talk.b.wav")
    for number, path in enumerate(legs):
        assert samples(path) == leg(audio, number, width)
        found = wav_head.Scan(path.read_bytes()).result(path.stat().st_size)
        assert (found.codec, found.rate, found.frame, found.bits) == (kind, 8000, width, width * 8)
        assert found.byte_rate == 8000 * width
        assert len(path.read_bytes()) % 2 == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_the_wave_module_reads_the_legs(tmp_path: Path) -> None:
    path = write(tmp_path, wav(5000, channels=2))
    with wave.open(str(path)) as whole:
        both = whole.readframes(whole.getnframes())
    for number, each in enumerate(split_channels(path)):
        with wave.open(str(each)) as file:
            assert file.getparams()[:4] == (1, 2, 8000, 40_000)
            assert file.readframes(40_000) == leg(both, number, 2, start=0)


def test_legs_that_are_not_pcm_have_a_fact_chunk(tmp_path: Path) -> None:
    legs = split_channels(write(tmp_path, wav(10, channels=2, width=4, kind=wav_head.FLOAT)))
    for each in legs:
        assert b"fact\x04\0\0\0" + (80).to_bytes(4, "little") in each.read_bytes()[:64]


def test_a_leg_of_odd_length_gets_a_pad_byte(tmp_path: Path) -> None:
    audio = riff(form(channels=2, bits=8), chunk(b"data", b"aAbBcC"))
    legs = split_channels(write(tmp_path, audio))
    assert [samples(each) for each in legs] == [b"abc", b"ABC"]
    assert [each.stat().st_size % 2 for each in legs] == [0, 0]


def test_legs_of_an_extensible_format_have_the_plain_format(tmp_path: Path) -> None:
    audio = wav(100, channels=2)
    head = form(0xFFFE, channels=2, more=extensible(wav_head.PCM, 16))
    legs = split_channels(write(tmp_path, riff(head, audio[36:])))
    assert [samples(each) for each in legs] == [leg(audio, 0, 2), leg(audio, 1, 2)]


def test_a_file_of_unknown_length_is_split_to_its_end(tmp_path: Path) -> None:
    audio = wav(1000, channels=2)
    streamed = audio[:4] + b"\xff" * 4 + audio[8:40] + b"\xff" * 4 + audio[44:]
    legs = split_channels(write(tmp_path, streamed))
    assert [samples(each) for each in legs] == [leg(audio, 0, 2), leg(audio, 1, 2)]


def test_legs_can_be_written_to_another_folder(tmp_path: Path) -> None:
    (tmp_path / "legs").mkdir()
    path = write(tmp_path, wav(10, channels=2))
    legs = split_channels(str(path), str(tmp_path / "legs"))
    assert legs.a == tmp_path / "legs" / "talk.a.wav"
    with pytest.raises(MediaStorageError, match="No such file"):
        split_channels(path, tmp_path / "none")


def test_splitting_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, wav(100, channels=2))
    first = split_channels(path)
    times = [each.stat().st_mtime_ns for each in first]
    assert split_channels(path) == first
    assert [each.stat().st_mtime_ns for each in first] == times
    first.a.unlink()
    first.b.write_bytes(b"mine")
    with pytest.raises(Conflict):
        split_channels(path)
    assert first.b.read_bytes() == b"mine"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["talk.b.wav", "talk.wav"]


@pytest.mark.parametrize(("channels", "told"), [(1, "1 channel"), (3, "3 channels")])
def test_files_without_two_channels_are_not_split(tmp_path: Path, channels: int, told: str) -> None:
    path = write(tmp_path, wav(100, channels=channels))
    with pytest.raises(
        MediaUnavailableError, match=rf"talk\.wav: the file has {told}: only files with two"
    ):
        split_channels(path)
    assert len(list(tmp_path.iterdir())) == 1


def test_packed_samples_are_not_split(tmp_path: Path) -> None:
    with pytest.raises(MediaUnavailableError, match=r"compressed \(codec 17\)"):
        split_channels(write(tmp_path, wav(100, channels=2, width=1, kind=17)))


@pytest.mark.parametrize("damage", ["cut", "uneven", "not audio", "empty"])
def test_damaged_files_are_not_split(tmp_path: Path, damage: str) -> None:
    audio = wav(100, channels=2)
    damaged = {
        "cut": audio[:-4],
        "uneven": audio[:4]
        + struct.pack("<I", len(audio) - 10)
        + audio[8:40]
        + struct.pack("<I", len(audio) - 46)
        + audio[44:-2],
        "not audio": b"<html>" * 100,
        "empty": b"",
    }[damage]
    complaint = "WAV file ends within a sample" if damage == "uneven" else "WAV file"
    with pytest.raises(MediaIntegrityError, match=rf"^{tmp_path}/talk\.wav: .*{complaint}"):
        split_channels(write(tmp_path, damaged))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    for path, number in ((tmp_path / "none.wav", errno.ENOENT), (tmp_path, errno.EISDIR)):
        with pytest.raises(MediaStorageError) as caught:
            split_channels(path)
        assert caught.value.errno == number
        assert str(caught.value).startswith(f"{path} cannot be read: ")
        assert str(caught.value).endswith(os.strerror(number))


def test_memory_use_does_not_depend_on_the_duration(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    head = wav(0, channels=2)
    with path.open("wb") as file:
        size = 3600 * 8000 * 4
        file.write(head[:4] + struct.pack("<I", 36 + size) + head[8:40] + struct.pack("<I", size))
        file.truncate(44 + size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    legs = split_channels(path)
    assert [each.stat().st_size for each in legs] == [44 + size // 2] * 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024


class ShortensTheSource(Part):
    """Truncates the source when it is first given samples."""

    source: Path
    length: int

    def write(self, pieces: Sequence[bytes]) -> None:
        """Write, and shorten the source if these are not the head."""
        if self.digests.size:
            os.truncate(self.source, self.length)
        super().write(pieces)


@pytest.mark.parametrize("lost", [1, 4, 400_001, 400_000])
def test_a_file_that_is_truncated_during_splitting_leaves_no_incomplete_leg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    audio = wav(40_000, channels=2)
    path = write(tmp_path, audio)
    monkeypatch.setattr(ShortensTheSource, "source", path, raising=False)
    monkeypatch.setattr(ShortensTheSource, "length", len(audio) - lost, raising=False)
    monkeypatch.setattr(split, "Part", ShortensTheSource)
    with pytest.raises(MediaIntegrityError) as raised:
        split_channels(path)
    assert raised.value.message == f"{path}: the WAV file became shorter during the split"
    assert list(tmp_path.iterdir()) == [path]


def test_only_regular_files_are_split(tmp_path: Path) -> None:
    """A named pipe would wait for another process."""
    pipe, link = tmp_path / "pipe.wav", tmp_path / "link.wav"
    os.mkfifo(pipe)
    with pytest.raises(MediaStorageError, match="is not a regular file"):
        split_channels(pipe)
    link.symlink_to(write(tmp_path, wav(10, channels=2)))
    assert split_channels(link).a == tmp_path / "link.a.wav"
