"""Holds how audio is fetched from asyncio: what is asked, and what a cancellation ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import pytest

from fakes_media import FailingFiles, mp3
from manual_transfer import AUDIO, LINK, RESET, SIZE, Head, ranged, rest, whole
from scripted import Script, async_context, raw
from telnyx_recordings.core.resource import RawResponse
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaAccessError,
    MediaIntegrityError,
    MediaStorageError,
    NotFoundError,
)
from telnyx_recordings.media import aio
from telnyx_recordings.media.aio import AsyncReader, DownloadContext
from telnyx_recordings.media.job import Downloaded
from telnyx_recordings.media.object_store import Limits

T = TypeVar("T")
GONE = NotFoundError("no such recording", status_code=404)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """A client's threads."""
    with ThreadPoolExecutor(2, thread_name_prefix="of-the-client") as pool:
        yield pool


def test_a_download(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    """The store is asked with the client's timeout; the answer is let go of, read or not."""
    script = Script(whole(AUDIO[: SIZE // 2], AUDIO[SIZE // 2 :]))
    progress: list[tuple[int, int]] = []
    got = asyncio.run(
        aio.download(
            async_context(script, threads),
            "rec-1",
            tmp_path / "a.wav",
            progress=lambda done, total: progress.append((done, total)),
        )
    )
    assert (got.path, got.size, got.format) == (tmp_path / "a.wav", SIZE, "wav")
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    [(url, headers, timeout)] = script.asked
    assert url.startswith(LINK)
    assert (headers["accept-encoding"], timeout) == ("identity", 7.5)
    assert (script.open, script.hand.fetches) == ([], 1)
    assert progress[-1] == (SIZE, SIZE)


@pytest.mark.parametrize(("form", "name"), [("mp3", "a.wav"), (None, "a.mp3")])
def test_the_format_that_is_asked_for(
    threads: ThreadPoolExecutor, tmp_path: Path, form: Any, name: str
) -> None:
    """It goes before that which the file's ending names, and that before what there is."""
    audio = mp3(100)
    script = Script(whole(audio, size=len(audio)))
    links = {"wav": "https://media.telnyx.com/x.wav", "mp3": "https://media.telnyx.com/x.mp3"}
    recording = script.hand.recording(download_urls=links)
    context = async_context(script, threads)
    got = asyncio.run(aio.download(context, recording, tmp_path / name, form=form))
    assert got.format == "mp3"
    assert script.asked[0][0].endswith("x.mp3")


def test_what_a_client_allows(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    """Its hosts, its limits and its file system are those of the download."""
    script = Script(whole(AUDIO), RESET, whole(AUDIO))
    elsewhere = script.hand.recording(download_urls={"wav": "https://audio.example.com/x.wav"})

    def download(name: str, recording: Any = elsewhere, **context: Any) -> Downloaded:
        ready = async_context(script, threads, **context)
        return asyncio.run(aio.download(ready, recording, tmp_path / name))

    allowed: dict[str, Any] = {"hosts": ("audio.example.com",), "limits": Limits(attempts=1)}
    download("a.wav", **allowed)
    with pytest.raises(MediaAccessError):
        download("b.wav")
    with pytest.raises(DownloadInterruptedError, match="recording rec-1: "):
        download("b.wav", **allowed)
    with pytest.raises(MediaStorageError):
        download("b.wav", "rec-1", files=FailingFiles("open_part"))
    assert len(script.asked) == 2


def test_a_broken_answer_is_let_go_of_before_the_next(
    threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    """The wait between them is the client's; the rest alone is asked for."""
    script = Script(whole(AUDIO[:300_000], RESET), RESET, rest(300_000))
    context = async_context(script, threads)
    assert asyncio.run(aio.download(context, "rec-1", tmp_path / "a.wav")).fetched == SIZE
    assert script.open == []
    for _, headers, _ in script.asked[1:]:
        assert ranged(300_000).items() <= headers.items()
    assert script.hand.held.waits


def test_a_recording_that_is_not_there_yet(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    """It is waited for as long as the caller says."""
    script = Script(whole(AUDIO), recordings=[GONE])
    context = async_context(script, threads)
    assert asyncio.run(aio.download(context, "rec-1", tmp_path / "a.wav", wait=60)).size == SIZE
    assert script.hand.fetches == 2
    script = Script(whole(AUDIO), recordings=[GONE])
    with pytest.raises(NotFoundError) as raised:
        asyncio.run(aio.download(async_context(script, threads), "rec-1", tmp_path / "b.wav"))
    assert raised.value is GONE


def test_a_download_that_fails_lets_go_of_everything(
    threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    """Of the answer and of the part, which stays; a later download goes on with it."""
    script = Script(whole(AUDIO[:300_000], RESET), ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        asyncio.run(aio.download(async_context(script, threads), "rec-1", tmp_path / "a.wav"))
    assert script.open == []
    script = Script(rest(300_000))
    context = async_context(script, threads)
    got = asyncio.run(aio.download(context, "rec-1", tmp_path / "a.wav"))
    assert got.fetched == SIZE - 300_000


PLACE: ContextVar[str] = ContextVar("PLACE", default="nowhere")


class Watched(Files):
    """A disk that notes which thread uses it, and in which context."""

    def __init__(self) -> None:
        self.users: set[tuple[str, str]] = set()

    def write(self, descriptor: int, data: bytes) -> None:
        """Note and write."""
        self.users.add((threading.current_thread().name[:13], PLACE.get()))
        super().write(descriptor, data)

    def close(self, descriptor: int) -> None:
        """Note and close."""
        self.users.add((threading.current_thread().name[:13], PLACE.get()))
        super().close(descriptor)


def test_the_disk_is_used_in_threads(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    """In those of the client, in the context of the caller; also after a failure."""
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
        """Wait, and write."""
        self.began.set()
        self.may_write.wait()
        if self.error is not None:
            raise self.error
        super().write(descriptor, data)
        self.done.append("write")

    def close(self, descriptor: int) -> None:
        """Note and close."""
        self.done.append("close")
        super().close(descriptor)


@pytest.mark.parametrize("error", [None, OSError(5, "bad disk")])
def test_a_cancellation_waits_for_the_disk(
    threads: ThreadPoolExecutor, tmp_path: Path, error: OSError | None
) -> None:
    """What is written to is not closed under it, however often the task is cancelled."""
    files = Slow(error)
    script = Script(whole(AUDIO))
    reported: list[dict[str, Any]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: reported.append(context))
        context = async_context(script, threads, files=files)
        task = asyncio.create_task(aio.download(context, "rec-1", tmp_path / "a.wav"))
        await asyncio.to_thread(files.began.wait)
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


def reading(
    script: Script,
    work: Callable[[AsyncReader], Awaitable[T]],
    **options: Any,
) -> T:
    """Do something with a reader of a script's audio."""

    async def main() -> T:
        with ThreadPoolExecutor(1) as threads:
            context = async_context(script, threads, **options.pop("context", {}))
            return await work(AsyncReader(context, "rec-1", **options))

    return asyncio.run(main())


def test_a_reader_gives_what_is_asked_for() -> None:
    """As many bytes as that, fewer only at the end, all when the number is negative."""
    script = Script(whole(AUDIO[:300_000], AUDIO[300_000:]))

    async def work(audio: AsyncReader) -> list[bytes]:
        sizes = (0, 1, 7, 250_000, 100_000, -1, -1, 5)
        return [await audio.read(size) for size in sizes]

    pieces = reading(script, work, context={"timeout": 3.0})
    assert [len(piece) for piece in pieces] == [0, 1, 7, 250_000, 100_000, SIZE - 350_008, 0, 0]
    assert b"".join(pieces) == AUDIO
    assert script.asked[0][2] == 3.0


def test_a_reader_reads_all_unless_it_is_told_how_much() -> None:
    """And asks for nothing until then, nor for no bytes."""
    script = Script(whole(AUDIO))

    async def work(audio: AsyncReader) -> bytes:
        assert await audio.read(0) == b""
        assert script.asked == []
        return await audio.read()

    assert reading(script, work) == AUDIO


def test_a_reader_gives_pieces_as_they_come() -> None:
    """All bytes, in order, none twice; also after something was read."""
    script = Script(whole(AUDIO[:300_000], AUDIO[300_000:]))

    async def work(audio: AsyncReader) -> list[bytes]:
        first = [await audio.read(10), await audio.read(299_990)]
        return first + [piece async for piece in audio]

    pieces = reading(script, work)
    assert b"".join(pieces) == AUDIO
    assert all(pieces)
    assert len(pieces) > 2


async def entered(audio: AsyncReader) -> AsyncReader:
    """Enter a reader."""
    async with audio as same:
        return same


async def awaited(audio: AsyncReader) -> AsyncReader:
    """Await a reader, and close it."""
    same = await audio
    await same.aclose()
    return same


@pytest.mark.parametrize("opening", [entered, awaited])
def test_a_reader_is_opened(opening: Callable[[AsyncReader], Awaitable[AsyncReader]]) -> None:
    """The audio is asked for then, and the answer let go of with the reader."""
    script = Script(whole(AUDIO[:300_000], AUDIO[300_000:]))

    async def work(audio: AsyncReader) -> None:
        same = await opening(audio)
        assert same is audio
        assert len(script.asked) == 1
        assert script.open == []
        await audio.aclose()
        assert await audio.read(10) == AUDIO[:10]
        with pytest.raises(DownloadInterruptedError, match="reading the audio was ended"):
            await audio.read()

    reading(script, work)


@pytest.mark.parametrize("opening", [entered, awaited])
def test_a_reader_that_cannot_be_opened(
    opening: Callable[[AsyncReader], Awaitable[AsyncReader]],
) -> None:
    """The error comes at once, and nothing stays open."""
    script = Script(Head(404, {}, (b"<Code>NoSuchKey</Code>",)))
    with pytest.raises(MediaAccessError):
        reading(script, opening)
    assert script.open == []


def test_a_reader_of_what_is_asked_for() -> None:
    """In this format, from these hosts, after such a wait."""
    audio = mp3(100)
    script = Script(whole(audio, size=len(audio)), recordings=[GONE])
    links = {"wav": "https://audio.example.com/x.wav", "mp3": "https://audio.example.com/x.mp3"}
    script.hand.recordings.append(script.hand.recording(download_urls=links))
    context = {"hosts": ("audio.example.com",)}
    assert reading(script, AsyncReader.read, form="mp3", wait=60, context=context) == audio
    assert script.asked[0][0].endswith("x.mp3")


def test_the_end_is_not_told_before_everything_was_checked() -> None:
    """What is wrong in the end is an error with the last bytes, and again after them."""
    wrong = AUDIO[:300_000] + b"x" + AUDIO[300_001:]
    md5 = '"' + "0" * 32 + '"'
    script = Script(whole(wrong, etag=md5), whole(wrong, etag=md5))

    async def work(audio: AsyncReader) -> None:
        for _ in range(2):
            with pytest.raises(MediaIntegrityError):
                await audio.read()

    reading(script, work)


def test_what_fetches_a_recording() -> None:
    """The recording of an answer, and when the answer was made, if it says so."""
    recording = Script().hand.recording()

    asked: list[str] = []

    async def retrieve(recording_id: str) -> RawResponse[Any]:
        asked.append(recording_id)
        return raw(recording, {"date": "Mon"} if len(asked) == 1 else {})

    async def main() -> None:
        fetch = aio.fetcher(retrieve)
        first, second = await fetch("rec-1"), await fetch("rec-2")
        assert first.recording is recording
        assert (first.date, second.date) == ("Mon", None)

    asyncio.run(main())
    assert asked == ["rec-1", "rec-2"]


def test_what_a_client_leaves_out(threads: ThreadPoolExecutor) -> None:
    """A context waits by the clock, has no other hosts, and the usual limits."""
    script = Script()
    context = DownloadContext(
        pool=async_context(script, threads).pool, fetch=script.fetch_async, timeout=1.0
    )
    assert context.sleep is asyncio.sleep
    assert (context.hosts, context.limits) == ((), Limits())
