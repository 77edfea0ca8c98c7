"""Holds that what a client's audio methods are told reaches what does the work."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

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

    def __init__(self, telnyx: BothFormats, pool: MediaPool) -> None:
        self._context = sync.SyncContext(
            pool=pool,
            fetch=telnyx.fetch,
            timeout=5.0,
            environment=telnyx.held.environment(),
            sleep=telnyx.held.sleep,
        )

    def _download_context(self) -> sync.SyncContext:
        return self._context


class AsyncOwner(AsyncAudioMethods):
    """An asyncio client with nothing but audio."""

    def __init__(self, telnyx: BothFormats, pool: MediaSessions) -> None:
        self._context = aio.AsyncContext(
            pool=pool,
            fetch=telnyx.fetch_async,
            timeout=5.0,
            environment=telnyx.held.environment(),
            sleep=telnyx.held.sleep_async,
        )

    def _download_context(self) -> aio.AsyncContext:
        return self._context


def test_client_methods_pass_all_arguments_on(telnyx: BothFormats) -> None:
    pool, file, progress = MediaPool(), io.BytesIO(), list[tuple[int, int]]()
    owner = Owner(telnyx, pool)
    try:
        found = owner.download(
            "rec-1",
            file,
            format="mp3",
            progress=lambda done, total: progress.append((done, total)),
            wait=9,
        )
        assert (found.format, file.getvalue()) == ("mp3", AUDIO)
        assert progress[-1] == (len(AUDIO), len(AUDIO))
        telnyx.fetches = 0
        with owner.open_audio("rec-1", format="mp3", wait=9) as audio:
            assert audio.read() == AUDIO
        telnyx.fetches = 0
        assert owner.download(telnyx.both(), io.BytesIO()).format == "wav"
        assert telnyx.fetches == 0
        assert len(telnyx.held.waits) == 2
    finally:
        pool.close()


def test_async_client_methods_pass_all_arguments_on(telnyx: BothFormats) -> None:
    file, progress = io.BytesIO(), list[tuple[int, int]]()

    async def main() -> None:
        pool = MediaSessions()
        owner = AsyncOwner(telnyx, pool)
        try:
            found = await owner.download(
                "rec-1",
                file,
                format="mp3",
                progress=lambda done, total: progress.append((done, total)),
                wait=9,
            )
            assert (found.format, file.getvalue()) == ("mp3", AUDIO)
            assert progress[-1] == (len(AUDIO), len(AUDIO))
            telnyx.fetches = 0
            async with owner.open_audio("rec-1", format="mp3", wait=9) as audio:
                assert await audio.read() == AUDIO
            telnyx.fetches = 0
            assert (await owner.download(telnyx.both(), io.BytesIO())).format == "wav"
            assert telnyx.fetches == 0
            assert len(telnyx.held.waits) == 2
        finally:
            await pool.close()

    asyncio.run(main())
