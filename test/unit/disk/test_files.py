"""Holds that the file system is asked for what each method's name says, and for no more."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from telnyx_recordings.disk import files as module
from telnyx_recordings.disk.files import Files

FILES = Files()
PIECE = 1 << 20


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A file with a few bytes."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    return path


def test_a_part_is_made_for_its_owner_and_kept_if_there(tmp_path: Path) -> None:
    """It can be read and written, and what it has is not lost."""
    path = tmp_path / "part"
    old = os.umask(0)
    try:
        descriptor = FILES.open_part(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    FILES.write(descriptor, b"abc")
    FILES.close(descriptor)
    descriptor = FILES.open_part(path)
    assert os.read(descriptor, 9) == b"abc"
    FILES.write(descriptor, b"def")
    FILES.close(descriptor)
    assert path.read_bytes() == b"abcdef"


def test_a_file_is_opened_for_reading_alone(made: Path) -> None:
    """It is not made, and not written."""
    descriptor = FILES.open_existing(made)
    assert os.read(descriptor, 9) == b"abc"
    with pytest.raises(OSError, match="Bad file descriptor"):
        FILES.write(descriptor, b"x")
    FILES.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    with pytest.raises(FileNotFoundError):
        FILES.open_existing(made.with_name("missing"))
    assert not made.with_name("missing").exists()


@pytest.mark.parametrize("opening", [FILES.open_part, FILES.open_existing])
def test_no_link_is_followed(made: Path, opening: Callable[[Path], int]) -> None:
    """Whoever can make links in a folder must not lead a download elsewhere."""
    link = made.with_name("link")
    link.symlink_to(made)
    with pytest.raises(OSError, match="symbolic links") as raised:
        opening(link)
    assert raised.value.errno == errno.ELOOP
    found = FILES.entry(link)
    assert found is not None
    assert not found.is_file


def test_a_lock_is_refused_at_once_while_another_has_it(made: Path) -> None:
    """Closing the file gives it to whoever asks next."""
    first, second = FILES.open_part(made), FILES.open_part(made)
    FILES.lock(first)
    with pytest.raises(BlockingIOError):
        FILES.lock(second)
    FILES.close(first)
    FILES.lock(second)
    FILES.close(second)


def test_what_stands_under_a_name(made: Path) -> None:
    """Size, kind, owner, names and identity; None when nothing stands there."""
    entry = FILES.entry(made)
    assert entry is not None
    real = made.stat()
    assert entry == (3, True, True, 1, (real.st_dev, real.st_ino))
    assert FILES.entry(made.with_name("missing")) is None
    made.with_name("second").hardlink_to(made)
    descriptor = FILES.open_existing(made)
    assert FILES.entry_of(descriptor) == entry._replace(names=2)
    FILES.close(descriptor)
    folder = FILES.entry(made.parent)
    assert folder is not None
    assert not folder.is_file
    with pytest.raises(NotADirectoryError):
        FILES.entry(made / "below")


def test_a_file_of_another_user(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not ours; where there are no users, as on Windows, every file is."""
    owner = made.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    entry = FILES.entry(made)
    assert entry is not None
    assert not entry.is_ours
    monkeypatch.delattr(os, "geteuid")
    entry = FILES.entry(made)
    assert entry is not None
    assert entry.is_ours


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 2 * PIECE + 5])
def test_all_bytes_are_read_from_the_beginning(tmp_path: Path, size: int) -> None:
    """In pieces of a mebibyte; what is written next follows the last of them."""
    content = os.urandom(size)
    path = tmp_path / "a"
    path.write_bytes(content)
    descriptor = FILES.open_part(path)
    os.lseek(descriptor, size // 2, os.SEEK_SET)
    pieces = [bytes(piece) for piece in FILES.pieces(descriptor)]
    assert b"".join(pieces) == content
    assert {len(piece) for piece in pieces[:-1]} <= {PIECE}
    FILES.write(descriptor, b"more")
    FILES.close(descriptor)
    assert path.read_bytes() == content + b"more"


def test_all_of_the_data_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system takes only some of it at a time, too."""
    really = os.write

    def two_at_a_time(descriptor: int, data: memoryview) -> int:
        return really(descriptor, data[:2])

    monkeypatch.setattr(os, "write", two_at_a_time)
    descriptor = FILES.open_part(tmp_path / "a")
    FILES.write(descriptor, b"abcde")
    FILES.write(descriptor, b"")
    FILES.close(descriptor)
    assert (tmp_path / "a").read_bytes() == b"abcde"


def test_a_file_is_emptied_and_written_from_its_beginning(made: Path) -> None:
    """No hole is left where the old bytes were."""
    descriptor = FILES.open_part(made)
    os.lseek(descriptor, 0, os.SEEK_END)
    FILES.empty(descriptor)
    assert made.stat().st_size == 0
    FILES.write(descriptor, b"xy")
    FILES.close(descriptor)
    assert made.read_bytes() == b"xy"


def test_what_is_asked_of_the_disk(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a file, its bytes alone where the system has that, and a folder's names."""
    asked: list[tuple[str, int]] = []

    def noting(name: str) -> Callable[[int], None]:
        return lambda descriptor: asked.append((name, descriptor))

    monkeypatch.setattr(os, "fsync", noting("fsync"))
    monkeypatch.setattr(os, "fdatasync", noting("fdatasync"), raising=False)
    FILES.sync(5)
    FILES.sync_content(6)
    monkeypatch.delattr(os, "fdatasync")
    FILES.sync_content(7)
    assert asked == [("fsync", 5), ("fdatasync", 6), ("fsync", 7)]
    folders: list[Path] = []
    monkeypatch.setattr(module, "sync_folder", folders.append)
    FILES.sync_folder(made.parent)
    assert folders == [made.parent]
    monkeypatch.setattr(sys, "platform", "win32")
    FILES.sync_folder(made.parent)
    assert len(folders) == 1


def test_names_are_given_changed_and_taken(made: Path) -> None:
    """A second name replaces nothing; a name that is not there need not be taken."""
    second = made.with_name("b")
    FILES.link(made, second)
    assert second.samefile(made)
    with pytest.raises(FileExistsError):
        FILES.link(made, second)
    FILES.rename(second, made.with_name("c"))
    assert sorted(each.name for each in made.parent.iterdir()) == ["a", "c"]
    FILES.unlink(made)
    FILES.unlink(made)
    assert not made.exists()
    with pytest.raises((IsADirectoryError, PermissionError)):
        FILES.unlink(made.parent)


def test_each_start_of_the_machine_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the system says; nothing where it does not say."""
    told = tmp_path / "boot_id"
    told.write_text("1234-abcd\n")
    monkeypatch.setattr(module, "_BOOT", told)
    assert FILES.boot() == "1234-abcd"
    told.unlink()
    assert FILES.boot() == ""
