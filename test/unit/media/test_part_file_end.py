"""Holds how a file gets its name: what is compared, kept, undone and taken away."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from disks import (
    MD5,
    NAME,
    PART,
    SIDE,
    VERSION,
    Finished,
    NotingFiles,
    OfSomeone,
    Stubborn,
    begun,
    leave,
    written,
)
from fakes_media import FailingFiles, WithoutLinks, left_in
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import Conflict, MediaStorageError
from telnyx_recordings.media.part_file import Part, typed
from telnyx_recordings.media.steps import Version


@pytest.fixture
def files() -> Iterator[NotingFiles]:
    """A disk that notes; everything that was opened was closed in the end."""
    noting = NotingFiles()
    yield noting
    assert noting.open == {}


def test_the_same_file_is_there(files: NotingFiles, tmp_path: Path) -> None:
    """It is left as it is, made durable, and told of; the part goes."""
    (tmp_path / NAME).write_bytes(b"abcdef")
    before = (tmp_path / NAME).stat()
    part = begun(tmp_path, files)
    assert part.existing is not None
    assert part.existing.size == 6
    digests = part.existing.examine()
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
def test_another_file_is_there(files: NotingFiles, tmp_path: Path, content: bytes) -> None:
    """It is left as it is, the error names it, and the part goes."""
    for check in (Part.publish, Part.compare):
        (tmp_path / NAME).write_bytes(content)
        part = written(files, tmp_path, [b"abcdef"], version=VERSION)
        with pytest.raises(Conflict) as raised:
            check(part)
        assert str(raised.value) == f"{tmp_path / NAME} is there already, with other content"
        assert (tmp_path / NAME).read_bytes() == content
        assert left_in(tmp_path) == [NAME]


def test_nothing_is_there_to_compare_with(tmp_path: Path) -> None:
    """Then nothing happens."""
    part = written(Files(), tmp_path, [b"abc"], version=VERSION)
    part.compare()
    part.write([b"def"])
    assert part.publish() is False
    assert (tmp_path / NAME).read_bytes() == b"abcdef"


def test_a_folder_is_there(tmp_path: Path) -> None:
    """The error says so, and nothing is left."""
    (tmp_path / NAME).mkdir()
    with pytest.raises(Conflict) as raised:
        begun(tmp_path, Files())
    assert str(raised.value) == f"{tmp_path / NAME} is there already, and is not a file"
    assert left_in(tmp_path) == [NAME]


def test_someone_else_is_at_it(files: NotingFiles, tmp_path: Path) -> None:
    """The second is refused, and what the first one has is left to it."""
    first = written(Files(), tmp_path, [b"abc"], version=VERSION)
    second = Part(tmp_path / NAME, files)
    with pytest.raises(MediaStorageError) as raised:
        second.begin()
    assert "is being downloaded by someone else just now" in str(raised.value)
    assert str(raised.value).startswith(f"{tmp_path / NAME} ")
    assert raised.value.errno == errno.EWOULDBLOCK
    assert isinstance(raised.value.__cause__, BlockingIOError)
    assert (second.is_open, files.open) == (False, {})
    second.close()
    first.write([b"def"])
    first.publish()
    assert (tmp_path / NAME).read_bytes() == b"abcdef"


@pytest.mark.parametrize("replaced", [False, True])
def test_someone_else_has_just_finished(tmp_path: Path, *, replaced: bool) -> None:
    """A part that has lost its name, or whose name another has, is let go of and made anew."""

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


@pytest.mark.parametrize("changed", [{"is_file": False}, {"is_ours": False}])
def test_what_is_in_its_place_is_not_ours(tmp_path: Path, changed: dict[str, bool]) -> None:
    """It is not touched, and the error names it."""
    leave(tmp_path, b"abc")
    files = OfSomeone(**changed)
    with pytest.raises(MediaStorageError) as raised:
        begun(tmp_path, files)
    assert str(raised.value).endswith(f"{tmp_path / PART} is not a file of this user's")
    assert (tmp_path / PART).read_bytes() == b"abc"
    assert (files.open, files.done) == ({}, [])


def test_a_run_ended_between_the_name_and_the_tidying(files: NotingFiles, tmp_path: Path) -> None:
    """The finished file loses its second name, the note goes, and a new part is made."""
    leave(tmp_path, b"abcdef")
    (tmp_path / NAME).hardlink_to(tmp_path / PART)
    part = begun(tmp_path, files)
    assert files.done == [f"unlink {PART}", f"unlink {SIDE}"]
    assert (part.version, part.digests.size) == (Version(), 0)
    assert part.existing is not None
    assert part.existing.examine().md5 == MD5
    part.close()
    assert left_in(tmp_path) == [NAME]
    assert (tmp_path / NAME).read_bytes() == b"abcdef"


@pytest.mark.parametrize("method", ["sync", "link", "sync_folder"])
def test_a_file_that_cannot_be_made_durable(tmp_path: Path, method: str) -> None:
    """It has no name then, the error says why, and the part stays for the next run."""
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


def test_a_disk_without_second_names(tmp_path: Path) -> None:
    """The part is renamed; what has the name is not replaced; what fails is undone."""
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
def test_how_a_disk_says_that_it_knows_no_second_names(tmp_path: Path, number: int) -> None:
    """Each of the system's words for it leads to a rename."""
    part = written(FailingFiles("link", number), tmp_path, [b"abcdef"], version=VERSION)
    assert part.publish() is False
    assert (tmp_path / NAME).read_bytes() == b"abcdef"


def test_what_is_open_cannot_be_removed(tmp_path: Path) -> None:
    """It is removed once it is closed, with its note; what is written after that stays."""
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
def test_letting_go_never_fails(tmp_path: Path, method: str) -> None:
    """Whatever the disk says: what is there is found by the next run."""
    after = 2 if method == "entry_of" else 0
    part = begun(tmp_path, FailingFiles(method, after=after))
    part.close()
    part.close()
    assert not part.is_open
    begun(tmp_path, Files()).close()
    assert left_in(tmp_path) == []


def test_letting_go_of_what_an_earlier_run_left(files: NotingFiles, tmp_path: Path) -> None:
    """It stays, even if it is to be begun again and nothing came yet."""
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
def test_the_systems_errors_become_ours(error: OSError, why: str) -> None:
    """With the path, the system's words, its number and the cause."""
    with pytest.raises(MediaStorageError) as raised, typed(Path("x/a.wav")):
        raise error
    assert str(raised.value) == f"{Path('x/a.wav')} cannot be written: {why}"
    assert raised.value.errno == error.errno
    assert raised.value.__cause__ is error


def test_each_thing_that_touches_the_disk_has_our_errors(tmp_path: Path) -> None:
    """To begin, to write, to compare, to examine and to throw away."""

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
        denied(part.existing.examine)
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
