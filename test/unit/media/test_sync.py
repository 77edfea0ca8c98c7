"""Tests both drivers of a transfer; test_aio.py has the tests of what only asyncio does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from behaviours import Reply
from clients import Use, both
from fakes import Server
from fakes_media import FailingFiles, mp3
from manual_transfer import AUDIO, LINK, RESET, SIZE, Head, ranged, rest, whole
from scripted import Pool, Script, async_context, sync_context
from telnyx_recordings import Client
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaAccessError,
    MediaError,
    MediaIntegrityError,
    MediaStorageError,
    NotFoundError,
)
from telnyx_recordings.media import aio, sync
from telnyx_recordings.media.object_store import Limits
from telnyx_recordings.media.sync import AudioStream
from telnyx_recordings.media.transfer import Downloaded, DownloadedToFile
from telnyx_recordings.models import RecordingResponseData

NOT_FOUND = NotFoundError("no such recording", status_code=404)
OTHER_HOST = {"wav": "https://audio.example.com/x.wav", "mp3": "https://audio.example.com/x.mp3"}


class SyncDriver:
    """Downloads with threads."""

    def download(
        self, script: Script, recording: Any, destination: Path, *, context: Any = None, **call: Any
    ) -> Downloaded | DownloadedToFile:
        return sync.download(
            sync_context(script, **(context or {})), recording, destination, **call
        )

    def read(self, script: Script, recording: Any, *, context: Any = None, **call: Any) -> bytes:
        with sync.open_audio(sync_context(script, **(context or {})), recording, **call) as audio:
            return audio.read()


class AsyncDriver:
    """Downloads with asyncio."""

    def download(
        self, script: Script, recording: Any, destination: Path, *, context: Any = None, **call: Any
    ) -> Downloaded | DownloadedToFile:
        with ThreadPoolExecutor(2) as threads:
            ready = async_context(script, threads, **(context or {}))
            return asyncio.run(aio.download(ready, recording, destination, **call))

    def read(self, script: Script, recording: Any, *, context: Any = None, **call: Any) -> bytes:
        async def main() -> bytes:
            with ThreadPoolExecutor(1) as threads:
                ready = async_context(script, threads, **(context or {}))
                async with aio.AsyncReader(ready, recording, **call) as audio:
                    return await audio.read()

        return asyncio.run(main())


Driver = SyncDriver | AsyncDriver


@pytest.fixture(params=[SyncDriver, AsyncDriver])
def driver(request: pytest.FixtureRequest) -> Driver:
    made: Driver = request.param()
    return made


def test_a_download_sends_one_request_and_closes_the_response(
    driver: Driver, tmp_path: Path
) -> None:
    script = Script(whole(AUDIO[: SIZE // 2], AUDIO[SIZE // 2 :]))
    progress: list[tuple[int, int]] = []

    def note(done: int, total: int) -> None:
        progress.append((done, total))

    result = driver.download(script, "rec-1", tmp_path / "a.wav", progress=note)
    assert (result.path, result.size, result.format) == (tmp_path / "a.wav", SIZE, "wav")
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    [(url, headers, timeout)] = script.asked
    assert url.startswith(LINK)
    assert (headers["accept-encoding"], timeout) == ("identity", 5.0)
    assert (script.open, script.hand.fetches) == ([], 1)
    assert progress[-1] == (SIZE, SIZE)


@pytest.mark.parametrize(("form", "name"), [("mp3", "a.wav"), (None, "a.mp3")])
def test_the_format_argument_has_priority_over_the_extension(
    driver: Driver, tmp_path: Path, form: Any, name: str
) -> None:
    audio = mp3(100)
    script = Script(whole(audio, size=len(audio)))
    links = {"wav": "https://media.telnyx.com/x.wav", "mp3": "https://media.telnyx.com/x.mp3"}
    recording = script.hand.recording(download_urls=links)
    assert driver.download(script, recording, tmp_path / name, form=form).format == "mp3"
    assert script.asked[0][0].endswith("x.mp3")


def test_hosts_limits_and_file_system_of_the_client_are_used(
    driver: Driver, tmp_path: Path
) -> None:
    script = Script(whole(AUDIO), RESET, whole(AUDIO))
    recording = script.hand.recording(download_urls=OTHER_HOST)
    allowed = {"hosts": ("audio.example.com",), "limits": Limits(attempts=1)}
    driver.download(script, recording, tmp_path / "a.wav", context=allowed)
    with pytest.raises(MediaAccessError):
        driver.download(script, recording, tmp_path / "b.wav")
    with pytest.raises(DownloadInterruptedError, match="recording rec-1: "):
        driver.download(script, recording, tmp_path / "b.wav", context=allowed)
    failing = {"files": FailingFiles("open_part")}
    with pytest.raises(MediaStorageError):
        driver.download(script, "rec-1", tmp_path / "b.wav", context=failing)
    assert len(script.asked) == 2


def test_a_broken_response_is_closed_before_the_next_request(
    driver: Driver, tmp_path: Path
) -> None:
    script = Script(whole(AUDIO[:300_000], RESET), RESET, rest(300_000))
    assert driver.download(script, "rec-1", tmp_path / "a.wav").fetched == SIZE
    assert script.open == []
    for _, headers, _ in script.asked[1:]:
        assert ranged(300_000).items() <= headers.items()
    assert script.hand.held.waits
    assert script.hand.held.now > 1000


def test_wait_covers_a_recording_that_does_not_exist_yet(driver: Driver, tmp_path: Path) -> None:
    script = Script(whole(AUDIO), recordings=[NOT_FOUND])
    assert driver.download(script, "rec-1", tmp_path / "a.wav", wait=60).size == SIZE
    assert script.hand.fetches == 2
    script = Script(whole(AUDIO), recordings=[NOT_FOUND])
    with pytest.raises(NotFoundError) as raised:
        driver.download(script, "rec-1", tmp_path / "b.wav")
    assert raised.value is NOT_FOUND
    assert script.asked == []


def test_a_failed_download_closes_everything_and_can_be_resumed(
    driver: Driver, tmp_path: Path
) -> None:
    script = Script(whole(AUDIO[:300_000], RESET), ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        driver.download(script, "rec-1", tmp_path / "a.wav")
    assert script.open == []
    result = driver.download(Script(rest(300_000)), "rec-1", tmp_path / "a.wav")
    assert result.fetched == SIZE - 300_000


def test_reading_uses_the_format_hosts_and_wait_of_the_caller(driver: Driver) -> None:
    audio = mp3(100)
    script = Script(whole(audio, size=len(audio)), recordings=[NOT_FOUND])
    script.hand.recordings.append(script.hand.recording(download_urls=OTHER_HOST))
    context = {"hosts": ("audio.example.com",), "timeout": 3.0}
    assert driver.read(script, "rec-1", form="mp3", wait=60, context=context) == audio
    assert script.asked[0][0].endswith("x.mp3")
    assert script.asked[0][2] == 3.0


def test_audio_that_cannot_be_opened_leaves_nothing_open(driver: Driver) -> None:
    script = Script(Head(404, {}, (b"<Code>NoSuchKey</Code>",)))
    with pytest.raises(MediaAccessError):
        driver.read(script, "rec-1")
    assert script.open == []


@both
def test_fetching_returns_the_recording_and_the_date_header(use: Use) -> None:
    def fetch(client: Any) -> Any:
        fetcher: Any = sync.fetcher if isinstance(client, Client) else aio.fetcher
        return fetcher(client.recordings.with_raw_response.retrieve)("rec-1")

    replies = [Reply(200, {"data": {"id": "rec-1"}}, headers) for headers in ({"date": "Mon"}, {})]
    with Server(*replies) as server:
        first, second = use(server, fetch, fetch)
    assert [each.path for each in server.requests] == ["/recordings/rec-1"] * 2
    assert first.recording == second.recording == RecordingResponseData(id="rec-1")
    assert (first.date, second.date) == ("Mon", None)


@pytest.mark.parametrize("found", ["rec-2", None])
@pytest.mark.parametrize("is_read", [True, False])
def test_a_response_with_another_recording_is_an_error(
    driver: Driver, tmp_path: Path, found: str | None, *, is_read: bool
) -> None:
    script = Script(whole(AUDIO))
    script.hand.recordings.append(script.hand.recording(id=found))
    destination = () if is_read else (tmp_path / "a.wav",)
    work: Callable[..., object] = driver.read if is_read else driver.download
    with pytest.raises(MediaIntegrityError, match="recording rec-1: Telnyx returned the recording"):
        work(script, "rec-1", *destination)
    assert script.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_fresh_link_of_another_recording_is_not_used(driver: Driver, tmp_path: Path) -> None:
    script = Script(Head(403), whole(AUDIO))
    script.hand.recordings += [script.hand.recording(), script.hand.recording(id="rec-2")]
    with pytest.raises(MediaIntegrityError, match="Telnyx returned the recording 'rec-2' instead"):
        driver.download(script, "rec-1", tmp_path / "a.wav")
    assert len(script.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_stream_has_bytes_as_soon_as_it_is_open() -> None:
    script = Script(whole(AUDIO[:100_000], AUDIO[100_000:]))
    audio = sync.open_audio(sync_context(script), "rec-1")
    assert audio.readable()
    assert len(audio.peek(1)) == 262_144
    assert audio.read() == AUDIO
    assert audio.read() == b""
    audio.close()
    audio.close()
    assert script.open == []


def stream(*body: bytes) -> AudioStream:
    """Return a stream of audio that arrives in these pieces."""
    script = Script(whole(*body))
    return AudioStream(sync_context(script), script.hand.job())


def test_a_stream_fills_buffers_of_any_size() -> None:
    audio = stream(AUDIO[:300_000], AUDIO[300_000:])
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
    assert audio.readinto(bytearray(5)) == 0
    audio.close()
    assert audio.closed


def test_a_stream_fills_buffers_of_any_item_size() -> None:
    audio = stream(AUDIO)
    room = memoryview(bytearray(80)).cast("d")
    assert audio.readinto(room) == 80
    assert bytes(room.cast("B")) == AUDIO[:80]


def test_a_stream_fills_one_buffer_from_several_pieces() -> None:
    audio = stream(*[AUDIO[at : at + 1000] for at in range(0, SIZE, 1000)])
    buffer = bytearray(2500)
    for at in (0, 2500, 5000):
        assert audio.readinto(buffer) == 2500
        assert buffer == AUDIO[at : at + 2500]


def test_closing_a_stream_early_closes_the_response() -> None:
    script = Script(whole(AUDIO[:300_000], AUDIO[300_000:]))
    audio = sync.open_audio(sync_context(script), "rec-1")
    assert len(script.open) == 1
    audio.close()
    assert script.open == []
    with pytest.raises(ValueError, match="closed"):
        audio.read(1)


def test_invalid_audio_never_ends_normally() -> None:
    wrong = AUDIO[:300_000] + b"x" + AUDIO[300_001:]
    md5 = '"' + "0" * 32 + '"'
    audio = sync.open_audio(sync_context(Script(whole(wrong, etag=md5))), "rec-1")
    for _ in range(2):
        with pytest.raises(MediaError, match="MD5"):
            audio.read()


class OwnStorage:
    """The user's own storage, which responds from a script."""

    def __init__(self, script: Script) -> None:
        self._pool = Pool(script)

    def open(self, url: str, headers: dict[str, str]) -> Any:
        return self._pool.open(url, headers, 0.0)


def test_only_links_to_the_users_own_storage_are_read_there(driver: Driver, tmp_path: Path) -> None:
    own, store = Script(RESET, whole(AUDIO[:300_000], RESET), rest(300_000)), Script(whole(AUDIO))
    context: dict[str, Any] = {"own_storage": OwnStorage(own)}
    recording = own.hand.recording(download_urls={"wav": "s3://bucket/a.wav"})
    driver.download(store, recording, tmp_path / "own.wav", context=context)
    assert [url for url, _, _ in own.asked] == ["s3://bucket/a.wav"] * 3
    assert ranged(300_000).items() <= own.asked[2][1].items()
    assert (own.open, store.asked) == ([], [])
    google = own.hand.recording(download_urls={"wav": "https://storage.googleapis.com/a.wav"})
    context["hosts"] = ("storage.googleapis.com",)
    driver.download(store, google, tmp_path / "allowed.wav", context=context)
    assert [url for url, _, _ in store.asked] == ["https://storage.googleapis.com/a.wav"]
    context["own_storage"] = None
    store = Script(whole(AUDIO))
    driver.download(store, "rec-1", tmp_path / "plain.wav", context=context)
    assert {each.read_bytes() for each in tmp_path.iterdir()} == {AUDIO}
    assert len(list(tmp_path.iterdir())) == 3
