"""Tests how part files are written, resumed and published."""

import errno
import hashlib
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
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
    Finished,
    NotingFiles,
    OfSomeone,
    SlowDisk,
    Stubborn,
    begun,
    leave,
    rest,
    written,
)
from fakes_media import FailingFiles, WithoutLinks, left_in
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import Conflict, DownloadInProgressError, MediaStorageError
from telnyx_recordings.media.object_store import Version
from telnyx_recordings.media.part_file import Part, typed


@pytest.fixture
def files() -> Iterator[NotingFiles]:
    """A disk that records its calls; all files must be closed in the end."""
    noting = NotingFiles()
    yield noting
    assert noting.open == {}


def test_an_empty_part_file_is_private_and_removed_when_closed(
    files: NotingFiles, tmp_path: Path
) -> None:
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


def test_audio_in_one_write_has_no_note(files: NotingFiles, tmp_path: Path) -> None:
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


def test_the_note_is_written_before_the_first_bytes(files: NotingFiles, tmp_path: Path) -> None:
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
def test_the_note_has_the_length_only_if_it_is_known(tmp_path: Path, total: int | None) -> None:
    part = written(Files(), tmp_path, [b"abcdef"], version=Version('"one"', total))
    side = json.loads((tmp_path / SIDE).read_bytes())
    assert (side["total"], side["md5"]) == (total, None)
    part.close()
    assert left_in(tmp_path) == [PART, SIDE]


def test_part_files_without_an_etag_have_no_note(files: NotingFiles, tmp_path: Path) -> None:
    """A later run cannot tell which version the bytes belong to."""
    part = written(files, tmp_path, [b"abc"], version=Version(total=6))
    part.close()
    assert files.done == [f"write {PART}"]
    assert left_in(tmp_path) == [PART]


@pytest.mark.parametrize("version", [VERSION, PLAIN, Version('"one"', None, MD5)])
def test_an_interrupted_part_file_is_resumed(
    files: NotingFiles, tmp_path: Path, version: Version
) -> None:
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
def test_a_part_file_without_a_valid_note_is_emptied(
    files: NotingFiles, tmp_path: Path, side: bytes | None
) -> None:
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


def test_after_a_reboot_only_part_files_with_an_md5_are_resumed(tmp_path: Path) -> None:
    leave(tmp_path, b"abc", VERSION, boot="another")
    part = begun(tmp_path, Files())
    assert part.digests.size == 3
    part.close()
    leave(tmp_path, b"abc", PLAIN, boot="another")
    part = begun(tmp_path, Files())
    assert (part.digests.size, part.version) == (0, Version())
    part.close()


def test_a_restart_keeps_the_old_bytes_until_new_bytes_arrive(
    files: NotingFiles, tmp_path: Path
) -> None:
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


def test_a_restart_without_new_bytes_does_not_use_the_disk(
    files: NotingFiles, tmp_path: Path
) -> None:
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


def test_a_discarded_part_file_can_be_written_again(files: NotingFiles, tmp_path: Path) -> None:
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


def test_large_files_are_synced_in_the_background(tmp_path: Path) -> None:
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


def test_a_restart_waits_for_the_background_sync(tmp_path: Path) -> None:
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


def test_a_failed_background_sync_prevents_publishing(tmp_path: Path) -> None:
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


def test_an_existing_file_with_the_same_audio_is_kept(files: NotingFiles, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"abcdef")
    before = (tmp_path / NAME).stat()
    part = begun(tmp_path, files)
    assert part.existing == 6
    digests = part.examine()
    assert (digests.size, digests.md5) == (6, MD5)
    assert files.done == [f"sync {NAME}", f"sync_folder {tmp_path.name}"]
    part.restart(VERSION)
    part.write([b"abcdef"])
    part.compare()
    assert part.is_open
    assert part.publish() is True
    assert left_in(tmp_path) == [NAME]
    assert (tmp_path / NAME).stat() == before


@pytest.mark.parametrize("content", [b"abcdeX", b"abcde", b""])
def test_an_existing_file_with_other_content_is_a_conflict(
    files: NotingFiles, tmp_path: Path, content: bytes
) -> None:
    for check in (Part.publish, Part.compare):
        (tmp_path / NAME).write_bytes(content)
        part = written(files, tmp_path, [b"abcdef"], version=VERSION)
        with pytest.raises(Conflict) as raised:
            check(part)
        assert str(raised.value) == (
            f"{tmp_path / NAME} already exists with other content: choose another name, or remove "
            "the file"
        )
        assert (tmp_path / NAME).read_bytes() == content
        assert left_in(tmp_path) == [NAME]


def test_comparing_without_an_existing_file_changes_nothing(tmp_path: Path) -> None:
    part = written(Files(), tmp_path, [b"abc"], version=VERSION)
    part.compare()
    part.write([b"def"])
    assert part.publish() is False
    assert (tmp_path / NAME).read_bytes() == b"abcdef"


def test_a_folder_with_the_name_is_a_conflict(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(Conflict) as raised:
        begun(tmp_path, Files())
    assert str(raised.value) == (
        f"{tmp_path / NAME} already exists and is not a file: choose another name"
    )
    assert left_in(tmp_path) == [NAME]


def test_a_part_file_locked_by_another_download_is_an_error(
    files: NotingFiles, tmp_path: Path
) -> None:
    first = written(Files(), tmp_path, [b"abc"], version=VERSION)
    second = Part(tmp_path / NAME, files)
    with pytest.raises(DownloadInProgressError) as raised:
        second.begin()
    assert str(raised.value) == (
        f"another download is writing {tmp_path / NAME}: call again later, or pass `wait` to wait "
        "for it"
    )
    assert isinstance(raised.value.__cause__, BlockingIOError)
    assert (second.is_open, files.open) == (False, {})
    second.close()
    first.write([b"def"])
    first.publish()
    assert (tmp_path / NAME).read_bytes() == b"abcdef"


@pytest.mark.parametrize("replaced", [False, True])
def test_a_part_file_that_was_just_published_is_created_again(
    tmp_path: Path, *, replaced: bool
) -> None:
    def finish() -> None:
        (tmp_path / PART).unlink()
        if replaced:
            (tmp_path / "new").write_bytes(b"")
            (tmp_path / "new").rename(tmp_path / PART)

    files = Finished(finish)
    part = begun(tmp_path, files)
    assert list(files.open.values()) == [PART]
    part.restart(VERSION)
    part.write([b"abcdef"])
    part.publish()
    assert (tmp_path / NAME).read_bytes() == b"abcdef"
    assert files.open == {}


def test_a_part_file_of_another_user_is_not_touched(tmp_path: Path) -> None:
    leave(tmp_path, b"abc")
    files = OfSomeone(is_ours=False)
    with pytest.raises(MediaStorageError) as raised:
        begun(tmp_path, files)
    assert str(raised.value).endswith(
        f"{tmp_path / PART} belongs to another user: remove it, or choose another folder"
    )
    assert (tmp_path / PART).read_bytes() == b"abc"
    assert (files.open, files.done) == ({}, [])


def test_a_part_file_left_by_a_crash_after_publishing_is_removed(
    files: NotingFiles, tmp_path: Path
) -> None:
    leave(tmp_path, b"abcdef")
    (tmp_path / NAME).hardlink_to(tmp_path / PART)
    part = begun(tmp_path, files)
    assert files.done == [f"unlink {PART}", f"unlink {SIDE}"]
    assert (part.version, part.digests.size) == (Version(), 0)
    assert part.existing is not None
    assert part.examine().md5 == MD5
    part.close()
    assert left_in(tmp_path) == [NAME]
    assert (tmp_path / NAME).read_bytes() == b"abcdef"


@pytest.mark.parametrize("method", ["sync", "link", "sync_folder"])
def test_a_file_that_cannot_be_made_durable_is_not_published(tmp_path: Path, method: str) -> None:
    part = written(FailingFiles(method, errno.EIO), tmp_path, [b"a"], [b"bcdef"], version=VERSION)
    with pytest.raises(MediaStorageError) as raised:
        part.publish()
    why = os.strerror(errno.EIO)
    assert str(raised.value) == f"{tmp_path / NAME} cannot be written: {why}"
    assert raised.value.errno == errno.EIO
    assert isinstance(raised.value.__cause__, OSError)
    assert part.is_open
    part.close()
    assert left_in(tmp_path) == [PART, SIDE]
    part = begun(tmp_path, Files())
    assert part.digests.md5 == MD5
    assert part.publish() is False


def test_file_systems_without_hard_links_rename_the_part_file(tmp_path: Path) -> None:
    part = written(WithoutLinks("unlink", after=9), tmp_path, [b"abcdef"], version=VERSION)
    assert part.publish() is False
    assert (tmp_path / NAME).read_bytes() == b"abcdef"
    assert left_in(tmp_path) == [NAME]
    part = written(WithoutLinks("rename"), tmp_path, [b"abcdef"], version=VERSION)
    assert part.publish() is True
    (tmp_path / NAME).unlink()
    for method in ("rename", "sync_folder"):
        part = written(WithoutLinks(method), tmp_path, [b"abc"], [b"def"], version=VERSION)
        with pytest.raises(MediaStorageError):
            part.publish()
        part.close()
        assert left_in(tmp_path) == [PART, SIDE]
        assert (tmp_path / PART).read_bytes() == b"abcdef"


@pytest.mark.parametrize("number", [errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_each_error_of_a_missing_hard_link_leads_to_a_rename(tmp_path: Path, number: int) -> None:
    part = written(FailingFiles("link", number), tmp_path, [b"abcdef"], version=VERSION)
    assert part.publish() is False
    assert (tmp_path / NAME).read_bytes() == b"abcdef"


def test_files_that_cannot_be_removed_while_open_are_removed_later(tmp_path: Path) -> None:
    files = Stubborn()
    part = written(files, tmp_path, [b"abc"], [b"def"], version=VERSION)
    part.publish()
    assert left_in(tmp_path) == [NAME]
    (tmp_path / NAME).unlink()
    part = written(files, tmp_path, [b"abc"], version=VERSION)
    part.discard()
    assert not part.is_open
    assert left_in(tmp_path) == []
    part.restart(VERSION)
    part.write([b"abc"])
    part.close()
    assert left_in(tmp_path) == [PART, SIDE]


@pytest.mark.parametrize("method", ["entry_of", "close", "unlink"])
def test_closing_never_raises(tmp_path: Path, method: str) -> None:
    after = 2 if method == "entry_of" else 0
    part = begun(tmp_path, FailingFiles(method, after=after))
    part.close()
    part.close()
    assert not part.is_open
    begun(tmp_path, Files()).close()
    assert left_in(tmp_path) == []


def test_closing_keeps_the_bytes_of_an_earlier_run(files: NotingFiles, tmp_path: Path) -> None:
    leave(tmp_path, b"abc")
    part = begun(tmp_path, files)
    part.restart(Version('"two"'))
    part.close()
    assert files.done == []
    assert left_in(tmp_path) == [PART, SIDE]


@pytest.mark.parametrize(
    ("error", "why"),
    [(OSError(errno.ENOSPC, "No space left"), "No space left"), (OSError("odd"), "odd")],
)
def test_system_errors_are_raised_as_storage_errors(error: OSError, why: str) -> None:
    with pytest.raises(MediaStorageError) as raised, typed(Path("x/a.wav")):
        raise error
    assert str(raised.value) == f"{Path('x/a.wav')} cannot be written: {why}"
    assert raised.value.errno == error.errno
    assert raised.value.__cause__ is error


def test_every_disk_operation_raises_storage_errors(tmp_path: Path) -> None:
    def denied(work: Callable[[], object]) -> None:
        with pytest.raises(MediaStorageError, match=f"^{tmp_path / NAME} cannot be written: "):
            work()

    denied(Part(tmp_path / NAME, FailingFiles("open_part")).begin)
    part = begun(tmp_path, FailingFiles("write"))
    denied(lambda: part.write([b"a"]))
    part.close()
    (tmp_path / NAME).write_bytes(b"abc")
    for method in ("open_existing", "sync", "sync_folder"):
        part = begun(tmp_path, FailingFiles(method))
        assert part.existing is not None
        denied(part.examine)
        part.close()
    part = begun(tmp_path, FailingFiles("open_existing"))
    denied(part.compare)
    part.close()
    part = begun(tmp_path, FailingFiles("entry", after=3))
    denied(part.compare)
    part.close()
    part = begun(tmp_path, FailingFiles("close"))
    denied(part.discard)
    assert left_in(tmp_path) == [NAME]
