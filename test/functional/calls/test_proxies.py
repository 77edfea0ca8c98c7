"""Calls and downloads through a real HTTP proxy on loopback, with both clients."""

import logging
import pickle
import ssl
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from behaviours import EchoedId, Reply
from callers import KEY, retrieve, with_variables
from certificates import self_signed
from clients import Run, each_way
from downloads import downloaded
from fakes import Server, closed_port
from fakes_media import wav
from proxies import Proxy
from stores import Store
from telnyx_recordings import Client
from telnyx_recordings.errors import (
    APIConnectionError,
    ConfigError,
    DownloadInterruptedError,
    MediaAccessError,
    TelnyxRecordingsError,
)
from telnyx_recordings.sandbox import Sandbox

USER = "me:p%40ss%2Fw0rd"
CREDENTIALS = "me:p@ss/w0rd"
AUDIO = wav(4000)


@pytest.fixture
def trusted(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """The TLS of a server at 127.0.0.1, and the file with its certificate."""
    return self_signed("127.0.0.1", tmp_path), str(tmp_path / "server.pem")


@pytest.fixture
def api(trusted: tuple[ssl.SSLContext, str]) -> Iterator[Server]:
    with Server(EchoedId(), tls=trusted[0]) as server:
        yield server


def target(server: Server) -> str:
    """The server as it appears in a request to a proxy."""
    return f"127.0.0.1:{server.port}"


@each_way
@pytest.mark.parametrize("user", [None, USER])
def test_calls_go_through_the_proxy_of_the_argument(
    run: Run, user: str | None, api: Server, trusted: tuple[ssl.SSLContext, str]
) -> None:
    with Proxy(CREDENTIALS if user else None) as proxy:
        url = proxy.with_user(user) if user else proxy.url
        for _ in range(2):
            found = run(api.base_url, retrieve, proxy=url, ca_file=trusted[1])
            assert found.data.id == "r1"
        assert proxy.targets == [target(api)] * 2
        assert api.accepted == 2
        assert KEY.encode() not in proxy.tunnelled
        assert KEY not in str(proxy.requests)
    assert all("proxy-authorization" not in each.headers for each in api.requests)
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"


@each_way
def test_a_proxy_tunnel_is_reused(
    run: Run, api: Server, trusted: tuple[ssl.SSLContext, str]
) -> None:
    def twice(client: Any) -> Any:
        if isinstance(client, Client):
            return [client.recordings.retrieve(each) for each in ("r1", "r2")]

        async def both() -> Any:
            return [await client.recordings.retrieve(each) for each in ("r1", "r2")]

        return both()

    with Proxy() as proxy:
        found = run(api.base_url, twice, proxy=proxy.url, ca_file=trusted[1])
        assert [each.data.id for each in found] == ["r1", "r2"]
        assert len(proxy.targets) == 1


@each_way
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_calls_go_through_the_proxy_of_the_environment(
    run: Run,
    name: str,
    api: Server,
    trusted: tuple[ssl.SSLContext, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Proxy(CREDENTIALS) as proxy:
        monkeypatch.setenv(name, proxy.with_user(USER).removeprefix("http://"))
        run(api.base_url, retrieve, ca_file=trusted[1])
        assert proxy.targets == [target(api)]
        run(api.base_url, retrieve, ca_file=trusted[1], proxy=False)
        monkeypatch.setenv("NO_PROXY", "example.com, 127.0.0.0/8")
        run(api.base_url, retrieve, ca_file=trusted[1])
        assert proxy.targets == [target(api)]
        run(api.base_url, retrieve, ca_file=trusted[1], proxy=proxy.with_user(USER))
        assert proxy.targets == [target(api)] * 2


@each_way
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_plain_http_goes_through_a_proxy_on_this_machine(
    run: Run, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(EchoedId()) as server, Proxy(CREDENTIALS) as proxy:
        monkeypatch.setenv(name, proxy.with_user(USER))
        assert run(server.base_url, retrieve).data.id == "r1"
        assert [each.target for each in proxy.requests] == [f"{server.base_url}/recordings/r1"]
        assert proxy.targets == []


@each_way
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_request_to_this_machine_goes_through_no_proxy_elsewhere(
    run: Run, scheme: str, trusted: tuple[ssl.SSLContext, str]
) -> None:
    """A remote proxy could not reach this machine, and could read unencrypted requests."""
    with Server(EchoedId(), tls=trusted[0] if scheme == "https" else None) as server:
        url = "http://proxy.example.invalid:3128"
        assert run(server.base_url, retrieve, proxy=url, ca_file=trusted[1]).data.id == "r1"


@each_way
def test_a_proxy_with_tls_is_used(
    run: Run, api: Server, trusted: tuple[ssl.SSLContext, str]
) -> None:
    with Proxy(CREDENTIALS, tls=trusted[0]) as proxy:
        found = run(api.base_url, retrieve, proxy=proxy.with_user(USER), ca_file=trusted[1])
        assert found.data.id == "r1"
        assert proxy.targets == [target(api)]


REFUSALS = {
    "407": (
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nno\r\n",
        (
            "refused to connect: 407 Proxy Authentication Required; give its user name and "
            "password, as in http://user:password@host:3128"
        ),
    ),
    "502": (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "refused to connect: 502 Bad Gateway"),
    "403 with HTML": (
        b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        "refused to connect: 403 Forbidden",
    ),
    "a redirect to a portal": (
        b"HTTP/1.1 302 Found\r\nLocation: https://portal.example.com/\r\n\r\n",
        "refused to connect: 302 Found",
    ),
    "HTML": (b"<html>Welcome</html>\r\n\r\n", "refused to connect: its response is not HTTP"),
    "no reason": (b"HTTP/1.1 503\r\n\r\n", "refused to connect: 503"),
    "control characters": (b"HTTP/1.1 403 a\x1b[31mb\r\n\r\n", "refused to connect: "),
}


@each_way
@pytest.mark.parametrize("name", REFUSALS)
def test_the_refusal_of_a_proxy_is_an_error_in_one_line(
    run: Run, name: str, api: Server, trusted: tuple[ssl.SSLContext, str]
) -> None:
    answer, expected = REFUSALS[name]
    with Proxy(refusal=answer) as proxy, pytest.raises(APIConnectionError) as raised:
        run(api.base_url, retrieve, proxy=proxy.with_user(USER), ca_file=trusted[1])
    message = str(raised.value)
    assert f"the proxy {proxy.name} {expected}" in message
    assert message.isprintable()
    assert api.accepted == 0
    assert not raised.value.ambiguous


@each_way
def test_a_page_behind_a_successful_connect_is_an_error_that_names_the_proxy(
    run: Run, api: Server, trusted: tuple[ssl.SSLContext, str]
) -> None:
    """Captive portals behave like this."""
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Welcome</html>"
    with Proxy(refusal=page) as proxy, pytest.raises(APIConnectionError) as raised:
        run(api.base_url, retrieve, proxy=proxy.url, ca_file=trusted[1], timeout=2.0)
    assert f"(through the proxy {proxy.name})" in str(raised.value)


@each_way
def test_an_unreachable_proxy_is_an_error_that_names_it(
    run: Run, api: Server, trusted: tuple[ssl.SSLContext, str]
) -> None:
    name = f"127.0.0.1:{closed_port()}"
    with pytest.raises(APIConnectionError) as raised:
        run(api.base_url, retrieve, proxy=f"http://{USER}@{name}", ca_file=trusted[1])
    assert f"could not connect to the proxy {name} (" in str(raised.value)
    assert api.accepted == 0


@each_way
def test_a_certificate_that_is_refused_behind_a_proxy_names_the_proxy(
    run: Run, api: Server
) -> None:
    """The certificate may be that of a proxy that inspects a company's traffic."""
    with Proxy() as proxy, pytest.raises(APIConnectionError) as raised:
        run(api.base_url, retrieve, proxy=proxy.url)
    message = str(raised.value)
    assert "the server's certificate was refused: " in message
    assert "SSL_CERT_FILE" in message
    assert f"the proxy {proxy.name} was used" in message


@each_way
@pytest.mark.parametrize("status", [200, 422, 407])
def test_the_password_of_a_proxy_is_shown_nowhere(
    run: Run, status: int, trusted: tuple[ssl.SSLContext, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []

    def retrieve_and_show(client: Any) -> Any:
        shown.append(repr(client.__dict__))
        return retrieve(client)

    refusal = b"HTTP/1.1 407 No\r\n\r\n" if status == 407 else None
    with (
        Server(Reply(status), tls=trusted[0]) as server,
        Proxy(CREDENTIALS, refusal=refusal) as proxy,
    ):
        try:
            run(server.base_url, retrieve_and_show, proxy=proxy.with_user(USER), ca_file=trusted[1])
        except TelnyxRecordingsError as error:
            trace = error.__traceback__
            error.__traceback__ = trace.tb_next if trace else None  # without this frame
            frames = with_variables(error).split("\n  File ")
            ours = ("test_proxies.py", "support/clients.py")
            shown += [each for each in frames if not any(name in each for name in ours)]
            shown.append(pickle.dumps(error).decode("latin-1"))
        password = "bWU6cEBzcy93MHJk"
        assert password in str(proxy.requests)
    shown.append(caplog.text)
    assert len(shown) >= 2
    for canary in ("p%40ss", "p@ss", password):
        assert [text for text in shown if canary in text] == []


@each_way
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("socks5://proxy", "is a SOCKS proxy, which is not supported"),
        ("SOCKS4a://127.0.0.1:1080", "is a SOCKS proxy, which is not supported"),
        ("socks5h://me:secret@127.0.0.1:1080", "is a SOCKS proxy, which is not supported"),
        ("ftp://proxy:3128", "must look like http://user:password@host:3128"),
        ("http://", "must look like"),
        ("http:// ", "must look like"),
        ("://proxy", "must look like"),
        ("http://me:secret@host:port", "must look like"),
        ("http://host:99999", "must look like"),
        ("http://ho st:1", "must look like"),
        ("http://[::1", "must look like"),
        ("http://host:1/path", "must look like"),
        ("http://host?x", "must look like"),
        ("http://me:secret#1@host:1", "must look like"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused(
    run: Run, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=f"^proxy {message}") as raised:
        run("https://api.example.com", retrieve, proxy=value)
    assert "secret" not in str(raised.value)
    monkeypatch.setenv("ALL_PROXY", value)
    with pytest.raises(ConfigError, match=f"^ALL_PROXY {message}"):
        run("https://api.example.com", retrieve)
    monkeypatch.setenv("NO_PROXY", "*")
    with Client(KEY, "https://api.example.com"):
        pass


@each_way
@pytest.mark.parametrize("value", [True, 3128, {"https": "http://me:secret@host"}])
def test_a_proxy_must_be_a_url(run: Run, value: Any) -> None:
    with pytest.raises(ConfigError, match="proxy must be a URL") as raised:
        run("https://api.example.com", retrieve, proxy=value)
    assert "secret" not in str(raised.value)


@each_way
def test_audio_goes_through_the_proxy(run: Run, tmp_path: Path) -> None:
    host = "bucket.s3.eu-central-1.amazonaws.com"
    (tmp_path / "tls").mkdir()
    tls = self_signed(host, tmp_path / "tls")
    with (
        Server(Store(AUDIO), tls=tls) as store,
        Proxy(CREDENTIALS, addresses={host: ("127.0.0.1", store.port)}) as proxy,
    ):
        link = f"https://{host}/r1.wav?X-Amz-Signature=CANARY"
        ca_file = str(tmp_path / "tls" / "server.pem")
        got = downloaded(run, link, tmp_path, proxy=proxy.with_user(USER), ca_file=ca_file)
        assert got.size == len(AUDIO)
        assert proxy.targets == [f"{host}:443"]
        assert b"CANARY" not in proxy.tunnelled
    assert "authorization" not in store.requests[0].headers


@each_way
@pytest.mark.parametrize(
    ("host", "hosts"),
    [("evil.example.com", ()), ("169.254.169.254", ("169.254.169.254",)), ("10.0.0.1", ())],
)
def test_audio_of_hosts_that_are_not_allowed_does_not_go_through_a_proxy(
    run: Run, host: str, hosts: tuple[str, ...], tmp_path: Path
) -> None:
    link = f"https://{host}/r1.wav"
    with Proxy() as proxy:
        with pytest.raises((MediaAccessError, ConfigError)):
            downloaded(run, link, tmp_path, proxy=proxy.url, media_hosts=hosts)
        assert proxy.requests == []


@each_way
def test_the_refusal_of_a_proxy_ends_a_download(run: Run, tmp_path: Path) -> None:
    link = "https://s3.amazonaws.com/b/r1.wav"
    with Proxy(CREDENTIALS) as proxy, pytest.raises(MediaAccessError) as raised:
        downloaded(run, link, tmp_path, proxy=proxy.with_user("me:wrong"))
    assert f"the proxy {proxy.name} refused to connect: 407" in str(raised.value)
    assert "wrong" not in str(raised.value)


def no_sleep(seconds: float) -> None:
    del seconds


async def no_async_sleep(seconds: float) -> None:
    del seconds


@each_way
def test_the_error_of_a_download_states_that_no_proxy_was_used(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = f"http://127.0.0.1:{closed_port()}/r1.wav"
    monkeypatch.setattr("time.sleep", no_sleep)
    monkeypatch.setattr("asyncio.sleep", no_async_sleep)
    with pytest.raises(DownloadInterruptedError, match="; no proxy was used"):
        downloaded(run, link, tmp_path)


def test_a_password_is_not_sent_to_workers(tmp_path: Path) -> None:
    with (
        ProcessPoolExecutor(1, get_context("spawn")) as workers,
        Sandbox(recordings=1) as box,
        Client(box.api_key, box.base_url, proxy="http://me:secret@proxy.example.com") as client,
        pytest.raises(ConfigError, match="a proxy with a password is not sent to other processes"),
    ):
        client.archive(tmp_path, executor=workers, api_key_env="WORKERS_KEY", report=None)
