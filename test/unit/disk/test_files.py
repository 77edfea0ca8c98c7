"""Tests the file-system operations of downloads and archives."""

import errno
import os
import re
import socket
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from fakes_media import FailingFiles
from telnyx_recordings.disk import files as module
from telnyx_recordings.disk.files import Files

FILES = Files()
PIECE = 1 << 20


@pytest.fixture
def existing(tmp_path: Path) -> Path:
    """A file with a few bytes."""
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    return path


def test_part_files_are_private_and_keep_their_content_when_reopened(tmp_path: Path) -> None:
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


def test_existing_files_are_opened_read_only(existing: Path) -> None:
    descriptor = FILES.open_existing(existing)
    assert os.read(descriptor, 9) == b"abc"
    with pytest.raises(OSError, match="Bad file descriptor"):
        FILES.write(descriptor, b"x")
    FILES.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    with pytest.raises(FileNotFoundError):
        FILES.open_existing(existing.with_name("missing"))
    assert not existing.with_name("missing").exists()


def _symlink(path: Path) -> None:
    path.symlink_to(path.with_name("a"))


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path.name)  # in the working folder: the full path may be too long


def _descriptors() -> set[str]:
    return {each.name for each in Path("/proc/self/fd").iterdir()}


SPECIAL: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "socket": _socket,
    "link": _symlink,
    "folder": Path.mkdir,
}
OPENINGS: dict[str, Callable[[Path], object]] = {
    "part": FILES.open_part,
    "existing": FILES.open_existing,
    "read": lambda path: next(FILES.read(path)),
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("opening", OPENINGS)
def test_only_regular_files_are_opened(
    existing: Path, kind: str, opening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe would wait for another process; a link could lead a download elsewhere."""
    monkeypatch.chdir(existing.parent)
    path = existing.with_name("b")
    SPECIAL[kind](path)
    number = {"link": errno.ELOOP, "folder": errno.EISDIR}.get(kind, errno.EINVAL)
    with pytest.raises(OSError, match="is not a regular file") as raised:
        OPENINGS[opening](path)
    why = f"{path} is not a regular file: {os.strerror(number)}"
    assert (raised.value.errno, raised.value.strerror) == (number, why)


def test_devices_are_not_opened() -> None:
    with pytest.raises(OSError, match="/dev/null is not a regular file"):
        FILES.open_existing(Path("/dev/null"))


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("opening", OPENINGS)
def test_files_replaced_just_before_they_are_opened_are_refused(
    existing: Path, kind: str, opening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The type is checked again after opening, and no descriptor is left open."""
    monkeypatch.chdir(existing.parent)
    path = existing.with_name("b")
    SPECIAL[kind](path)

    def missing(_path: Path) -> os.stat_result:
        raise FileNotFoundError

    monkeypatch.setattr(os, "lstat", missing)
    before = _descriptors()
    with pytest.raises(
        OSError, match=r"not a regular file|symbolic links|No such device|directory"
    ):
        OPENINGS[opening](path)
    assert _descriptors() == before


def test_locking_a_locked_file_fails_immediately(existing: Path) -> None:
    first, second = FILES.open_part(existing), FILES.open_part(existing)
    FILES.lock(first)
    with pytest.raises(BlockingIOError):
        FILES.lock(second)
    FILES.close(first)
    FILES.lock(second)
    FILES.close(second)


def test_a_directory_entry_has_size_type_owner_links_and_identity(existing: Path) -> None:
    entry = FILES.entry(existing)
    assert entry is not None
    real = existing.stat()
    assert entry == (3, True, True, 1, (real.st_dev, real.st_ino))
    assert FILES.entry(existing.with_name("missing")) is None
    existing.with_name("second").hardlink_to(existing)
    descriptor = FILES.open_existing(existing)
    assert FILES.entry_of(descriptor) == entry._replace(names=2)
    FILES.close(descriptor)
    folder = FILES.entry(existing.parent)
    assert folder is not None
    assert not folder.is_file
    with pytest.raises(NotADirectoryError):
        FILES.entry(existing / "below")


def test_a_file_of_another_user_is_not_ours(
    existing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = existing.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    entry = FILES.entry(existing)
    assert entry is not None
    assert not entry.is_ours
    monkeypatch.delattr(os, "geteuid")
    entry = FILES.entry(existing)
    assert entry is not None
    assert entry.is_ours


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 2 * PIECE + 5])
def test_pieces_are_read_from_the_beginning_and_writing_continues_at_the_end(
    tmp_path: Path, size: int
) -> None:
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


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    really = os.write

    def two_at_a_time(descriptor: int, data: memoryview) -> int:
        return really(descriptor, data[:2])

    monkeypatch.setattr(os, "write", two_at_a_time)
    descriptor = FILES.open_part(tmp_path / "a")
    FILES.write(descriptor, b"abcde")
    FILES.write(descriptor, b"")
    FILES.close(descriptor)
    assert (tmp_path / "a").read_bytes() == b"abcde"


def test_an_emptied_file_is_written_from_its_beginning(existing: Path) -> None:
    descriptor = FILES.open_part(existing)
    os.lseek(descriptor, 0, os.SEEK_END)
    FILES.empty(descriptor)
    assert existing.stat().st_size == 0
    FILES.write(descriptor, b"xy")
    FILES.close(descriptor)
    assert existing.read_bytes() == b"xy"


def test_files_contents_and_folders_are_synced(
    existing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    FILES.sync_folder(existing.parent)
    assert folders == [existing.parent]
    monkeypatch.setattr(sys, "platform", "win32")
    FILES.sync_folder(existing.parent)
    assert len(folders) == 1


def test_files_are_linked_renamed_and_unlinked(existing: Path) -> None:
    second = existing.with_name("b")
    FILES.link(existing, second)
    assert second.samefile(existing)
    with pytest.raises(FileExistsError):
        FILES.link(existing, second)
    existing.with_name("c").write_bytes(b"old")
    FILES.rename(second, existing.with_name("c"))
    assert existing.with_name("c").read_bytes() == b"abc"
    assert sorted(each.name for each in existing.parent.iterdir()) == ["a", "c"]
    FILES.unlink(existing)
    FILES.unlink(existing)
    assert not existing.exists()
    with pytest.raises((IsADirectoryError, PermissionError)):
        FILES.unlink(existing.parent)


def test_the_boot_id_is_read_from_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot_id = tmp_path / "boot_id"
    boot_id.write_text("1234-abcd\n")
    monkeypatch.setattr(module, "_BOOT", boot_id)
    assert FILES.boot() == "1234-abcd"
    boot_id.unlink()
    assert FILES.boot() == ""


def create(
    path: Path, chunks: Iterable[bytes], via: Path | None = None, files: Files = FILES
) -> None:
    """Create a file as a folder of an archive does."""
    part = files.write_part(path, chunks, via)
    try:
        files.publish(part, path)
    finally:
        files.unlink(part)


def test_created_files_appear_complete_and_replace_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    create(path, (b"ab", b"c"))
    assert path.read_bytes() == b"abc"
    with pytest.raises(FileExistsError):
        create(path, (b"new",))
    assert path.read_bytes() == b"abc"
    assert list(tmp_path.iterdir()) == [path]


def test_replacing_a_file_leaves_the_old_content_until_the_new_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a"
    FILES.replace(path, (b"old",))

    def failing() -> Iterator[bytes]:
        yield b"ne"
        assert path.read_bytes() == b"old"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        FILES.replace(path, failing())
    assert path.read_bytes() == b"old"
    FILES.replace(path, (b"n", b"ew"))
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_rename_leaves_no_part_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        FILES.replace(path, (b"new",))
    assert list(tmp_path.iterdir()) == [path]


def test_removing_syncs_the_folder_only_if_the_file_existed(
    existing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []
    monkeypatch.setattr(module, "sync_folder", folders.append)
    FILES.remove(existing)
    assert not existing.exists()
    FILES.remove(existing)
    FILES.remove(existing.parent / "missing" / "a")
    assert folders == [existing.parent]


@pytest.mark.parametrize("cold", [True, False])
def test_reading_a_file_yields_all_bytes(tmp_path: Path, *, cold: bool) -> None:
    content = os.urandom(PIECE + 5)
    path = tmp_path / "a"
    path.write_bytes(content)
    assert [len(chunk) for chunk in FILES.read(path, cold=cold)] == [PIECE, 5]
    assert b"".join(FILES.read(path, cold=cold)) == content


def test_new_folders_are_private_and_their_parents_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []
    monkeypatch.setattr(module, "sync_folder", folders.append)
    FILES.make_folder(tmp_path / "a" / "b")
    FILES.make_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert folders == [tmp_path, tmp_path / "a"]


def test_closing_unlocks_a_file_of_which_another_process_has_a_copy(existing: Path) -> None:
    first = FILES.open_part(existing)
    copy = os.dup(first)
    FILES.lock(first)
    FILES.close(first)
    second = FILES.open_part(existing)
    FILES.lock(second)
    FILES.close(second)
    os.close(copy)


@pytest.mark.parametrize("name", ["a.wav", "x" * 249, "x" * 250, "é" * 127, "\udcff" * 255])
def test_hidden_paths_are_never_longer_than_names_may_be(tmp_path: Path, name: str) -> None:
    path = module.hidden_path(tmp_path / name, ".part")
    assert path == module.hidden_path(tmp_path / name, ".part")
    assert len(os.fsencode(path.name)) <= 255
    assert (path.name == f".{name}.part") is (len(os.fsencode(name)) <= 249)
    assert path != module.hidden_path(tmp_path / f"{name[:-1]}y", ".part")
    FILES.close(FILES.open_part(path))


def test_names_are_limited_to_255_bytes_where_the_system_states_no_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing"
    assert len(module.hidden_path(missing / ("x" * 250), ".part").name) == 38
    monkeypatch.delattr(os, "pathconf")
    assert len(module.hidden_path(tmp_path / ("x" * 250), ".part").name) == 38


def test_created_files_may_have_the_longest_name(tmp_path: Path) -> None:
    for change in (create, FILES.replace):
        path = tmp_path / ("x" * 255)
        change(path, (b"abc",))
        assert path.read_bytes() == b"abc"
        assert list(tmp_path.iterdir()) == [path]
        path.unlink()


def test_files_are_created_without_hard_links_and_replace_nothing(tmp_path: Path) -> None:
    files, path = FailingFiles("link", errno.EPERM), tmp_path / "a"
    create(path, [b"first"], files=files)
    with pytest.raises(FileExistsError) as raised:
        create(path, [b"second"], files=files)
    error = raised.value
    assert (error.errno, error.strerror) == (errno.EEXIST, os.strerror(errno.EEXIST))
    assert error.filename == path
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_unfinished_files_are_private_and_in_the_given_folder(tmp_path: Path) -> None:
    via = tmp_path / "via"
    via.mkdir()
    seen: list[Path] = []

    def chunks() -> Iterator[bytes]:
        seen.extend(via.iterdir())
        yield b"content"

    create(tmp_path / "a", chunks(), via)
    Files().replace(tmp_path / "a", chunks(), via)
    assert [bool(re.fullmatch(r"\.a\.[0-9a-f]{8}\.part", each.name)) for each in seen] == [True] * 2
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert list(via.iterdir()) == []


def test_files_are_read_from_the_disk_unless_the_cache_is_sufficient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"content")
    advice: list[tuple[int, ...]] = []

    def note(_descriptor: int, *advised: int) -> None:
        advice.append(advised)

    monkeypatch.setattr(os, "posix_fadvise", note, raising=False)
    monkeypatch.setattr(os, "POSIX_FADV_DONTNEED", 4, raising=False)
    assert b"".join(Files().read(tmp_path / "a")) == b"content"
    assert advice == [(0, 0, 4)]
    assert b"".join(Files().read(tmp_path / "a", cold=False)) == b"content"
    assert advice == [(0, 0, 4)]
