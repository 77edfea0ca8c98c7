"""Tests that the audio methods of a client pass on all of their arguments."""

import asyncio
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from callers import Held
from fakes import Server
from fakes_media import Telnyx, mp3, wav
from stores import Store
from telnyx_recordings.media import aio, sync
from telnyx_recordings.media.methods import AsyncAudioMethods, AudioMethods
from telnyx_recordings.media.steps import Fetched
from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.transport.media_aio import MediaSessions
from telnyx_recordings.transport.media_sync import MediaPool

AUDIO = mp3(100)


class BothFormats(Telnyx):
    """Has WAV and MP3, but no link yet when it is first asked."""

    def __init__(self, of_wav: Server, of_mp3: Server) -> None:
        super().__init__(of_wav)
        self._mp3 = Telnyx(of_mp3, form="mp3")
        self.held = Held(chance=0.0)

    def both(self) -> RecordingResponseData:
        """The recording with both links."""
        links = {"wav": self.link(), "mp3": self._mp3.link()}
        return RecordingResponseData.from_dict({"id": "rec-1", "download_urls": links})

    def fetch(self, recording_id: str) -> Fetched:
        """Give the recording; without links the first time."""
        assert recording_id == "rec-1"
        self.fetches += 1
        early = RecordingResponseData.from_dict({"id": "rec-1", "download_urls": {}})
        return Fetched(early if self.fetches == 1 else self.both(), self.date)


@pytest.fixture
def telnyx() -> Iterator[BothFormats]:
    """A Telnyx with one recording."""
    with Server(Store(wav(1000))) as of_wav, Server(Store(AUDIO)) as of_mp3:
        yield BothFormats(of_wav, of_mp3)


class Owner(AudioMethods):
    """A client with nothing but audio."""

    def __init__(self, context: sync.SyncContext) -> None:
        self._context = context

    def _download_context(self) -> sync.SyncContext:
        return self._context


class AsyncOwner(AsyncAudioMethods):
    """An asyncio client with nothing but audio."""

    def __init__(self, context: aio.AsyncContext) -> None:
        self._context = context

    def _download_context(self) -> aio.AsyncContext:
        return self._context


def settings(telnyx: BothFormats) -> dict[str, Any]:
    return {"timeout": 5.0, "environment": telnyx.held.environment()}


def call_sync(telnyx: BothFormats, file: io.BytesIO, **options: Any) -> list[Any]:
    """Call all methods of a client; return the results."""
    pool = MediaPool()
    owner = Owner(
        sync.SyncContext(pool=pool, fetch=telnyx.fetch, sleep=telnyx.held.sleep, **settings(telnyx))
    )
    try:
        to_file = owner.download("rec-1", file, **options)
        del options["progress"]
        telnyx.fetches = 0
        with owner.open_audio("rec-1", **options) as audio:
            content = audio.read()
        telnyx.fetches = 0
        return [to_file, content, owner.download(telnyx.both(), io.BytesIO())]
    finally:
        pool.close()


def call_async(telnyx: BothFormats, file: io.BytesIO, **options: Any) -> list[Any]:
    """Call all methods of an async client; return the results."""

    async def main() -> list[Any]:
        pool = MediaSessions()
        sleep = telnyx.held.sleep_async
        owner = AsyncOwner(
            aio.AsyncContext(pool=pool, fetch=telnyx.fetch_async, sleep=sleep, **settings(telnyx))
        )
        try:
            to_file = await owner.download("rec-1", file, **options)
            del options["progress"]
            telnyx.fetches = 0
            async with owner.open_audio("rec-1", **options) as audio:
                content = await audio.read()
            telnyx.fetches = 0
            return [to_file, content, await owner.download(telnyx.both(), io.BytesIO())]
        finally:
            await pool.close()

    return asyncio.run(main())


@pytest.mark.parametrize("call", [call_sync, call_async])
def test_client_methods_pass_all_arguments_on(
    telnyx: BothFormats, call: Callable[..., list[Any]]
) -> None:
    file, progress = io.BytesIO(), list[tuple[int, int]]()

    def note(done: int, total: int) -> None:
        progress.append((done, total))

    to_file, content, by_default = call(telnyx, file, format="mp3", progress=note, wait=9)
    assert (to_file.format, file.getvalue()) == ("mp3", AUDIO)
    assert progress[-1] == (len(AUDIO), len(AUDIO))
    assert content == AUDIO
    assert (by_default.format, telnyx.fetches) == ("wav", 0)
    assert len(telnyx.held.waits) == 2
