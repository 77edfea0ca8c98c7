"""The lock of an archive on one machine: a locked file that nothing else opens."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from telnyx_recordings.archive.stores.store import as_destination_error
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import ArchiveLockedError

_NAME = "lock"
_CLOSED = -1


class LockFile:
    """A file whose lock one process can hold, and in it one archive.

    The lock of the manifest itself is not enough: Linux drops it as soon as anything else in this
    process has opened and closed the manifest.
    """

    def __init__(self, folder: Path, files: Files, destination: str) -> None:
        """Take the folder of the file; this opens nothing."""
        self._path = folder / _NAME
        self._files = files
        self._destination = destination
        self._descriptor = _CLOSED

    @contextmanager
    def held(self, *, create: bool) -> Generator[None]:
        """Hold the lock, as `Store.lock` does; the file exists only as long as it is locked."""
        descriptor = self._lock(create=create)
        if descriptor == _CLOSED:
            yield
            return
        self._descriptor = descriptor
        try:
            yield
        finally:
            self._descriptor = _CLOSED
            with suppress(OSError):  # Windows removes no open file; an empty one does no harm
                if self._is_named(descriptor):
                    self._files.unlink(self._path)
            self._files.close(descriptor)

    def assert_held(self) -> None:
        """Check that the locked file is still the one that others would lock.

        Raises:
            ArchiveLockedError: it was removed.
        """
        if self._descriptor != _CLOSED and not self._is_named(self._descriptor):
            raise ArchiveLockedError(
                f"{self._path} was removed while it was locked, so another archive may be using "
                "this destination: wait until no other one is, then run this again"
            )

    def _lock(self, *, create: bool) -> int:
        while True:
            descriptor = self._open(create=create)
            if descriptor == _CLOSED:
                return descriptor
            try:
                self._files.lock(descriptor)
                if self._is_named(descriptor):
                    return descriptor
            except (BlockingIOError, PermissionError) as error:
                self._files.close(descriptor)
                raise ArchiveLockedError(
                    f"another archive, verify, repair or purge is using {self._destination}: wait "
                    "until it has ended, then run this again"
                ) from error
            self._files.close(descriptor)  # whoever had it has just removed it

    def _is_named(self, descriptor: int) -> bool:
        named = self._files.entry(self._path)
        return named is not None and named.identity == self._files.entry_of(descriptor).identity

    def _open(self, *, create: bool) -> int:
        if not create:
            with suppress(OSError):
                return self._files.open_part(self._path)
            return _CLOSED
        with as_destination_error("", f"{self._path} cannot be locked"):
            self._files.make_folder(self._path.parent)
            return self._files.open_part(self._path)
