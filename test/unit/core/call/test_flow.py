"""One call as a flow: what it sends, how long it waits, and how it handles each response."""

import logging
from typing import Any

import pytest

from callers import WALL, Drive, reply
from telnyx_recordings.api.custom_storage_credentials import (
    OPERATIONS as CUSTOM_STORAGE_CREDENTIALS,
)
from telnyx_recordings.api.recordings import OPERATIONS as RECORDINGS
from telnyx_recordings.core.call import flow
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APITimeoutError,
    NotFoundError,
    RateLimitError,
)

OK = Response(status=200, headers={}, body=b'{"data": {"id": "r1"}}')
LOST = Failure(kind="reset", message="the connection was lost")
UNREACHED = Failure(kind="connect", message="could not connect")


def test_every_attempt_sends_the_same() -> None:
    drive = Drive()
    answer = drive(RECORDINGS.retrieve("r1"), LOST, reply(502), reply(520), OK)
    assert drive.held.waits == [0.1, 0.2, 0.4]
    assert answer.attempts == 4
    assert all(each is drive.requests[0] for each in drive.requests)


def test_successes_pay_for_later_retries() -> None:
    """A client that failed for a long time retries again after some calls have worked."""
    drive = Drive()
    while drive.shared.budget.spend(throttled=False):
        pass
    error = drive.fails(RECORDINGS.retrieve("r1"), LOST)
    assert "too many calls of this client have failed" in str(error)
    for _ in range(14):
        drive(RECORDINGS.retrieve("r1"), OK)
    assert drive(RECORDINGS.retrieve("r1"), LOST, OK).attempts == 2


def test_a_driver_that_brings_nothing_has_lost_the_connection() -> None:
    assert isinstance(Drive().fails(RECORDINGS.retrieve("r1"), *[None] * 4), APIConnectionError)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("timeout", APITimeoutError),
        ("connect_timeout", APITimeoutError),
        ("connect", APIConnectionError),
        ("reset", APIConnectionError),
        ("truncated", APIConnectionError),
        ("tls", APIConnectionError),
        ("protocol", APIResponseError),
    ],
)
def test_the_failure_gives_the_class(kind: Any, expected: type[APIError]) -> None:
    cause = OSError("x")
    failure = Failure(kind=kind, message="it failed", error=cause)
    error = Drive().fails(RECORDINGS.retrieve("r1", max_retries=0), failure)
    assert type(error) is expected
    assert error.__cause__ is cause
    where = "; check the network, and that the API is at api.example.com; no proxy was used"
    is_about_it = kind in ("connect", "connect_timeout", "tls")
    assert str(error) == f"GET /recordings/r1: it failed{where if is_about_it else ''}"
    assert (error.method, error.path) == ("GET", "/recordings/r1")


def test_a_hint_is_waited_for() -> None:
    drive = Drive()
    reset = str(int(WALL) + 10)
    drive(
        RECORDINGS.retrieve("r1"),
        reply(429, retry_after="2"),
        reply(503, retry_after="3"),
        reply(429, x_ratelimit_reset=reset),
        OK,
    )
    assert drive.held.waits == [2.05, 3.05, 4.95]


def test_the_deadline_counts_attempts_and_waits() -> None:
    drive = Drive()
    error = drive.fails(RECORDINGS.retrieve("r1", max_retries=9), *[LOST] * 4, seconds=35.0)
    assert str(error).endswith("; the deadline leaves no time for another attempt")
    assert drive.held.now <= 1000 + 4 * 35 + 3


@pytest.mark.parametrize("first", [reply(429), UNREACHED])
def test_a_delete_that_never_arrived_and_finds_nothing_is_an_error(
    first: Response | Failure,
) -> None:
    error = Drive().fails(RECORDINGS.delete("r1"), first, reply(404))
    assert isinstance(error, NotFoundError)


def test_a_retrieval_that_finds_nothing_is_an_error_on_every_attempt() -> None:
    assert isinstance(Drive().fails(RECORDINGS.retrieve("r1"), LOST, reply(404)), NotFoundError)


def test_a_create_is_not_sent_twice() -> None:
    create = CUSTOM_STORAGE_CREDENTIALS.create("5", backend="gcs", configuration={})
    for answer in (LOST, reply(503)):
        drive = Drive()
        error = drive.fails(create, answer)
        assert error.ambiguous
        assert len(drive.requests) == 1
    drive = Drive()
    drive(create, UNREACHED, reply(429), OK)
    assert len(drive.requests) == 3


def test_a_call_waits_for_its_place_in_the_window() -> None:
    drive = Drive()
    headers = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "2", "x_ratelimit_limit": "5"}
    drive(RECORDINGS.retrieve("r1"), reply(200, {}, **headers))
    drive(RECORDINGS.retrieve("r2"), OK)
    assert drive.held.trace == [2.0]


def test_a_call_that_would_wait_past_its_deadline_is_not_sent() -> None:
    drive = Drive()
    headers = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "50", "x_ratelimit_limit": "5"}
    drive(RECORDINGS.retrieve("r1"), reply(200, {}, **headers))
    error = drive.fails(RECORDINGS.retrieve("r2", deadline=40))
    assert isinstance(error, APITimeoutError)
    assert str(error) == (
        "GET /recordings/r2: not sent; the rate limit allows no request before the deadline"
    )
    assert drive.held.waits == []
    assert not error.ambiguous


def test_a_429_that_leaves_no_time_is_a_rate_limit_error() -> None:
    drive = Drive()
    refused = reply(429, x_ratelimit_reset="30", x_ratelimit_remaining="0")
    error = drive.fails(RECORDINGS.retrieve("r1", deadline=20), refused)
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 30.0


def test_a_call_that_is_given_up_leaves_its_location() -> None:
    drive = Drive()
    for _ in range(20):
        calls = flow.call(RECORDINGS.retrieve("r1"), drive.shared)
        assert isinstance(next(calls), Request)
        calls.close()


def test_a_call_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "telnyx_recordings")
    drive = Drive()
    operation = RECORDINGS.list(filter={"from": "+13125550142"})
    drive(operation, LOST, reply(200, {}, x_request_id="q1"), seconds=0.25)
    drive.fails(RECORDINGS.retrieve("r1", max_retries=0), LOST, seconds=0.25)
    assert [record.getMessage() for record in caplog.records] == [
        "GET /recordings 200 600 ms attempt=2 request_id=q1",
        "GET /recordings/r1 no response 250 ms attempt=1 request_id=None",
    ]


@pytest.mark.parametrize(
    "option",
    [
        *({"timeout": bad} for bad in (0, -1, "5", float("nan"))),
        *({"deadline": bad} for bad in (0, float("inf"), True)),
        *({"max_retries": bad} for bad in (-1, 1.5, "2")),
        *({"prefetch": bad} for bad in (-1, 65, "8", None, 1.0)),
    ],
    ids=repr,
)
def test_an_option_that_makes_no_sense_is_refused(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(option))):
        RECORDINGS.list(**option)


@pytest.mark.parametrize(
    "option", [{"extra_headers": "x"}, {"extra_query": 5}, {"extra_body": []}, {"retries": 3}]
)
def test_options_of_another_type_are_type_errors(option: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        RECORDINGS.retrieve("r1", **option)


def test_only_a_list_can_be_fetched_ahead() -> None:
    with pytest.raises(TypeError, match=r"recordings.retrieve\(\) got an unexpected keyword"):
        RECORDINGS.retrieve("r1", prefetch=8)  # type: ignore[call-arg]  # on purpose
