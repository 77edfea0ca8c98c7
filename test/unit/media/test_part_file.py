"""Holds how a file comes into being: what is written when, and what an earlier run left."""

from __future__ import annotations

import errno
import hashlib
import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from disks import (
    EARLY,
    MD5,
    NAME,
    PART,
    PLAIN,
    SIDE,
    VERSION,
    NotingFiles,
    SlowDisk,
    begun,
    leave,
    rest,
    written,
)
from fakes_media import left_in
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import MediaStorageError
from telnyx_recordings.media.part_file import Part
from telnyx_recordings.media.steps import Version


@pytest.fixture
def files() -> Iterator[NotingFiles]:
    """A disk that notes; everything that was opened was closed in the end."""
    noting = NotingFiles()
    yield noting
    assert noting.open == {}


def test_nothing_is_there_before_the_first_run(files: NotingFiles, tmp_path: Path) -> None:
    """A part is made for its owner alone, and does not stay when nothing came."""
    part = Part(tmp_path / NAME, files)
    assert (part.target, part.existing, part.version) == (tmp_path / NAME, None, Version())
    was_open = [part.is_open]
    assert part.digests.size == 0
    part.begin()
    was_open.append(part.is_open)
    assert (part.existing, part.version, part.digests.size) == (None, Version(), 0)
    assert stat.S_IMODE((tmp_path / PART).stat().st_mode) == 0o600
    assert left_in(tmp_path) == [PART]
    part.close()
    assert [*was_open, part.is_open] == [False, True, False]
    assert left_in(tmp_path) == []
    part.close()
    assert files.done == [f"unlink {PART}"]


def test_what_comes_in_one_write_needs_no_note(files: NotingFiles, tmp_path: Path) -> None:
    """Content is on disk before its name is, that before the part goes; nothing else is done."""
    part = written(files, tmp_path, [b"abc", b"def"], version=VERSION)
    assert part.publish() is False
    assert files.done == [
        f"write {PART}",
        f"write {PART}",
        f"sync {PART}",
        f"link {PART}",
        f"sync_folder {tmp_path.name}",
        f"unlink {PART}",
    ]
    assert (tmp_path / NAME).read_bytes() == b"abcdef"
    assert left_in(tmp_path) == [NAME]
    assert not part.is_open
    assert (part.digests.size, part.digests.md5) == (6, MD5)
    assert part.digests.sha256 == hashlib.sha256(b"abcdef").hexdigest()


def test_a_note_comes_before_the_first_bytes(files: NotingFiles, tmp_path: Path) -> None:
    """It is written once, says which version this is, and goes last of all."""
    part = written(files, tmp_path, [b"ab", b"cd"], version=VERSION)
    assert files.done == [f"empty {SIDE}", f"write {SIDE}", f"write {PART}", f"write {PART}"]
    assert json.loads((tmp_path / SIDE).read_bytes()) == {
        "etag": '"one"',
        "total": 6,
        "md5": MD5,
        "boot": Files().boot(),
    }
    files.done.clear()
    part.write([b"e"])
    part.write([b"f"])
    assert files.done == [f"write {PART}", f"write {PART}"]
    files.done.clear()
    part.publish()
    assert files.done[3:] == [f"unlink {PART}", f"unlink {SIDE}"]
    assert left_in(tmp_path) == [NAME]


@pytest.mark.parametrize("total", [None, 5, 7])
def test_a_note_says_what_is_known(tmp_path: Path, total: int | None) -> None:
    """Of a length that is not known, or is another than that of the first bytes, too."""
    part = written(Files(), tmp_path, [b"abcdef"], version=Version('"one"', total))
    side = json.loads((tmp_path / SIDE).read_bytes())
    assert (side["total"], side["md5"]) == (total, None)
    part.close()
    assert left_in(tmp_path) == [PART, SIDE]


def test_what_cannot_be_gone_on_with_has_no_note(files: NotingFiles, tmp_path: Path) -> None:
    """Without an ETag nobody could tell later which version the bytes are of."""
    part = written(files, tmp_path, [b"abc"], version=Version(total=6))
    part.close()
    assert files.done == [f"write {PART}"]
    assert left_in(tmp_path) == [PART]


@pytest.mark.parametrize("version", [VERSION, PLAIN, Version('"one"', None, MD5)])
def test_an_interrupted_part_is_gone_on_with(
    files: NotingFiles, tmp_path: Path, version: Version
) -> None:
    """Its digests are worked out again from what is on disk, and the rest follows it."""
    part = written(files, tmp_path, [b"abc"], version=version)
    part.close()
    files.done.clear()
    part = begun(tmp_path, files)
    assert part.version == version
    assert (part.digests.size, part.digests.head) == (3, b"abc")
    assert (part.digests.md5 is None) == (version.md5 is None)
    part.write([b"def"])
    part.publish()
    assert files.done[0] == f"write {PART}"
    assert (tmp_path / NAME).read_bytes() == b"abcdef"
    assert part.digests.md5 == version.md5
    assert left_in(tmp_path) == [NAME]


@pytest.mark.parametrize(
    "side", [b"", b"[]", b"\xff", b'{"etag": 5}', b'{"etag": "1", "total": 6, "md5": null}', None]
)
def test_a_part_without_a_good_note_is_begun_again(
    files: NotingFiles, tmp_path: Path, side: bytes | None
) -> None:
    """Its bytes are off the disk before anything new is noted or written."""
    leave(tmp_path, b"xyz")
    (tmp_path / SIDE).unlink()
    if side is not None:
        (tmp_path / SIDE).write_bytes(side)
    part = begun(tmp_path, files)
    assert (part.version, part.digests.size) == (Version(), 0)
    assert files.done == [f"empty {PART}", f"sync {PART}"]
    part.restart(VERSION)
    part.write([b"abcdef"])
    part.publish()
    assert (tmp_path / NAME).read_bytes() == b"abcdef"
    assert left_in(tmp_path) == [NAME]


def test_after_a_crash_only_an_md5_shows_that_no_byte_is_missing(tmp_path: Path) -> None:
    """A part of before the machine's last start is used with an MD5, and begun again without."""
    leave(tmp_path, b"abc", VERSION, boot="another")
    part = begun(tmp_path, Files())
    assert part.digests.size == 3
    part.close()
    leave(tmp_path, b"abc", PLAIN, boot="another")
    part = begun(tmp_path, Files())
    assert (part.digests.size, part.version) == (0, Version())
    part.close()


def test_a_restart_keeps_what_is_there_until_more_comes(files: NotingFiles, tmp_path: Path) -> None:
    """Then the old bytes go, durably, and the old note; a new one is written for the new bytes."""
    leave(tmp_path, b"abc")
    part = begun(tmp_path, files)
    other = Version('"two"', 4)
    part.restart(other)
    assert (part.version, part.digests.size, part.digests.md5) == (other, 0, None)
    assert files.done == []
    assert (tmp_path / PART).read_bytes() == b"abc"
    part.write([b"wx"])
    assert files.done == [
        *(f"empty {PART}", f"sync {PART}", f"unlink {SIDE}"),
        *(f"empty {SIDE}", f"write {SIDE}", f"write {PART}"),
    ]
    assert part.version == other
    part.write([b"yz"])
    part.publish()
    assert (tmp_path / NAME).read_bytes() == b"wxyz"
    assert (part.digests.size, part.digests.sha256) == (4, hashlib.sha256(b"wxyz").hexdigest())
    assert left_in(tmp_path) == [NAME]


def test_a_restart_after_a_restart(files: NotingFiles, tmp_path: Path) -> None:
    """With nothing written in between it costs nothing; an MD5 is worked out where there is one."""
    part = begun(tmp_path, files)
    part.restart(PLAIN)
    part.restart(VERSION)
    part.write([b"abcdef"])
    assert files.done == [f"write {PART}"]
    part.restart(PLAIN)
    part.write([b"uvwxyz"])
    assert files.done[1:] == [f"empty {PART}", f"sync {PART}", f"write {PART}"]
    part.publish()
    assert (tmp_path / NAME).read_bytes() == b"uvwxyz"


def test_a_restart_after_it_was_thrown_away(files: NotingFiles, tmp_path: Path) -> None:
    """What was discarded is opened again when bytes come after all."""
    part = written(files, tmp_path, [b"abc"], version=VERSION)
    part.discard()
    assert left_in(tmp_path) == []
    assert (part.version, part.digests.size, part.is_open) == (Version(), 0, False)
    part.discard()
    part.restart(VERSION)
    part.write([b"ab"])
    assert part.is_open
    part.write([b"cdef"])
    part.publish()
    assert (tmp_path / NAME).read_bytes() == b"abcdef"
    assert left_in(tmp_path) == [NAME]


def test_large_files_go_to_the_disk_meanwhile(tmp_path: Path) -> None:
    """After each 32 MiB, unless the disk is still busy with the last; the end waits for it."""
    files = SlowDisk()
    part = begun(tmp_path, files)
    part.restart(Version('"one"'))
    half = bytes(EARLY // 2)
    part.write([half[:-1]])
    part.write([half])
    assert "sync_content" not in files.done
    part.write([b"x"])
    assert files.done.count("sync_content") == 1
    part.write([half, half])
    assert files.done.count("sync_content") == 1
    files.may_end.set()
    rest()
    part.write([b"y"])
    rest()
    assert files.done.count("sync_content") == 2
    part.write([half, half[:-1]])
    assert files.done.count("sync_content") == 2
    files.may_end.clear()
    part.write([b"z"])
    assert files.done.count("sync_content") == 3
    threading.Timer(0.01, files.may_end.set).start()
    part.publish()
    assert (tmp_path / NAME).stat().st_size == 3 * EARLY + 1


def test_a_restart_of_a_large_file(tmp_path: Path) -> None:
    """What is done meanwhile ends first, and the next 32 MiB are counted from the beginning."""
    files = SlowDisk()
    part = begun(tmp_path, files)
    part.restart(PLAIN)
    part.write([bytes(EARLY)])
    assert files.done.count("sync_content") == 1
    part.restart(PLAIN)
    threading.Timer(0.01, files.may_end.set).start()
    part.write([bytes(EARLY)])
    rest()
    assert files.done.count("sync_content") == 2
    part.discard()
    assert left_in(tmp_path) == []


def test_a_disk_that_fails_meanwhile(tmp_path: Path) -> None:
    """The file does not get its name; what is thrown away or left is so nevertheless."""
    for end in (Part.publish, Part.discard, Part.close):
        files = SlowDisk(OSError(errno.EIO, "bad disk"))
        files.may_end.set()
        part = begun(tmp_path, files)
        part.restart(PLAIN)
        part.write([bytes(EARLY)])
        if end is Part.publish:
            with pytest.raises(MediaStorageError, match="bad disk"):
                part.publish()
            part.close()
        else:
            end(part)
        assert files.open == {}
        assert left_in(tmp_path) == ([] if end is Part.discard else [PART, SIDE])
