"""Tests waiting for audio that is not available yet, as just after a call."""

import io
from pathlib import Path
from typing import Any

import pytest

from callers import KEY, Held
from clients import Run, each_way, entered
from downloads import AUDIO
from fakes import Server
from fakes_media import Download, Telnyx
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.media.steps import Fetched
from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.sandbox import Sandbox


class Unready(Telnyx):
    """Does not know the recording for some requests, then has no link for some more."""

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


@pytest.mark.parametrize("wait", [-1, float("nan"), "10", True])
def test_invalid_waits_are_refused(
    download: Download, store: Server, tmp_path: Path, wait: object
) -> None:
    telnyx = Unready(store, unknown=1, bare=0)
    assert isinstance(download(telnyx, tmp_path, call={"wait": wait}).error, ValueError)
    assert telnyx.asked == 0


@each_way
def test_clients_pass_the_format_the_progress_and_the_wait_on(run: Run) -> None:
    file, progress = io.BytesIO(), list[tuple[int, ...]]()
    with Sandbox(0, api_key=KEY) as box:
        box.add_recording(id="new", duration_millis=100)
        audio = box.audio("new", "mp3")
        options = {"format": "mp3", "wait": 30}

        def note(*done: int) -> None:
            progress.append(done)

        def read(client: Any) -> Any:
            return entered(client.open_audio("new", **options), lambda stream: stream.read())

        box.fail_next(404)
        run(box.base_url, lambda client: client.download("new", file, progress=note, **options))
        box.fail_next(404)
        assert run(box.base_url, read) == [audio]
    assert file.getvalue() == audio
    assert progress[-1] == (len(audio), len(audio))
