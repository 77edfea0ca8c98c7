"""The fault matrix of the API, row by row, over real sockets: sync and async decide alike."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from behaviours import (
    ENDLESS_CHUNKS,
    HALF_HEADERS,
    HANG_UP,
    RESET,
    RESET_IN_BODY,
    SHORT_BODY,
    TWO_LENGTHS,
    Applied,
    Drip,
    Flood,
    HalfApplied,
    Pages,
    Raw,
    Reply,
    Shelf,
    Silence,
)
from callers import Held, Outcome, Play, each_way, play_async, play_sync, retrieve
from certificates import self_signed
from clients import listed
from fakes import Behaviour, Server, closed_port
from telnyx_recordings.errors import (
    APIConnectionError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
    TelnyxRecordingsError,
)

FOUND = Reply(200, {"data": {"id": "r1"}})
GET = "GET /recordings/r1"
DELETE = "DELETE /recordings/r1"


def delete(client: Any) -> Any:
    return client.recordings.delete("r1")


@each_way
def test_row_1_a_closed_port_is_tried_four_times(play: Play) -> None:
    host = f"127.0.0.1:{closed_port()}"
    outcome = play(f"http://{host}/v2", retrieve)
    assert type(outcome.error) is APIConnectionError
    assert outcome.error.__cause__ is not None
    assert str(outcome.error) == (
        f"GET /recordings/r1: could not connect ({os.strerror(errno.ECONNREFUSED)}); "
        f"4 attempts were made; check the network, and that the API is at {host}; no proxy was used"
    )
    assert outcome.trace == [GET, 0.1, GET, 0.2, GET, 0.4, GET]


@each_way
def test_row_2_a_server_that_never_replies_is_a_timeout(play: Play) -> None:
    with Server(Silence()) as server:
        outcome = play(server.base_url, retrieve, timeout=0.05, max_retries=1)
    assert type(outcome.error) is APITimeoutError
    assert outcome.trace == [GET, 0.1, GET]


@each_way
@pytest.mark.parametrize("fault", [RESET, HANG_UP, HALF_HEADERS])
def test_row_3_a_connection_lost_before_the_response_is_retried(
    play: Play, fault: Behaviour
) -> None:
    with Server(fault, FOUND) as server:
        outcome = play(server.base_url, retrieve)
    assert outcome.value.data.id == "r1"
    assert outcome.trace == [GET, 0.1, GET]
    assert len(server.requests) == 2


@each_way
@pytest.mark.parametrize("fault", [RESET_IN_BODY, SHORT_BODY, ENDLESS_CHUNKS])
def test_rows_4_5_7_a_truncated_response_is_retried(play: Play, fault: Behaviour) -> None:
    with Server(fault, FOUND) as server:
        outcome = play(server.base_url, retrieve)
    assert outcome.value.data.id == "r1"
    assert outcome.trace == [GET, 0.1, GET]


@each_way
@pytest.mark.parametrize("fault", [TWO_LENGTHS, Raw(b"SSH-2.0-x\r\n\r\n"), Raw(b"\x00" * 99)])
def test_row_9_an_invalid_http_response_is_an_api_error(play: Play, fault: Behaviour) -> None:
    with Server(fault) as server:
        outcome = play(server.base_url, retrieve)
    assert type(outcome.error) is APIResponseError
    assert str(outcome.error) == "GET /recordings/r1: the response is not valid HTTP"
    assert outcome.trace == [GET]


@each_way
def test_row_10_less_than_a_kibibyte_per_second_is_a_stall(play: Play) -> None:
    held = Held(speed=200)
    with Server(Drip(0.002)) as server:
        outcome = play(server.base_url, retrieve, held, max_retries=0, deadline=10_000)
    assert type(outcome.error) is APITimeoutError
    assert "the response stalled: " in str(outcome.error)


@each_way
def test_row_10_headers_that_arrive_byte_by_byte_end_with_the_deadline(play: Play) -> None:
    held = Held(speed=200)
    with Server(Drip(0.002, from_body=False)) as server:
        outcome = play(server.base_url, retrieve, held, deadline=40.0)
    assert type(outcome.error) is APITimeoutError
    assert outcome.attempts == 1


@each_way
def test_row_27_a_429_is_waited_out(play: Play) -> None:
    with Server(Reply(429, {}, {"x-ratelimit-reset": 2}), FOUND) as server:
        outcome = play(server.base_url, retrieve)
    assert outcome.value.data.id == "r1"
    [wait] = outcome.waits
    assert 2 <= wait <= 3


@each_way
@pytest.mark.parametrize("junk", ["NaN", "-1", "soon", "", "9" * 500, "Mon, 40 Foo 10000 GMT"])
def test_row_28_an_invalid_retry_after_is_ignored(play: Play, junk: str) -> None:
    with Server(Reply(429, {}, {"retry-after": junk}), FOUND) as server:
        outcome = play(server.base_url, retrieve)
    assert outcome.trace == [GET, 0.75, GET]


@each_way
@pytest.mark.parametrize(("status", "error"), [(429, RateLimitError), (503, InternalServerError)])
def test_row_28_a_retry_after_of_more_than_a_minute_is_raised_at_once(
    play: Play, status: int, error: type[APIStatusError]
) -> None:
    with Server(Reply(status, {}, {"retry-after": 10**8})) as server:
        outcome = play(server.base_url, retrieve)
    assert isinstance(outcome.error, error)
    assert outcome.error.retry_after == 1e8
    assert outcome.trace == [GET]


def sixty_sync(client: Any) -> list[str]:
    """Make calls that fail, one after the other."""
    found: list[str] = []
    for _ in range(60):
        try:
            client.recordings.retrieve("r1")
        except TelnyxRecordingsError as error:
            found.append(str(error))
    return found


async def sixty_async(client: Any) -> list[str]:
    """Make calls that fail, one after the other."""
    found: list[str] = []
    for _ in range(60):
        try:
            await client.recordings.retrieve("r1")
        except TelnyxRecordingsError as error:
            found.append(str(error))
    return found


@pytest.mark.parametrize(("play", "do"), [(play_sync, sixty_sync), (play_async, sixty_async)])
def test_row_29_an_outage_costs_at_most_35_retries(play: Play, do: Callable[[Any], Any]) -> None:
    with Server(Reply(503)) as server:
        outcome = play(server.base_url, do)
    assert len(outcome.waits) == 35
    assert len(server.requests) == 60 + 35
    assert outcome.value[-1].endswith(
        "too many calls of this client have failed, so it stopped retrying"
    )


@each_way
@pytest.mark.parametrize("lost", [HANG_UP, RESET, Reply(502), SHORT_BODY])
def test_row_30_a_delete_whose_response_was_lost_succeeds(play: Play, lost: Behaviour) -> None:
    shelf = Shelf({"r1"})
    with Server(Applied(shelf, lost), shelf) as server:
        outcome = play(server.base_url, delete)
    assert (outcome.value.data.to_dict(), outcome.value.already_absent) == ({}, True)
    assert outcome.trace == [DELETE, 0.1, DELETE]
    assert len(server.requests) == 2


@each_way
def test_row_31_a_first_delete_that_finds_nothing_is_an_error(play: Play) -> None:
    with Server(Shelf(set())) as server:
        outcome = play(server.base_url, delete)
    assert isinstance(outcome.error, NotFoundError)
    assert not outcome.error.ambiguous
    assert outcome.trace == [DELETE]


@each_way
def test_row_32_a_half_finished_batch_is_completed(play: Play) -> None:
    names = [f"r{n}" for n in range(6)]
    shelf = Shelf(set(names))
    with Server(HalfApplied(shelf), shelf) as server:
        outcome = play(server.base_url, lambda client: client.recordings.actions.delete(ids=names))
    assert outcome.value.outcomes == dict.fromkeys(names, "deleted")
    assert shelf.ids == set()
    assert [each.json["ids"] for each in server.requests if each.method == "POST"] == [
        names,
        names[3:],
    ]


@each_way
def test_row_32_a_batch_that_stays_half_finished_is_an_error(play: Play) -> None:
    names = ["r0", "r1"]
    shelf = Shelf(set(names))
    stuck = HalfApplied(shelf)
    script: list[Behaviour] = [stuck, shelf, shelf, stuck, shelf, stuck, shelf, stuck, shelf]
    with Server(*script) as server:
        outcome = play(server.base_url, lambda client: client.recordings.actions.delete(ids=names))
    assert isinstance(outcome.error, InternalServerError)
    assert outcome.error.outcomes == {"r0": "deleted", "r1": "present"}


@each_way
def test_row_33_a_401_in_the_middle_stops_the_list(play: Play) -> None:
    pages = Pages(25)
    refused = Reply(401, {"errors": [{"code": "10009", "title": "Authentication failed"}]})
    with Server(pages, pages, refused, pages) as server:
        outcome = play(server.base_url, lambda client: listed(client.recordings.list(page_size=10)))
        rest = play(
            server.base_url,
            lambda client: listed(client.recordings.list(page_size=10, page_number=3)),
        )
    assert isinstance(outcome.error, AuthenticationError)
    assert outcome.error.code == "10009"
    assert outcome.attempts == 3
    assert [row.id for row in rest.value] == [f"r{n}" for n in range(20, 25)]


@each_way
@pytest.mark.parametrize(
    "answer",
    [
        *(Reply(200, body) for body in ("", "<html>", "{", "[]", "null", "{}".encode("utf-16"))),
        *(Reply(200, body) for body in ("[" * 100_000, '{"data":' * 100_000)),
        *(Flood(17 * 2**20), Flood(17 * 2**20, zipped=True), Flood(0)),
        Reply(200, b"no gzip", {"content-encoding": "gzip"}),
        Reply(200, b"{}", {"content-encoding": "gzip"}),
        Reply(200, {}),
        *(Reply(200, {"data": each}) for each in (None, [5], "x")),
    ],
    ids=range(17),
)
def test_row_34_an_unreadable_response_is_an_api_error(play: Play, answer: Behaviour) -> None:
    with Server(answer) as server:
        outcome = play(server.base_url, retrieve)
    assert type(outcome.error) is APIResponseError
    assert outcome.trace == [GET]


@each_way
def test_row_35_values_of_unexpected_types_are_parsed(play: Play) -> None:
    row: dict[str, Any] = {
        "id": None,
        "status": 5,
        "channels": "triple",
        "created_at": "",
        "new": [{}],
    }
    answer = {"data": row, "meta": "x"}
    with Server(Reply(200, answer)) as server:
        found = play(server.base_url, retrieve).value
    assert (found.data.id, found.data.status, found.data.created_at) == (None, None, None)
    assert (found.data.channels, found.data.channels.is_known) == ("triple", False)
    assert found.data.additional_properties == {"status": 5, "new": [{}]}
    assert found.additional_properties == {"meta": "x"}


@each_way
def test_row_46_an_untrusted_certificate_ends_the_call(play: Play, tmp_path: Path) -> None:
    with Server(FOUND, tls=self_signed("127.0.0.1", tmp_path)) as server:
        outcome = play(server.base_url, retrieve)
    assert type(outcome.error) is APIConnectionError
    assert "the server's certificate was refused: " in str(outcome.error)
    assert outcome.trace == [GET]
    assert server.requests == []


@each_way
def test_row_46_a_certificate_without_subjectaltname_is_refused(
    play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_named in (True, False):
        tls = self_signed("localhost", tmp_path, is_named=is_named)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        with Server(FOUND, tls=tls) as server:
            outcome = play(server.base_url.replace("127.0.0.1", "localhost"), retrieve)
        if is_named:
            assert outcome.value.data.id == "r1"
        else:
            assert type(outcome.error) is APIConnectionError
            assert "the server's certificate was refused: " in str(outcome.error)


SCENARIOS: dict[str, tuple[list[Behaviour], Callable[[Any], Any]]] = {
    "reset, then hint, then success": (
        [RESET, Reply(429, {}, {"retry-after": 3}), SHORT_BODY, FOUND],
        retrieve,
    ),
    "every retried status": ([Reply(408), Reply(500), Reply(504), Reply(524)], retrieve),
    "throttled all the time": ([Reply(429)], retrieve),
    "hints of all forms": (
        [
            Reply(429, {}, {"x-ratelimit-reset": 1_800_000_004}),
            Reply(503, {}, {"retry-after": "1"}),
            Reply(429, {}, {"retry-after": "junk", "x-ratelimit-reset": "7"}),
            FOUND,
        ],
        retrieve,
    ),
    "a delete that was lost twice": ([HANG_UP, Reply(500), Reply(404)], delete),
    "a window that is used up": (
        [
            Reply(
                200,
                {"data": [{"id": "r1"}] * 20},
                {"x-ratelimit-limit": 1, "x-ratelimit-remaining": 0, "x-ratelimit-reset": 1},
            ),
            Reply(200, {"data": []}),
        ],
        lambda client: listed(client.recordings.list()),
    ),
    "a batch in an outage": (
        [Reply(500)],
        lambda client: client.recordings.actions.delete(ids=["a", "b"]),
    ),
    "a create that is lost": (
        [Reply(429), HANG_UP],
        lambda client: client.custom_storage_credentials.create(
            "5", backend="gcs", configuration={}
        ),
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_sync_and_async_clients_make_the_same_decisions(name: str) -> None:
    script, do = SCENARIOS[name]
    found: list[Outcome] = []
    for play in (play_sync, play_async):
        with Server(*script) as server:
            found.append(play(server.base_url, do))
        assert len(server.requests) == found[-1].attempts
    first, second = found
    assert first.waits
    assert first.trace == second.trace
    assert str(first.error) == str(second.error)
    assert type(first.error) is type(second.error)


@each_way
@pytest.mark.parametrize(
    "script",
    [[FOUND], [RESET, FOUND], [Reply(404, "<html>")], [Flood(17 * 2**20)]],
    ids=["success", "reset", "error", "too large"],
)
def test_no_connection_is_left_open(play: Play, script: list[Behaviour]) -> None:
    with Server(*script) as server:
        play(server.base_url, retrieve)
        assert server.open_lines == 0
