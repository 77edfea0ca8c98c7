"""Where tasks get what they work with: a client and a store, here, or in another process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from telnyx_recordings.archive.store import Store, open_store

if TYPE_CHECKING:
    from telnyx_recordings.api.recording_transcriptions import RecordingTranscriptions
    from telnyx_recordings.api.recordings import Recordings
    from telnyx_recordings.media import Downloaded, Format
    from telnyx_recordings.models.recording_response_data import RecordingResponseData


class Account(Protocol):
    """What an archive needs of a client."""

    @property
    def recordings(self) -> Recordings:
        """The recordings."""
        ...

    @property
    def recording_transcriptions(self) -> RecordingTranscriptions:
        """Their transcriptions."""
        ...

    def download(
        self,
        recording: RecordingResponseData,
        destination: Path,
        *,
        format: Format,  # noqa: A002 - as the client calls it
        progress: Callable[[int, int], object],
    ) -> Downloaded:
        """Download a recording's audio to a path."""
        ...


class Site(Protocol):
    """Where tasks get what they work with."""

    def account(self) -> Account:
        """Return the account that is archived."""
        ...

    def store(self) -> Store:
        """Return the destination."""
        ...

    def watch(self) -> None:
        """Raise StoppedError when what is under way is not wanted any more."""
        ...


class StoppedError(BaseException):
    """The run was interrupted while this was under way: no failure, so no Exception."""


def wait(stopping: Event, seconds: float) -> None:
    """Wait, in place of `time.sleep`.

    Raises:
        StoppedError: the run is to stop.
    """
    if stopping.wait(seconds):
        raise StoppedError


class Here:
    """A site in this process: what is there already is used."""

    def __init__(self, account: Account, store: Store, stopping: Event) -> None:
        """Hold them; once `stopping` is set, every task ends at the next piece of audio."""
        self._account = account
        self._store = store
        self._stopping = stopping

    def watch(self) -> None:
        """Raise StoppedError once the run is to stop."""
        if self._stopping.is_set():
            raise StoppedError

    def account(self) -> Account:
        """Return the account of the caller's client."""
        return self._account

    def store(self) -> Store:
        """Return the coordinator's store."""
        return self._store


class Elsewhere(Struct, frozen=True):
    """A site for an executor's workers.

    In other processes and on other machines each makes a client and a store of its own, once. A
    worker that is a thread of the run's own process finds what is there already.

    Attributes:
        connect: a module's function that makes the account of the settings; pickled by its name.
        settings: pairs of name and value, none of them secret.
        url: the destination's.
        run: names the run, and the process that it is in.
    """

    connect: Callable[..., Account]
    settings: tuple[tuple[str, Hashable], ...]
    url: str
    run: tuple[int, str]

    def account(self) -> Account:
        """Return this process's account."""
        home = _home(self.run)
        return _account(self.connect, self.settings) if home is None else home.account()

    def store(self) -> Store:
        """Return this process's store."""
        home = _home(self.run)
        return _store(self.url) if home is None else home.store()

    def watch(self) -> None:
        """Raise StoppedError once the run is to stop; a task in another process is left to end."""
        home = _home(self.run)
        if home is not None:
            home.watch()


_HOMES: dict[tuple[int, str], Here] = {}
"""What runs of this process have, while they last."""


@contextmanager
def at_home(here: Here) -> Generator[tuple[int, str]]:
    """Let workers that are threads of this process find what a run has, by the name given."""
    run = (os.getpid(), secrets.token_hex(8))
    _HOMES[run] = here
    try:
        yield run
    finally:
        del _HOMES[run]


def _home(run: tuple[int, str]) -> Here | None:
    # A process that was forked has a copy of the table, and must not use the connections in it.
    return _HOMES.get(run) if run[0] == os.getpid() else None


@cache
def _account(
    connect: Callable[..., Account], settings: tuple[tuple[str, Hashable], ...]
) -> Account:
    return connect(**dict(settings))


@cache
def _store(url: str) -> Store:
    return open_store(url)
