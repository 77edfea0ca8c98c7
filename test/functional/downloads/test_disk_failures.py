"""Tests full and failing disks, file systems without hard links, and the order of writes."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from disks import NotingFiles
from downloads import AUDIO, PART, SIDE
from fakes import Server
from fakes_media import Download, FailingFiles, Telnyx, left_in
from telnyx_recordings.errors import MediaStorageError


@pytest.mark.parametrize("name", ["a.wav", "x" * 251 + ".wav"], ids=["short", "long"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize(
    ("method", "after"),
    [("open_part", 0), ("write", 0), ("write", 2), ("sync", 0), ("link", 0), ("sync_folder", 0)],
)
def test_a_failing_disk_is_an_error_and_publishes_nothing(  # noqa: PLR0913, PLR0917 - two drivers, three faults, six places, two names
    download: Download,
    store: Server,
    tmp_path: Path,
    method: str,
    after: int,
    number: int,
    name: str,
) -> None:
    """Row 39: a storage error with the system's number, and no retry."""
    files = FailingFiles(method, number, after)
    error = download(Telnyx(store), tmp_path / name, files=files).error
    assert isinstance(error, MediaStorageError)
    assert error.errno == number
    assert os.strerror(number) in str(error)
    assert "rec-1" in str(error)
    assert not (tmp_path / name).exists()
    assert len(store.requests) <= 1
    assert download(Telnyx(store), tmp_path / name).got.size == len(AUDIO)
    assert left_in(tmp_path) == [name]


def test_content_is_on_disk_before_the_name(
    download: Download, store: Server, tmp_path: Path
) -> None:
    files = NotingFiles()
    download(Telnyx(store), tmp_path / "a.wav", files=files)
    *before, last = files.done[: files.done.index(f"sync {PART}")]
    assert last == f"write {PART}"
    assert {each.partition(" ")[0] for each in before} <= {"empty", "write"}
    assert files.done[len(before) + 1 :] == [
        *(f"sync {PART}", f"link {PART}", f"sync_folder {tmp_path.name}"),
        *(f"unlink {PART}", f"unlink {SIDE}"),
    ]


def test_large_files_are_synced_while_they_arrive(
    download: Download, large: Server, tmp_path: Path
) -> None:
    files = NotingFiles()
    got = download(Telnyx(large), tmp_path / "a.wav", files=files).got
    assert f"sync_content {PART}" in files.done
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert got.sha256 == hashlib.sha256(AUDIO).hexdigest()
