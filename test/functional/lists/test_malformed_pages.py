"""Tests that a list continues after an unreadable page, and never ends silently."""

from typing import Any

import pytest

from behaviours import Reply
from callers import Play, each_way
from clients import listed
from fakes import Server
from telnyx_recordings.errors import APIResponseError


def page(data: object, number: int) -> Reply:
    return Reply(200, {"data": data, "meta": {"page_number": number, "total_pages": 3}})


FIRST, THIRD = page([{"id": "r1"}], 1), page([{"id": "r3"}], 3)


def ids(client: Any, prefetch: int) -> Any:
    return listed(client.recordings.list(page_size=1, prefetch=prefetch))


@each_way
@pytest.mark.parametrize("prefetch", [0, 1])
def test_a_page_of_rows_that_are_no_objects_is_not_the_last(play: Play, prefetch: int) -> None:
    with Server(FIRST, page([None, 7], 2), THIRD) as server:
        outcome = play(server.base_url, lambda client: ids(client, prefetch))
    assert [row.id for row in outcome.value] == ["r1", "r3"]


@each_way
@pytest.mark.parametrize("prefetch", [0, 1])
@pytest.mark.parametrize(
    "odd",
    [
        *(Reply(200, {}), Reply(200, {"data": None}), Reply(200, {"errors": []})),
        *(page({}, 2), page("x", 2), Reply(204, "")),
    ],
    ids=["nothing", "null", "errors", "an object", "a text", "204"],
)
def test_a_page_without_a_list_is_an_error(play: Play, prefetch: int, odd: Reply) -> None:
    with Server(FIRST, odd) as server:
        outcome = play(server.base_url, lambda client: ids(client, prefetch))
    assert isinstance(outcome.error, APIResponseError)
    assert "contains no list" in str(outcome.error)


@each_way
@pytest.mark.parametrize("prefetch", [0, 1])
def test_a_page_may_be_empty_by_the_time_it_is_asked_for(play: Play, prefetch: int) -> None:
    for empty in (page([], 2), page(None, 2)):
        with Server(FIRST, empty) as server:
            outcome = play(server.base_url, lambda client: ids(client, prefetch))
        assert [row.id for row in outcome.value] == ["r1"]
