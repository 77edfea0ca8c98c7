"""Holds that what large files are spared, and small ones too, costs them no promise."""

from __future__ import annotations

import errno
import hashlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import Server
from fakes_media import Download, FailingFiles, Telnyx, wav
from stores import Store
from telnyx_recordings import split_channels
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import MediaIntegrityError, MediaStorageError
from telnyx_recordings.media import digests, part_file

AUDIO = wav(40_000)  # 640 KB
SMALL = wav(5_000)  # 80 KB


class Noting(Files):
    """Notes what is done."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.early = 0

    def open_part(self, path: Path) -> int:
        """Note the name."""
        self.opened.append(path.name)
        return super().open_part(path)

    def sync_content(self, descriptor: int) -> None:
        """Note that it was asked for."""
        self.early += 1
        super().sync_content(descriptor)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A store whose audio counts as large."""
    monkeypatch.setattr(part_file, "_EARLY", 100_000)
    monkeypatch.setattr(digests, "_LARGE", 100_000)
    monkeypatch.setattr(digests, "_TOGETHER", 100_000)
    with Server(Store(AUDIO)) as server:
        yield server


def test_what_comes_in_one_piece_needs_no_note(download: Download, tmp_path: Path) -> None:
    """Nothing could be gone on with, so nothing is written for it."""
    files = Noting()
    with Server(Store(SMALL)) as server:
        download(Telnyx(server), tmp_path / "a.wav", files=files)
    assert files.opened == [".a.wav.part"]
    assert (tmp_path / "a.wav").read_bytes() == SMALL


def test_a_note_of_before_does_not_stay(download: Download, tmp_path: Path) -> None:
    """One about another version goes, also where no new one is needed."""
    (tmp_path / ".a.wav.part").write_bytes(b"RIFF")
    (tmp_path / ".a.wav.part.json").write_text('{"etag": "\\"x\\"", "total": 9, "boot": ""}')
    with Server(Store(SMALL)) as server:
        download(Telnyx(server), tmp_path / "a.wav")
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("tags", [65_490, 500_000])
def test_samples_far_from_the_beginning(download: Download, tmp_path: Path, tags: int) -> None:
    """A WAV file with long tags before its samples is downloaded, checked, and split."""
    plain = wav(5000, channels=2)
    extra = b"LIST" + struct.pack("<I", tags) + bytes(tags)
    body = plain[8:12] + extra + plain[12:]
    audio = b"RIFF" + struct.pack("<I", len(body)) + body
    with Server(Store(audio)) as server:
        download(Telnyx(server, duration_millis=5000), tmp_path / "a.wav")
        error = download(Telnyx(server, duration_millis=60_000), tmp_path / "b.wav").error
    assert (tmp_path / "a.wav").read_bytes() == audio
    assert "the audio lasts 5.0 s" in str(error)
    (tmp_path / "plain.wav").write_bytes(plain)
    both = split_channels(tmp_path / "a.wav"), split_channels(tmp_path / "plain.wav")
    assert [each.read_bytes() for each in both[0]] == [each.read_bytes() for each in both[1]]


def test_a_large_file_goes_to_disk_as_it_comes(
    download: Download, large: Server, tmp_path: Path
) -> None:
    """It is the same file in the end, with the same digests."""
    files = Noting()
    got = download(Telnyx(large), tmp_path / "a.wav", files=files).got
    assert files.early >= 1
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert got.sha256 == hashlib.sha256(AUDIO).hexdigest()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_early(
    download: Download, large: Server, tmp_path: Path, number: int
) -> None:
    """An error that is told while more is still to come is not lost: there is no final file."""
    files = FailingFiles("sync_content", number)
    error = download(Telnyx(large), tmp_path / "a.wav", files=files).error
    assert isinstance(error, MediaStorageError)
    assert error.errno == number
    assert os.strerror(number) in str(error)
    assert not (tmp_path / "a.wav").exists()


def test_a_large_file_with_a_wrong_bit(download: Download, large: Server, tmp_path: Path) -> None:
    """Row 23 holds for what a second core hashes, too."""
    spoilt = bytearray(AUDIO)
    spoilt[-1000] ^= 1
    etag = hashlib.md5(AUDIO, usedforsecurity=False).hexdigest()
    with Server(Store(bytes(spoilt), etag=f'"{etag}"')) as server:
        error = download(Telnyx(server), tmp_path / "a.wav").error
    assert large.requests == []
    assert isinstance(error, MediaIntegrityError)
    assert list(tmp_path.iterdir()) == []
