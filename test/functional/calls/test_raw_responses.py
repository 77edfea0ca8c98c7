"""Raw and streamed answers of the sync client.

It needs nothing but the package: it is run with the built wheel, too.
"""

from __future__ import annotations

from typing import Any

import pytest

from behaviours import Flood, HangUp, Reply, Reset, ResetInBody, ShortBody
from fakes import Server
from telnyx_recordings import Client
from telnyx_recordings.errors import APIConnectionError, APIResponseError, NotFoundError

FOUND = Reply(200, {"data": {"id": "r1", "from": "+13125550142"}}, {"x-request-id": "q1"})


def client(server: Server) -> Client:
    """A client of a fake server."""
    return Client("KEY", server.base_url)


def test_a_raw_response_has_what_http_has() -> None:
    with Server(Reset(), FOUND) as server, client(server) as telnyx:
        raw = telnyx.recordings.with_raw_response.retrieve("r1")
        assert (raw.status_code, raw.request_id, raw.attempts) == (200, "q1", 2)
        assert raw.headers["X-Request-Id"] == "q1"
        assert raw.text.startswith('{"data": ')
        assert len(raw.content) == int(raw.headers["content-length"])
        parsed = raw.parse()
        assert parsed == telnyx.recordings.retrieve("r1")
        assert "+1312" not in repr(raw)


def test_every_method_has_a_raw_response() -> None:
    with Server(Reply(200, {"data": []})) as server, client(server) as telnyx:
        recordings = telnyx.recordings.with_raw_response
        assert recordings.list(page_size=5).parse().data == []
        assert recordings.delete("r1").status_code == 200
        assert recordings.actions.delete(ids=["r1"]).status_code == 200
        assert telnyx.recording_transcriptions.with_raw_response.list().parse().data == []
        assert telnyx.custom_storage_credentials.with_raw_response.delete("5").parse() is None
        with pytest.raises(ValueError, match="up to 100 ids, not 101"):
            recordings.actions.delete(ids=[f"r{n}" for n in range(101)])
    assert len(server.requests) == 5


def test_a_raw_call_raises_api_errors() -> None:
    with (
        Server(Reply(404)) as server,
        client(server) as telnyx,
        pytest.raises(NotFoundError),
    ):
        telnyx.recordings.with_raw_response.retrieve("r1")


def test_a_streamed_answer_is_read_as_it_comes() -> None:
    with Server(Flood(300_000), FOUND) as server, client(server) as telnyx:
        streaming = telnyx.recordings.with_streaming_response
        with streaming.retrieve("r1") as response:
            assert response.status_code == 200
            pieces = list(response.iter_bytes())
        assert len(pieces) > 1
        assert b"".join(pieces) == b" " * 300_000
        with streaming.retrieve("r1") as response:
            assert (response.request_id, response.headers["x-request-id"]) == ("q1", "q1")
            body = response.read()
            assert response.read() == body
            found = response.parse().data
            assert found is not None
            assert found.id == "r1"
        assert server.accepted == 1


def test_a_streamed_answer_that_is_not_read_is_let_go() -> None:
    with Server(Flood(3_000_000)) as server, client(server) as telnyx:
        with telnyx.recordings.with_streaming_response.list() as response:
            pass
        with pytest.raises(ValueError, match="the body was closed"):
            response.read()
        with telnyx.recordings.with_streaming_response.list() as response:
            next(response.iter_bytes())
        with pytest.raises(ValueError, match="the body was closed"):
            response.read()
        assert server.open_lines == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ShortBody(), APIConnectionError),
        (ResetInBody(), APIConnectionError),
        (Flood(17 * 2**20), APIResponseError),
    ],
    ids=["short", "reset", "huge"],
)
def test_a_streamed_answer_fails_with_errors_of_ours(fault: Any, error: type[Exception]) -> None:
    with Server(fault) as server, client(server) as telnyx:
        with (
            telnyx.recordings.with_streaming_response.retrieve("r1") as response,
            pytest.raises(error, match=r"^GET /recordings/r1: the "),
        ):
            response.read()
        assert len(server.requests) == 1
        assert server.open_lines == 0


def test_a_streamed_call_is_retried_before_its_answer() -> None:
    with Server(Reset(), Reply(500), FOUND, Reply(404)) as server, client(server) as telnyx:
        with telnyx.recordings.with_streaming_response.retrieve("r1") as response:
            assert response.parse().data is not None
        with (
            pytest.raises(NotFoundError),
            telnyx.recordings.with_streaming_response.retrieve("r1"),
        ):
            pass
    assert len(server.requests) == 4


def test_a_streamed_delete_may_find_nothing() -> None:
    with (
        Server(HangUp(), Reply(404, "gone")) as server,
        client(server) as telnyx,
        telnyx.recordings.with_streaming_response.delete("r1") as response,
    ):
        assert b"".join(response.iter_bytes()) == b"gone"
        assert response.parse().already_absent is True
