"""The id in a response is compared with the id that was requested."""

import asyncio
import logging
from typing import Any

import pytest

from behaviours import Applied, EchoedId, Reply, Shelf
from callers import Play, each_way, retrieve
from fakes import Server
from telnyx_recordings.errors import APIResponseError, InternalServerError

OTHER = Reply(200, {"data": {"id": "r2"}})


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [each for each in caplog.records if each.name == "telnyx_recordings"]
    return [each.getMessage() for each in found if each.levelno >= logging.WARNING]


@each_way
@pytest.mark.parametrize("method", ["retrieve", "delete"])
def test_a_response_about_another_id_logs_a_warning(
    play: Play, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A mock server always responds with its example, so this is not an error."""
    with Server(OTHER) as server:
        outcome = play(server.base_url, lambda client: getattr(client.recordings, method)("r1"))
    assert outcome.value.data.id == "r2"
    verb = "GET" if method == "retrieve" else "DELETE"
    assert warnings(caplog) == [f"{verb} /recordings/r1: the response is about another id: r2"]


@each_way
def test_a_raw_response_about_another_id_logs_a_warning(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(OTHER) as server:
        outcome = play(
            server.base_url, lambda client: client.recordings.with_raw_response.retrieve("r1")
        )
    assert warnings(caplog) == []
    parsed = outcome.value.parse()
    assert (asyncio.run(parsed) if asyncio.iscoroutine(parsed) else parsed).data.id == "r2"
    assert len(warnings(caplog)) == 1


@each_way
@pytest.mark.parametrize(
    "response",
    [
        EchoedId(),
        Reply(200, {"data": {"id": None}}),
        Reply(200, {"data": {}}),
        Reply(200, {"data": {"id": "r1", "connection_id": "5"}}),
    ],
    ids=range(4),
)
def test_a_response_with_the_same_id_or_none_logs_nothing(
    play: Play, response: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(response) as server:
        play(server.base_url, retrieve)
    assert warnings(caplog) == []


@each_way
@pytest.mark.parametrize(("found", "count"), [("5", 0), ("6", 1)])
def test_an_id_of_another_name_is_compared_with_the_field_of_that_name(
    play: Play, found: str, count: int, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"connection_id": found, "data": {"backend": "gcs", "id": "x"}}
    with Server(Reply(200, body)) as server:
        play(server.base_url, lambda client: client.custom_storage_credentials.retrieve("5"))
    assert len(warnings(caplog)) == count


@each_way
def test_an_id_with_control_characters_is_logged_in_one_line(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(Reply(200, {"data": {"id": "r2\n\x1b[31mforged"}})) as server:
        play(server.base_url, retrieve)
    assert warnings(caplog)[0].endswith("another id: r2 ?[31mforged")


def delete_two(client: Any) -> Any:
    return client.recordings.actions.delete(ids=["r1", "r2"])


@each_way
@pytest.mark.parametrize(
    "response",
    [
        Reply(200, {"data": {"id": "r3"}}),
        Reply(200, {"data": [{"id": "r1"}, {"id": "r3"}], "meta": {}}),
    ],
    ids=range(2),
)
def test_a_batch_delete_ignores_a_response_about_other_ids(play: Play, response: Reply) -> None:
    shelf = Shelf({"r1", "r2"})
    with Server(response, shelf) as server:
        outcome = play(server.base_url, delete_two)
    assert outcome.value.outcomes == {"r1": "deleted", "r2": "deleted"}
    assert shelf.ids == set()
    assert [each.method for each in server.requests] == ["POST", "GET", "GET", "POST"]


@each_way
def test_a_batch_delete_with_responses_about_other_ids_only_is_an_error(play: Play) -> None:
    shelf = Shelf({"r1", "r2"})
    wrong = Reply(200, {"data": {"id": "r3"}})
    with Server(wrong, shelf, shelf, wrong) as server:
        outcome = play(server.base_url, delete_two, max_retries=1)
    assert type(outcome.error) is APIResponseError
    assert outcome.error.message == (
        "POST /recordings/actions/delete: the response is about other ids than the request"
    )
    assert shelf.ids == {"r1", "r2"}


@each_way
@pytest.mark.parametrize("body", [{"status": "ok"}, {}, {"data": [{"id": "r1"}, {"id": "r2"}]}])
def test_a_batch_delete_accepts_a_response_without_ids(play: Play, body: object) -> None:
    with Server(Reply(200, body)) as server:
        outcome = play(server.base_url, delete_two)
    assert outcome.value.outcomes == {"r1": "deleted", "r2": "deleted"}
    assert outcome.attempts == 1


@each_way
def test_a_lookup_after_a_batch_delete_ignores_another_id(play: Play) -> None:
    shelf = Shelf({"r1", "r2"})
    with Server(Applied(shelf, Reply(500)), Reply(200, {"data": {"id": "r9"}})) as server:
        outcome = play(server.base_url, delete_two)
    assert isinstance(outcome.error, InternalServerError)
    assert outcome.error.outcomes == {"r1": "unknown", "r2": "unknown"}
