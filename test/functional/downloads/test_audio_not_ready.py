"""Tests waiting for audio that is not available yet, as just after a call."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callers import Held
from fakes import Server
from fakes_media import Download, Telnyx, wav
from stores import Store
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import MediaUnavailableError, NotFoundError
from telnyx_recordings.media.steps import Fetched
from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.sandbox import Sandbox

AUDIO = wav(1000)


@pytest.fixture
def store() -> Iterator[Server]:
    """A store with the audio."""
    with Server(Store(AUDIO)) as server:
        yield server


class Unready(Telnyx):
    """Does not know the recording for so many questions, then has no link for as many more."""

    def __init__(self, *stores: Server, unknown: int, bare: int) -> None:
        super().__init__(*stores)
        self.asked = 0
        self._unknown = unknown
        self._bare = unknown + bare

    def fetch(self, recording_id: str) -> Fetched:
        self.asked += 1
        if self.asked <= self._unknown:
            raise NotFoundError("404 Resource not found", status_code=404)
        if self.asked <= self._bare:
            return Fetched(RecordingResponseData(id=recording_id), self.date)
        return super().fetch(recording_id)


def test_audio_that_appears_within_the_wait_is_downloaded(
    download: Download, store: Server, tmp_path: Path
) -> None:
    held = Held(chance=1.0)
    telnyx = Unready(store, unknown=2, bare=2)
    got = download(telnyx, tmp_path, held=held, call={"wait": 60.0}).got
    assert (got.size, telnyx.asked) == (len(AUDIO), 5)
    assert held.waits == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(("unknown", "error"), [(99, NotFoundError), (1, MediaUnavailableError)])
def test_audio_that_does_not_appear_is_the_same_error_as_without_wait(
    download: Download, store: Server, tmp_path: Path, unknown: int, error: type[Any]
) -> None:
    held = Held(chance=1.0)
    telnyx = Unready(store, unknown=unknown, bare=99)
    outcome = download(telnyx, tmp_path, held=held, call={"wait": 10.0})
    assert isinstance(outcome.error, error)
    assert sum(held.waits) == 10.0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", [{}, {"wait": 0}])
def test_without_wait_the_api_gets_one_request(
    download: Download, store: Server, tmp_path: Path, call: dict[str, Any]
) -> None:
    telnyx = Unready(store, unknown=1, bare=0)
    outcome = download(telnyx, tmp_path, call=call)
    assert isinstance(outcome.error, NotFoundError)
    assert (telnyx.asked, outcome.waits) == (1, [])


@pytest.mark.parametrize("wait", [-1, float("nan"), "10", True])
def test_invalid_waits_are_refused(
    download: Download, store: Server, tmp_path: Path, wait: object
) -> None:
    telnyx = Unready(store, unknown=1, bare=0)
    assert isinstance(download(telnyx, tmp_path, call={"wait": wait}).error, ValueError)
    assert telnyx.asked == 0


@pytest.mark.parametrize("thing", [None, 7, {"id": "rec-1"}, b"rec-1"])
def test_other_objects_than_recordings_are_type_errors(
    download: Download, store: Server, tmp_path: Path, thing: object
) -> None:
    error = download(Telnyx(store), tmp_path, thing).error
    assert isinstance(error, TypeError)
    assert "a recording or its id" in str(error)


async def _read(box: Sandbox) -> bytes:
    async with AsyncClient(box.api_key, box.base_url) as client:
        box.fail_next(404)
        async with client.open_audio("new", wait=30) as audio:
            return await audio.read()


def test_clients_pass_the_wait_on(tmp_path: Path) -> None:
    with Sandbox(recordings=0) as box:
        box.add_recording(id="new", duration_millis=100)
        audio = box.audio("new", "wav")
        with Client(box.api_key, box.base_url) as client:
            box.fail_next(404)
            assert client.download("new", tmp_path, wait=30).size == len(audio)
            box.fail_next(404)
            with client.open_audio("new", wait=30) as file:
                assert file.read() == audio
        assert asyncio.run(_read(box)) == audio
