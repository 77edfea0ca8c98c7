"""Deleting many at once: in pieces, and with the truth about each id whatever happens."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from callers import Drive, reply
from telnyx_recordings.api.recordings_actions import OPERATIONS as RECORDINGS_ACTIONS
from telnyx_recordings.core.call import run as run_operation
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    InternalServerError,
    PermissionDeniedError,
    RateLimitError,
)

LOST = Failure(kind="reset", message="the connection was lost")
Server = Callable[[Request], Response | Failure]


class Account:
    """Recordings that can be deleted; it notes how many ids each request had."""

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)
        self.sizes: list[int] = []
        self.checks = 0

    def __call__(self, request: Request) -> Response | Failure:
        if request.method == "GET":
            self.checks += 1
            found = request.path.rpartition("/")[2] in self.ids
            return reply(200, {"data": {}}) if found else reply(404)
        self.delete(self.named(request))
        return reply(200, {"status": "ok"})

    def named(self, request: Request) -> list[str]:
        ids: list[str] = json.loads(request.body or b"")["ids"]
        self.sizes.append(len(ids))
        return ids

    def delete(self, ids: list[str]) -> None:
        self.ids -= set(ids)


def run(server: Server, ids: Any, **options: Any) -> tuple[Any, Drive]:
    """Delete, and return the result or the error."""
    drive = Drive()
    operation = RECORDINGS_ACTIONS.delete(ids=ids, **options)

    def respond(request: Request) -> Response | Failure:
        drive.held.note(request)
        return server(request)

    try:
        return drive.run(run_operation(operation, drive.shared), respond), drive
    except APIError as error:
        return error, drive


NAMES = [f"r{n}" for n in range(250)]


def test_an_id_that_is_named_twice_is_sent_once() -> None:
    account = Account("r1", "r2")
    result, _ = run(account, ("r1", "r2", "r1"))
    assert account.sizes == [2]
    assert result.outcomes == {"r1": "deleted", "r2": "deleted"}


def test_a_204_is_a_success() -> None:
    result, _ = run(lambda _: reply(204), ["r1"])
    assert result.outcomes == {"r1": "deleted"}
    assert result.status is None


def test_a_result_that_does_not_fit_is_kept() -> None:
    result, _ = run(lambda _: reply(200, {"status": 5, "more": [1]}), ["r1"])
    assert result.outcomes == {"r1": "deleted"}
    assert result.additional_properties == {"status": 5, "more": [1]}


@pytest.mark.parametrize("answer", [reply(500), reply(504), LOST, reply(200, b"<html>")])
def test_a_lost_response_of_a_batch_is_looked_up(answer: Response | Failure) -> None:
    account = Account("r1", "r2", "r3", "r4")

    def server(request: Request) -> Response | Failure:
        if request.method == "POST" and not account.sizes:
            account.delete(account.named(request)[:2])
            return answer
        return account(request)

    result, drive = run(server, ["r1", "r2", "r3", "r4"])
    assert result.outcomes == dict.fromkeys(["r1", "r2", "r3", "r4"], "deleted")
    assert account.sizes == [4, 2]
    assert account.checks == 4
    assert drive.held.waits == [0.1]


def test_a_batch_that_was_completed_is_not_sent_again() -> None:
    account = Account("r1", "r2")

    def server(request: Request) -> Response | Failure:
        done = account(request)
        return LOST if request.method == "POST" else done

    result, drive = run(server, ["r1", "r2"])
    assert result.outcomes == {"r1": "deleted", "r2": "deleted"}
    assert result.status is None
    assert drive.held.waits == []


def test_ids_that_cannot_be_deleted_are_an_error() -> None:
    stubborn = Account(*NAMES)

    def server(request: Request) -> Response | Failure:
        if request.method == "POST":
            ids = stubborn.named(request)
            stubborn.delete([each for each in ids if each != "r7"])
            return reply(500) if "r7" in ids else reply(200, {"status": "ok"})
        return stubborn(request)

    error, drive = run(server, NAMES)
    assert isinstance(error, InternalServerError)
    assert error.outcomes == {**dict.fromkeys(NAMES, "deleted"), "r7": "present"}
    assert stubborn.sizes == [100, 1, 1, 1, 100, 50]
    assert len(drive.held.waits) == 3
    assert error.__notes__ == ["249 of 250 ids are known to be deleted; see error.outcomes"]


def test_an_unavailable_service_is_not_asked_about_every_id() -> None:
    def server(request: Request) -> Response | Failure:
        return reply(503) if request.method == "POST" else LOST

    error, drive = run(server, NAMES)
    assert isinstance(error, InternalServerError)
    assert error.outcomes == dict.fromkeys(NAMES, "unknown")
    assert [each for each in drive.held.trace if isinstance(each, str)] == [
        "POST /recordings/actions/delete",
        *["GET /recordings/r0"] * 4,
    ]


def test_a_batch_that_was_never_sent_is_not_looked_up() -> None:
    error, drive = run(lambda _: Failure(kind="connect", message="closed"), ["r1"])
    assert isinstance(error, APIConnectionError)
    assert error.outcomes == {"r1": "unknown"}
    assert [each for each in drive.held.trace if isinstance(each, str)] == [
        "POST /recordings/actions/delete"
    ] * 4


def test_a_refusal_in_the_middle_of_a_batch_reports_the_outcomes_so_far() -> None:
    account = Account(*NAMES)

    def server(request: Request) -> Response | Failure:
        return reply(401) if account.sizes else account(request)

    error, _ = run(server, NAMES)
    assert isinstance(error, AuthenticationError)
    assert list(error.outcomes.values()) == ["deleted"] * 100 + ["unknown"] * 150
    assert error.__notes__ == ["100 of 250 ids are known to be deleted; see error.outcomes"]


def test_a_refused_lookup_does_not_hide_the_first_error() -> None:
    def server(request: Request) -> Response | Failure:
        return reply(500) if request.method == "POST" else reply(403)

    error, _ = run(server, ["r1"])
    assert isinstance(error, InternalServerError)
    assert not isinstance(error, PermissionDeniedError)


def test_a_429_is_waited_for_and_sent_again() -> None:
    account = Account("r1")
    answers = [reply(429, retry_after="2")]
    result, drive = run(lambda each: answers.pop() if answers else account(each), ["r1"])
    assert result.outcomes == {"r1": "deleted"}
    assert drive.held.waits == [2.05]
    error, _ = run(lambda _: reply(429, retry_after="900"), ["r1"])
    assert isinstance(error, RateLimitError)
    assert error.outcomes == {"r1": "unknown"}


def test_options_hold_for_every_request() -> None:
    seen: list[Request] = []

    def server(request: Request) -> Response | Failure:
        seen.append(request)
        return reply(500) if request.method == "POST" else reply(404)

    extra = {"extra_headers": {"x-a": "1"}, "extra_body": {"why": "age"}, "timeout": 2.0}
    run(server, ["r1"], **extra)
    assert [each.headers.get("x-a") for each in seen] == ["1", "1"]
    assert [each.timeout for each in seen] == [2.0, 2.0]
    assert json.loads(seen[0].body or b"") == {"ids": ["r1"], "why": "age"}
    assert seen[1].body is None


@pytest.mark.parametrize("retries", [0, 1])
def test_retries_are_as_many_as_are_allowed(retries: int) -> None:
    account = Account("r1")

    def server(request: Request) -> Response | Failure:
        return reply(500) if request.method == "POST" else account(request)

    error, drive = run(server, ["r1"], max_retries=retries)
    assert error.outcomes == {"r1": "present"}
    posts = [each for each in drive.held.trace if each == "POST /recordings/actions/delete"]
    assert len(posts) == retries + 1


@pytest.mark.parametrize("ids", [[], ()])
def test_an_empty_list_of_ids_is_refused(ids: Any) -> None:
    with pytest.raises(ValueError, match="Expected a non-empty list of ids for `ids`"):
        run(lambda _: LOST, ids)


@pytest.mark.parametrize("ids", ["r1", b"r2", None, 5, {"r1": 1}, iter(["r1"])])
def test_a_string_in_place_of_a_list_of_ids_is_refused(ids: Any) -> None:
    """A string would be read letter by letter, and each letter deleted."""
    with pytest.raises(TypeError, match="Expected a list of ids for `ids`"):
        run(lambda _: LOST, ids)
