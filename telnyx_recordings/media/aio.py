"""Downloads audio with asyncio: the async driver of a transfer, and what clients do with it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from telnyx_recordings.core.call.retry import Wait
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.media import links
from telnyx_recordings.media.duration import Format
from telnyx_recordings.media.job import AnyRecording
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
from telnyx_recordings.media.waiting import wait_out
from telnyx_recordings.transport.media_aio import MediaReply, MediaSessions

if TYPE_CHECKING:
    from telnyx_recordings.core.responses import AsyncRawResponse
    from telnyx_recordings.media.own_storage import OwnReply
    from telnyx_recordings.models.recording_response import RecordingResponse


T = TypeVar("T")

AsyncContext = DownloadContext[MediaSessions, Awaitable[Fetched]]


def fetcher(
    retrieve: Callable[[str], Awaitable[AsyncRawResponse[RecordingResponse]]],
) -> Callable[[str], Awaitable[Fetched]]:
    """Return a function that retrieves a recording with a client's raw `retrieve`."""

    async def fetch(recording_id: str) -> Fetched:
        response = await retrieve(recording_id)
        return Fetched((await response.parse()).data, response.headers.get("date"))

    return fetch


async def download(  # noqa: PLR0913 - as `Client.download`
    context: AsyncContext,
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
        return await driver.run()
    finally:
        await driver.close()


class AsyncReader:
    """A reader of a recording's audio, while it is downloaded.

    Await it, or enter it with ``async with``, to start the download; reading starts it too. The end
    is reported only after all checks.
    """

    def __init__(
        self,
        context: AsyncContext,
        recording: AnyRecording,
        *,
        form: Format | None = None,
        wait: float | None = None,
    ) -> None:
        """Set up the download; this sends no request."""
        self._ready: deque[bytes] = deque()
        relay = Relay(self._ready.append)
        job = context.job(recording, form, wait)
        self._driver = _Driver(context, job, lambda _chosen: relay)

    async def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; all that are left if it is negative.

        Raises:
            MediaError: the download failed, or the audio is invalid.
            APIError: the recording could not be retrieved.
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
        """Release the connection."""
        await self._driver.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the rest in pieces, as they arrive."""
        while await self._fill():
            yield self._ready.popleft()

    def __await__(self) -> Generator[Any, None, Self]:
        """Start the download, so that its first errors are raised here and not by reading."""
        return self.__aenter__().__await__()

    async def __aenter__(self) -> Self:
        """Start the download."""
        try:
            await self._fill()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Release the connection."""
        await self.aclose()

    async def _fill(self) -> bool:
        """Carry out steps until there is something to read; return False at the end."""
        while not self._ready:
            if not await self._driver.advance():
                return False
        return True


class _Driver(Transfer[MediaSessions, Awaitable[Fetched]]):
    """Carries out the steps of a transfer."""

    _reply: MediaReply | OwnReply | None = None

    async def run(self) -> Downloaded | DownloadedToFile:
        """Carry out all steps."""
        while (result := self.result) is None:
            await self.advance()
        return result

    async def advance(self) -> bool:
        """Carry out a step; return False if there is none left."""
        with self.step() as step:
            if step is not None:
                self.step_result = await self._take(step)
        return step is not None

    async def _take(self, step: Step) -> StepResult:
        match step:
            case Open():
                self._hang_up()
                result = await self._open(step)
                self._reply = None if isinstance(result, Failure) else result
                return result
            case Local():
                return await self._in_thread(step.work)
            case Fetch():
                try:
                    return await self.context.fetch(step.recording_id)
                except NotFoundError as error:
                    return error
            case Wait():
                await self.context.sleep(step.seconds)
                return None
            case _:
                return await self._read()

    async def _read(self) -> bytes | Failure:
        if isinstance(self._reply, MediaReply):
            return await self._reply.read()
        return b"" if self._reply is None else await self._in_thread(self._reply.read)

    async def _open(self, step: Open) -> MediaReply | OwnReply | Failure:
        own = self.context.own_storage
        if own is not None and links.is_own(step.url, self.context.hosts):
            return await self._in_thread(partial(own.open, step.url, step.headers))
        return await self.context.pool.open(step.url, step.headers, self.context.timeout)

    async def close(self) -> None:
        """Close the connection and the sink, which keeps what a later transfer can resume."""
        self.end()
        self._hang_up()
        if isinstance(self.sink, Part) and self.sink.is_open:
            await self._in_thread(self.sink.close)

    def _hang_up(self) -> None:
        if self._reply is not None:
            self._reply.close()
            self._reply = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Run work in a thread, to its end even if this task is cancelled.

        The file that the thread writes to must not be closed before the thread has ended.
        """
        run = copy_context().run
        threads = self.context.pool.threads
        return await wait_out(asyncio.get_running_loop().run_in_executor(threads, run, work))
