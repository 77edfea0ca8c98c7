"""Tests which hosts audio may come from, and that no secret is sent to them."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from callers import KEY
from certificates import self_signed
from clients import Run, each_way
from fakes import Server, open_sockets
from fakes_media import Download, Telnyx, wav
from stores import SECRET, Redirects, Store
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaAccessError,
    MediaUnavailableError,
)
from telnyx_recordings.media.own_storage import OwnStorage
from telnyx_recordings.sandbox import Sandbox
from telnyx_recordings.transport.media_sync import MediaPool

AUDIO = wav(4000)
STORE = "bucket.s3.eu-central-1.amazonaws.com"


def resolving(*addresses: str) -> Callable[..., list[Any]]:
    """A stand-in for DNS: every name but numeric ones has these addresses."""

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        found = [host] if host.replace(".", "").isdigit() else addresses
        return [
            (
                socket.AF_INET6 if ":" in each else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (each, port, 0, 0) if ":" in each else (each, port),
            )
            for each in found
        ]

    return getaddrinfo


def test_redirects_to_allowed_hosts_are_followed(download: Download, tmp_path: Path) -> None:
    """Row 24: no secret is in the request."""
    with Server(Store(AUDIO)) as other:
        there = f"http://127.0.0.1:{other.port}/elsewhere.wav"
        with Server(Redirects(there)) as store:
            assert download(Telnyx(store), tmp_path / "a.wav").got.size == len(AUDIO)
    [request] = other.requests
    assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent"}
    assert SECRET not in request.target


@pytest.mark.parametrize(
    "location",
    [
        "http://example.com/x",
        "https://example.com/x",
        "https://evil.amazonaws.com/x",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://user@s3.amazonaws.com/x",
        "https://s3.amazonaws.com:8443/x",
        "gs://bucket/x",
        "http://[",
        "http://127.0.0.1:1/\x01",
    ],
)
def test_redirects_to_other_places_are_refused(
    download: Download, tmp_path: Path, location: str
) -> None:
    """Row 25: to http, a file, this network, or an unknown host."""
    with Server(Redirects(location)) as store:
        error = download(Telnyx(store), tmp_path / "a.wav").error
    assert isinstance(error, MediaAccessError | MediaUnavailableError)
    assert len(store.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_fourth_redirect_is_an_error(download: Download, tmp_path: Path) -> None:
    """Row 26: three redirects are followed."""
    with Server(Redirects("{target}")) as store:
        error = download(Telnyx(store), tmp_path / "a.wav").error
    assert isinstance(error, MediaAccessError)
    assert error.status_code == 302
    assert str(error).startswith("recording rec-1: the store redirects more than 3 times")
    assert len(store.requests) == 4


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.5",),
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("192.168.1.1",),
        ("100.64.0.1",),
        ("0.0.0.0",),  # noqa: S104 - nobody binds to it
        ("224.0.0.1",),
        ("::1",),
        ("fd00::1",),
        ("::ffff:10.0.0.1",),
        ("64:ff9b::a00:1",),
        ("2002:a00:1::",),
        ("52.219.0.1", "10.0.0.5"),
    ],
)
def test_hosts_that_resolve_to_private_addresses_are_refused(
    download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    def connect(*args: Any) -> None:
        raise AssertionError(args)

    monkeypatch.setattr(socket, "getaddrinfo", resolving(*addresses))
    monkeypatch.setattr(socket.socket, "connect", connect)
    telnyx = Telnyx(download_urls={"wav": f"https://{STORE}/a.wav"})
    error = download(telnyx, tmp_path / "a.wav").error
    assert isinstance(error, MediaAccessError)
    assert STORE in str(error)
    assert "not a public address" in str(error)


def test_redirects_to_hosts_with_private_addresses_are_refused(
    download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving("10.0.0.5"))
    with Server(Redirects(f"https://{STORE}/a.wav")) as store:
        error = download(Telnyx(store), tmp_path / "a.wav").error
    assert isinstance(error, MediaAccessError)


def test_only_links_to_the_users_own_storage_are_read_there(
    download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unused(OwnStorage):
        """Must not be read."""

        def open(self, url: str, headers: Any) -> Any:
            raise AssertionError(url, headers)

    with Server(Store(AUDIO)) as store:
        assert download(Telnyx(store), tmp_path / "a.wav", own_storage=Unused()).got.size
    monkeypatch.setattr(socket, "getaddrinfo", resolving("10.0.0.5"))
    telnyx = Telnyx(download_urls={"wav": "https://storage.googleapis.com/a.wav"})
    allowed = ("storage.googleapis.com",)
    error = download(telnyx, tmp_path / "b.wav", own_storage=Unused(), hosts=allowed).error
    assert isinstance(error, MediaAccessError)
    assert "not a public address" in str(error)


def test_a_host_that_resolves_differently_the_second_time_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = open_sockets()
    with Server(Store(AUDIO)) as store:
        answers = [resolving("52.219.0.1"), resolving("127.0.0.1")]

        def getaddrinfo(*args: Any, **options: Any) -> list[Any]:
            return answers.pop(0)(*args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        pool = MediaPool()
        with pytest.raises(MediaAccessError, match=r"127\.0\.0\.1"):
            pool.open(f"http://{STORE}:{store.port}/a.wav", {}, 1.0)
        assert (store.requests, answers) == ([], [])
        pool.close()
    assert open_sockets() <= before


def test_a_host_that_cannot_be_resolved_is_retried(
    download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    telnyx = Telnyx(download_urls={"wav": f"https://{STORE}/a.wav"})
    outcome = download(telnyx, tmp_path / "a.wav")
    assert isinstance(outcome.error, DownloadInterruptedError)
    assert len(outcome.waits) == 5


def test_untrusted_certificates_end_the_download(download: Download, tmp_path: Path) -> None:
    """Row 46: there is no other attempt."""
    with Server(Store(AUDIO), tls=self_signed("127.0.0.1", tmp_path)) as store:
        link = f"https://127.0.0.1:{store.port}/a.wav?sig=x"
        outcome = download(Telnyx(download_urls={"wav": link}), tmp_path / "a.wav")
    assert isinstance(outcome.error, MediaAccessError)
    assert "certificate" in str(outcome.error)
    assert (outcome.waits, store.requests) == ([], [])


def test_requests_for_audio_have_no_credentials(
    download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither cookies, nor netrc, nor a proxy of the environment plays a part."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Server(Store(AUDIO, more={"set-cookie": "a=b; path=/"})) as store:
        for name in ("a", "b"):
            assert download(Telnyx(store), tmp_path / name, call={"form": "wav"}).got.size
    for request in store.requests:
        assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent"}
        assert request.method == "GET"


@each_way
def test_default_headers_are_not_sent_to_the_store(run: Run, tmp_path: Path) -> None:
    with Sandbox(0, api_key=KEY) as box:
        box.add_recording(id="talk")
        run(
            box.base_url,
            lambda client: client.download("talk", tmp_path),
            default_headers={"x-secret": "CANARY"},
        )
        seen = {each.path: each.headers for each in box.requests}
    assert "x-secret" in seen["/v2/recordings/talk"]
    assert set(seen["/media/talk.wav"]) == {"host", "accept", "accept-encoding", "user-agent"}


def test_links_are_sent_unchanged(download: Download, tmp_path: Path) -> None:
    """Their signature covers every escape."""
    with Server(Store(AUDIO)) as store:
        target = (
            "/a%2Fb%3Ac+d%20e/%7Ef.wav?X-Amz-Credential=K%2F1%2Fs3&X-Amz-Signature=a%3D%3D&b=/:"
        )
        link = f"http://127.0.0.1:{store.port}{target}"
        assert download(Telnyx(download_urls={"wav": link}), tmp_path / "a.wav").got.size
    assert [each.target for each in store.requests] == [target]
