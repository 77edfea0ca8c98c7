"""Tests what users get from `client.open_audio`: a stream that can be trusted, sync and async."""

import asyncio
import io
import shutil
import wave
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from behaviours import RESET
from callers import KEY
from clients import Run, each_way
from downloads import AUDIO, OTHER
from fakes import Behaviour, Server, open_sockets
from fakes_media import Telnyx, downloading, downloading_async, wav
from stores import EndsAfter, FlipsBit, InChunks, Refuses, StallsAfter, Store, WithoutLength
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaIdError,
    MediaIntegrityError,
    MediaUnavailableError,
    NotFoundError,
)
from telnyx_recordings.media import aio, sync
from telnyx_recordings.media.object_store import Limits
from telnyx_recordings.sandbox import Sandbox

T = TypeVar("T")


def read_sync(*script: Behaviour) -> bytes:
    with (
        Server(*script) as store,
        downloading(Telnyx(store)) as context,
        sync.open_audio(context, "rec-1") as audio,
    ):
        return audio.read()


def read_async(*script: Behaviour) -> bytes:
    async def main(audio: aio.AsyncReader) -> bytes:
        async with audio:
            return await audio.read()

    with Server(*script) as store:
        return with_async_reader(store, main)


def with_async_reader(
    store: Server, work: Callable[[aio.AsyncReader], Awaitable[T]], **options: Any
) -> T:
    """Do something with an async reader of a store's audio."""

    async def main() -> T:
        async with downloading_async(Telnyx(store), **options) as context:
            return await work(aio.AsyncReader(context, "rec-1"))

    return asyncio.run(main())


READS: list[Callable[..., bytes]] = [read_sync, read_async]


@pytest.fixture(params=READS, ids=["sync", "async"])
def read(request: pytest.FixtureRequest) -> Callable[..., bytes]:
    """How to read: both ways have to behave alike."""
    found: Callable[..., bytes] = request.param
    return found


def test_open_audio_returns_a_readable_file(box: Sandbox) -> None:
    audio = box.audio("talk", "wav")
    with Client(box.api_key, box.base_url) as client:
        with client.open_audio("talk") as file, wave.open(file) as found:
            assert found.getparams()[:4] == (2, 2, 8000, 32_000)
            assert found.readframes(32_000) == audio[44:]
        copy = io.BytesIO()
        with client.open_audio("talk", format="mp3") as file:
            assert (file.readable(), file.seekable(), file.writable()) == (True, False, False)
            assert file.read(3) == b"ID3"
            copy.write(b"ID3")
            shutil.copyfileobj(file, copy, 1000)
            assert file.read() == b""
        assert copy.getvalue() == box.audio("talk", "mp3")
        assert file.closed


def test_an_async_reader_can_be_read_and_iterated(box: Sandbox) -> None:
    audio = box.audio("talk", "wav")

    async def main() -> None:
        async with AsyncClient(box.api_key, box.base_url) as client:
            async with client.open_audio("talk") as reader:
                assert await reader.read(0) == b""
                assert await reader.read(10) == audio[:10]
                assert await reader.read(100_000) == audio[10:100_010]
                assert await reader.read(len(audio) - 100_010) == audio[100_010:]
                assert [each async for each in reader] == []
                assert await reader.read() == b""
                assert await reader.read(5) == b""
            pieces = [each async for each in client.open_audio("talk", format="mp3")]
            assert b"".join(pieces) == box.audio("talk", "mp3")

    asyncio.run(main())


@each_way
@pytest.mark.parametrize(
    ("recording_id", "error"),
    [("nobody", NotFoundError), ("bare", MediaUnavailableError), ("..", MediaIdError)],
)
def test_early_errors_are_raised_by_opening(
    run: Run, recording_id: str, error: type[Exception]
) -> None:
    with Sandbox(0, api_key=KEY) as box:
        box.add_recording(id="bare", formats=())
        with pytest.raises(error):
            run(box.base_url, lambda client: client.open_audio(recording_id))


def test_readers_do_not_notice_broken_connections(read: Callable[..., bytes]) -> None:
    assert read(EndsAfter(AUDIO, size=300_000), Refuses(), RESET, Store(AUDIO)) == AUDIO


@pytest.mark.parametrize("etag", [None, '"several-2"', ""])
def test_audio_without_an_etag_is_read_again_from_the_start(
    read: Callable[..., bytes], etag: str | None
) -> None:
    script = (
        EndsAfter(AUDIO, size=300_000, etag=etag),
        EndsAfter(AUDIO, size=200_000, etag=None),
        Store(AUDIO, etag=etag),
    )
    assert read(*script) == AUDIO


@pytest.mark.parametrize("etag", ["", None])
@pytest.mark.parametrize("other", [OTHER, wav(41_000, seed=1)], ids=["as long", "longer"])
def test_replaced_audio_is_never_mixed(
    read: Callable[..., bytes], other: bytes, etag: str | None
) -> None:
    with pytest.raises(
        MediaIntegrityError, match=r"^recording rec-1: the audio changed during the download$"
    ):
        read(EndsAfter(AUDIO, size=300_000, etag=etag), Store(other, etag=etag))


def test_replaced_audio_with_the_same_beginning_continues(read: Callable[..., bytes]) -> None:
    """The new version may begin with the bytes that were already returned."""
    newer = AUDIO[:-2] + b"xy"
    assert read(EndsAfter(AUDIO, size=300_000), Store(newer)) == newer


def test_replaced_audio_that_is_shorter_is_an_error(read: Callable[..., bytes]) -> None:
    with pytest.raises(
        MediaIntegrityError, match=r"^recording rec-1: the audio changed during the download$"
    ):
        read(EndsAfter(AUDIO, size=600_000), Store(wav(10_000)))


@pytest.mark.parametrize(
    "bad", [FlipsBit(AUDIO, place=600_000), WithoutLength(AUDIO), Store(b"<html>" * 999)]
)
def test_corrupt_audio_never_ends_normally(read: Callable[..., bytes], bad: Behaviour) -> None:
    with pytest.raises(MediaIntegrityError):
        read(bad)


def test_reading_after_a_cancelled_read_is_an_error() -> None:
    before = open_sockets()

    async def work(reader: aio.AsyncReader) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 0.1)
        with pytest.raises(DownloadInterruptedError):
            await reader.read()
        await reader.aclose()

    with Server(StallsAfter(AUDIO, size=300_000)) as store:
        with_async_reader(store, work, limits=Limits(attempts=1))
    assert open_sockets() <= before


def test_pieces_have_a_mebibyte_at_most() -> None:
    async def work(reader: aio.AsyncReader) -> int:
        return max([len(piece) async for piece in reader])

    with Server(Store(wav(400_000))) as store:
        assert with_async_reader(store, work) <= 1 << 20


async def entered(audio: aio.AsyncReader) -> aio.AsyncReader:
    async with audio as same:
        return same


async def awaited(audio: aio.AsyncReader) -> aio.AsyncReader:
    same = await audio
    await same.aclose()
    return same


@pytest.mark.parametrize("opening", [entered, awaited])
def test_a_closed_reader_returns_only_the_bytes_that_it_has(
    opening: Callable[[aio.AsyncReader], Awaitable[aio.AsyncReader]],
) -> None:
    async def work(audio: aio.AsyncReader) -> None:
        assert await audio.read(0) == b""
        assert store.requests == []
        assert await opening(audio) is audio
        assert await asyncio.to_thread(lambda: store.open_lines) == 0
        await audio.aclose()
        assert await audio.read(10) == AUDIO[:10]
        with pytest.raises(DownloadInterruptedError, match="the audio was closed"):
            await audio.read()
        assert len(store.requests) == 1

    with Server(StallsAfter(AUDIO, size=300_000)) as store:
        with_async_reader(store, work)


def test_a_file_that_is_closed_early_closes_the_connection(store: Server) -> None:
    with downloading(Telnyx(store)) as context:
        audio = sync.open_audio(context, "rec-1")
        assert len(audio.peek(1)) >= 65_536
        audio.close()
        audio.close()
        assert store.open_lines == 0
        with pytest.raises(ValueError, match="closed"):
            audio.read(1)


def test_reading_invalid_audio_again_is_an_error_again() -> None:
    async def work(reader: aio.AsyncReader) -> None:
        for _ in range(2):
            with pytest.raises(MediaIntegrityError, match="MD5"):
                await reader.read()

    with Server(FlipsBit(AUDIO, place=600_000)) as store, downloading(Telnyx(store)) as context:
        with_async_reader(store, work)
        with sync.open_audio(context, "rec-1") as audio:
            for _ in range(2):
                with pytest.raises(MediaIntegrityError, match="MD5"):
                    audio.read()


@contextmanager
def stream_of(*script: Behaviour) -> Generator[sync.AudioStream]:
    """A raw stream of a store's audio."""
    with (
        Server(*script) as store,
        downloading(Telnyx(store)) as context,
        sync.AudioStream(context, context.job("rec-1", None, None)) as audio,
    ):
        yield audio


def test_a_stream_fills_buffers_of_any_size() -> None:
    with stream_of(Store(AUDIO)) as audio:
        assert audio.readable()
        got = bytearray()
        for size in (1, 7, 0, 250_000, 400_000, 400_000, 5):
            buffer = bytearray(size)
            count = audio.readinto(buffer)
            assert count <= size
            got += buffer[:count]
            assert not any(buffer[count:])
        while count := audio.readinto(buffer := bytearray(100_000)):
            got += buffer[:count]
        assert got == AUDIO
        audio.close()
        assert audio.closed


def test_a_stream_fills_buffers_of_any_item_size() -> None:
    with stream_of(Store(AUDIO)) as audio:
        room = memoryview(bytearray(80)).cast("d")
        assert audio.readinto(room) == 80
        assert bytes(room.cast("B")) == AUDIO[:80]


def test_a_stream_fills_one_buffer_from_several_pieces() -> None:
    with stream_of(InChunks(AUDIO)) as audio:
        buffer = bytearray(25_000)
        for at in (0, 25_000):
            assert audio.readinto(buffer) == 25_000
            assert buffer == AUDIO[at : at + 25_000]
