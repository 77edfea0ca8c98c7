"""A file in the making: nobody sees it under its name before it is whole, checked and on disk.

It is called ``.<name>.part`` until then, with ``.<name>.part.json`` beside it, which says which
version of the audio it is a part of. That note is written before the first bytes, unless those are
all that there are: then nothing could be gone on with.
"""

from __future__ import annotations

import errno
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from telnyx_recordings.errors import Conflict, MediaStorageError
from telnyx_recordings.media.aside import Aside
from telnyx_recordings.media.digests import Digests
from telnyx_recordings.media.files import Files
from telnyx_recordings.media.steps import There, Version

_WITHOUT_LINKS = frozenset(
    {errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
)
"""What file systems answer that know no second names, such as FAT."""


_EARLY = 32 << 20
"""Bytes after which the disk is given them, so that not all of them are left for the end."""

_CLOSED = -1


class _Side(Struct, frozen=True):
    """What the small file beside a part says; `boot` is the machine's start that it was made in."""

    etag: str
    total: int | None
    md5: str | None
    boot: str


@contextmanager
def typed(path: Path) -> Generator[None]:
    """Turn the system's errors into ours, with the system's words."""
    try:
        yield
    except OSError as error:
        raise MediaStorageError(
            f"{path} cannot be written: {error.strerror or error}", errno=error.errno
        ) from error


class Existing:
    """A file that has the final name already.

    Attributes:
        size: its size.
    """

    def __init__(self, path: Path, files: Files, size: int) -> None:
        """Name the file."""
        self.size = size
        self._path = path
        self._files = files

    def examine(self) -> Digests:
        """Read it, and see to it that it is durable from now on; return its digests.

        Raises:
            MediaStorageError: it cannot be read.
        """
        digests = Digests(md5=True)
        with typed(self._path):
            descriptor = self._files.open_existing(self._path)
            try:
                for piece in self._files.pieces(descriptor):
                    digests.add(piece)
                self._files.sync(descriptor)
            finally:
                self._files.close(descriptor)
            self._files.sync_folder(self._path.parent)
        return digests


class Part:
    """A file that is written from its beginning, or from where an earlier run left off.

    Attributes:
        target: the final path.
        there: what is already there, None when nothing is.
        version: what the bytes that it has are of.
        digests: of those bytes.
    """

    def __init__(self, target: Path, files: Files) -> None:
        """Name the file; nothing is opened yet."""
        self.target: Path | None = target
        self.there: There | None = None
        self.version: Version = Version()
        self.digests: Digests = Digests()
        self._path = target
        self._part = target.with_name(f".{target.name}.part")
        self._side = target.with_name(f".{target.name}.part.json")
        self._files = files
        self._descriptor = _CLOSED
        self._is_void = False  # what is there is of no use
        self._is_noted = False  # there is a note, and it is about this version
        self._may_have_note = True  # there is one, about whatever
        self._leftovers: list[Path] = []
        self._aside = Aside()
        self._given = 0  # bytes that the disk has been given

    def begin(self) -> None:
        """Lock the part, and read what an earlier run left in it.

        Raises:
            Conflict: what is there under the final name is no file.
            MediaStorageError: it cannot be written here, or someone else is at it.
        """
        with typed(self._path):
            self.there = self._existing()
            descriptor = self._open()
            version = self._noted()
            if version is None:
                self._empty(descriptor)
                return
            self._is_noted = True
            self.version, self.digests = version, Digests(md5=version.md5 is not None)
            for piece in self._files.pieces(descriptor):
                self.digests.add(piece)

    def restart(self, version: Version) -> None:
        """Begin from the first byte again; what is there stays until the next byte comes."""
        self._is_void = True
        self.version, self.digests = version, Digests(md5=version.md5 is not None)

    def write(self, pieces: Sequence[bytes]) -> None:
        """Write the bytes that follow."""
        with typed(self._path):
            if self._is_void:
                self._clear()
            etag, reached = self.version.etag, self.digests.size + sum(map(len, pieces))
            if etag is not None and not self._is_noted and reached != self.version.total:
                self._note(etag, self.version)
            for piece in pieces:
                self._files.write(self._descriptor, piece)
                self.digests.add(piece)
            if self.digests.size >= self._given + _EARLY and not self._aside.is_busy:
                self._given = self.digests.size
                self._aside.begin(self._files.sync_content, self._descriptor)

    def publish(self) -> bool:
        """Give the file its name, once it is on disk; True when the same was there already.

        Raises:
            Conflict: another file has that name.
            MediaStorageError: it could not be made durable; it does not have the name then.
        """
        with typed(self._path):
            self._aside.end()
            self._files.sync(self._descriptor)
            is_new = self._name()
            if not is_new:
                self.compare()
            self._remove()
        self.close()
        return not is_new

    def compare(self) -> None:
        """Compare what has been written with what is there under the final name, if anything is.

        Raises:
            Conflict: it is something else; the part is gone then.
        """
        with typed(self._path):
            there = self._existing()
            if there is not None and there.examine().sha256 != self.digests.sha256:
                self.discard()
                raise Conflict(f"{self._path} is there already, with other content")

    def discard(self) -> None:
        """Remove the part."""
        with typed(self._path):
            if self._descriptor != _CLOSED:
                self._remove()
                with suppress(OSError):
                    self._aside.end()
                self._files.close(self._descriptor)
                self._descriptor = _CLOSED
                self._remove_leftovers()
            self.version, self.digests = Version(), Digests()

    def close(self) -> None:
        """Let go of the part; it stays for the next run, unless there is nothing in it."""
        if self._descriptor != _CLOSED:
            with suppress(OSError):
                self._aside.end()
            with suppress(OSError):
                if not self.digests.size and not self._files.entry_of(self._descriptor).size:
                    self._remove()
            with suppress(OSError):
                self._files.close(self._descriptor)
            self._descriptor = _CLOSED
            self._remove_leftovers()

    @property
    def is_open(self) -> bool:
        """Whether `close` has anything to do."""
        return self._descriptor != _CLOSED

    def _existing(self) -> Existing | None:
        entry = self._files.entry(self._path)
        if entry is None:
            return None
        if not entry.is_file:
            raise Conflict(f"{self._path} is there already, and is not a file")
        return Existing(self._path, self._files, entry.size)

    def _open(self) -> int:
        while self._descriptor == _CLOSED:
            descriptor = self._files.open_part(self._part)
            try:
                if self._is_ours(descriptor):
                    self._descriptor = descriptor
            finally:
                if self._descriptor != descriptor:
                    self._files.close(descriptor)
        return self._descriptor

    def _is_ours(self, descriptor: int) -> bool:
        """Lock a part that was just opened; False when it has to be opened once more."""
        try:
            self._files.lock(descriptor)
        except (BlockingIOError, PermissionError) as error:
            raise MediaStorageError(
                f"{self._path} is being downloaded by someone else just now", errno=error.errno
            ) from error
        here, there = self._files.entry_of(descriptor), self._files.entry(self._part)
        if there is None or there.identity != here.identity:
            return False  # whoever had it locked has just finished it
        if not here.is_file or not here.is_ours:
            raise MediaStorageError(f"{self._part} is not a file of this user's")
        if here.names > 1:
            # A run ended between giving this file its name and taking the other one away.
            self._files.unlink(self._part)
            self._files.unlink(self._side)
            return False
        return True

    def _clear(self) -> None:
        """Do what was asked of `restart`."""
        version, digests = self.version, self.digests
        self._empty(self._open())
        if self._may_have_note:
            self._files.unlink(self._side)
        self._is_void = self._is_noted = self._may_have_note = False
        self.version, self.digests = version, digests

    def _empty(self, descriptor: int) -> None:
        self._aside.end()
        self._given = 0
        if self._files.entry_of(descriptor).size:
            self._files.empty(descriptor)
            # Or these bytes might come back after a crash, beside a note about another version.
            self._files.sync(descriptor)
        self.version, self.digests = Version(), Digests()

    def _noted(self) -> Version | None:
        """Return which version the part is of, None when that is not known or not to be trusted."""
        self._may_have_note = self._files.entry(self._side) is not None
        if not self._may_have_note:
            return None
        descriptor = self._files.open_existing(self._side)
        try:
            content = b"".join(bytes(piece) for piece in self._files.pieces(descriptor))
        finally:
            self._files.close(descriptor)
        try:
            side = msgspec.json.decode(content, type=_Side)
        except (msgspec.MsgspecError, UnicodeError):
            return None
        if side.md5 is None and side.boot != self._files.boot():
            return None  # after a crash bytes may be missing within, and no MD5 would show it
        return Version(side.etag, side.total, side.md5)

    def _note(self, etag: str, version: Version) -> None:
        side = _Side(etag, version.total, version.md5, self._files.boot())
        self._may_have_note = True
        descriptor = self._files.open_part(self._side)
        try:
            self._files.empty(descriptor)
            self._files.write(descriptor, msgspec.json.encode(side))
        finally:
            self._files.close(descriptor)
        self._is_noted = True

    def _name(self) -> bool:
        """Give the part its final name as well, durably; False when that is taken."""
        try:
            self._files.link(self._part, self._path)
            renamed = False
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _WITHOUT_LINKS:
                raise
            # Not in one step, so that a stranger could come between; others like us cannot, for
            # they would need the lock.
            if self._files.entry(self._path) is not None:
                return False
            self._files.rename(self._part, self._path)
            renamed = True
        try:
            self._files.sync_folder(self._path.parent)
        except OSError:
            if renamed:
                self._files.rename(self._path, self._part)
            else:
                self._files.unlink(self._path)
            raise
        return True

    def _remove(self) -> None:
        for path in (self._part, self._side) if self._may_have_note else (self._part,):
            try:
                self._files.unlink(path)
            except OSError:
                self._leftovers.append(path)

    def _remove_leftovers(self) -> None:
        """Remove what could not be removed while it was open: some systems refuse that."""
        for path in self._leftovers:
            with suppress(OSError):
                self._files.unlink(path)
        self._leftovers.clear()
