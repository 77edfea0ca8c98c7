"""Lists of the recordings from or to a number: both directions, merged."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from behaviours import Reply
from callers import KEY, Play, each_way
from clients import listed
from fakes import Line, Received, Server
from telnyx_recordings import Client, RecordingResponseData
from telnyx_recordings.sandbox import Sandbox

NUMBER = "+12125550137"
OTHER = "+14155550142"


def _row(id_: str, from_: str, to: str, minute: int | None) -> dict[str, Any]:
    created = None if minute is None else f"2026-03-01T10:{minute:02}:00.000Z"
    return {"id": id_, "from": from_, "to": to, "created_at": created}


class Directions:
    """Serves the rows of a call list by their `from` or `to`, two per page."""

    def __init__(self, *found: Mapping[str, Any]) -> None:
        self.rows = found
        self.targets: list[str] = []

    def __call__(self, line: Line, request: Received) -> bool:
        self.targets.append(request.target)
        query = {name: each[0] for name, each in parse_qs(urlsplit(request.target).query).items()}
        wanted = [
            row
            for row in self.rows
            if all(query.get(f"filter[{end}]") in (None, row[end]) for end in ("from", "to"))
        ]
        number, size = int(query.get("page[number]", 1)), int(query.get("page[size]", 2))
        meta = {"page_number": number, "total_pages": -(-len(wanted) // size)}
        meta["total_results"] = len(wanted)
        data = wanted[(number - 1) * size : number * size]
        return Reply(200, {"data": data, "meta": meta})(line, request)


def _ids(found: list[RecordingResponseData]) -> list[str | None]:
    return [each.id for each in found]


NEWEST_FIRST = (
    _row("f", NUMBER, OTHER, 50),
    _row("e", OTHER, NUMBER, 40),
    _row("d", NUMBER, NUMBER, 30),
    _row("c", OTHER, OTHER, 25),
    _row("b", NUMBER, OTHER, 20),
    _row("a", NUMBER, OTHER, 10),
)


@each_way
@pytest.mark.parametrize("page_size", [1, 2, 3, 250])
def test_recordings_from_and_to_a_number_are_merged_newest_first(
    play: Play, page_size: int
) -> None:
    """A call from a number to itself is in both lists, and is yielded once."""
    with Server(Directions(*NEWEST_FIRST)) as server:
        outcome = play(
            server.base_url,
            lambda client: listed(client.recordings.list(number=NUMBER, page_size=page_size)),
        )
    assert outcome.error is None
    assert _ids(outcome.value) == ["f", "e", "d", "b", "a"]


@each_way
def test_a_merged_list_keeps_the_order_of_a_server_that_lists_the_oldest_first(play: Play) -> None:
    """The order of lists is not documented, so it is taken from the rows."""
    with Server(Directions(*reversed(NEWEST_FIRST))) as server:
        outcome = play(
            server.base_url,
            lambda client: listed(client.recordings.list(number=NUMBER, page_size=2)),
        )
    assert _ids(outcome.value) == ["a", "b", "d", "e", "f"]


@each_way
def test_a_merged_list_in_no_order_has_each_recording_once(play: Play) -> None:
    """Rows without a time or an id are not lost either."""
    several = (
        _row("c", NUMBER, OTHER, 20),
        _row("x", OTHER, NUMBER, None),
        _row("a", NUMBER, NUMBER, 50),
        _row("e", OTHER, NUMBER, 10),
        _row("y", NUMBER, OTHER, None),
        _row("b", OTHER, NUMBER, 30),
        {"from": NUMBER, "to": OTHER},
    )
    with Server(Directions(*several)) as server:
        outcome = play(
            server.base_url,
            lambda client: listed(client.recordings.list(number=NUMBER, page_size=1)),
        )
    assert Counter(_ids(outcome.value)) == Counter(["c", "x", "a", "e", "y", "b", None])


def test_a_merged_list_requests_pages_when_their_rows_are_needed() -> None:
    """The first rows need one page per direction."""
    found = [_row(f"{n:02}", NUMBER, OTHER, 59 - n) for n in range(50)]
    directions = Directions(*found, _row("last", OTHER, NUMBER, 0))
    with Server(directions) as server, Client("KEY_TEST", server.base_url) as client:
        listing = client.recordings.list(number=NUMBER, page_size=5)
        assert len(directions.targets) == 2
        rows_seen = iter(listing)
        assert _ids([next(rows_seen) for _ in range(6)]) == [f"{n:02}" for n in range(6)]
        assert len(directions.targets) == 3
        assert len(list(client.recordings.list(number=NUMBER, page_size=5, limit=7))) == 7


def test_pages_of_a_merged_list_can_be_fetched_one_by_one_and_again() -> None:
    """A page has at most `page_size` rows; its meta has the number of rows of both lists."""
    with Server(Directions(*NEWEST_FIRST)) as server, Client("KEY", server.base_url) as client:
        first = client.recordings.list(number=NUMBER, page_size=2)
        assert (_ids(first.data), first.meta.total_results) == (["f", "e"], 6)
        again = [_ids(first.get_next_page().data) for _ in range(2)]
        assert again[0] == again[1]
        pages = list(first.iter_pages())
        assert [id_ for page in pages for id_ in _ids(page.data)] == ["f", "e", "d", "b", "a"]
        assert max(len(page.data) for page in pages) <= 2
        assert not pages[-1].has_next_page()
        with pytest.raises(RuntimeError, match="no page after this one"):
            pages[-1].get_next_page()


def test_a_merged_list_keeps_the_other_conditions() -> None:
    """They apply to both directions."""
    directions = Directions(*NEWEST_FIRST)
    with Server(directions) as server, Client("KEY_TEST", server.base_url) as client:
        list(client.recordings.list(filter={"connection_id": "70"}, number=NUMBER, page_size=250))
        list(client.recordings.list(filter={"from": OTHER}, number=None))
    assert ["connection_id" in each for each in directions.targets] == [True, True, False]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"number": ""}, "number must not be empty"),
        ({"number": NUMBER, "page_number": 2}, "cannot be combined with page_number"),
        ({"number": NUMBER, "prefetch": 2}, "cannot be combined with page_number or prefetch"),
        ({"number": NUMBER, "filter": {"from": OTHER}}, "these conditions of filter: from"),
        ({"number": 12125550137}, "number must be a str, not int"),
    ],
)
@each_way
def test_arguments_that_exclude_number_are_refused(
    play: Play, arguments: dict[str, Any], message: str
) -> None:
    """No request is sent."""
    outcome = play(
        "http://127.0.0.1:9/v2", lambda client: listed(client.recordings.list(**arguments))
    )
    assert isinstance(outcome.error, ValueError | TypeError)
    assert message in str(outcome.error)
    assert outcome.attempts == 0


def test_a_raw_response_to_a_merged_list_is_refused() -> None:
    """A merged list has two responses."""
    with (
        Client("KEY_TEST", "http://127.0.0.1:9/v2") as client,
        pytest.raises(ValueError, match="number needs several requests"),
    ):
        client.recordings.with_raw_response.list(number=NUMBER)


@each_way
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_the_sandbox_lists_the_recordings_of_a_number(
    play: Play, order: Literal["newest", "oldest"]
) -> None:
    """The list has the recordings that a filter by either direction would list."""
    with Sandbox(300, 7, order=order, api_key=KEY) as box:
        ends = Counter(each.fields[end] for each in box.recordings for end in ("from", "to"))
        number = str(ends.most_common(1)[0][0])
        expected = [
            each.id for each in box.recordings if number in (each.fields["from"], each.fields["to"])
        ]
        outcome = play(box.base_url, lambda client: listed(client.recordings.list(number=number)))
    assert _ids(outcome.value) == expected
    assert len(expected) > 1
