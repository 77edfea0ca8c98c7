"""Part files: a file appears under its final name only once it is complete, verified and on disk.

Until then it is called ``.<name>.part``. A note beside it, ``.<name>.part.json``, states which
version of the audio it is. The note is written before the first bytes, unless these are all of the
audio, since then there is nothing to resume.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from telnyx_recordings.disk.files import PART, Files, hidden_path
from telnyx_recordings.errors import Conflict, DownloadInProgressError, MediaStorageError
from telnyx_recordings.media.digests import BackgroundWorker, Digests
from telnyx_recordings.media.object_store import Version

_EARLY = 32 << 20
"""Bytes after which writing to disk starts, so that it is not all left to the end."""

_CLOSED = -1


class _Note(Struct, frozen=True):
    """The note beside a part file; `boot` is the id of the boot in which it was written."""

    etag: str
    total: int | None
    md5: str | None
    boot: str


@contextmanager
def typed(file: Path | str) -> Generator[None]:
    """Raise errors of the system as MediaStorageError."""
    try:
        yield
    except OSError as error:
        raise MediaStorageError(
            f"{file} cannot be written: {error.strerror or error}", errno=error.errno
        ) from error


class Part:
    """A part file, written from the beginning or resumed from an earlier run.

    Attributes:
        target: the final path.
        existing: the size of the file that already has the final name, or None.
        version: of the bytes in the part file.
        digests: of these bytes.
    """

    def __init__(self, target: Path, files: Files) -> None:
        """Store the final path; this opens nothing."""
        self.target: Path = target
        self.existing: int | None = None
        self.version: Version = Version()
        self.digests: Digests = Digests()
        self._part = hidden_path(target, PART)
        self._note_path = hidden_path(target, f"{PART}.json")
        self._files = files
        self._descriptor = _CLOSED
        self._is_void = False  # its bytes are not needed any more
        self._is_noted = False  # there is a note about this version
        self._may_have_note = True  # there may be one, about any version
        self._leftovers: list[Path] = []
        self._worker = BackgroundWorker()
        self._synced = 0  # bytes of which the sync has begun

    def begin(self) -> None:
        """Lock the part file, and read the bytes of an earlier run.

        Raises:
            Conflict: the final name is taken by something that is not a file.
            DownloadInProgressError: another download is writing it.
            MediaStorageError: it cannot be written.
        """
        with typed(self.target):
            self.existing = self._existing()
            descriptor = self._open()
            version = self._noted()
            if version is None:
                self._empty(descriptor)
                return
            self._is_noted = True
            self.version, self.digests = version, Digests(md5=version.md5 is not None)
            for piece in self._files.pieces(descriptor):
                self.digests.add(piece)

    def examine(self) -> Digests:
        """Read the file that already has the final name, make it durable, and return its digests.

        Raises:
            MediaStorageError: the file cannot be read.
        """
        digests = Digests(md5=True)
        with typed(self.target):
            descriptor = self._files.open_existing(self.target)
            try:
                for piece in self._files.pieces(descriptor):
                    digests.add(piece)
                self._files.sync(descriptor)
            finally:
                self._files.close(descriptor)
            self._files.sync_folder(self.target.parent)
        return digests

    def restart(self, version: Version) -> None:
        """Start again from the first byte; the old bytes stay until the next write."""
        self._is_void = True
        self.version, self.digests = version, Digests(md5=version.md5 is not None)

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append bytes."""
        with typed(self.target):
            if self._is_void:
                self._clear()
            etag, reached = self.version.etag, self.digests.size + sum(map(len, pieces))
            if etag is not None and not self._is_noted and reached != self.version.total:
                self._note(etag, self.version)
            for piece in pieces:
                self._files.write(self._descriptor, piece)
                self.digests.add(piece)
            if self.digests.size >= self._synced + _EARLY and not self._worker.is_busy:
                self._synced = self.digests.size
                self._worker.begin(self._files.sync_content, self._descriptor)

    def publish(self) -> bool:
        """Make the file durable and rename it; return True if the same file already existed.

        Raises:
            Conflict: another file has that name.
            MediaStorageError: it could not be made durable, and was not renamed.
        """
        with typed(self.target):
            self._worker.end()
            self._files.sync(self._descriptor)
            is_new = self._name()
            if not is_new:
                self.compare()
            self._remove()
        self.close()
        return not is_new

    def compare(self) -> None:
        """Compare the part file with the file that already has the final name, if any.

        Raises:
            Conflict: they differ; the part file is removed.
        """
        with typed(self.target):
            if self._existing() is not None and self.examine().sha256 != self.digests.sha256:
                self.discard()
                raise Conflict(
                    f"{self.target} already exists with other content: choose another name, or "
                    "remove the file"
                )

    def discard(self) -> None:
        """Remove the part file."""
        with typed(self.target):
            if self._descriptor != _CLOSED:
                self._remove()
                with suppress(OSError):
                    self._worker.end()
                self._files.close(self._descriptor)
                self._descriptor = _CLOSED
                self._remove_leftovers()
            self.version, self.digests = Version(), Digests()

    def close(self) -> None:
        """Close the part file; it stays for the next run, unless it is empty."""
        if self._descriptor != _CLOSED:
            with suppress(OSError):
                self._worker.end()
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

    def _existing(self) -> int | None:
        """Return the size of the file that already has the final name, or None."""
        entry = self._files.entry(self.target)
        if entry is None:
            return None
        if not entry.is_file:
            raise Conflict(f"{self.target} already exists and is not a file: choose another name")
        return entry.size

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
        """Lock a part file that was just opened; return False if it must be opened again."""
        try:
            self._files.lock(descriptor)
        except (BlockingIOError, PermissionError) as error:
            raise DownloadInProgressError(
                f"another download is writing {self.target}: call again later, or pass `wait` to "
                "wait for it"
            ) from error
        opened, named = self._files.entry_of(descriptor), self._files.entry(self._part)
        if named is None or named.identity != opened.identity:
            return False  # another download has just finished it
        if not opened.is_ours:
            raise MediaStorageError(
                f"{self._part} belongs to another user: remove it, or choose another folder"
            )
        if opened.names > 1:
            # A run ended after the link to the final name, and before the part file was removed.
            self._files.unlink(self._part)
            self._files.unlink(self._note_path)
            return False
        return True

    def _clear(self) -> None:
        """Carry out `restart`."""
        self._empty(self._open())
        if self._may_have_note:
            self._files.unlink(self._note_path)
        self._is_void = self._is_noted = self._may_have_note = False

    def _empty(self, descriptor: int) -> None:
        self._worker.end()
        self._synced = 0
        if self._files.entry_of(descriptor).size:
            self._files.empty(descriptor)
            # Otherwise they could come back after a crash, beside a note about another version.
            self._files.sync(descriptor)

    def _noted(self) -> Version | None:
        """Return the version in the note; None if it is missing or cannot be trusted."""
        self._may_have_note = self._files.entry(self._note_path) is not None
        if not self._may_have_note:
            return None
        descriptor = self._files.open_existing(self._note_path)
        try:
            content = b"".join(bytes(piece) for piece in self._files.pieces(descriptor))
        finally:
            self._files.close(descriptor)
        try:
            note = msgspec.json.decode(content, type=_Note)
        except (msgspec.MsgspecError, UnicodeError):
            return None
        if note.md5 is None and note.boot != self._files.boot():
            return None  # after a crash, bytes may be missing, and no MD5 would show it
        return Version(note.etag, note.total, note.md5)

    def _note(self, etag: str, version: Version) -> None:
        note = _Note(etag, version.total, version.md5, self._files.boot())
        self._may_have_note = True
        descriptor = self._files.open_part(self._note_path)
        try:
            self._files.empty(descriptor)
            self._files.write(descriptor, msgspec.json.encode(note))
        finally:
            self._files.close(descriptor)
        self._is_noted = True

    def _name(self) -> bool:
        """Link the part file to its final name, durably; return False if the name is taken."""
        try:  # no other download can come in between, because it would need the lock
            renamed = self._files.link_or_rename(self._part, self.target)
        except FileExistsError:
            return False
        try:
            self._files.sync_folder(self.target.parent)
        except OSError:
            if renamed:
                self._files.rename(self.target, self._part)
            else:
                self._files.unlink(self.target)
            raise
        return True

    def _remove(self) -> None:
        for path in (self._part, self._note_path) if self._may_have_note else (self._part,):
            try:
                self._files.unlink(path)
            except OSError:
                self._leftovers.append(path)

    def _remove_leftovers(self) -> None:
        """Remove files that could not be removed while open, as on Windows."""
        for path in self._leftovers:
            with suppress(OSError):
                self._files.unlink(path)
        self._leftovers.clear()
