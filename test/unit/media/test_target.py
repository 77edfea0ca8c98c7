"""Holds where a download goes: to a path, into a folder, or to an open file."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Any, cast

import pytest

from fakes_media import FailingFiles
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import MediaStorageError
from telnyx_recordings.media.job import Job
from telnyx_recordings.media.part_file import Part
from telnyx_recordings.media.sinks import OpenFile
from telnyx_recordings.media.target import Target
from telnyx_recordings.models import RecordingResponseData

RECORDING = RecordingResponseData.from_dict({"id": "rec-1", "download_urls": {"mp3": "x"}})


def path_of(destination: Any) -> Path | None:
    """The final path of what writes there."""
    return Target(destination, Files()).sink(Job(RECORDING, "mp3")).target


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_taken_as_it_is(tmp_path: Path, kind: Any) -> None:
    """As text or as a path; its ending names the format, in any case."""
    for name, form in [("a.wav", "wav"), ("a.MP3", "mp3"), ("a.ogg", None), ("wav", None)]:
        target = Target(kind(tmp_path / name), Files())
        assert target.format == form
        sink = target.sink(Job(RECORDING, "mp3"))
        assert isinstance(sink, Part)
        assert sink.target == tmp_path / name


def test_in_a_folder_a_file_has_the_recordings_name(tmp_path: Path) -> None:
    """If the folder is there, or the path ends as a folder's does; no format is named by it."""
    folder = tmp_path / "calls.wav"
    folder.mkdir()
    for destination in (folder, str(folder), f"{folder}{os.sep}"):
        assert Target(destination, Files()).format is None
        assert path_of(destination) == folder / "rec-1.mp3"
    assert path_of(f"{tmp_path}/new.wav/") == tmp_path / "new.wav" / "rec-1.mp3"


def test_an_open_file_is_written_to(tmp_path: Path) -> None:
    """There is no path then, nor a format; the file system is not asked for anything."""
    file = io.BytesIO()
    target = Target(file, Files())
    assert target.format is None
    sink = target.sink(Job(RECORDING, "mp3"))
    assert isinstance(sink, OpenFile)
    sink.write([b"abc"])
    assert file.getvalue() == b"abc"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("destination", [None, 5, b"a.wav", io.StringIO()])
def test_anything_else_is_refused(destination: object) -> None:
    """Before anything is fetched, and the error names what was given."""
    with pytest.raises(TypeError) as raised:
        Target(cast("Any", destination), Files())
    assert str(raised.value) == (
        "the destination must be a path, a folder or a file opened for writing bytes, "
        f"not a {type(destination).__name__}"
    )


def test_the_given_file_system_is_used(tmp_path: Path) -> None:
    """What it says is what the download says."""
    files = FailingFiles("open_part", errno.ENOSPC)
    sink = Target(tmp_path / "a.wav", files).sink(Job(RECORDING, "mp3"))
    with pytest.raises(MediaStorageError, match=os.strerror(errno.ENOSPC)):
        sink.begin()
