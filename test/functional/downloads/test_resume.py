"""Tests resuming downloads: from part files that an earlier call, or a crash, left on disk."""

import json
import os
from pathlib import Path

import pytest

from behaviours import RESET
from disks import leave
from downloads import AUDIO, HALF, OTHER, PART, SIDE
from fakes import Server
from fakes_media import Download, Telnyx, left_in, mp3
from stores import StallsAfter, Store, md5_etag
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaStorageError,
)
from telnyx_recordings.media.object_store import Limits, Version

ONCE = Limits(attempts=1)


def interrupt(folder: Path, audio: bytes = AUDIO, etag: str = "") -> None:
    """Leave the beginning of the audio, as an interrupted download does."""
    md5 = None if etag else md5_etag(audio).strip('"')
    leave(folder, audio[:HALF], Version(etag or md5_etag(audio), len(audio), md5))


def test_an_interrupted_download_is_resumed(
    download: Download, store: Server, tmp_path: Path
) -> None:
    with Server(StallsAfter(AUDIO, size=HALF), RESET) as server:
        error = download(Telnyx(server), tmp_path / "a.wav", limits=ONCE, timeout=0.5).error
    assert isinstance(error, DownloadInterruptedError)
    assert (error.done, error.total) == (HALF, len(AUDIO))
    assert left_in(tmp_path) == [PART, SIDE]
    left = (tmp_path / PART).read_bytes(), json.loads((tmp_path / SIDE).read_text())
    interrupt(tmp_path)
    assert left == ((tmp_path / PART).read_bytes(), json.loads((tmp_path / SIDE).read_text()))
    got = download(Telnyx(store), tmp_path / "a.wav").got
    assert got.fetched == len(AUDIO) - HALF
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert left_in(tmp_path) == ["a.wav"]


def test_a_part_file_of_replaced_audio_is_not_used(
    download: Download, store: Server, tmp_path: Path
) -> None:
    interrupt(tmp_path, OTHER)
    assert download(Telnyx(store), tmp_path / "a.wav").got.fetched == len(AUDIO)
    assert (tmp_path / "a.wav").read_bytes() == AUDIO


FLIPPED = AUDIO[:200_000] + bytes([AUDIO[200_000] ^ 1]) + AUDIO[200_001:HALF]


@pytest.mark.parametrize("content", [FLIPPED, OTHER], ids=["incomplete", "complete"])
def test_a_corrupt_part_file_is_downloaded_again(
    download: Download, store: Server, tmp_path: Path, content: bytes
) -> None:
    interrupt(tmp_path)
    (tmp_path / PART).write_bytes(content)
    download(Telnyx(store), tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert [bool(each.headers.get("range")) for each in store.requests] == [True, False]


@pytest.mark.parametrize("size", [len(AUDIO), len(AUDIO) + 5])
def test_a_complete_part_file_needs_no_bytes(
    download: Download, store: Server, tmp_path: Path, size: int
) -> None:
    """Rows 15 and 16: a 416 confirms a part file that has all bytes."""
    interrupt(tmp_path)
    (tmp_path / PART).write_bytes((AUDIO + b"12345")[:size])
    got = download(Telnyx(store), tmp_path / "a.wav").got
    assert got.fetched == (0 if size == len(AUDIO) else len(AUDIO))
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert left_in(tmp_path) == ["a.wav"]


def test_a_part_file_longer_than_the_audio_is_not_used(
    download: Download, store: Server, tmp_path: Path
) -> None:
    """Row 16."""
    interrupt(tmp_path)
    side = json.loads((tmp_path / SIDE).read_text())
    (tmp_path / SIDE).write_text(json.dumps({**side, "total": 10**6}))
    (tmp_path / PART).write_bytes(AUDIO + b"12345")
    assert download(Telnyx(store), tmp_path / "a.wav").got.fetched == len(AUDIO)
    assert [bool(each.headers.get("range")) for each in store.requests] == [True, False]


def test_a_416_confirms_only_a_part_file_of_the_same_length(
    download: Download, tmp_path: Path
) -> None:
    audio = mp3(3000)
    (tmp_path / PART).write_bytes(audio + bytes(300))
    side = {"etag": '"several-2"', "total": None, "md5": None, "boot": Files().boot()}
    (tmp_path / SIDE).write_text(json.dumps(side))
    with Server(Store(audio, etag='"several-2"')) as server:
        download(Telnyx(server, form="mp3"), tmp_path / "a.wav", call={"form": "mp3"})
    assert (tmp_path / "a.wav").read_bytes() == audio
    assert [bool(each.headers.get("range")) for each in server.requests] == [True, False]


def test_links_in_place_of_a_part_file_are_not_followed(
    download: Download, store: Server, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    for name in (PART, SIDE):
        (tmp_path / name).symlink_to(tmp_path / "elsewhere")
        error = download(Telnyx(store), tmp_path / "a.wav").error
        assert isinstance(error, MediaStorageError)
        assert (tmp_path / "elsewhere").read_bytes() == b"precious"
        (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / PART)
    assert isinstance(download(Telnyx(store), tmp_path / "a.wav").error, MediaStorageError)
    assert not (tmp_path / "a.wav").exists()
