"""Tests audio in the user's own storage, which is read with the user's credentials."""

import errno
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buckets import Bucket, s3
from certificates import self_signed
from clients import Run, each_way, entered
from downloads import AUDIO, downloaded, recording_at
from fakes import Server
from fakes_media import Download, FailingFiles, Telnyx, download_sync, left_in, mp3, wav
from stores import Refuses, Store
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import (
    ConfigError,
    MediaAccessError,
    MediaIntegrityError,
    MediaStorageError,
    MediaUnavailableError,
    MissingExtraError,
)
from telnyx_recordings.media import own_storage
from telnyx_recordings.media.own_storage import OwnStorage

NAME = "a b.wav"


@pytest.fixture
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """A bucket with one recording."""
    with s3(tmp_path_factory.mktemp("state")) as bucket:
        bucket.put(NAME, AUDIO)
        yield bucket


def telnyx_of(bucket: Bucket, *, form: str = "wav", **fields: Any) -> Telnyx:
    """Return a Telnyx whose recording is in the bucket."""
    return Telnyx(download_urls={form: f"{bucket.url}/a%20b.wav"}, **fields)


def test_audio_in_a_bucket_is_downloaded_and_verified(
    download: Download, bucket: Bucket, tmp_path: Path
) -> None:
    telnyx = telnyx_of(bucket, duration_millis=40_000)
    got = download(telnyx, tmp_path / "a.wav", own_storage=OwnStorage()).got
    assert (got.path, got.size, got.fetched) == (tmp_path / "a.wav", len(AUDIO), len(AUDIO))
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert left_in(tmp_path) == ["a.wav"]
    again = download(telnyx, tmp_path / "a.wav", own_storage=OwnStorage()).got
    assert again.already_there


def test_an_interrupted_download_from_a_bucket_is_resumed(
    download: Download, bucket: Bucket, tmp_path: Path
) -> None:
    own, path = OwnStorage(), tmp_path / "a.wav"
    full = FailingFiles("write", errno.ENOSPC, 2)
    error = download(telnyx_of(bucket), path, own_storage=own, files=full).error
    assert isinstance(error, MediaStorageError)
    got = download(telnyx_of(bucket), path, own_storage=own).got
    assert 0 < got.fetched < len(AUDIO)
    assert path.read_bytes() == AUDIO
    path.unlink()
    download(telnyx_of(bucket), path, own_storage=own, files=FailingFiles("write", after=2))
    other = wav(40_000, seed=1)
    bucket.put(NAME, other)
    assert download(telnyx_of(bucket), path, own_storage=own).got.fetched == len(other)
    assert path.read_bytes() == other


def test_a_complete_part_file_needs_no_bytes_from_a_bucket(
    download: Download, bucket: Bucket, tmp_path: Path
) -> None:
    own, path = OwnStorage(), tmp_path / "a.wav"
    download(telnyx_of(bucket), path, own_storage=own, files=FailingFiles("link"))
    assert download(telnyx_of(bucket), path, own_storage=own).got.fetched == 0
    assert path.read_bytes() == AUDIO


@pytest.mark.parametrize(
    ("audio", "form"),
    [
        (AUDIO[:-5000], "wav"),
        (wav(9000), "wav"),
        (b"<html>" * 99, "wav"),
        (b"", "wav"),
        (mp3(9), "mp3"),
    ],
    ids=["truncated", "short", "page", "empty", "short mp3"],
)
def test_damaged_audio_in_a_bucket_is_refused(
    download: Download, bucket: Bucket, tmp_path: Path, audio: bytes, form: str
) -> None:
    bucket.put(NAME, audio)
    telnyx = telnyx_of(bucket, form=form, duration_millis=40_000)
    error = download(telnyx, tmp_path / "a", own_storage=OwnStorage()).error
    assert isinstance(error, MediaIntegrityError)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("{url}/missing.wav", "missing.wav: "),
        ("s3://no-such-bucket/a.wav", "the bucket does not exist: check its name, or create it"),
    ],
)
def test_missing_objects_and_buckets_are_one_line_errors(
    download: Download, bucket: Bucket, tmp_path: Path, link: str, why: str
) -> None:
    telnyx = Telnyx(download_urls={"wav": link.format(url=bucket.url)})
    error = download(telnyx, tmp_path / "a.wav", own_storage=OwnStorage()).error
    assert isinstance(error, MediaAccessError)
    assert why in str(error)
    assert "\n" not in str(error)
    assert left_in(tmp_path) == []


def test_a_failing_bucket_is_retried(
    download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-bucket")
    telnyx = Telnyx(download_urls={"wav": "s3://bucket/a.wav"})
    with Server(Refuses(503), Store(AUDIO)) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{store.port}")
        outcome = download(telnyx, tmp_path / "a.wav", own_storage=OwnStorage())
        assert outcome.got.size == len(AUDIO)
        assert len(outcome.waits) == 1
    with Server(Refuses(403)) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{store.port}")
        error = download(telnyx, tmp_path / "b.wav", own_storage=OwnStorage()).error
    assert isinstance(error, MediaAccessError)
    assert "s3://bucket/a.wav: access was denied" in str(error)
    assert "canary" not in str(error) + repr(error.__cause__)


def test_without_own_storage_the_error_names_the_place_and_the_setting(
    download: Download, bucket: Bucket, tmp_path: Path
) -> None:
    error = download(telnyx_of(bucket), tmp_path / "a.wav").error
    assert isinstance(error, MediaUnavailableError)
    assert error.location == f"{bucket.url}/a%20b.wav"
    assert "own_storage=True" in str(error)


@each_way
def test_clients_with_own_storage_read_audio_in_a_bucket(
    run: Run, bucket: Bucket, tmp_path: Path
) -> None:
    link = f"{bucket.url}/a%20b.wav"
    downloaded(run, link, tmp_path, own_storage=True)
    assert (tmp_path / "a.wav").read_bytes() == AUDIO

    def read(client: Any) -> Any:
        return entered(client.open_audio(recording_at(link)), lambda audio: audio.read())

    assert run("https://api.example.com", read, own_storage=True) == [AUDIO]


def test_own_storage_needs_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "telnyx_recordings.media.own_storage", None)
    with pytest.raises(MissingExtraError, match=r"own_storage=True needs .*archive"):
        Client("KEY", own_storage=True)


def test_endpoints_without_encryption_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.example.com")
    monkeypatch.delenv("AWS_ALLOW_HTTP", raising=False)
    telnyx = Telnyx(download_urls={"wav": "s3://bucket/a.wav"})
    error = download_sync(telnyx, tmp_path / "a.wav", own_storage=OwnStorage()).error
    assert isinstance(error, ConfigError)
    assert "AWS_ALLOW_HTTP" in str(error)


@pytest.mark.parametrize("client", [Client, AsyncClient])
@pytest.mark.parametrize(
    "given",
    [
        {"proxy": "http://127.0.0.1:1"},
        {"proxy": False},
        {"ca_file": "server.pem"},
        {"ssl_context": ssl.create_default_context()},
    ],
)
def test_own_storage_refuses_network_settings_that_it_would_bypass(
    client: Any, given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    self_signed("localhost", tmp_path)
    with pytest.raises(ConfigError, match=r"own_storage=True .* HTTPS_PROXY, NO_PROXY and SSL_"):
        client("KEY", own_storage=True, **given)


@pytest.mark.parametrize(
    ("link", "bucket", "key"),
    [
        ("s3://bucket/calls/a.wav", "s3://bucket", "calls/a.wav"),
        ("s3a://bucket/a.wav", "s3://bucket", "a.wav"),
        ("gs://bucket/calls/a%20b.wav?x=1", "gs://bucket", "calls/a b.wav"),
        ("https://storage.googleapis.com/bucket/a/b.wav", "gs://bucket", "a/b.wav"),
        ("https://bucket.storage.googleapis.com/a/b.wav", "gs://bucket", "a/b.wav"),
        ("az://container/a/b.wav", "az://container", "a/b.wav"),
        (
            "https://account.blob.core.windows.net/container/a/b.wav?sig=x",
            "https://account.blob.core.windows.net/container",
            "a/b.wav",
        ),
        (
            "abfss://container@account.dfs.core.windows.net/a/b.wav",
            "https://account.dfs.core.windows.net/container",
            "a/b.wav",
        ),
        (
            "wasbs://container@account.blob.core.windows.net/a/b.wav",
            "https://account.blob.core.windows.net/container",
            "a/b.wav",
        ),
    ],
)
def test_links_of_every_service_lead_to_a_bucket_and_a_key(
    link: str, bucket: str, key: str
) -> None:
    assert own_storage.place_of(link) == (bucket, key)


def test_links_of_other_services_are_configuration_errors() -> None:
    with pytest.raises(ConfigError, match=r"^ftp://host/a is not in a storage service"):
        own_storage.place_of("ftp://host/a?sig=SECRET")
