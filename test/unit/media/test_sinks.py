"""Tests that each byte is passed on once, in order, even if the download starts over."""

import errno
import io
import os
from pathlib import Path
from typing import Any, cast

import pytest

from fakes_media import FailingFiles
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import MediaIntegrityError, MediaStorageError
from telnyx_recordings.media.job import DownloadJob
from telnyx_recordings.media.object_store import Version
from telnyx_recordings.media.part_file import Part
from telnyx_recordings.media.sinks import OpenFile, Relay, Target
from telnyx_recordings.models import RecordingResponseData

CHANGED = r"^the audio changed during the download$"


def test_each_byte_is_passed_on_once() -> None:
    given: list[bytes] = []
    relay = Relay(given.append)
    assert relay.version == Version()
    relay.write([b"ab", b"cd"])
    relay.write([b"ef"])
    for _ in range(2):
        relay.restart(Version())
        relay.write([b"a"])
        relay.restart(Version("1"))
        relay.write([b"abc", b"de"])
    assert given == [b"ab", b"cd", b"ef"]
    relay.write([b"fgh", b"i"])
    assert given[3:] == [b"gh", b"i"]
    relay.restart(Version())
    relay.write([b"abcdefghij"])
    assert given[5:] == [b"j"]
    assert relay.publish() is False


def test_changed_audio_is_an_error_before_more_is_passed_on() -> None:
    given: list[bytes] = []
    relay = Relay(given.append)
    relay.write([b"abc"])
    relay.restart(Version())
    with pytest.raises(MediaIntegrityError, match=CHANGED):
        relay.write([b"abXd"])
    assert given == [b"abc"]


def test_shorter_audio_after_a_restart_is_an_error() -> None:
    relay = Relay(list[bytes]().append)
    relay.write([b"abc"])
    relay.restart(Version())
    relay.write([b"ab"])
    with pytest.raises(MediaIntegrityError, match=CHANGED):
        relay.publish()


def test_an_open_file_is_written_from_its_current_position() -> None:
    class Flushed(io.BytesIO):
        """Counts how often it is flushed."""

        count = 0

        def flush(self) -> None:
            self.count += 1

    file = Flushed(b"xyz")
    file.seek(2)
    relay = OpenFile(file)
    relay.write([b"ab", b"c"])
    assert file.count == 0
    assert relay.publish() is False
    assert (file.getvalue(), file.count, file.closed) == (b"xyabc", 1, False)


RECORDING = RecordingResponseData.from_dict({"id": "rec-1", "download_urls": {"mp3": "x"}})


def part_of(destination: Any) -> Part:
    """The part file of this destination."""
    sink = Target(destination, Files()).sink(DownloadJob(RECORDING, "mp3"))
    assert isinstance(sink, Part)
    return sink


@pytest.mark.parametrize("kind", [str, Path])
def test_the_extension_of_a_path_sets_the_format(tmp_path: Path, kind: Any) -> None:
    for name, form in [("a.wav", "wav"), ("a.MP3", "mp3"), ("a.ogg", None), ("wav", None)]:
        target = Target(kind(tmp_path / name), Files())
        assert target.format == form
        sink = target.sink(DownloadJob(RECORDING, "mp3"))
        assert isinstance(sink, Part)
        assert sink.target == tmp_path / name


def test_files_in_a_folder_are_named_after_the_recording(tmp_path: Path) -> None:
    folder = tmp_path / "calls.wav"
    folder.mkdir()
    for destination in (folder, str(folder), f"{folder}{os.sep}"):
        assert Target(destination, Files()).format is None
        assert part_of(destination).target == folder / "rec-1.mp3"
    assert part_of(f"{tmp_path}/new.wav/").target == tmp_path / "new.wav" / "rec-1.mp3"


def test_an_open_file_has_no_path_and_no_format(tmp_path: Path) -> None:
    file = io.BytesIO()
    target = Target(file, Files())
    assert target.format is None
    sink = target.sink(DownloadJob(RECORDING, "mp3"))
    assert isinstance(sink, OpenFile)
    sink.write([b"abc"])
    assert file.getvalue() == b"abc"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("destination", [None, 5, b"a.wav", io.StringIO()])
def test_other_destinations_raise_a_type_error(destination: object) -> None:
    with pytest.raises(TypeError) as raised:
        Target(cast("Any", destination), Files())
    assert str(raised.value) == (
        "the destination must be a path, a folder or a file opened for writing bytes, "
        f"not a {type(destination).__name__}"
    )


@pytest.mark.parametrize("name", ["nul\0.wav", "\ud800.wav"])
def test_names_that_no_file_can_have_are_storage_errors(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaStorageError, match="no file can be named"):
        Target(tmp_path / name, Files())


@pytest.mark.parametrize("size", [240, 250, 255])
def test_files_may_have_the_longest_name_that_the_disk_allows(tmp_path: Path, size: int) -> None:
    for stem in ("x" * (size - 4), "é" * ((size - 4) // 2)):
        path = tmp_path / f"{stem}.wav"
        part = part_of(path)
        for content in (b"ab", b"abcdef"):
            part.begin()
            part.restart(Version('"1"', 6))
            part.write([content])
            if content == b"ab":
                assert len(list(tmp_path.iterdir())) == 2
                part.close()
        part.publish()
        assert path.read_bytes() == b"abcdef"
        assert list(tmp_path.iterdir()) == [path]
        path.unlink()


@pytest.mark.parametrize("stem", ["x" * 300, "日" * 90])
def test_longer_names_are_storage_errors(tmp_path: Path, stem: str) -> None:
    sink = Target(tmp_path / f"{stem}.wav", Files()).sink(DownloadJob(RECORDING, "mp3"))
    with pytest.raises(MediaStorageError, match="File name too long"):
        sink.begin()


def test_the_file_system_of_the_context_is_used(tmp_path: Path) -> None:
    files = FailingFiles("open_part", errno.ENOSPC)
    sink = Target(tmp_path / "a.wav", files).sink(DownloadJob(RECORDING, "mp3"))
    with pytest.raises(MediaStorageError, match=os.strerror(errno.ENOSPC)):
        sink.begin()
