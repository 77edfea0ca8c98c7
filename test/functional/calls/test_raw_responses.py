"""Raw and streamed responses, sync and async.

It needs nothing but the package: it is run with the built wheel, too.
"""

from typing import Any

import pytest

from behaviours import HANG_UP, RESET, RESET_IN_BODY, SHORT_BODY, Flood, Reply
from clients import Step, Use, both, entered, listed, then
from fakes import Server
from telnyx_recordings.errors import APIConnectionError, APIResponseError, NotFoundError

FOUND = Reply(200, {"data": {"id": "r1", "from": "+13125550142"}}, {"x-request-id": "q1"})


def raw(telnyx: Any) -> Any:
    """Retrieve a recording with its raw response."""
    return telnyx.recordings.with_raw_response.retrieve("r1")


def parsed(response: Any) -> Any:
    return response.parse()


@both
def test_a_raw_response_has_status_headers_and_content(use: Use) -> None:
    with Server(RESET, FOUND) as server:
        response, typed, plain = use(
            server,
            raw,
            lambda telnyx: then(raw(telnyx), parsed),
            lambda telnyx: telnyx.recordings.retrieve("r1"),
        )
    assert (response.status_code, response.request_id, response.attempts) == (200, "q1", 2)
    assert response.headers["X-Request-Id"] == "q1"
    assert len(response.content) == int(response.headers["content-length"])
    assert typed == plain
    assert "+1312" not in repr(response)


@both
def test_every_method_has_a_raw_response(use: Use) -> None:
    many = [f"r{n}" for n in range(101)]
    with Server(Reply(200, {"data": []})) as server:
        rows, deleted, batch, transcriptions, nothing = use(
            server,
            lambda telnyx: then(telnyx.recordings.with_raw_response.list(page_size=5), parsed),
            lambda telnyx: telnyx.recordings.with_raw_response.delete("r1"),
            lambda telnyx: telnyx.recordings.with_raw_response.actions.delete(ids=["r1"]),
            lambda telnyx: then(telnyx.recording_transcriptions.with_raw_response.list(), parsed),
            lambda telnyx: then(
                telnyx.custom_storage_credentials.with_raw_response.delete("5"), parsed
            ),
        )
        with pytest.raises(ValueError, match="up to 100 ids, not 101"):
            use(server, lambda telnyx: telnyx.recordings.with_raw_response.actions.delete(ids=many))
    assert (rows.data, transcriptions.data, nothing) == ([], [], None)
    assert (deleted.status_code, batch.status_code) == (200, 200)
    assert len(server.requests) == 5


@both
def test_a_raw_call_raises_api_errors(use: Use) -> None:
    with Server(Reply(404)) as server, pytest.raises(NotFoundError):
        use(server, raw)


def streamed(*steps: Step) -> Step:
    """Do something with the streamed response of a retrieval."""
    return lambda telnyx: entered(
        telnyx.recordings.with_streaming_response.retrieve("r1"),
        lambda response: (response.status_code, response.request_id),
        *steps,
    )


def pieces(response: Any) -> Any:
    return listed(response.iter_bytes())


def read(response: Any) -> Any:
    return response.read()


@both
def test_a_streamed_response_is_read_in_pieces_or_completely(use: Use) -> None:
    with Server(Flood(300_000), FOUND) as server:
        in_pieces, whole = use(server, streamed(pieces), streamed(read, read, parsed))
        assert server.accepted == 1
    assert in_pieces[0] == (200, None)
    assert len(in_pieces[1]) > 1
    assert b"".join(in_pieces[1]) == b" " * 300_000
    assert whole[0] == (200, "q1")
    assert whole[1] == whole[2]
    assert whole[3].data.id == "r1"


def first(response: Any) -> Any:
    body = response.iter_bytes()
    return anext(body) if hasattr(body, "__anext__") else next(body)


@both
@pytest.mark.parametrize("steps", [(), (first,)], ids=["unread", "partly read"])
def test_a_streamed_response_cannot_be_read_after_its_block(use: Use, steps: Any) -> None:
    def outlive(telnyx: Any) -> Any:
        block = telnyx.recordings.with_streaming_response.list()
        return then(entered(block, *steps, lambda response: response), lambda kept: read(kept[-1]))

    with Server(Flood(3_000_000)) as server:
        with pytest.raises(ValueError, match="the body was closed"):
            use(server, outlive)
        assert server.open_lines == 0


@both
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (SHORT_BODY, APIConnectionError),
        (RESET_IN_BODY, APIConnectionError),
        (Flood(17 * 2**20), APIResponseError),
    ],
    ids=["short", "reset", "huge"],
)
def test_a_streamed_response_that_fails_is_an_api_error(
    use: Use, fault: Any, error: type[Exception]
) -> None:
    """Part of the body may have been read, so there is no other attempt."""
    with Server(fault) as server:
        with pytest.raises(error, match=r"^GET /recordings/r1: the "):
            use(server, streamed(read))
        assert len(server.requests) == 1
        assert server.open_lines == 0


@both
def test_a_streamed_call_is_retried_before_its_response(use: Use) -> None:
    with Server(RESET, Reply(500), FOUND, Reply(404)) as server:
        [found] = use(server, streamed(parsed))
        assert found[1].data.id == "r1"
        with pytest.raises(NotFoundError):
            use(server, streamed())
    assert len(server.requests) == 4


@both
def test_a_streamed_delete_that_succeeded_before_is_marked(use: Use) -> None:
    """The response to the first attempt was lost, and there is no stream."""
    with Server(HANG_UP, Reply(404, "gone")) as server:
        [found] = use(
            server,
            lambda telnyx: entered(
                telnyx.recordings.with_streaming_response.delete("r1"), read, pieces, parsed
            ),
        )
    assert found[:2] == [b"gone", [b"gone"]]
    assert found[2].already_absent is True
