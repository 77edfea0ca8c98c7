"""Holds what is on disk during and after a download, whatever ends it, sync and async."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from behaviours import Reset
from fakes import Server
from fakes_media import (
    Download,
    FailingFiles,
    Telnyx,
    WithoutLinks,
    left_in,
    mp3,
    wav,
)
from stores import FlipsBit, ResetsAfter, SaysAsManyAs, Store, md5_etag
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import (
    Conflict,
    DownloadInterruptedError,
    MediaIntegrityError,
    MediaStorageError,
)
from telnyx_recordings.media.object_store import Limits

AUDIO = wav(40_000)  # 640 KB
OTHER = wav(40_000, seed=1)
HALF = 300_000
ONCE = Limits(attempts=1)
PART, SIDE = ".a.wav.part", ".a.wav.part.json"


@pytest.fixture
def store() -> Iterator[Server]:
    """A store with the audio."""
    with Server(Store(AUDIO)) as server:
        yield server


def interrupt(download: Download, folder: Path, audio: bytes = AUDIO, etag: str = "") -> None:
    """Leave the beginning of the audio as a part."""
    with Server(ResetsAfter(audio, size=HALF, etag=etag), Reset()) as server:
        error = download(Telnyx(server), folder / "a.wav", limits=ONCE).error
    assert isinstance(error, DownloadInterruptedError)
    assert (error.done, error.total) == ((folder / PART).stat().st_size, len(audio))


def test_a_part_is_gone_on_with(download: Download, store: Server, tmp_path: Path) -> None:
    """What an earlier call left is verified with the rest, and not fetched again."""
    interrupt(download, tmp_path)
    assert left_in(tmp_path) == [PART, SIDE]
    side = json.loads((tmp_path / SIDE).read_text())
    assert (side["etag"], side["total"]) == (md5_etag(AUDIO), len(AUDIO))
    there = (tmp_path / PART).stat().st_size
    got = download(Telnyx(store), tmp_path / "a.wav").got
    assert got.fetched == len(AUDIO) - there
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert left_in(tmp_path) == ["a.wav"]


def test_a_part_of_another_version(download: Download, store: Server, tmp_path: Path) -> None:
    """A part of what the audio was before is not used."""
    interrupt(download, tmp_path, OTHER)
    assert download(Telnyx(store), tmp_path / "a.wav").got.fetched == len(AUDIO)
    assert (tmp_path / "a.wav").read_bytes() == AUDIO


@pytest.mark.parametrize(
    "side", [b"", b"{", b"[]", b'{"etag": 5}', b"\xff", b'{"etag": null, "total": 1}', None]
)
def test_a_part_that_nothing_tells_of(
    download: Download, store: Server, tmp_path: Path, side: bytes | None
) -> None:
    """A part of which it is not known what it is a part of is begun again."""
    interrupt(download, tmp_path)
    (tmp_path / SIDE).unlink()
    if side is not None:
        (tmp_path / SIDE).write_bytes(side)
    assert download(Telnyx(store), tmp_path / "a.wav").got.fetched == len(AUDIO)
    assert left_in(tmp_path) == ["a.wav"]


def test_a_part_with_wrong_bytes(download: Download, store: Server, tmp_path: Path) -> None:
    """If what lay on the disk went bad, the MD5 shows it, and all is fetched once more."""
    interrupt(download, tmp_path)
    spoilt = bytearray((tmp_path / PART).read_bytes())
    spoilt[200_000] ^= 1
    (tmp_path / PART).write_bytes(spoilt)
    download(Telnyx(store), tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert [bool(each.headers.get("range")) for each in store.requests] == [True, False]


def test_a_part_from_before_a_crash(download: Download, tmp_path: Path) -> None:
    """After the machine was started anew, a part is used only where an MD5 would show holes."""
    interrupt(download, tmp_path, etag='"several-2"')
    side = json.loads((tmp_path / SIDE).read_text())
    (tmp_path / SIDE).write_text(json.dumps({**side, "boot": "another"}))
    with Server(Store(AUDIO, etag='"several-2"')) as server:
        assert download(Telnyx(server), tmp_path / "a.wav").got.fetched == len(AUDIO)


@pytest.mark.parametrize("size", [len(AUDIO), len(AUDIO) + 5])
def test_a_part_that_is_complete(
    download: Download, store: Server, tmp_path: Path, size: int
) -> None:
    """Rows 15 and 16: 416 confirms a part that has all bytes; one with more is begun again."""
    interrupt(download, tmp_path)
    (tmp_path / PART).write_bytes((AUDIO + b"12345")[:size])
    got = download(Telnyx(store), tmp_path / "a.wav").got
    assert got.fetched == (0 if size == len(AUDIO) else len(AUDIO))
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert left_in(tmp_path) == ["a.wav"]


def test_a_complete_part_with_wrong_bytes(
    download: Download, store: Server, tmp_path: Path
) -> None:
    """A part that the store confirms is still checked, and fetched anew when it went bad."""
    interrupt(download, tmp_path)
    (tmp_path / PART).write_bytes(OTHER)
    assert download(Telnyx(store), tmp_path / "a.wav").got.fetched == len(AUDIO)
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert [bool(each.headers.get("range")) for each in store.requests] == [True, False]


def test_a_part_longer_than_the_audio_now(
    download: Download, store: Server, tmp_path: Path
) -> None:
    """Row 16: what the store says is past the end is begun again."""
    interrupt(download, tmp_path)
    side = json.loads((tmp_path / SIDE).read_text())
    (tmp_path / SIDE).write_text(json.dumps({**side, "total": 10**6}))
    (tmp_path / PART).write_bytes(AUDIO + b"12345")
    assert download(Telnyx(store), tmp_path / "a.wav").got.fetched == len(AUDIO)
    assert [bool(each.headers.get("range")) for each in store.requests] == [True, False]


def test_a_part_longer_than_the_audio_ever_was(download: Download, tmp_path: Path) -> None:
    """Without an MD5, too, a 416 confirms a part of exactly the whole's length, and no other."""
    audio = mp3(3000)
    (tmp_path / PART).write_bytes(audio + bytes(300))
    side = {"etag": '"several-2"', "total": None, "md5": None, "boot": Files().boot()}
    (tmp_path / SIDE).write_text(json.dumps(side))
    with Server(Store(audio, etag='"several-2"')) as server:
        download(Telnyx(server, form="mp3"), tmp_path / "a.wav", call={"form": "mp3"})
    assert (tmp_path / "a.wav").read_bytes() == audio
    assert [bool(each.headers.get("range")) for each in server.requests] == [True, False]


def test_a_part_survives_a_bad_answer(download: Download, store: Server, tmp_path: Path) -> None:
    """An answer that is refused for its head does not cost what was there."""
    interrupt(download, tmp_path)
    there = (tmp_path / PART).stat().st_size
    for bad in (Store(AUDIO, kind="text/html"), SaysAsManyAs(AUDIO, lengths=(5, 6))):
        with Server(bad) as server:
            error = download(Telnyx(server), tmp_path / "a.wav").error
        assert isinstance(error, MediaIntegrityError)
    assert download(Telnyx(store), tmp_path / "a.wav").got.fetched == len(AUDIO) - there


def test_a_part_of_nobody(download: Download, store: Server, tmp_path: Path) -> None:
    """Links and other things in the part's place are not followed."""
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


def test_killed_between_naming_and_tidying(
    download: Download, store: Server, tmp_path: Path
) -> None:
    """A part that is the finished file by another name is taken away, the file left as it is."""
    interrupt(download, tmp_path)
    (tmp_path / PART).write_bytes(AUDIO)
    (tmp_path / "a.wav").hardlink_to(tmp_path / PART)
    assert download(Telnyx(store), tmp_path / "a.wav").got.already_there
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert left_in(tmp_path) == ["a.wav"]


def test_killed_there_and_the_audio_is_another_now(download: Download, tmp_path: Path) -> None:
    """Taking that part away does not cost the finished file anything."""
    interrupt(download, tmp_path, etag='"several-2"')
    (tmp_path / PART).write_bytes(AUDIO)
    (tmp_path / "a.wav").hardlink_to(tmp_path / PART)
    with Server(Store(OTHER, etag='"several-3"')) as server:
        assert isinstance(download(Telnyx(server), tmp_path / "a.wav").error, Conflict)
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert left_in(tmp_path) == ["a.wav"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize(
    ("method", "after"),
    [("open_part", 0), ("write", 0), ("write", 2), ("sync", 0), ("link", 0), ("sync_folder", 0)],
)
def test_a_disk_that_fails(  # noqa: PLR0913, PLR0917 - two ways, three faults, six places
    download: Download, store: Server, tmp_path: Path, method: str, after: int, number: int
) -> None:
    """Row 39: an error of ours with the system's number, no final file, and no retry."""
    files = FailingFiles(method, number, after)
    error = download(Telnyx(store), tmp_path / "a.wav", files=files).error
    assert isinstance(error, MediaStorageError)
    assert error.errno == number
    assert os.strerror(number) in str(error)
    assert "rec-1" in str(error)
    assert not (tmp_path / "a.wav").exists()
    assert len(store.requests) <= 1
    assert download(Telnyx(store), tmp_path / "a.wav").got.size == len(AUDIO)
    assert left_in(tmp_path) == ["a.wav"]


def test_a_disk_without_second_names(download: Download, store: Server, tmp_path: Path) -> None:
    """Where there are no hard links the file is renamed, and still replaces nothing."""
    files = WithoutLinks("unlink", errno.EIO, after=9)
    assert download(Telnyx(store), tmp_path / "a.wav", files=files).got.size == len(AUDIO)
    assert left_in(tmp_path) == ["a.wav"]
    (tmp_path / "b.wav").write_bytes(OTHER)
    with Server(Store(AUDIO, etag='"several-2"')) as server:
        error = download(Telnyx(server), tmp_path / "b.wav", files=files).error
    assert isinstance(error, Conflict)
    for method in ("rename", "sync_folder"):
        files = WithoutLinks(method)
        error = download(Telnyx(store), tmp_path / "c.wav", files=files).error
        assert isinstance(error, MediaStorageError)
        assert not (tmp_path / "c.wav").exists()
    assert download(Telnyx(store), tmp_path / "c.wav").got.fetched == 0


def test_a_disk_that_does_not_remove_what_is_open(
    download: Download, store: Server, tmp_path: Path
) -> None:
    """Where an open file cannot be removed, as on Windows, it is removed once it is closed."""

    class Stubborn(Files):
        """Removes nothing that is open."""

        def __init__(self) -> None:
            self.open = 0

        def open_part(self, path: Path) -> int:
            self.open += 1
            return super().open_part(path)

        def close(self, descriptor: int) -> None:
            self.open -= 1
            super().close(descriptor)

        def unlink(self, path: Path) -> None:
            if self.open:
                raise PermissionError(errno.EACCES, "in use")
            super().unlink(path)

    download(Telnyx(store), tmp_path / "a.wav", files=Stubborn())
    assert left_in(tmp_path) == ["a.wav"]


def test_the_order_of_things(download: Download, store: Server, tmp_path: Path) -> None:
    """Content is on disk before the name is there, and the name before anything is tidied up."""
    done: list[str] = []

    class Noting(Files):
        """Notes what is done."""

        def write(self, descriptor: int, data: bytes) -> None:
            done.append("write")
            super().write(descriptor, data)

        def sync(self, descriptor: int) -> None:
            done.append("sync")
            super().sync(descriptor)

        def link(self, old: Path, new: Path) -> None:
            assert new == tmp_path / "a.wav"
            done.append("link")
            super().link(old, new)

        def sync_folder(self, path: Path) -> None:
            assert path == tmp_path
            done.append("sync folder")
            super().sync_folder(path)

        def unlink(self, path: Path) -> None:
            done.append(f"unlink {path.name}")
            super().unlink(path)

    download(Telnyx(store), tmp_path / "a.wav", files=Noting())
    assert done[0] == "write"
    tidied = [f"unlink {PART}", f"unlink {SIDE}"]
    assert done[-6:] == ["write", "sync", "link", "sync folder", *tidied]
    assert "sync" not in done[:-6]


def test_a_spoilt_download_leaves_nothing(download: Download, tmp_path: Path) -> None:
    """What was refused is not there to be gone on with."""
    with Server(FlipsBit(AUDIO, place=500_000)) as server:
        error = download(Telnyx(server), tmp_path / "a.wav").error
    assert isinstance(error, MediaIntegrityError)
    assert left_in(tmp_path) == []
