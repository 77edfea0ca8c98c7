"""Tests what users get from `client.open_audio`: a stream that can be trusted, sync and async."""

import asyncio
import io
import shutil
import socket
import wave
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from behaviours import Reset
from downloads import AUDIO, OTHER
from fakes import Behaviour, Server, open_sockets
from fakes_media import DOWNLOADS, Telnyx, downloading, downloading_async, wav
from stores import EndsAfter, FlipsBit, InChunks, Refuses, StallsAfter, Store, WithoutLength
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaAccessError,
    MediaIdError,
    MediaIntegrityError,
    MediaUnavailableError,
    NotFoundError,
)
from telnyx_recordings.media import aio, sync
from telnyx_recordings.media.object_store import Limits
from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.sandbox import Sandbox

T = TypeVar("T")


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox with a recording `talk`, dual, of 4 s."""
    sandbox = Sandbox(3, 7)
    sandbox.add_recording(id="talk", channels="dual", duration_millis=4000)
    with sandbox:
        yield sandbox


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

    return with_async_reader(main, *script)


def with_async_reader(
    work: Callable[[aio.AsyncReader], Awaitable[T]], *script: Behaviour, **options: Any
) -> T:
    """Do something with an async reader of a store's audio."""

    async def main() -> T:
        with Server(*script) as store:
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
                assert await reader.read() == audio[100_010:]
                assert await reader.read() == b""
                assert await reader.read(5) == b""
            pieces = [each async for each in client.open_audio("talk", format="mp3")]
            assert b"".join(pieces) == box.audio("talk", "mp3")
            reader = await client.open_audio("talk")
            assert await reader.read(4) == b"RIFF"
            await reader.aclose()

    asyncio.run(main())


def test_early_errors_are_raised_by_opening(box: Sandbox) -> None:
    box.add_recording(id="bare", formats=())

    async def opened(recording_id: str) -> None:
        async with AsyncClient(box.api_key, box.base_url) as client:
            await client.open_audio(recording_id)

    for recording_id, kind in (
        ("nobody", NotFoundError),
        ("bare", MediaUnavailableError),
        ("..", MediaIdError),
    ):
        with Client(box.api_key, box.base_url) as client, pytest.raises(kind):
            client.open_audio(recording_id)
        with pytest.raises(kind):
            asyncio.run(opened(recording_id))


def test_readers_do_not_notice_broken_connections(read: Callable[..., bytes]) -> None:
    assert read(EndsAfter(AUDIO, size=300_000), Refuses(), Reset(), Store(AUDIO)) == AUDIO


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


def test_data_that_is_not_audio_is_never_returned() -> None:
    bad = [InChunks(b"<html>" * 999), EndsAfter(b"<html>" * 20_000, size=99)]

    async def work(reader: aio.AsyncReader) -> None:
        with pytest.raises(MediaIntegrityError):
            await reader.read(1)
        await reader.aclose()

    for store in bad:
        with_async_reader(work, store)
        file = io.BytesIO()
        for download in DOWNLOADS:
            with Server(store) as server:
                assert isinstance(download(Telnyx(server), file).error, MediaIntegrityError)
        assert file.getvalue() == b""


def test_a_refused_request_is_an_error(read: Callable[..., bytes]) -> None:
    with pytest.raises(MediaAccessError):
        read(Refuses())


def test_reading_after_an_error_raises_it_again() -> None:
    with (
        Server(FlipsBit(AUDIO, place=600_000)) as store,
        downloading(Telnyx(store)) as context,
        sync.open_audio(context, "rec-1") as audio,
    ):
        for _ in range(3):
            with pytest.raises(MediaIntegrityError, match="MD5"):
                audio.read()

    async def again(reader: aio.AsyncReader) -> None:
        for _ in range(3):
            with pytest.raises(MediaIntegrityError, match="MD5"):
                await reader.read()
        await reader.aclose()

    with_async_reader(again, FlipsBit(AUDIO, place=600_000))


def test_reading_after_closing_is_an_error() -> None:
    async def work(reader: aio.AsyncReader) -> None:
        async with reader:
            await reader.read(10)
        with pytest.raises(DownloadInterruptedError):
            await reader.read()

    with_async_reader(work, Store(wav(100_000)))


def test_reading_after_a_cancelled_read_is_an_error() -> None:
    before = open_sockets()

    async def work(reader: aio.AsyncReader) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 0.1)
        with pytest.raises(DownloadInterruptedError):
            await reader.read()
        await reader.aclose()

    with_async_reader(work, StallsAfter(AUDIO, size=300_000), limits=Limits(attempts=1))
    assert open_sockets() <= before


def test_reads_of_any_size_return_all_bytes() -> None:
    async def work(reader: aio.AsyncReader) -> bytes:
        read = [await reader.read(0), await reader.read(1)]
        async for piece in reader:
            read.append(piece)
            break
        read += [await reader.read(size) for size in (1, 65_536, 200_000)]
        assert [len(each) for each in read[-3:]] == [1, 65_536, 200_000]
        pieces = [piece async for piece in reader]
        assert all(pieces)
        assert await reader.read() == await reader.read(5) == b""
        return b"".join(read + pieces)

    assert with_async_reader(work, Store(AUDIO)) == AUDIO


def test_no_byte_is_returned_twice() -> None:
    async def work(reader: aio.AsyncReader) -> list[bytes]:
        async with reader:
            first = await anext(aiter(reader))
        return [first]

    [first] = with_async_reader(work, Store(AUDIO))

    async def again(reader: aio.AsyncReader) -> None:
        assert len(await reader.read(len(first))) == len(first)
        assert all([piece async for piece in reader])

    with_async_reader(again, Store(AUDIO))


@pytest.mark.parametrize("hosts", [(), ("media.example.com",)])
def test_media_hosts_are_used_for_open_audio_too(
    monkeypatch: pytest.MonkeyPatch, hosts: tuple[str, ...]
) -> None:
    looked_up: list[str] = []

    def nobody(host: str, *_: Any, **__: Any) -> list[Any]:
        looked_up.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "nobody")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    links = {"wav": "https://media.example.com/a.wav"}
    recording = RecordingResponseData.from_dict({"id": "rec-1", "download_urls": links})
    options: dict[str, Any] = {"hosts": hosts, "limits": Limits(attempts=1)}

    async def main() -> None:
        async with downloading_async(Telnyx(), **options) as context:
            await aio.AsyncReader(context, recording)

    kind = DownloadInterruptedError if hosts else MediaAccessError
    with pytest.raises(kind):
        asyncio.run(main())
    with downloading(Telnyx(), **options) as context, pytest.raises(kind):
        sync.open_audio(context, recording)
    assert looked_up == ["media.example.com"] * 2 * len(hosts)


def test_pieces_are_small_and_memory_is_bounded() -> None:
    async def work(reader: aio.AsyncReader) -> int:
        return max([len(piece) async for piece in reader])

    assert with_async_reader(work, Store(wav(400_000))) <= 1 << 20
