"""Headers that users add: what is refused, and that their values are shown nowhere."""

import copy
import gzip
import logging
import pickle
import zlib
from base64 import b64encode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest

from behaviours import Flood, Reply
from callers import KEY, Do, Play, each_way, retrieve, with_variables
from fakes import Server
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import (
    APIResponseError,
    APIStatusError,
    ConfigError,
)

FRAMING = [
    *("Content-Length", "transfer-encoding", "CONNECTION", "te", "Trailer", "upgrade", "Host"),
    *("keep-alive", "Proxy-Connection", "Expect", "Proxy-Authorization"),
    *(" Content-Length", "content-length ", "\tHost", "Transfer-Encoding\r\n"),
]
CANARY = "CANARY_HEADER_" + "x" * 100
FOUND = Reply(200, {"data": {"id": "r1"}})


@each_way
@pytest.mark.parametrize("name", FRAMING)
def test_headers_that_frame_a_message_are_refused_in_a_call(play: Play, name: str) -> None:
    """Two lengths, for example, would make the next request a part of this one."""
    with Server(FOUND) as server:
        outcome = play(
            server.base_url,
            lambda client: client.recordings.retrieve("r1", extra_headers={name: "1"}),
        )
    assert isinstance(outcome.error, ValueError)
    assert str(outcome.error) == (
        f"extra_headers must not have the header {name!r}: it frames the message, so the client "
        "sets it itself"
    )
    assert server.requests == []


@pytest.mark.parametrize("name", FRAMING)
def test_headers_that_frame_a_message_are_refused_in_a_client(name: str) -> None:
    match = "default_headers must not have the header"
    for kind in (Client, AsyncClient):
        with pytest.raises(ConfigError, match=match):
            kind(KEY, default_headers={name: "1"})
        with pytest.raises(ConfigError, match=match):
            kind(KEY).with_options(default_headers={name: "1"})


@each_way
def test_the_name_of_a_header_must_be_text(play: Play) -> None:
    headers: Any = {b"Content-Length": "1"}
    outcome = play(
        "http://127.0.0.1:1/v2",
        lambda client: client.recordings.retrieve("r1", extra_headers=headers),
    )
    assert isinstance(outcome.error, TypeError)
    assert str(outcome.error) == "the name of a header must be a str, not b'Content-Length'"


@each_way
@pytest.mark.parametrize("encoding", ["x-gzip", "X-GZIP", "gzip"])
@pytest.mark.parametrize("parts", [1, 3])
def test_a_body_in_x_gzip_is_decoded_as_gzip(play: Play, encoding: str, parts: int) -> None:
    """RFC 9110, section 8.4.1.3; a body may have several members."""
    body = b'{"data": {"id": "r1", "from": "' + b"1" * 200_000 + b'"}}'
    size = -(-len(body) // parts)
    packed = b"".join(gzip.compress(body[at : at + size]) for at in range(0, len(body), size))
    with Server(Reply(200, packed, {"content-encoding": encoding})) as server:
        outcome = play(server.base_url, retrieve)
    assert outcome.value.data.id == "r1"
    assert len(outcome.value.data.from_) == 200_000


@each_way
@pytest.mark.parametrize(
    "body", [b"{}", gzip.compress(b"{}" * 99)[:-9], zlib.compress(b"{}")], ids=range(3)
)
def test_invalid_x_gzip_is_an_error(play: Play, body: bytes) -> None:
    with Server(Reply(200, body, {"content-encoding": "x-gzip"})) as server:
        outcome = play(server.base_url, retrieve)
    assert type(outcome.error) is APIResponseError


@each_way
def test_x_gzip_is_limited_in_size(play: Play) -> None:
    with Server(Flood(17 * 2**20, zipped=True, encoding="x-gzip")) as server:
        outcome = play(server.base_url, retrieve)
    assert type(outcome.error) is APIResponseError
    assert "larger than 16,777,216 bytes" in str(outcome.error)


def shown(error: BaseException) -> str:
    """Everything that tools show of an exception, with the variables of each frame."""
    return with_variables(error) + repr(vars(error)) + pickle.dumps(error).decode("latin-1")


SECRET = {"extra_headers": {"x-secret": CANARY}}
CALLS: dict[str, Do] = {
    "retrieve": lambda client: client.recordings.retrieve("r1", **SECRET),
    "delete": lambda client: client.recordings.delete("r1", **SECRET),
    "list": lambda client: client.recordings.list(**SECRET),
    "batch": lambda client: client.recordings.actions.delete(ids=["r1"], **SECRET),
    "raw": lambda client: client.recordings.with_raw_response.retrieve("r1", **SECRET),
    "raw list": lambda client: client.recordings.with_raw_response.list(**SECRET),
}


@each_way
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("response", [Reply(422), Reply(200, "<html>"), Reply(503)], ids=range(3))
def test_no_traceback_shows_the_headers_of_a_user(
    play: Play, name: str, response: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings: Any = {"max_retries": 0, "default_headers": {"x-default": CANARY}}
    with Server(response) as server:
        error = play(server.base_url, CALLS[name], **settings).error
        assert server.requests[0].headers["x-secret"] == CANARY
        assert server.requests[0].headers["x-default"] == CANARY
    assert CANARY[:20] not in caplog.text
    if response.status == 200 and name.startswith("raw"):
        assert error is None  # a raw response is not parsed
        return
    assert error is not None
    # The frames of tests have the headers.
    theirs = ("test_headers.py", "support/callers.py")
    frames = shown(error).split("\n  File ")
    ours = [each for each in frames if not any(name in each for name in theirs)]
    assert len(ours) > 3
    assert [each for each in ours if CANARY[:20] in each] == []


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_shows_no_headers(kind: Any) -> None:
    client: Any = kind(KEY, default_headers={"x-secret": CANARY})
    other: Any = client.with_options(default_headers={"x-other": CANARY})
    for each in (client, other):
        parts: list[Any] = list(each.__dict__.values())
        shown = [repr(each), repr(parts), *(repr(getattr(part, "__dict__", "")) for part in parts)]
        assert CANARY[:20] not in "".join(shown)


def test_a_request_shows_no_headers() -> None:
    seen: list[Any] = []
    headers = {"x-secret": CANARY}
    with (
        Server(FOUND) as server,
        Client(KEY, server.base_url, default_headers=headers, before_request=seen.append) as client,
    ):
        client.recordings.retrieve("r1", extra_headers={"x-own": CANARY})
    [request] = seen
    assert (request.headers["x-secret"], request.headers["x-own"]) == (CANARY, CANARY)
    assert copy.deepcopy(request).headers == request.headers == copy.copy(request).headers
    pickled = pickle.dumps(request)
    assert CANARY[:20].encode() not in pickled
    assert pickle.loads(pickled).headers["x-own"] == "***"
    assert copy.copy(request.headers["x-own"]) == CANARY
    for text in (repr(request), repr(request.headers), repr(request.headers["x-own"][:80])):
        assert CANARY[:20] not in text


def encodings(text: str) -> dict[str, str]:
    """A secret, in the forms in which a server or proxy may repeat it."""
    raw = text.encode()
    return {
        "whole": text,
        "upper case": text.upper(),
        "within other text": f"req-{text}-1",
        "in part": f"req-{text[:12]}",
        "the end": f"{text[-10:]}:7",
        "percent-encoded": "".join(f"%{byte:02X}" for byte in raw),
        "quoted": quote(text, safe=""),
        "hexadecimal": raw.hex(),
        "base64": b64encode(raw).decode(),
        "base64 of the header": b64encode(b"Bearer " + raw).decode(),
        "base64 in other text": "id=" + urlsafe_b64encode(b"x" + raw + b"yz").decode(),
        "base64 of an odd part": b64encode(b"ab" + raw[3:15]).decode(),
    }


@each_way
@pytest.mark.parametrize("form", encodings(KEY))
@pytest.mark.parametrize("status", [422, 200])
def test_a_request_id_that_repeats_the_key_is_redacted(
    play: Play, form: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "telnyx_recordings")
    said = encodings(KEY)[form]
    with Server(Reply(status, "", {"x-request-id": said})) as server:
        outcome = play(server.base_url, retrieve)
    assert outcome.error is not None
    assert said not in shown(outcome.error)
    assert "request id ***" in str(outcome.error)
    assert said not in caplog.text
    assert "request_id=***" in caplog.text
    if isinstance(outcome.error, APIStatusError):
        assert outcome.error.request_id == "***"


@each_way
def test_request_ids_without_secrets_are_kept(play: Play) -> None:
    """Support asks for them."""
    said = "7f2c1c1e-5f53-4c9e-9d53-0c1e6a3c7a11"
    with Server(Reply(422, "", {"x-request-id": said})) as server:
        outcome = play(server.base_url, retrieve)
    assert isinstance(outcome.error, APIStatusError)
    assert outcome.error.request_id == said
