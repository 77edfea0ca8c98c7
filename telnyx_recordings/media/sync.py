"""Fetches audio synchronously: the loop that drives a transfer, and what a client offers of it."""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from telnyx_recordings.core.flow import World
from telnyx_recordings.core.retry import Wait
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.media.asking import Limits
from telnyx_recordings.media.checks import Format
from telnyx_recordings.media.drive import Drive
from telnyx_recordings.media.files import Files
from telnyx_recordings.media.job import Downloaded, Job, Progress
from telnyx_recordings.media.relay import Relay
from telnyx_recordings.media.steps import Fetch, Fetched, Local, Open, Sink, Step, Told
from telnyx_recordings.media.target import Destination, Target
from telnyx_recordings.transport.media_sync import MediaPool, MediaReply
from telnyx_recordings.transport.sync import WORLD

if TYPE_CHECKING:
    from telnyx_recordings.core.resource import RawResponse
    from telnyx_recordings.models.recording_response import RecordingResponse
    from telnyx_recordings.models.recording_response_data import RecordingResponseData

_BUFFER = 262_144


class Port(Struct, frozen=True, kw_only=True):
    """What fetching audio needs of a client, and what a test may put in its place.

    Attributes:
        pool: connections to stores.
        fetch: fetches a recording by its id.
        timeout: seconds to connect, and between two pieces of audio.
        world: time and chance.
        hosts: hosts that audio may come from, besides Telnyx's stores.
        limits: how patient a transfer is.
        files: the file system.
        sleep: waits so many seconds.
    """

    pool: MediaPool
    fetch: Callable[[str], Fetched]
    timeout: float
    world: World = WORLD
    hosts: tuple[str, ...] = ()
    limits: Limits = Limits()
    files: Files = field(default_factory=Files)
    sleep: Callable[[float], object] = time.sleep


def fetcher(retrieve: Callable[[str], RawResponse[RecordingResponse]]) -> Callable[[str], Fetched]:
    """Return what fetches a recording with a client's raw `retrieve`."""

    def fetch(recording_id: str) -> Fetched:
        answer = retrieve(recording_id)
        return Fetched(answer.parse().data, answer.headers.get("date"))

    return fetch


def download(  # noqa: PLR0913 - as `Client.download`
    port: Port,
    recording: RecordingResponseData | str,
    destination: Destination,
    *,
    form: Format | None = None,
    progress: Progress | None = None,
    wait: float | None = None,
) -> Downloaded:
    """Fetch a recording's audio to a path, a folder or an open binary file."""
    target = Target(destination, port.files)
    job = Job(recording, form or target.format, hosts=port.hosts, wait=wait)
    driver = _Driver(port, job, target.sink, progress)
    try:
        return driver.run()
    finally:
        driver.close()


def open_audio(
    port: Port,
    recording: RecordingResponseData | str,
    *,
    form: Format | None = None,
    wait: float | None = None,
) -> io.BufferedReader:
    """Give a recording's audio as a file to read from."""
    stream = AudioStream(port, Job(recording, form, hosts=port.hosts, wait=wait))
    try:
        stream.fill()
    except BaseException:
        stream.close()
        raise
    return io.BufferedReader(stream, _BUFFER)


class AudioStream(io.RawIOBase):
    """Audio that is read as it comes; the end is not told before everything was checked."""

    def __init__(self, port: Port, job: Job) -> None:
        """Ask for nothing yet."""
        self._ready: deque[memoryview] = deque()
        relay = Relay(lambda data: self._ready.append(memoryview(data)))
        self._driver = _Driver(port, job, lambda _chosen: relay)

    def fill(self) -> None:
        """Go on until there is something to read, or nothing more to come."""
        while not self._ready and self._driver.advance():
            pass

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read up to as many bytes as there is room for; 0 at the end.

        Raises:
            MediaError: the audio did not come, or is not what it should be.
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
        """Let go of the connection."""
        if not self.closed:
            self._driver.close()
        super().close()


class _Driver:
    """Takes a transfer's steps, one by one."""

    def __init__(
        self,
        port: Port,
        job: Job,
        sink_for: Callable[[Job], Sink],
        progress: Progress | None = None,
    ) -> None:
        self._drive = Drive(job, sink_for, port.world, port.limits, progress)
        self._port = port
        self._reply: MediaReply | None = None

    def run(self) -> Downloaded:
        """Take all steps."""
        while (result := self._drive.result) is None:
            self.advance()
        return result

    def advance(self) -> bool:
        """Take one step; False when there is none left."""
        with self._drive.step():
            step = self._drive.next()
            if step is not None:
                self._drive.told = self._take(step)
        return step is not None

    def _take(self, step: Step) -> Told:
        match step:
            case Open():
                self._hang_up()
                told = self._port.pool.open(step.url, step.headers, self._port.timeout)
                self._reply = told if isinstance(told, MediaReply) else None
                return told
            case Local():
                return step.work()
            case Fetch():
                try:
                    return self._port.fetch(step.recording_id)
                except NotFoundError as error:
                    return error
            case Wait():
                self._port.sleep(step.seconds)
                return None
            case _:
                return self._reply.read() if self._reply is not None else b""

    def close(self) -> None:
        """Let go of the connection and the sink; the sink keeps what a later transfer can use."""
        self._drive.end()
        self._hang_up()
        if self._drive.sink is not None:
            self._drive.sink.close()

    def _hang_up(self) -> None:
        if self._reply is not None:
            self._reply.close()
            self._reply = None
