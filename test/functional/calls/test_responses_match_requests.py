"""A response belongs to its request: interim, stale and smuggled responses are never taken for it.

Every test runs with both clients, against a server that speaks over raw sockets.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from behaviours import EchoedId, Interim, Raw, Residue, response
from callers import KEY, Play, each_way
from certificates import self_signed
from fakes import AT_ONCE, Server
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import APIResponseError

IDS = ("first", "second", "third")
STALE = response(200, {"data": {"id": "stale"}})
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\n"


def nothing() -> None:
    """Do nothing between two calls."""


Retrieve = Callable[..., list[str | None]]


def retrieve_sync(
    base_url: str, ids: Sequence[str] = IDS, between: Callable[[], object] = nothing
) -> list[str | None]:
    """Retrieve recordings with one client; return the ids of the responses."""
    found: list[str | None] = []
    with Client(KEY, base_url, max_retries=0) as client:
        for each in ids:
            recording = client.recordings.retrieve(each).data
            found.append(recording.id)
            between()
    return found


def retrieve_async(
    base_url: str,
    ids: Sequence[str] = IDS,
    between: Callable[[], object] = nothing,
    *,
    is_running: bool = False,
) -> list[str | None]:
    """Retrieve with an event loop; between the calls it is blocked, or receives what arrives."""

    async def main() -> list[str | None]:
        found: list[str | None] = []
        async with AsyncClient(KEY, base_url, max_retries=0) as client:
            for each in ids:
                recording = (await client.recordings.retrieve(each)).data
                found.append(recording.id)
                await asyncio.to_thread(between) if is_running else between()
                for _ in range(2 * is_running):
                    await asyncio.sleep(0)
        return found

    return asyncio.run(main())


each_client = pytest.mark.parametrize(
    "retrieve",
    [retrieve_sync, retrieve_async, partial(retrieve_async, is_running=True)],
    ids=["sync", "async", "async in a running loop"],
)


@each_client
@pytest.mark.parametrize(
    "heads",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n",
        b"HTTP/1.1 199 Whatever\r\n\r\n",
        b"HTTP/1.1 103\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\nLink: </style.css>\n\n",
        b"HTTP/1.1 103 Hints\r\nContent-Length: 7\r\n\r\n",
        b"HTTP/1.1 103 Hints\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 103 Hints\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n" * 500,
    ],
    ids=range(10),
)
def test_interim_responses_are_skipped(retrieve: Retrieve, heads: bytes) -> None:
    with Server(Interim(heads, EchoedId()), EchoedId()) as server:
        assert retrieve(server.base_url) == list(IDS)
        assert server.accepted == 1


@each_client
@pytest.mark.parametrize("size", [1, 5, 12, 20, 40])
def test_interim_responses_in_pieces_are_skipped(retrieve: Retrieve, size: int) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    pieces = Interim(hints[:size], Interim(hints[size:], EchoedId()))
    with Server(pieces, EchoedId()) as server:
        assert retrieve(server.base_url) == list(IDS)


@each_way
@pytest.mark.parametrize(
    "heads",
    [
        SWITCH + b"\r\n",
        SWITCH + b"Upgrade: h2c\r\nConnection: upgrade\r\n\r\n",
        SWITCH + b"Content-Length: 5\r\n\r\n",
        b"HTTP/1.1 103 Hints\r\n\r\n" + SWITCH + b"\r\n",
    ],
    ids=["bare", "upgrade", "with a length", "behind an interim response"],
)
def test_an_unrequested_switch_of_protocols_is_refused(play: Play, heads: bytes) -> None:
    with Server(Interim(heads, EchoedId())) as server:
        outcome = play(server.base_url, lambda client: client.recordings.retrieve("first"))
    assert type(outcome.error) is APIResponseError
    assert outcome.error.message == ("GET /recordings/first: the response is not valid HTTP")
    assert outcome.attempts == 1


@each_way
def test_a_connection_that_ends_after_an_interim_response_is_retried(play: Play) -> None:
    with Server(Raw(b"HTTP/1.1 103 Hints\r\n\r\n"), Raw(b"HTTP/1.1 1"), EchoedId()) as server:
        outcome = play(server.base_url, lambda client: client.recordings.retrieve("first"))
    assert outcome.value.data.id == "first"
    assert outcome.attempts == 3


NO_HTTP = b"\x15\x03\x01\x00\x02"
STRAY = {
    "a whole response": STALE,
    "a late 408": response(408, ""),
    "a late 404 that keeps the connection": response(404, {"errors": []}, connection="keep-alive"),
    "the beginning of a response": STALE[:30],
    "the beginning of a status line": b"HTTP/1.1 2",
    "a single byte": b"H",
    "an interim response": b"HTTP/1.1 103 Hints\r\n\r\n",
    "no HTTP": NO_HTTP,
}


@each_client
@pytest.mark.parametrize("stray", STRAY.values(), ids=STRAY)
def test_a_connection_with_unrequested_bytes_is_not_reused(
    retrieve: Retrieve, stray: bytes
) -> None:
    may_send = threading.Event()
    residue = Residue(stray, may_send=may_send)

    def between() -> None:
        may_send.set()
        assert residue.sent.wait(AT_ONCE)

    with Server(residue, EchoedId()) as server:
        assert retrieve(server.base_url, IDS, between) == list(IDS)
        assert server.accepted == 2


@each_client
@pytest.mark.parametrize("stray", [each for each in STRAY.values() if each != NO_HTTP])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_connection_with_bytes_after_the_response_is_not_reused(
    retrieve: Retrieve, stray: bytes, *, chunked: bool
) -> None:
    residue = Residue(stray)
    if chunked:
        residue.response = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
            b'\r\n19\r\n{"data": {"id": "first"}}\r\n0\r\n\r\n'
        )
    with Server(residue, EchoedId()) as server:
        assert retrieve(server.base_url) == list(IDS)
        assert server.accepted == 2


@each_way
def test_bytes_after_the_response_are_never_a_response(play: Play) -> None:
    with Server(Residue(NO_HTTP), EchoedId()) as server:
        outcome = play(server.base_url, lambda client: client.recordings.retrieve("first"))
    assert isinstance(outcome.error, APIResponseError) or outcome.value.data.id == "first"


@each_client
def test_a_large_response_with_bytes_after_it_is_read_completely(retrieve: Retrieve) -> None:
    large = response(200, {"data": {"id": "first", "text": "x" * 1_000_000}})
    with Server(Residue(STALE, large), EchoedId()) as server:
        assert retrieve(server.base_url) == list(IDS)
        assert server.accepted == 2


@each_client
def test_a_clean_connection_is_reused(retrieve: Retrieve) -> None:
    large = response(200, {"data": {"id": "first", "text": "x" * 1_000_000}})
    with Server(Residue(b"", large), EchoedId()) as server:
        assert retrieve(server.base_url) == list(IDS)
        assert server.accepted == 1


@each_client
@pytest.mark.parametrize("idle", [False, True])
def test_bytes_after_a_response_are_found_in_tls(
    retrieve: Retrieve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, idle: bool
) -> None:
    tls = self_signed("127.0.0.1", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    may_send = threading.Event()
    residue = Residue(STALE, may_send=may_send if idle else None)

    def between() -> None:
        may_send.set()
        assert residue.sent.wait(AT_ONCE)

    with Server(residue, EchoedId(), tls=tls) as server:
        assert retrieve(server.base_url, IDS, between) == list(IDS)
