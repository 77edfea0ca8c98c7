"""What clients do over real sockets: requests, settings, errors, and connections.

It needs nothing but the package: it is run with the built wheel, too.
"""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from threading import enumerate as all_threads
from typing import Any

import pytest

from behaviours import RESET, Pages, Reply, Shelf, head
from callers import KEY, retrieve
from clients import CLIENTS, Step, Use, both, entered
from fakes import Server, open_sockets
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.errors import (
    NotFoundError,
    TelnyxRecordingsError,
    UnprocessableEntityError,
)

RECORDING = {
    "id": "r1",
    "from": "+13125550142",
    "channels": "dual",
    "duration_millis": 4200,
    "created_at": "2026-03-01T10:00:00.000Z",
}
FOUND = Reply(200, {"data": RECORDING}, {"x-request-id": "q1"})


def client(server: Server) -> Client:
    return Client(KEY, server.base_url)


@both
def test_a_recording_is_retrieved_and_typed(use: Use) -> None:
    with Server(FOUND) as server:
        [response] = use(server, retrieve)
    recording = response.data
    assert (recording.id, recording.from_) == ("r1", "+13125550142")
    assert (recording.duration_millis, recording.channels) == (4200, "dual")
    assert recording.created_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    [request] = server.requests
    assert (request.method, request.target) == ("GET", "/v2/recordings/r1")
    agent = request.headers.pop("user-agent")
    assert agent.startswith("telnyx-recordings/")
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": f"Bearer {KEY}",
        "x-stainless-lang": "python",
        "accept": "application/json",
        "accept-encoding": "gzip",
    }


@both
def test_a_list_request_has_the_documented_form(use: Use) -> None:
    with Server(Pages(0)) as server:
        use(
            server,
            lambda telnyx: telnyx.recordings.list(
                filter={"created_at": {"gte": datetime(2026, 3, 1, tzinfo=UTC)}}, page_size=250
            ),
        )
    assert server.requests[0].target == (
        "/v2/recordings?filter%5Bcreated_at%5D%5Bgte%5D=2026-03-01T00%3A00%3A00Z&page%5Bsize%5D=250"
    )


@both
def test_every_method_sends_the_documented_request(use: Use) -> None:
    gcs = {"backend": "gcs", "configuration": {"backend": "gcs", "bucket": "b"}}
    with Server(Reply(200, {"data": {}})) as server:
        use(
            server,
            lambda telnyx: telnyx.recordings.delete("r1"),
            lambda telnyx: telnyx.recordings.actions.delete(ids=["r1", "r2"]),
            lambda telnyx: telnyx.recording_transcriptions.list(filter={"recording_id": "r1"}),
            lambda telnyx: telnyx.recording_transcriptions.retrieve("t1"),
            lambda telnyx: telnyx.recording_transcriptions.delete("t1"),
            lambda telnyx: telnyx.custom_storage_credentials.retrieve("5"),
            lambda telnyx: telnyx.custom_storage_credentials.create("5", **gcs),
            lambda telnyx: telnyx.custom_storage_credentials.update("5", **gcs),
            lambda telnyx: telnyx.custom_storage_credentials.delete("5"),
        )
    assert [(each.method, each.path) for each in server.requests] == [
        ("DELETE", "/recordings/r1"),
        ("POST", "/recordings/actions/delete"),
        ("GET", "/recording_transcriptions"),
        ("GET", "/recording_transcriptions/t1"),
        ("DELETE", "/recording_transcriptions/t1"),
        ("GET", "/custom_storage_credentials/5"),
        ("POST", "/custom_storage_credentials/5"),
        ("PUT", "/custom_storage_credentials/5"),
        ("DELETE", "/custom_storage_credentials/5"),
    ]
    assert server.requests[1].json == {"ids": ["r1", "r2"]}
    assert server.requests[2].query == {"filter[recording_id]": "r1"}
    assert server.requests[6].json == server.requests[7].json == gcs
    with_body = ["content-type" in each.headers for each in server.requests]
    assert with_body == [False, True, False, False, False, False, True, True, False]


@both
@pytest.mark.parametrize("bad", ["", None, "a/b", "..", "a\nb", "\x00", "a?b"])
def test_an_invalid_id_is_never_sent(use: Use, bad: Any) -> None:
    """It could be another path."""
    with Server(FOUND) as server:
        with pytest.raises(ValueError, match="for `recording_id` but received"):
            use(server, lambda telnyx: telnyx.recordings.retrieve(bad))
        with pytest.raises(ValueError, match="for `recording_id` but received"):
            use(server, lambda telnyx: telnyx.recordings.delete(bad))
        with pytest.raises(ValueError, match="for `ids` but received"):
            use(server, lambda telnyx: telnyx.recordings.actions.delete(ids=["r1", bad]))
    assert server.requests == []


MISTAKES: dict[str, Step] = {
    "plain": lambda telnyx: telnyx.recordings.retrieve("r1", retries=3),
    "raw": lambda telnyx: telnyx.recordings.with_raw_response.retrieve("r1", retries=3),
    "streaming": lambda telnyx: entered(
        telnyx.recordings.with_streaming_response.retrieve("r1", retries=3)
    ),
    "list": lambda telnyx: telnyx.recordings.list(retries=3),
    "missing": lambda telnyx: telnyx.recordings.retrieve(),
}


@both
@pytest.mark.parametrize("do", MISTAKES.values(), ids=list(MISTAKES))
def test_an_unknown_or_missing_argument_is_a_type_error(use: Use, do: Any) -> None:
    with (
        Server(FOUND) as server,
        pytest.raises(TypeError, match=r"unexpected keyword argument 'retries'|missing 1 required"),
    ):
        use(server, do)
    assert server.requests == []


@both
def test_options_that_are_none_have_no_effect(use: Use) -> None:
    nothing: Any = dict.fromkeys(("timeout", "deadline", "max_retries", "extra_headers"))
    with Server(RESET, FOUND) as server:
        [found] = use(server, lambda telnyx: telnyx.recordings.retrieve("r1", **nothing))
    assert found.data.id == "r1"
    assert len(server.requests) == 2


@both
def test_a_call_can_add_headers_query_and_body_fields(use: Use) -> None:
    headers = {"X-Team": "a", "X-Shift": "day"}
    with Server(FOUND) as server:
        use(
            server,
            lambda telnyx: telnyx.recordings.retrieve(
                "r1",
                extra_headers={"x-team": "b", "Authorization": "Bearer other"},
                extra_query={"deep": {"er": [1, True]}},
            ),
            lambda telnyx: telnyx.recordings.actions.delete(ids=["r1"], extra_body={"why": None}),
            default_headers=headers,
        )
    first, second = server.requests
    assert (first.headers["x-team"], first.headers["x-shift"]) == ("b", "day")
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert first.target == "/v2/recordings/r1?deep%5Ber%5D=1&deep%5Ber%5D=true"
    assert second.json == {"ids": ["r1"], "why": None}


@both
def test_settings_of_calls_override_those_of_copies_and_clients(use: Use) -> None:
    """`with_options` copies a client; the copy shares its connections."""
    seen: list[Request] = []
    settings: Any = {"timeout": 5, "max_retries": 1, "before_request": seen.append}

    def copied(telnyx: Any) -> Any:
        return telnyx.with_options(timeout=4, default_headers={"x-a": "1"})

    with Server(FOUND) as server:
        use(
            server,
            retrieve,
            lambda telnyx: retrieve(copied(telnyx)),
            lambda telnyx: copied(telnyx).recordings.retrieve("r1", timeout=3),
            lambda telnyx: retrieve(copied(telnyx).with_options(default_headers={"x-b": "2"})),
            **settings,
        )
        assert server.accepted == 1
    assert [each.timeout for each in seen] == [5.0, 4.0, 3.0, 4.0]
    assert [each.headers.get("x-a") for each in server.requests] == [None, "1", "1", "1"]
    assert server.requests[3].headers["x-b"] == "2"


COUNTS: dict[int, Step] = {
    3: retrieve,
    2: lambda telnyx: retrieve(telnyx.with_options(max_retries=1)),
    1: lambda telnyx: telnyx.recordings.retrieve("r1", max_retries=0),
}


@both
@pytest.mark.parametrize(("attempts", "do"), COUNTS.items(), ids=["client", "copy", "call"])
def test_retries_are_set_for_a_client_a_copy_or_a_call(use: Use, attempts: int, do: Step) -> None:
    ending = f"{attempts} attempts were made" if attempts > 1 else r"503 Service Unavailable$"
    with Server(Reply(503, {}, {"retry-after": "0.001"})) as server:
        with pytest.raises(TelnyxRecordingsError, match=ending):
            use(server, do, max_retries=2)
        assert len(server.requests) == attempts


@both
def test_errors_have_the_details_of_the_response(use: Use) -> None:
    detail = {
        "code": "10015",
        "title": "Invalid value",
        "detail": "No such page",
        "source": {"parameter": "page[number]"},
    }
    refused = Reply(422, {"errors": [detail]}, {"x-request-id": "q7"})
    with Server(refused, Reply(404, "<html>")) as server:
        with pytest.raises(UnprocessableEntityError) as caught:
            use(server, lambda telnyx: telnyx.recordings.list(page_number=9))
        error = caught.value
        assert (error.status_code, error.code, error.pointer) == (422, "10015", "page[number]")
        assert error.request_id == "q7"
        assert "422 Invalid value: No such page" in str(error)
        with pytest.raises(NotFoundError) as missing:
            use(server, retrieve)
        assert (missing.value.code, missing.value.body) == (None, "<html>")


@both
def test_many_recordings_are_deleted_in_batches(use: Use) -> None:
    names = [f"r{n}" for n in range(150)]
    shelf = Shelf(set(names))
    with Server(shelf) as server:
        [result] = use(server, lambda telnyx: telnyx.recordings.actions.delete(ids=names))
    assert result.outcomes == dict.fromkeys(names, "deleted")
    assert [len(each.json["ids"]) for each in server.requests] == [100, 50]
    assert shelf.ids == set()


@both
def test_hooks_are_called_for_every_attempt(use: Use) -> None:
    seen: list[tuple[str, type, float]] = []

    def before(request: Request) -> None:
        assert "authorization" not in request.headers
        request.headers["traceparent"] = "00-1-2-01"

    def after(request: Request, result: Response | Failure, seconds: float) -> None:
        seen.append((request.path, type(result), seconds))

    with Server(RESET, FOUND) as server:
        use(server, retrieve, before_request=before, after_response=after)
    assert [each[:2] for each in seen] == [
        ("/recordings/r1", Failure),
        ("/recordings/r1", Response),
    ]
    assert all(0 < seconds < 5 for _, _, seconds in seen)
    assert [each.headers["traceparent"] for each in server.requests] == ["00-1-2-01"] * 2


@pytest.mark.parametrize("made", CLIENTS)
def test_a_client_shows_no_key_and_cannot_be_pickled(made: type[Client | AsyncClient]) -> None:
    telnyx = made(KEY, "https://api.example.com/v2")
    assert repr(telnyx) == f"<{made.__name__} of https://api.example.com/v2>"
    for copied in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match=f"{made.__name__} cannot be pickled"):
            copied(telnyx)


def test_threads_share_a_client() -> None:
    names = [f"r{n}" for n in range(200)]
    with Server(Shelf(set(names))) as server, client(server) as telnyx:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(telnyx.recordings.retrieve, names))
        assert [each.data.id for each in found] == names
        assert server.accepted <= 8


def test_connections_are_reused_after_successes_and_errors() -> None:
    answers = [FOUND, Reply(404, "<html>"), Reply(302), Reply(200, "<html>"), FOUND]
    with Server(*answers) as server, client(server) as telnyx:
        for answer in answers:
            with nullcontext() if answer is FOUND else pytest.raises(TelnyxRecordingsError):
                telnyx.recordings.retrieve("r1")
        assert server.accepted == 1


def test_a_closed_client_opens_new_connections() -> None:
    before = open_sockets()
    with Server(FOUND) as server:
        telnyx = client(server)
        telnyx.recordings.retrieve("r1")
        telnyx.close()
        assert server.open_lines == 0
        telnyx.recordings.retrieve("r1")
        telnyx.close()
        assert server.open_lines == 0
    assert open_sockets() <= before


def test_a_client_without_prefetch_starts_no_thread() -> None:
    with Server(Pages(30)) as server, client(server) as telnyx:
        before = {thread.name for thread in all_threads()}
        assert len(list(telnyx.recordings.list(page_size=10))) == 30
        assert {thread.name for thread in all_threads()} <= {*before, "fake-line"}


def test_bytes_after_a_response_are_ignored() -> None:
    body = b'{"data": {"id": "r1"}}'

    def chatty(line: Any, request: Any) -> bool:
        line.send(head(200, {"content-length": len(body)}) + body + b"HTTP/1.1 200 OK\r\n\r\n{}")
        return bool(request)

    with Server(chatty) as server, client(server) as telnyx:
        for _ in range(5):
            found = telnyx.recordings.retrieve("r1").data
            assert found is not None
            assert found.id == "r1"
