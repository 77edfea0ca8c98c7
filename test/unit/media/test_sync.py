"""Holds how audio is fetched synchronously: what the store is asked, and what is let go of when."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from fakes_media import FailingFiles, mp3
from manual_transfer import AUDIO, LINK, RESET, SIZE, Head, ranged, rest, whole
from scripted import Script, raw, sync_context
from telnyx_recordings.core.resource import RawResponse
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaAccessError,
    MediaIntegrityError,
    MediaStorageError,
    NotFoundError,
)
from telnyx_recordings.media import sync
from telnyx_recordings.media.object_store import Limits
from telnyx_recordings.media.sync import AudioStream, DownloadContext

GONE = NotFoundError("no such recording", status_code=404)


def test_a_download(tmp_path: Path) -> None:
    """The store is asked with the client's timeout; the answer is let go of, read or not."""
    script = Script(whole(AUDIO[: SIZE // 2], AUDIO[SIZE // 2 :]))
    progress: list[tuple[int, int]] = []
    got = sync.download(
        sync_context(script),
        "rec-1",
        tmp_path / "a.wav",
        progress=lambda done, total: progress.append((done, total)),
    )
    assert (got.path, got.size, got.format) == (tmp_path / "a.wav", SIZE, "wav")
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    [(url, headers, timeout)] = script.asked
    assert url.startswith(LINK)
    assert (headers["accept-encoding"], timeout) == ("identity", 7.5)
    assert script.open == []
    assert progress[-1] == (SIZE, SIZE)
    assert script.hand.fetches == 1


@pytest.mark.parametrize(("form", "name"), [("mp3", "a.wav"), (None, "a.mp3")])
def test_the_format_that_is_asked_for(tmp_path: Path, form: Any, name: str) -> None:
    """It goes before that which the file's ending names, and that before what there is."""
    audio = mp3(100)
    script = Script(whole(audio, size=len(audio)))
    links = {"wav": "https://media.telnyx.com/x.wav", "mp3": "https://media.telnyx.com/x.mp3"}
    recording = script.hand.recording(download_urls=links)
    got = sync.download(sync_context(script), recording, tmp_path / name, form=form)
    assert got.format == "mp3"
    assert script.asked[0][0].endswith("x.mp3")


def test_what_a_client_allows(tmp_path: Path) -> None:
    """Its hosts, its limits and its file system are those of the download."""
    script = Script(whole(AUDIO), RESET, whole(AUDIO))
    elsewhere = script.hand.recording(download_urls={"wav": "https://audio.example.com/x.wav"})
    context = sync_context(script, hosts=("audio.example.com",), limits=Limits(attempts=1))
    sync.download(context, elsewhere, tmp_path / "a.wav")
    with pytest.raises(MediaAccessError):
        sync.download(sync_context(script), elsewhere, tmp_path / "b.wav")
    with pytest.raises(DownloadInterruptedError, match="recording rec-1: "):
        sync.download(context, elsewhere, tmp_path / "b.wav")
    context = sync_context(script, files=FailingFiles("open_part"))
    with pytest.raises(MediaStorageError):
        sync.download(context, "rec-1", tmp_path / "b.wav")
    assert len(script.asked) == 2


def test_a_broken_answer_is_let_go_of_before_the_next(tmp_path: Path) -> None:
    """The wait between them is the client's; the rest alone is asked for."""
    script = Script(whole(AUDIO[:300_000], RESET), RESET, rest(300_000))
    got = sync.download(sync_context(script), "rec-1", tmp_path / "a.wav")
    assert got.fetched == SIZE
    assert script.open == []
    assert ranged(300_000).items() <= script.asked[1][1].items()
    assert ranged(300_000).items() <= script.asked[2][1].items()
    assert len(script.hand.held.waits) >= 1
    assert script.hand.held.now > 1000


def test_a_recording_that_is_not_there_yet(tmp_path: Path) -> None:
    """It is waited for as long as the caller says."""
    script = Script(whole(AUDIO), recordings=[GONE])
    got = sync.download(sync_context(script), "rec-1", tmp_path / "a.wav", wait=60)
    assert got.size == SIZE
    assert script.hand.fetches == 2
    script = Script(whole(AUDIO), recordings=[GONE])
    with pytest.raises(NotFoundError) as raised:
        sync.download(sync_context(script), "rec-1", tmp_path / "b.wav")
    assert raised.value is GONE
    assert script.asked == []


def test_a_download_that_fails_lets_go_of_everything(tmp_path: Path) -> None:
    """Of the answer and of the part, which stays; a later download goes on with it."""
    script = Script(whole(AUDIO[:300_000], RESET), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        sync.download(sync_context(script), "rec-1", tmp_path / "a.wav")
    assert script.open == []
    script = Script(rest(300_000))
    assert (
        sync.download(sync_context(script), "rec-1", tmp_path / "a.wav").fetched == SIZE - 300_000
    )


def test_a_stream_has_something_when_it_is_opened() -> None:
    """Errors at the beginning come at once, and leave nothing open."""
    script = Script(whole(AUDIO[:100_000], AUDIO[100_000:]))
    audio = sync.open_audio(sync_context(script, timeout=3.0), "rec-1")
    assert script.asked[0][2] == 3.0
    assert audio.readable()
    assert len(audio.peek(1)) == 262_144
    assert audio.read() == AUDIO
    assert audio.read() == b""
    audio.close()
    audio.close()
    assert script.open == []
    script = Script(Head(404, {}, (b"<Code>NoSuchKey</Code>",)))
    with pytest.raises(MediaAccessError):
        sync.open_audio(sync_context(script), "rec-1")
    assert script.open == []


def test_a_stream_of_what_is_asked_for() -> None:
    """In this format, from these hosts, after such a wait."""
    audio = mp3(100)
    script = Script(whole(audio, size=len(audio)), recordings=[GONE])
    links = {"wav": "https://audio.example.com/x.wav", "mp3": "https://audio.example.com/x.mp3"}
    script.hand.recordings.append(script.hand.recording(download_urls=links))
    context = sync_context(script, hosts=("audio.example.com",))
    with sync.open_audio(context, "rec-1", form="mp3", wait=60) as opened:
        assert opened.read() == audio
    assert script.asked[0][0].endswith("x.mp3")


def stream(*body: bytes) -> AudioStream:
    """A stream of audio that comes in these pieces."""
    script = Script(whole(*body))
    return AudioStream(sync_context(script), script.hand.job())


def test_a_stream_fills_what_it_is_given() -> None:
    """With as much as there is room for, and as has come; the rest comes with the next."""
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


def test_a_stream_fills_a_buffer_of_any_kind() -> None:
    """Its room is counted in bytes."""
    audio = stream(AUDIO)
    room = memoryview(bytearray(80)).cast("d")
    assert audio.readinto(room) == 80
    assert bytes(room.cast("B")) == AUDIO[:80]


def test_a_stream_gives_all_that_has_come_at_once() -> None:
    """Several pieces fill one buffer."""
    audio = stream(*[AUDIO[at : at + 1000] for at in range(0, SIZE, 1000)])
    buffer = bytearray(2500)
    for at in (0, 2500, 5000):
        assert audio.readinto(buffer) == 2500
        assert buffer == AUDIO[at : at + 2500]


def test_a_stream_that_is_closed_early() -> None:
    """It lets go of the answer, once, and reading on is an error."""
    script = Script(whole(AUDIO[:300_000], AUDIO[300_000:]))
    audio = sync.open_audio(sync_context(script), "rec-1")
    assert len(script.open) == 1
    audio.close()
    assert script.open == []
    with pytest.raises(ValueError, match="closed"):
        audio.read(1)


def test_the_end_is_not_told_before_everything_was_checked() -> None:
    """What is wrong in the end is an error with the last bytes, and again after them."""
    wrong = AUDIO[:300_000] + b"x" + AUDIO[300_001:]
    md5 = '"' + "0" * 32 + '"'
    script = Script(whole(wrong, etag=md5), whole(wrong, etag=md5))
    audio = sync.open_audio(sync_context(script), "rec-1")
    for _ in range(2):
        with pytest.raises(MediaIntegrityError):
            audio.read()


def test_what_fetches_a_recording() -> None:
    """The recording of an answer, and when the answer was made, if it says so."""
    recording = Script().hand.recording()

    asked: list[str] = []

    def retrieve(recording_id: str) -> RawResponse[Any]:
        asked.append(recording_id)
        return raw(recording, {"date": "Mon"} if len(asked) == 1 else {})

    fetch = sync.fetcher(retrieve)
    first, second = fetch("rec-1"), fetch("rec-2")
    assert asked == ["rec-1", "rec-2"]
    assert first.recording is recording
    assert (first.date, second.date) == ("Mon", None)


def test_what_a_client_leaves_out() -> None:
    """A context waits by the clock, has no other hosts, and each has the real file system."""
    script = Script()
    context = DownloadContext(pool=sync_context(script).pool, fetch=script.fetch, timeout=1.0)
    assert context.sleep is time.sleep
    assert (context.hosts, context.limits) == ((), Limits())
