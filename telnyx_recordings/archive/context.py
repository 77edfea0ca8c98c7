"""What a task works with: a client and a store, in this process or in an executor's worker."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import Store

if TYPE_CHECKING:
    from telnyx_recordings.api.recording_transcriptions import RecordingTranscriptions
    from telnyx_recordings.api.recordings import Recordings
    from telnyx_recordings.media import Downloaded, Format
    from telnyx_recordings.models.recording_response_data import RecordingResponseData

RunId = tuple[int, str]
"""The process that a run is in, and a random token."""


class Account(Protocol):
    """The part of a client that an archive uses."""

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


class StoppedError(BaseException):
    """The run was interrupted. Not an Exception, since it is not a failure of the task."""


def interruptible_sleep(stopping: Event, seconds: float) -> None:
    """Sleep, as `time.sleep` does, unless the run is interrupted.

    Raises:
        StoppedError: the run was interrupted.
    """
    if stopping.wait(seconds):
        raise StoppedError


class ServiceClock:
    """The time by the service's clock, from the `Date` of its responses."""

    def __init__(self) -> None:
        """Start without a time."""
        self._heard: tuple[datetime, float] | None = None

    def hear(self, date: str | None) -> None:
        """Take the `Date` of a response; one that is invalid is ignored."""
        if date is None or (self._heard and time.monotonic() - self._heard[1] < _HEARD_FOR):
            return
        with suppress(ValueError):
            stated = parsedate_to_datetime(date)
            self._heard = (stated.replace(tzinfo=stated.tzinfo or UTC), time.monotonic())

    def __call__(self) -> datetime | None:
        """Return the time; None if it was not stated yet."""
        if self._heard is None:
            return None
        stated, at = self._heard
        return stated + timedelta(seconds=time.monotonic() - at)


_HEARD_FOR = 60.0
"""Seconds after which the time is taken from a response again."""


class LocalContext:
    """The context of tasks in the run's own process: its client and its store."""

    def __init__(self, account: Account, store: Store, stopping: Event) -> None:
        """Use these; once `stopping` is set, every task stops at the next chunk of audio."""
        self._account = account
        self._store = store
        self._stopping = stopping

    def account(self) -> Account:
        """Return the caller's client."""
        return self._account

    def store(self) -> Store:
        """Return the run's store."""
        return self._store

    def check_stopped(self) -> None:
        """Raise StoppedError if the run has been interrupted."""
        if self._stopping.is_set():
            raise StoppedError


class RemoteContext(Struct, frozen=True):
    """The context of tasks that an executor runs; it can be pickled.

    Each worker process makes one client and one store of its own. A worker that is a thread of the
    run's own process uses those of the run.

    Attributes:
        connect: a module-level function that makes the client from the settings.
        settings: names and values; none of them is secret.
        url: the destination.
        run_id: the run, and the process that it runs in.
    """

    connect: Callable[..., Account]
    settings: tuple[tuple[str, Hashable], ...]
    url: str
    run_id: RunId

    def account(self) -> Account:
        """Return this process's client."""
        local = _local_context(self.run_id)
        return _account(self.connect, self.settings) if local is None else local.account()

    def store(self) -> Store:
        """Return this process's store."""
        local = _local_context(self.run_id)
        return _store(self.url) if local is None else local.store()

    def check_stopped(self) -> None:
        """Raise StoppedError if the run was interrupted; other processes finish their tasks."""
        local = _local_context(self.run_id)
        if local is not None:
            local.check_stopped()


WorkerContext = LocalContext | RemoteContext
"""Gives a task its client and its store, wherever the task runs."""

_LOCAL_CONTEXTS: dict[RunId, LocalContext] = {}
"""The contexts of the runs of this process."""


@contextmanager
def registered(context: LocalContext) -> Generator[RunId]:
    """Register a run's context, for workers that are threads of this process; give its id."""
    run_id = (os.getpid(), secrets.token_hex(8))
    _LOCAL_CONTEXTS[run_id] = context
    try:
        yield run_id
    finally:
        del _LOCAL_CONTEXTS[run_id]


def _local_context(run_id: RunId) -> LocalContext | None:
    # A forked process has a copy of the table, but must not use the connections in it.
    return _LOCAL_CONTEXTS.get(run_id) if run_id[0] == os.getpid() else None


@cache
def _account(
    connect: Callable[..., Account], settings: tuple[tuple[str, Hashable], ...]
) -> Account:
    return connect(**dict(settings))


@cache
def _store(url: str) -> Store:
    return open_store(url)
