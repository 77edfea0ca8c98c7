"""Fetches audio from asyncio: the loop that drives a transfer, and what a client offers of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextvars import copy_context
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

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
from telnyx_recordings.transport.aio import WORLD
from telnyx_recordings.transport.media_aio import MediaReply, MediaSessions

if TYPE_CHECKING:
    from telnyx_recordings.core.resource import RawResponse
    from telnyx_recordings.models.recording_response import RecordingResponse
    from telnyx_recordings.models.recording_response_data import RecordingResponseData


class Port(Struct, frozen=True, kw_only=True):
    """What fetching audio needs of a client, and what a test may put in its place.

    Attributes:
        pool: connections to stores, and threads for the disk and for hashes.
        fetch: fetches a recording by its id.
        timeout: seconds to connect, and between two pieces of audio.
        world: time and chance.
        hosts: hosts that audio may come from, besides Telnyx's stores.
        limits: how patient a transfer is.
        files: the file system.
        sleep: waits so many seconds.
    """

    pool: MediaSessions
    fetch: Callable[[str], Awaitable[Fetched]]
    timeout: float
    world: World = WORLD
    hosts: tuple[str, ...] = ()
    limits: Limits = Limits()
    files: Files = field(default_factory=Files)
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


def fetcher(
    retrieve: Callable[[str], Awaitable[RawResponse[RecordingResponse]]],
) -> Callable[[str], Awaitable[Fetched]]:
    """Return what fetches a recording with a client's raw `retrieve`."""

    async def fetch(recording_id: str) -> Fetched:
        answer = await retrieve(recording_id)
        return Fetched(answer.parse().data, answer.headers.get("date"))

    return fetch


async def download(  # noqa: PLR0913 - as `Client.download`
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
        return await driver.run()
    finally:
        await driver.close()


class AsyncReader:
    """A recording's audio, to be read as it comes.

    Await it, or enter it with ``async with``, to have it asked for; reading does so too. The end is
    not told before everything was checked.
    """

    def __init__(
        self,
        port: Port,
        recording: RecordingResponseData | str,
        *,
        form: Format | None = None,
        wait: float | None = None,
    ) -> None:
        """Ask for nothing yet."""
        self._ready: deque[bytes] = deque()
        relay = Relay(self._ready.append)
        job = Job(recording, form, hosts=port.hosts, wait=wait)
        self._driver = _Driver(port, job, lambda _chosen: relay)

    async def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; all that follow when it is negative.

        Raises:
            MediaError: the audio did not come, or is not what it should be.
            APIError: the recording could not be fetched.
        """
        pieces: list[bytes] = []
        wanted = size
        while wanted and (await self._fill()):
            piece = self._ready.popleft()
            if 0 <= wanted < len(piece):
                self._ready.appendleft(piece[wanted:])
                piece = piece[:wanted]
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._driver.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give what follows, piece by piece, as it comes."""
        while await self._fill():
            yield self._ready.popleft()

    def __await__(self) -> Generator[Any, None, Self]:
        """Have it asked for: errors at the beginning come here, and not with the first read."""
        return self.__aenter__().__await__()

    async def __aenter__(self) -> Self:
        """Have it asked for."""
        try:
            await self._fill()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the connection."""
        await self.aclose()

    async def _fill(self) -> bool:
        """Go on until there is something to read; False when nothing more comes."""
        while not self._ready:
            if not await self._driver.advance():
                return False
        return True


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

    async def run(self) -> Downloaded:
        """Take all steps."""
        while (result := self._drive.result) is None:
            await self.advance()
        return result

    async def advance(self) -> bool:
        """Take one step; False when there is none left."""
        with self._drive.step():
            step = self._drive.next()
            if step is not None:
                self._drive.told = await self._take(step)
        return step is not None

    async def _take(self, step: Step) -> Told:
        match step:
            case Open():
                self._hang_up()
                told = await self._port.pool.open(step.url, step.headers, self._port.timeout)
                self._reply = told if isinstance(told, MediaReply) else None
                return told
            case Local():
                return await self._in_thread(step.work)
            case Fetch():
                try:
                    return await self._port.fetch(step.recording_id)
                except NotFoundError as error:
                    return error
            case Wait():
                await self._port.sleep(step.seconds)
                return None
            case _:
                return await self._reply.read() if self._reply is not None else b""

    async def close(self) -> None:
        """Let go of the connection and the sink; the sink keeps what a later transfer can use."""
        self._drive.end()
        self._hang_up()
        sink = self._drive.sink
        if sink is not None and sink.is_open:
            await self._in_thread(sink.close)

    def _hang_up(self) -> None:
        if self._reply is not None:
            self._reply.close()
            self._reply = None

    async def _in_thread(self, work: Callable[[], object]) -> object:
        """Do something outside the loop, to its end even when this task is cancelled meanwhile.

        A thread cannot be stopped, and what it writes to must not be closed under it.
        """
        in_context = copy_context().run
        task = asyncio.get_running_loop().run_in_executor(self._port.pool.threads, in_context, work)
        cancelled = None
        while not task.done():
            try:
                await asyncio.wait((task,))
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            task.exception()  # looked at, so that asyncio does not report it as never looked at
            raise cancelled
        return task.result()
