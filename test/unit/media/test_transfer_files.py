"""Holds what a transfer does with what is there already: the file, or what an earlier run left."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from manual_transfer import AUDIO, ETAG, RESET, SIZE, Head, ManualTransfer, hidden, rest, whole
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import Conflict, DownloadInterruptedError, MediaIntegrityError
from telnyx_recordings.media.part_file import Part

MD5 = f'"{hashlib.md5(AUDIO, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("etag", [MD5, ETAG])
def test_the_same_file_is_there(tmp_path: Path, etag: str) -> None:
    """It is left as it is: with an MD5 no byte is fetched, without one all are compared."""
    path = tmp_path / "a.wav"
    path.write_bytes(AUDIO)
    hand = ManualTransfer([whole(AUDIO, etag=etag)])
    found = hand.get(hand.job(), Part(path, Files()))
    assert found.already_there
    assert (found.path, found.size, found.etag) == (path, SIZE, etag)
    assert found.sha256 == hashlib.sha256(AUDIO).hexdigest()
    assert found.fetched == (0 if etag == MD5 else SIZE)
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (AUDIO[:-1], "with 640,043 bytes: the audio has 640,044"),
        (AUDIO[:-1] + b"x", "with other content"),
    ],
)
def test_another_file_is_there(tmp_path: Path, there: bytes, why: str) -> None:
    """It is left as it is, nothing is left beside it, and nothing fetched."""
    path = tmp_path / "a.wav"
    path.write_bytes(there)
    hand = ManualTransfer([whole(AUDIO, etag=MD5)])
    with pytest.raises(Conflict) as raised:
        hand.get(hand.job(), Part(path, Files()))
    assert str(raised.value).endswith(f"{path} is there already, {why}")
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]
    assert path.read_bytes() == there
    assert hand.progress == []


def begun(path: Path, first: bytes, etag: str = MD5) -> None:
    """Leave a part there, as a run that was interrupted does."""
    hand = ManualTransfer([whole(first, RESET, etag=etag)])
    part = Part(path, Files())
    with pytest.raises(DownloadInterruptedError):
        hand.get(hand.job(), part, attempts=0)
    part.close()


def test_what_an_earlier_run_left(tmp_path: Path) -> None:
    """It is gone on with; if it was spoilt on the disk, all is fetched again, once."""
    path, first = tmp_path / "a.wav", AUDIO[:300_000]
    begun(path, first)
    hand = ManualTransfer([rest(300_000, etag=MD5)])
    found = hand.get(hand.job(), Part(path, Files()))
    assert (found.fetched, found.already_there) == (SIZE - 300_000, False)
    assert path.read_bytes() == AUDIO
    path.unlink()
    begun(path, first[:-1] + bytes([first[-1] ^ 1]))
    hand = ManualTransfer([rest(300_000, etag=MD5), whole(AUDIO, etag=MD5)])
    assert hand.get(hand.job(), Part(path, Files())).fetched == 2 * SIZE - 300_000
    assert path.read_bytes() == AUDIO
    path.unlink()
    begun(path, first)
    other = AUDIO[:-1] + bytes([AUDIO[-1] ^ 1])
    hand = ManualTransfer([rest(300_000, other[300_000:], etag=MD5), whole(other, etag=MD5)])
    with pytest.raises(MediaIntegrityError):
        hand.get(hand.job(), Part(path, Files()))
    assert (hand.answers, list(tmp_path.iterdir())) == ([], [])


def test_a_single_byte_may_be_spoilt_too(tmp_path: Path) -> None:
    """It is fetched again with all else."""
    path = tmp_path / "a.wav"
    begun(path, b"X")
    hand = ManualTransfer([rest(1, etag=MD5), whole(AUDIO, etag=MD5)])
    assert hand.get(hand.job(), Part(path, Files())).fetched == SIZE
    assert path.read_bytes() == AUDIO


def test_what_an_earlier_run_left_is_looked_at_before_more_is_written(tmp_path: Path) -> None:
    """Its beginning shows that it is of another duration: nothing is added to it."""
    path = tmp_path / "a.wav"
    begun(path, AUDIO[:300_000])
    hand = ManualTransfer([rest(300_000, etag=MD5), whole(AUDIO, etag=MD5)])
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):
        hand.get(hand.job(duration_millis=50_000), Part(path, Files()))
    assert (hand.progress, hand.answers, list(tmp_path.iterdir())) == ([], [], [])


def test_bad_bytes_are_thrown_away_and_bad_heads_are_not_their_fault(tmp_path: Path) -> None:
    """A page in place of the rest leaves what an earlier run got."""
    path = tmp_path / "a.wav"
    begun(path, AUDIO[:300_000])
    page = Head(200, {"content-type": "text/html", "content-length": "5"}, (b"<html>",))
    hand = ManualTransfer([page])
    part = Part(path, Files())
    with pytest.raises(MediaIntegrityError, match="text/html"):
        hand.get(hand.job(), part)
    part.close()
    assert len(list(tmp_path.iterdir())) == 2
    hand = ManualTransfer([rest(300_000, etag=MD5)])
    assert hand.get(hand.job(), Part(path, Files())).fetched == SIZE - 300_000


def test_all_is_there_and_the_store_does_not_say_how_long_it_is(tmp_path: Path) -> None:
    """The length that it told before counts."""
    path = tmp_path / "a.wav"
    begun(path, AUDIO[:300_000])
    hand = ManualTransfer([rest(300_000, AUDIO[300_000:], RESET, etag=MD5), Head(416)])
    part = Part(path, Files())
    with pytest.raises(DownloadInterruptedError):
        hand.get(hand.job(), part, attempts=0)
    part.close()
    assert hand.get(hand.job(), Part(path, Files())).fetched == 0
    assert path.read_bytes() == AUDIO


def test_audio_of_which_nobody_says_how_long_it_is_is_not_kept(tmp_path: Path) -> None:
    """It cannot be told whether it is whole."""
    hand = ManualTransfer([hidden(AUDIO), hidden(AUDIO)])
    with pytest.raises(MediaIntegrityError):
        hand.get(hand.job(), Part(tmp_path / "a.wav", Files()))
    assert list(tmp_path.iterdir()) == []
