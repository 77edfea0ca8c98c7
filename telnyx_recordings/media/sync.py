"""Downloads audio: the sync driver of a transfer, and what clients do with it."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from telnyx_recordings.core.call.retry import Wait
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.media import links
from telnyx_recordings.media.duration import Format
from telnyx_recordings.media.job import AnyRecording, DownloadJob
from telnyx_recordings.media.part_file import Part
from telnyx_recordings.media.sinks import Destination, Relay, Target
from telnyx_recordings.media.steps import Fetch, Fetched, Local, Open, Step, StepResult
from telnyx_recordings.media.transfer import (
    DownloadContext,
    Downloaded,
    DownloadedToFile,
    Progress,
    Transfer,
)
from telnyx_recordings.transport.media_sync import MediaPool, MediaReply

if TYPE_CHECKING:
    from telnyx_recordings.core.responses import RawResponse
    from telnyx_recordings.media.own_storage import OwnReply
    from telnyx_recordings.models.recording_response import RecordingResponse

SyncContext = DownloadContext[MediaPool, Fetched]

_BUFFER = 262_144


def fetcher(retrieve: Callable[[str], RawResponse[RecordingResponse]]) -> Callable[[str], Fetched]:
    """Return a function that retrieves a recording with a client's raw `retrieve`."""

    def fetch(recording_id: str) -> Fetched:
        response = retrieve(recording_id)
        return Fetched(response.parse().data, response.headers.get("date"))

    return fetch


def download(  # noqa: PLR0913 - as `Client.download`
    context: SyncContext,
    recording: AnyRecording,
    destination: Destination,
    *,
    form: Format | None = None,
    progress: Progress | None = None,
    wait: float | None = None,
) -> Downloaded | DownloadedToFile:
    """Download a recording's audio to a path, a folder or an open binary file."""
    target = Target(destination, context.files)
    job = context.job(recording, form or target.format, wait)
    driver = _Driver(context, job, target.sink, progress)
    try:
        return driver.run()
    finally:
        driver.close()


def open_audio(
    context: SyncContext,
    recording: AnyRecording,
    *,
    form: Format | None = None,
    wait: float | None = None,
) -> io.BufferedReader:
    """Return a file object that reads a recording's audio while it is downloaded."""
    stream = AudioStream(context, context.job(recording, form, wait))
    try:
        stream.fill()
    except BaseException:
        stream.close()
        raise
    return io.BufferedReader(stream, _BUFFER)


class AudioStream(io.RawIOBase):
    """A raw stream of audio while it is downloaded; its end is reported only after all checks."""

    def __init__(self, context: SyncContext, job: DownloadJob) -> None:
        """Set up the download; this sends no request."""
        self._ready: deque[memoryview] = deque()
        relay = Relay(lambda data: self._ready.append(memoryview(data)))
        self._driver = _Driver(context, job, lambda _chosen: relay)

    def fill(self) -> None:
        """Carry out steps until there is something to read, or the download has ended."""
        while not self._ready and self._driver.advance():
            pass

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; return the number of bytes, 0 at the end.

        Raises:
            MediaError: the download failed, or the audio is invalid.
        """
        self.fill()
        room = memoryview(buffer).cast("B")
        done = 0
        while self._ready and done < len(room):
            piece = self._ready.popleft()
            count = min(len(piece), len(room) - done)
            room[done : done + count] = piece[:count]
            done += count
            if count < len(piece):
                self._ready.appendleft(piece[count:])
        return done

    def close(self) -> None:
        """Release the connection."""
        if not self.closed:
            self._driver.close()
        super().close()


class _Driver(Transfer[MediaPool, Fetched]):
    """Carries out the steps of a transfer."""

    _reply: MediaReply | OwnReply | None = None

    def run(self) -> Downloaded | DownloadedToFile:
        """Carry out all steps."""
        while (result := self.result) is None:
            self.advance()
        return result

    def advance(self) -> bool:
        """Carry out a step; return False if there is none left."""
        with self.step() as step:
            if step is not None:
                self.step_result = self._take(step)
        return step is not None

    def _take(self, step: Step) -> StepResult:
        match step:
            case Open():
                self._hang_up()
                result = self._open(step)
                self._reply = None if isinstance(result, Failure) else result
                return result
            case Local():
                return step.work()
            case Fetch():
                try:
                    return self.context.fetch(step.recording_id)
                except NotFoundError as error:
                    return error
            case Wait():
                self.context.sleep(step.seconds)
                return None
            case _:
                return self._reply.read() if self._reply is not None else b""

    def _open(self, step: Open) -> MediaReply | OwnReply | Failure:
        own = self.context.own_storage
        if own is not None and links.is_own(step.url, self.context.hosts):
            return own.open(step.url, step.headers)
        return self.context.pool.open(step.url, step.headers, self.context.timeout)

    def close(self) -> None:
        """Close the connection and the sink, which keeps what a later transfer can resume."""
        self.end()
        self._hang_up()
        if isinstance(self.sink, Part):
            self.sink.close()

    def _hang_up(self) -> None:
        if self._reply is not None:
            self._reply.close()
            self._reply = None
