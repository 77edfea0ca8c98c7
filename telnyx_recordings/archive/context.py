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
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from msgspec import Struct

from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import Store

if TYPE_CHECKING:
    from telnyx_recordings.api.recording_transcriptions import RecordingTranscriptions
    from telnyx_recordings.api.recordings import Recordings
    from telnyx_recordings.media import Downloaded, Format
    from telnyx_recordings.models.recording_response_data import RecordingResponseData


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


Connector = tuple[Callable[..., Account], tuple[tuple[str, Hashable], ...]]
"""A module-level function that makes a client, and its arguments; none of them is secret."""


class StoppedError(BaseException):
    """The run was interrupted. Not an Exception, since it is not a failure of the task."""


def interruptible_sleep(stopping: Event, seconds: float) -> None:
    """Sleep, as `time.sleep` does; raise StoppedError once the run is interrupted."""
    if stopping.wait(seconds):
        raise StoppedError


class ServiceClock:
    """The time by the service's clock, from the `Date` of its responses."""

    def __init__(self) -> None:
        """Start without a time."""
        self._heard: tuple[datetime, float] | None = None

    def hear(self, date: str | None) -> None:
        """Take the `Date` of a response; one that is invalid is ignored."""
        if date is not None:
            with suppress(ValueError):
                stated = parsedate_to_datetime(date)
                self._heard = (stated.replace(tzinfo=stated.tzinfo or UTC), time.monotonic())

    def __call__(self) -> datetime | None:
        """Return the time; None if it was not stated yet."""
        if self._heard is None:
            return None
        stated, at = self._heard
        return stated + timedelta(seconds=time.monotonic() - at)


class WorkerContext(NamedTuple):
    """What a task works with.

    Attributes:
        account: the client.
        store: the destination.
        template: the archive's layout.
        stopping: once it is set, every task stops at the next chunk of audio.
    """

    account: Account
    store: Store
    template: str
    stopping: Event

    def check_stopped(self) -> None:
        """Raise StoppedError if the run has been interrupted."""
        if self.stopping.is_set():
            raise StoppedError


class RemoteContext(Struct, frozen=True):
    """What a worker of an executor needs to make its context; can be pickled.

    Each worker process makes one client and one store of its own, and finishes its tasks when the
    run is interrupted. A worker that is a thread of the run's own process uses those of the run.

    Attributes:
        connector: makes the client.
        url: the destination.
        template: the archive's layout.
        token: identifies the run.
    """

    connector: Connector
    url: str
    template: str
    token: str

    def here(self) -> WorkerContext:
        """Return the context of tasks in this process."""
        # A forked process has a copy of the table, but must not use the connections in it.
        found = _RUNS.get((os.getpid(), self.token))
        return found or _own_context(self.connector, self.url, self.template)


_RUNS: dict[tuple[int, str], WorkerContext] = {}
"""The contexts of the runs of this process, by its id and their tokens."""


@contextmanager
def registered(context: WorkerContext) -> Generator[str]:
    """Register a run's context, for workers in threads of this process; return its token."""
    process, token = os.getpid(), secrets.token_hex(8)
    _RUNS[process, token] = context
    try:
        yield token
    finally:
        del _RUNS[process, token]


@cache
def _own_context(connector: Connector, url: str, template: str) -> WorkerContext:
    connect, settings = connector
    return WorkerContext(connect(**dict(settings)), open_store(url), template, Event())


def run_in_worker(remote: RemoteContext, task: Callable[..., Any], *arguments: Any) -> Any:
    """Run a task, wherever an executor put it."""
    return task(remote.here(), *arguments)
