"""Tests what only the asyncio driver does: threads, cancellation and readers."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import pytest

import processes
from manual_transfer import AUDIO, RESET, SIZE, whole
from scripted import Script, async_context
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import DownloadInterruptedError, MediaIntegrityError
from telnyx_recordings.media import aio
from telnyx_recordings.media.aio import AsyncReader

T = TypeVar("T")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2, thread_name_prefix="of-the-client") as pool:
        yield pool


PLACE: ContextVar[str] = ContextVar("PLACE", default="nowhere")


class Watched(Files):
    """A disk that notes which thread uses it, and in which context."""

    def __init__(self) -> None:
        self.users: set[tuple[str, str]] = set()

    def write(self, descriptor: int, data: bytes) -> None:
        self.users.add((threading.current_thread().name[:13], PLACE.get()))
        super().write(descriptor, data)

    def close(self, descriptor: int) -> None:
        self.users.add((threading.current_thread().name[:13], PLACE.get()))
        super().close(descriptor)


def test_files_are_written_in_the_threads_of_the_client(
    threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    PLACE.set("here")
    for script in (Script(whole(AUDIO)), Script(whole(AUDIO[:300_000], RESET), ValueError())):
        files = Watched()
        context = async_context(script, threads, files=files)
        try:
            asyncio.run(aio.download(context, "rec-1", tmp_path / "a.wav"))
        except ValueError:
            (tmp_path / "a.wav").touch()
        assert files.users == {("of-the-client", "here")}
        (tmp_path / "a.wav").unlink()


class Slow(Files):
    """A disk that writes when it is let, or fails then."""

    def __init__(self, error: OSError | None = None) -> None:
        self.error = error
        self.began = threading.Event()
        self.may_write = threading.Event()
        self.done: list[str] = []

    def write(self, descriptor: int, data: bytes) -> None:
        self.began.set()
        assert self.may_write.wait(processes.PATIENCE)
        if self.error is not None:
            raise self.error
        super().write(descriptor, data)
        self.done.append("write")

    def close(self, descriptor: int) -> None:
        self.done.append("close")
        super().close(descriptor)


@pytest.mark.parametrize("error", [None, OSError(5, "bad disk")])
def test_cancelling_waits_for_the_disk(
    threads: ThreadPoolExecutor, tmp_path: Path, error: OSError | None
) -> None:
    files = Slow(error)
    script = Script(whole(AUDIO))
    reported: list[dict[str, Any]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: reported.append(context))
        context = async_context(script, threads, files=files)
        task = asyncio.create_task(aio.download(context, "rec-1", tmp_path / "a.wav"))
        await asyncio.to_thread(files.began.wait, processes.PATIENCE)
        for _ in range(3):
            task.cancel("enough")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert not task.done()
        assert files.done == []
        files.may_write.set()
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await task
        assert task.cancelled()

    asyncio.run(main())
    assert files.done[-1] == "close"
    assert script.open == []
    assert reported == []
    assert not (tmp_path / "a.wav").exists()


def reading(script: Script, work: Callable[[AsyncReader], Awaitable[T]], **options: Any) -> T:
    """Do something with a reader of a script's audio."""

    async def main() -> T:
        with ThreadPoolExecutor(1) as threads:
            context = async_context(script, threads, **options.pop("context", {}))
            return await work(AsyncReader(context, "rec-1", **options))

    return asyncio.run(main())


def test_reading_returns_as_many_bytes_as_requested() -> None:
    script = Script(whole(AUDIO[:300_000], AUDIO[300_000:]))

    async def work(audio: AsyncReader) -> list[bytes]:
        sizes = (0, 1, 7, 250_000, 100_000, -1, -1, 5)
        return [await audio.read(size) for size in sizes]

    pieces = reading(script, work, context={"timeout": 3.0})
    assert [len(piece) for piece in pieces] == [0, 1, 7, 250_000, 100_000, SIZE - 350_008, 0, 0]
    assert b"".join(pieces) == AUDIO
    assert script.asked[0][2] == 3.0


def test_a_reader_sends_no_request_before_the_first_read() -> None:
    script = Script(whole(AUDIO))

    async def work(audio: AsyncReader) -> bytes:
        assert await audio.read(0) == b""
        assert script.asked == []
        return await audio.read()

    assert reading(script, work) == AUDIO


def test_iterating_a_reader_yields_the_remaining_bytes() -> None:
    script = Script(whole(AUDIO[:300_000], AUDIO[300_000:]))

    async def work(audio: AsyncReader) -> list[bytes]:
        first = [await audio.read(10), await audio.read(299_990)]
        return first + [piece async for piece in audio]

    pieces = reading(script, work)
    assert b"".join(pieces) == AUDIO
    assert all(pieces)
    assert len(pieces) > 2


async def entered(audio: AsyncReader) -> AsyncReader:
    async with audio as same:
        return same


async def awaited(audio: AsyncReader) -> AsyncReader:
    """Await a reader, and close it."""
    same = await audio
    await same.aclose()
    return same


@pytest.mark.parametrize("opening", [entered, awaited])
def test_entering_or_awaiting_a_reader_opens_it(
    opening: Callable[[AsyncReader], Awaitable[AsyncReader]],
) -> None:
    script = Script(whole(AUDIO[:300_000], AUDIO[300_000:]))

    async def work(audio: AsyncReader) -> None:
        same = await opening(audio)
        assert same is audio
        assert len(script.asked) == 1
        assert script.open == []
        await audio.aclose()
        assert await audio.read(10) == AUDIO[:10]
        with pytest.raises(DownloadInterruptedError, match="the audio was closed"):
            await audio.read()

    reading(script, work)


def test_invalid_audio_never_ends_normally() -> None:
    wrong = AUDIO[:300_000] + b"x" + AUDIO[300_001:]
    md5 = '"' + "0" * 32 + '"'
    script = Script(whole(wrong, etag=md5), whole(wrong, etag=md5))

    async def work(audio: AsyncReader) -> None:
        for _ in range(2):
            with pytest.raises(MediaIntegrityError):
                await audio.read()

    reading(script, work)
