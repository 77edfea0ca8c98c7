"""Coalesces concurrent calls: threads that sync the same folder share one fsync."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Event, Lock


class _Round(Event):
    """One call, shared by all threads that requested it before it began; set once it has ended.

    Attributes:
        is_good: whether it succeeded.
        error: why it failed; None if it was interrupted.
    """

    is_good = False
    error: OSError | None = None


class Coalesced:
    """A function of a path of which concurrent calls for the same path are coalesced.

    A call counts for all threads that requested it before it began. Those that request it while it
    runs wait for the next one. If it fails, it fails for all of them.
    """

    def __init__(self, call: Callable[[Path], object]) -> None:
        """Take the function."""
        self._call = call
        self._deferred: ContextVar[set[Path] | None] = ContextVar("put_off", default=None)
        self.forget()

    def forget(self) -> None:
        """Reset all state: a forked process does not have the threads that wait."""
        self._lock = Lock()
        self._next: dict[Path, _Round] = {}
        self._last: dict[Path, _Round] = {}

    @contextmanager
    def deferred(self) -> Generator[None]:
        """Defer the calls inside to the end, one for each path; none are made after an exception.

        Raises:
            OSError: a call failed.
        """
        paths: set[Path] = set()
        token = self._deferred.set(paths)
        try:
            yield
        finally:
            self._deferred.reset(token)
        for path in sorted(paths):
            self(path)

    @contextmanager
    def immediate(self) -> Generator[None]:
        """Make calls immediately, even inside `deferred`."""
        token = self._deferred.set(None)
        try:
            yield
        finally:
            self._deferred.reset(token)

    def dismiss(self, path: Path) -> None:
        """Inside `deferred`, do not make the call for a path that needs none any more."""
        deferred = self._deferred.get()
        if deferred is not None:
            deferred.discard(path)

    def __call__(self, path: Path) -> None:
        """Return after a call that began after this one has succeeded; inside `deferred`, at once.

        Raises:
            OSError: the call failed.
        """
        later = self._deferred.get()
        if later is not None:
            later.add(path)
            return
        while True:
            with self._lock:
                turn = self._next.get(path)
                is_mine = turn is None
                if turn is None:
                    turn = self._next[path] = _Round()
                before = self._last.get(path)
            if is_mine:
                self._make(path, turn, before)
                return
            turn.wait()
            if turn.error is not None:
                raise OSError(turn.error.errno, turn.error.strerror, str(path)) from turn.error
            if turn.is_good:
                return

    def _make(self, path: Path, turn: _Round, before: _Round | None) -> None:
        try:
            if before is not None:
                before.wait()  # other threads may join during the wait
            with self._lock:
                self._last[path] = self._next.pop(path)
            self._call(path)
            turn.is_good = True
        except OSError as error:
            turn.error = error
            raise
        finally:
            with self._lock:
                for rounds in (self._next, self._last):
                    if rounds.get(path) is turn:
                        del rounds[path]
            turn.set()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


sync_folder: Coalesced = Coalesced(_sync)
"""Waits until the entries of a folder are on disk."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=sync_folder.forget)
