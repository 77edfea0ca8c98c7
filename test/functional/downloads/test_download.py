"""Tests `client.download`, sync and async, with a reliable store."""

import hashlib
import io
import logging
import os
import stat
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from callers import KEY
from downloads import AUDIO, OTHER, Person
from fakes import Server
from fakes_media import Download, Telnyx, download_async, mp3
from stores import Store, md5_etag
from telnyx_recordings import Client, Downloaded
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import (
    ConfigError,
    Conflict,
    MediaIdError,
    MediaIntegrityError,
    MediaStorageError,
    MediaUnavailableError,
    NotFoundError,
)
from telnyx_recordings.media import DownloadedToFile
from telnyx_recordings.models import RecordingResponseData


@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_audio_is_downloaded_to_a_path(person: Person, tmp_path: Path, form: Any) -> None:
    got = person.download("talk", tmp_path / "a", format=form)
    audio = person.box.audio("talk", form)
    assert (tmp_path / "a").read_bytes() == audio
    assert got == Downloaded(
        recording_id="talk",
        format=form,
        path=tmp_path / "a",
        size=len(audio),
        sha256=hashlib.sha256(audio).hexdigest(),
        etag=md5_etag(audio),
        fetched=len(audio),
        already_there=False,
    )
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["a"]  # noqa: PTH208 - hidden ones as well


def test_every_recording_of_a_sandbox_can_be_downloaded(person: Person, tmp_path: Path) -> None:
    for row in person.box.recordings:
        for form in ("wav", "mp3"):
            person.download(row.id, tmp_path, format=form)
            assert (tmp_path / f"{row.id}.{form}").read_bytes() == person.box.audio(
                row.id, "wav" if form == "wav" else "mp3"
            )


@pytest.mark.parametrize(
    ("destination", "name"),
    [("", "talk.wav"), ("a.mp3", "a.mp3"), ("a.MP3", "a.MP3"), ("a.wav", "a.wav"), ("a", "a")],
)
def test_the_format_follows_the_extension(
    person: Person, tmp_path: Path, destination: str, name: str
) -> None:
    got = person.download("talk", tmp_path / destination)
    assert got.path == tmp_path / name
    assert got.format == ("mp3" if name.lower().endswith("mp3") else "wav")


def test_the_format_argument_has_priority_over_the_extension(
    person: Person, tmp_path: Path
) -> None:
    assert person.download("talk", tmp_path / "a.wav", format="mp3").format == "mp3"


def test_a_path_that_ends_in_a_slash_is_a_folder(person: Person, tmp_path: Path) -> None:
    with pytest.raises(MediaStorageError, match="No such file"):
        person.download("talk", f"{tmp_path}/new/")
    assert person.download("talk", f"{tmp_path}/").path == tmp_path / "talk.wav"


def test_audio_is_downloaded_to_an_open_file(person: Person, tmp_path: Path) -> None:
    audio = person.box.audio("talk", "wav")
    memory = io.BytesIO()
    memory.write(b"before ")
    told: list[tuple[int, int]] = []

    def note(done: int, total: int) -> None:
        told.append((done, total))

    got = person.download("talk", memory, progress=note)
    assert memory.getvalue() == b"before " + audio
    assert isinstance(got, DownloadedToFile)
    assert got.path is None
    assert (got.size, got.already_there) == (len(audio), False)
    assert told[-1] == (len(audio), len(audio))
    with (tmp_path / "raw").open("wb", buffering=0) as raw:
        person.download("talk", raw)
    assert (tmp_path / "raw").read_bytes() == audio


@pytest.mark.parametrize("destination", [io.StringIO(), 5, None, object()])
def test_invalid_destinations_are_type_errors(person: Person, destination: Any) -> None:
    with pytest.raises(TypeError, match="the destination must be"):
        person.download("talk", destination)
    assert person.box.requests == []


def test_listed_recordings_are_not_retrieved_again(person: Person, tmp_path: Path) -> None:
    with Client(person.box.api_key, person.box.base_url) as client:
        rows = {each.id: each for each in client.recordings.list()}
    person.download(rows["talk"], tmp_path)
    assert [each.path for each in person.box.requests] == ["/v2/recordings", "/media/talk.wav"]


def test_an_unknown_id_is_a_not_found_error(person: Person, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        person.download("nobody", tmp_path)


@pytest.mark.parametrize("found", ["rec-2", None])
def test_a_response_with_another_recording_is_an_error(
    download: Download, store: Server, tmp_path: Path, found: str | None
) -> None:
    error = download(Telnyx(store, id=found), tmp_path / "a.wav").error
    assert isinstance(error, MediaIntegrityError)
    assert str(error).startswith("recording rec-1: Telnyx returned the recording")
    assert store.requests == []
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_with_the_same_md5_is_not_downloaded_again(
    download: Download, store: Server, tmp_path: Path
) -> None:
    first = download(Telnyx(store), tmp_path / "a.wav").got
    before = (tmp_path / "a.wav").stat().st_mtime_ns
    again = download(Telnyx(store), tmp_path / "a.wav").got
    assert (again.already_there, again.fetched, again.sha256) == (True, 0, first.sha256)
    assert (tmp_path / "a.wav").stat().st_mtime_ns == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("etag", ["", '"several-3"'])
@pytest.mark.parametrize("there", [b"", b"other", OTHER], ids=["empty", "short", "as long"])
def test_existing_files_are_never_overwritten(
    download: Download, tmp_path: Path, there: bytes, etag: str
) -> None:
    (tmp_path / "a.wav").write_bytes(there)
    with Server(Store(AUDIO, etag=etag)) as store:
        error = download(Telnyx(store), tmp_path / "a.wav").error
    assert isinstance(error, Conflict)
    assert str(error).startswith(f"recording rec-1: {tmp_path / 'a.wav'} already exists with ")
    assert ("other content" if len(there) == len(AUDIO) else f"{len(there):,} bytes") in str(error)
    assert (tmp_path / "a.wav").read_bytes() == there
    assert len(list(tmp_path.iterdir())) == 1


def test_existing_links_are_neither_followed_nor_replaced(
    download: Download, store: Server, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").symlink_to(tmp_path / "b.wav")
    assert isinstance(download(Telnyx(store), tmp_path / "a.wav").error, Conflict)
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]


PLACE: ContextVar[str] = ContextVar("PLACE", default="nowhere")


class Watched(Files):
    """A disk that records which thread uses it, and in which context."""

    def __init__(self) -> None:
        self.users: set[tuple[str, str]] = set()

    def write(self, descriptor: int, data: bytes) -> None:
        self.users.add((threading.current_thread().name[:12], PLACE.get()))
        super().write(descriptor, data)

    def close(self, descriptor: int) -> None:
        self.users.add((threading.current_thread().name[:12], PLACE.get()))
        super().close(descriptor)


@pytest.mark.parametrize("call", [{}, {"progress": "no function"}], ids=["complete", "failed"])
def test_async_downloads_use_the_disk_in_the_threads_of_the_client(
    store: Server, tmp_path: Path, call: dict[str, str]
) -> None:
    PLACE.set("here")
    files = Watched()
    outcome = download_async(Telnyx(store), tmp_path / "a.wav", files=files, call=call)
    assert isinstance(outcome.error, TypeError) is bool(call)
    assert files.users == {("telnyx-audio", "here")}


def test_an_error_in_the_progress_callback_ends_the_download(
    download: Download, store: Server, tmp_path: Path
) -> None:
    def fail(done: int, total: int) -> None:
        raise LookupError(f"{done} of {total}")

    error = download(Telnyx(store), tmp_path / "a.wav", call={"progress": fail}).error
    assert isinstance(error, LookupError)
    assert {each.name for each in tmp_path.iterdir()} == {".a.wav.part", ".a.wav.part.json"}
    assert download(Telnyx(store), tmp_path / "a.wav").got.fetched < len(AUDIO)


@pytest.mark.parametrize(
    "recording_id", ["", "..", ".", "a/b", "a\\b", "a b", "a\0", "é", "-a", "_a", "a" * 129, "a\n"]
)
def test_unsafe_ids_are_refused_before_any_request(
    download: Download, tmp_path: Path, recording_id: str
) -> None:
    telnyx = Telnyx()
    for recording in (recording_id, RecordingResponseData(id=recording_id)):
        error = download(telnyx, tmp_path, recording).error
        assert isinstance(error, MediaIdError)
        assert isinstance(error, ValueError)
    assert telnyx.fetches == 0


@pytest.mark.parametrize(
    "links", [None, {}, {"wav": None}, {"wav": ""}, {"mp3": None, "wav": None}]
)
def test_a_recording_without_links_is_retrieved_once_then_an_error(
    download: Download, tmp_path: Path, links: Any
) -> None:
    telnyx = Telnyx(download_urls=links, status="deleted")
    listed = RecordingResponseData.from_dict({"id": "rec-1", "download_urls": links})
    error = download(telnyx, tmp_path, listed).error
    assert isinstance(error, MediaUnavailableError)
    assert "rec-1" in str(error)
    assert "deleted" in str(error)
    assert (error.location, telnyx.fetches) == (None, 1)
    assert list(tmp_path.iterdir()) == []


def test_mp3_is_used_if_there_is_no_wav(download: Download, tmp_path: Path) -> None:
    audio = mp3()
    with Server(Store(audio)) as store:
        telnyx = Telnyx(store, form="mp3")
        assert download(telnyx, tmp_path).got.path == tmp_path / "rec-1.mp3"
        error = download(telnyx, tmp_path, call={"form": "wav"}).error
    assert isinstance(error, MediaUnavailableError)
    assert "only mp3" in str(error)


def test_invalid_media_hosts_are_refused_by_the_constructor(tmp_path: Path) -> None:
    for wrong in ("https://example.com", "example.com:80", "*.com", "localhost", "a b.com", ""):
        with pytest.raises(ConfigError, match="media_hosts"):
            Client("KEY", media_hosts=[wrong])
    Client("KEY", media_hosts=("*.Example.com", "a.b")).close()
    assert list(tmp_path.iterdir()) == []


def test_logs_contain_no_secrets(
    person: Person, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        person.download("talk", tmp_path)
    ours = (each for each in caplog.records if not each.name.startswith("uvicorn"))
    told = "\n".join(each.getMessage() for each in ours)
    assert "/media/talk.wav" in told
    assert "Signature" not in told
    assert KEY not in told
