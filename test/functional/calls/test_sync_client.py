"""The sync client over real sockets: its calls, its settings, raw and streamed answers.

It needs nothing but the package: it is run with the built wheel, too.
"""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from threading import enumerate as all_threads
from typing import Any

import pytest

from behaviours import HangUp, Pages, Reply, Reset, Shelf, head
from fakes import Server, open_sockets
from telnyx_recordings import Client
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.errors import (
    ConfigError,
    NotFoundError,
    TelnyxRecordingsError,
    UnprocessableEntityError,
)

KEY = "KEY0123456789_SECRET"
RECORDING = {
    "id": "r1",
    "from": "+13125550142",
    "channels": "dual",
    "duration_millis": 4200,
    "created_at": "2026-03-01T10:00:00.000Z",
}
FOUND = Reply(200, {"data": RECORDING}, {"x-request-id": "q1"})


def client(server: Server, **settings: Any) -> Client:
    """A client of a fake server."""
    return Client(KEY, server.base_url, **settings)


def test_a_recording_is_fetched_and_typed() -> None:
    with Server(FOUND) as server, client(server) as telnyx:
        recording = telnyx.recordings.retrieve("r1").data
    assert recording is not None
    assert (recording.id, recording.from_, recording.duration_millis) == (
        "r1",
        "+13125550142",
        4200,
    )
    assert recording.channels == "dual"
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


def test_the_list_is_asked_for_exactly_as_telnyx_wants_it() -> None:
    with Server(Pages(0)) as server, client(server) as telnyx:
        telnyx.recordings.list(
            filter={"created_at": {"gte": datetime(2026, 3, 1, tzinfo=UTC)}},
            page_size=250,
        )
    assert server.requests[0].target == (
        "/v2/recordings?filter%5Bcreated_at%5D%5Bgte%5D=2026-03-01T00%3A00%3A00Z&page%5Bsize%5D=250"
    )


def test_a_list_goes_through_all_pages() -> None:
    with Server(Pages(25)) as server, client(server) as telnyx:
        page = telnyx.recordings.list(page_size=10)
        assert page.meta.total_results == 25
        rows = iter(page)
        assert [next(rows).id for _ in range(10)] == [f"r{n}" for n in range(10)]
        assert len(server.requests) == 1
        assert [row.id for row in rows] == [f"r{n}" for n in range(10, 25)]
    assert [each.query.get("page[number]") for each in server.requests] == [None, "2", "3"]


def test_every_call_goes_where_it_should() -> None:
    with Server(Reply(200, {"data": {}})) as server, client(server) as telnyx:
        telnyx.recordings.delete("r1")
        telnyx.recordings.actions.delete(ids=["r1", "r2"])
        telnyx.recording_transcriptions.list(filter={"recording_id": "r1"})
        telnyx.recording_transcriptions.retrieve("t1")
        telnyx.recording_transcriptions.delete("t1")
        credentials = telnyx.custom_storage_credentials
        credentials.retrieve("5")
        credentials.create("5", backend="gcs", configuration={"backend": "gcs", "bucket": "b"})
        credentials.update("5", backend="gcs", configuration={"backend": "gcs", "bucket": "c"})
        credentials.delete("5")
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
    assert server.requests[7].json == {
        "backend": "gcs",
        "configuration": {"backend": "gcs", "bucket": "c"},
    }
    with_body = ["content-type" in each.headers for each in server.requests]
    assert with_body == [False, True, False, False, False, False, True, True, False]


@pytest.mark.parametrize("bad", ["", None, "a/b", "..", "a\nb", "\x00", "a?b"])
def test_an_id_that_is_none_is_never_sent(bad: Any) -> None:
    with Server(FOUND) as server, client(server) as telnyx:
        for method in (telnyx.recordings.retrieve, telnyx.recordings.delete):
            with pytest.raises(ValueError, match="for `recording_id` but received"):
                method(bad)
        with pytest.raises(ValueError, match="for `ids` but received"):
            telnyx.recordings.actions.delete(ids=["r1", bad])
    assert server.requests == []


def test_an_unknown_keyword_is_a_type_error() -> None:
    with Server(FOUND) as server, client(server) as telnyx:
        recordings: Any = telnyx.recordings
        for method in (
            recordings.retrieve,
            recordings.with_raw_response.retrieve,
            recordings.with_streaming_response.retrieve,
        ):
            with pytest.raises(TypeError, match="unexpected keyword argument 'retries'"):
                method("r1", retries=3)
        with pytest.raises(TypeError, match="unexpected keyword argument 'pages'"):
            recordings.list(pages=3)
        with pytest.raises(TypeError):
            recordings.retrieve()
    assert server.requests == []


def test_an_option_that_is_none_is_as_if_it_were_not_given() -> None:
    nothing: Any = dict.fromkeys(("timeout", "deadline", "max_retries", "extra_headers"))
    with Server(Reset(), FOUND) as server, client(server) as telnyx:
        assert telnyx.recordings.retrieve("r1", **nothing).data is not None
    assert len(server.requests) == 2


def test_a_call_can_carry_more() -> None:
    headers = {"X-Team": "a", "X-Shift": "day"}
    with Server(FOUND) as server, client(server, default_headers=headers) as telnyx:
        telnyx.recordings.retrieve(
            "r1",
            extra_headers={"x-team": "b", "Authorization": "Bearer other"},
            extra_query={"deep": {"er": [1, True]}},
        )
        telnyx.recordings.actions.delete(ids=["r1"], extra_body={"why": None})
    first, second = server.requests
    assert (first.headers["x-team"], first.headers["x-shift"]) == ("b", "day")
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert first.target == "/v2/recordings/r1?deep%5Ber%5D=1&deep%5Ber%5D=true"
    assert second.json == {"ids": ["r1"], "why": None}


def test_settings_are_the_calls_own_then_the_copys_then_the_clients() -> None:
    seen: list[Request] = []
    with (
        Server(FOUND) as server,
        client(server, timeout=5, max_retries=1, before_request=seen.append) as telnyx,
    ):
        copied = telnyx.with_options(timeout=4, default_headers={"x-a": "1"})
        telnyx.recordings.retrieve("r1")
        copied.recordings.retrieve("r1")
        copied.recordings.retrieve("r1", timeout=3)
        assert server.accepted == 1
        copied.with_options(default_headers={"x-b": "2"}).recordings.retrieve("r1")
    assert [each.timeout for each in seen] == [5.0, 4.0, 3.0, 4.0]
    assert [each.headers.get("x-a") for each in server.requests] == [None, "1", "1", "1"]
    assert server.requests[3].headers["x-b"] == "2"


def test_retries_can_be_set_for_the_client_the_copy_and_the_call() -> None:
    with Server(Reply(503, {}, {"retry-after": "0.001"})) as server:
        telnyx = client(server, max_retries=2)
        with pytest.raises(TelnyxRecordingsError, match="3 attempts were made"):
            telnyx.recordings.retrieve("r1")
        with pytest.raises(TelnyxRecordingsError, match="2 attempts were made"):
            telnyx.with_options(max_retries=1).recordings.retrieve("r1")
        with pytest.raises(TelnyxRecordingsError, match=r"503 Service Unavailable$"):
            telnyx.recordings.retrieve("r1", max_retries=0)
        telnyx.close()
    assert len(server.requests) == 3 + 2 + 1


def test_wrong_settings_are_refused_when_the_client_is_made() -> None:
    with pytest.raises(ConfigError, match="timeout must be a number of seconds"):
        Client(KEY, timeout=-1)
    with pytest.raises(ConfigError, match="https"):
        Client(KEY, "http://api.example.com")
    with pytest.raises(TypeError):
        Client(KEY, retries=3)  # type: ignore[call-arg]  # on purpose


def test_errors_say_what_telnyx_said() -> None:
    told = {
        "code": "10015",
        "title": "Invalid value",
        "detail": "No such page",
        "source": {"parameter": "page[number]"},
    }
    refused = Reply(422, {"errors": [told]}, {"x-request-id": "q7"})
    with Server(refused, Reply(404, "<html>")) as server, client(server) as telnyx:
        with pytest.raises(UnprocessableEntityError) as caught:
            telnyx.recordings.list(page_number=9)
        error = caught.value
        assert (error.status_code, error.code, error.pointer, error.request_id) == (
            422,
            "10015",
            "page[number]",
            "q7",
        )
        assert "422 Invalid value: No such page" in str(error)
        with pytest.raises(NotFoundError) as missing:
            telnyx.recordings.retrieve("r1")
        assert (missing.value.code, missing.value.body) == (None, "<html>")


def test_a_deleted_recording_may_have_been_deleted_before() -> None:
    with Server(HangUp(), Reply(404)) as server, client(server) as telnyx:
        assert telnyx.recordings.delete("r1").already_absent is True


def test_many_are_deleted_in_pieces() -> None:
    names = [f"r{n}" for n in range(150)]
    shelf = Shelf(set(names))
    with Server(shelf) as server, client(server) as telnyx:
        result = telnyx.recordings.actions.delete(ids=names)
    assert result.outcomes == dict.fromkeys(names, "deleted")
    assert [len(each.json["ids"]) for each in server.requests] == [100, 50]
    assert shelf.ids == set()


def test_threads_share_a_client() -> None:
    names = [f"r{n}" for n in range(200)]
    with Server(Shelf(set(names))) as server, client(server) as telnyx:
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(telnyx.recordings.retrieve, names))
        assert [each.data.id for each in found] == names
        assert server.accepted <= 8


def test_connections_are_used_again() -> None:
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


def test_hooks_see_every_attempt() -> None:
    seen: list[tuple[str, type, float]] = []

    def before(request: Request) -> None:
        assert "authorization" not in request.headers
        request.headers["traceparent"] = "00-1-2-01"

    def after(request: Request, told: Response | Failure, seconds: float) -> None:
        seen.append((request.path, type(told), seconds))

    with (
        Server(Reset(), FOUND) as server,
        client(server, before_request=before, after_response=after) as telnyx,
    ):
        telnyx.recordings.retrieve("r1")
    assert [each[:2] for each in seen] == [
        ("/recordings/r1", Failure),
        ("/recordings/r1", Response),
    ]
    assert all(0 < seconds < 5 for _, _, seconds in seen)
    assert [each.headers["traceparent"] for each in server.requests] == ["00-1-2-01"] * 2


def test_a_client_shows_no_key_and_is_not_pickled() -> None:
    telnyx = Client(KEY, "https://api.example.com/v2")
    assert repr(telnyx) == "<Client of https://api.example.com/v2>"
    with pytest.raises(TypeError, match="a Client cannot be pickled"):
        pickle.dumps(telnyx)
    with pytest.raises(TypeError, match="a Client cannot be pickled"):
        copy.deepcopy(telnyx)


def test_no_thread_is_needed() -> None:
    with Server(Pages(30)) as server, client(server) as telnyx:
        before = {thread.name for thread in all_threads()}
        assert len(list(telnyx.recordings.list(page_size=10))) == 30
        assert {thread.name for thread in all_threads()} <= {*before, "fake-line"}


def test_more_than_was_promised_does_no_harm() -> None:
    body = b'{"data": {"id": "r1"}}'

    def chatty(line: Any, request: Any) -> bool:
        line.send(head(200, {"content-length": len(body)}) + body + b"HTTP/1.1 200 OK\r\n\r\n{}")
        return bool(request)

    with Server(chatty) as server, client(server) as telnyx:
        for _ in range(5):
            found = telnyx.recordings.retrieve("r1").data
            assert found is not None
            assert found.id == "r1"
