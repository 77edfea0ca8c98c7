"""Waits for the disk once for all threads that want a folder's names on it at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Event, Lock


class _Round:
    """One wait for the disk, which is for everybody who came before it began.

    Attributes:
        ended: set when it is over, however it ended.
        is_good: the disk has the names.
        error: why it has not, None if the wait was broken off.
    """

    def __init__(self) -> None:
        self.ended = Event()
        self.is_good = False
        self.error: OSError | None = None


class Together:
    """Makes one call for all threads that want it made for the same path at about the same time.

    A call covers those who asked before it began: whoever asks while it is under way waits for the
    next one. If it fails, it has failed for all of them.
    """

    def __init__(self, call: Callable[[Path], object]) -> None:
        """Take what is to be done for a path."""
        self._call = call
        self._put_off: ContextVar[set[Path] | None] = ContextVar("put_off", default=None)
        self.forget()

    def forget(self) -> None:
        """Forget who waits: in a process that was forked, they are not there."""
        self._lock = Lock()
        self._next: dict[Path, _Round] = {}
        self._last: dict[Path, _Round] = {}

    @contextmanager
    def put_off(self) -> Generator[None]:
        """Make the calls that are wanted inside at the end, one for each path; none on an error.

        Raises:
            OSError: one failed.
        """
        paths: set[Path] = set()
        token = self._put_off.set(paths)
        try:
            yield
        finally:
            self._put_off.reset(token)
        for path in sorted(paths):
            self(path)

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Make calls when they are wanted, though this be inside `put_off`."""
        token = self._put_off.set(None)
        try:
            yield
        finally:
            self._put_off.reset(token)

    def __call__(self, path: Path) -> None:
        """Return when a call that began after this one has succeeded; at once inside `put_off`.

        Raises:
            OSError: it failed.
        """
        later = self._put_off.get()
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
            turn.ended.wait()
            if turn.error is not None:
                raise OSError(turn.error.errno, turn.error.strerror, str(path)) from turn.error
            if turn.is_good:
                return

    def _make(self, path: Path, turn: _Round, before: _Round | None) -> None:
        try:
            if before is not None:
                before.ended.wait()  # meanwhile, others may join
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
            turn.ended.set()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


sync_folder: Together = Together(_sync)
"""Returns when a folder's names are on disk."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=sync_folder.forget)
