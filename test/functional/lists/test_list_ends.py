"""A list ends with its last row or with an error: never silently before, and never later."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from behaviours import Reply
from callers import Play, each_way
from clients import listed
from fakes import Behaviour, Line, Received, Server
from telnyx_recordings.errors import APIResponseError

MOST = 2000
"""More requests than any list with an end needs."""


def _page(ids: Sequence[str], **meta: Any) -> Reply:
    found = {"data": [{"id": each} for each in ids]}
    return Reply(200, {**found, "meta": meta} if meta else found)


def _asked(request: Received, name: str) -> str | None:
    return parse_qs(urlsplit(request.target).query).get(name, [None])[0]


@dataclass
class Numbered:
    """Sends pages of at most `cap` rows by their number."""

    ids: Sequence[str]
    cap: int
    totals: bool = False
    echo: bool = False
    empty: frozenset[int] = frozenset()
    requests: int = 0

    def __call__(self, line: Line, request: Received) -> bool:
        self.requests += 1
        number = int(_asked(request, "page[number]") or 1)
        meta: dict[str, Any] = {}
        if self.totals:
            meta = {"page_number": number, "total_pages": -(-len(self.ids) // self.cap)}
        if self.echo:
            meta |= {"page_size": int(_asked(request, "page[size]") or 20)}
        found = self.ids[(number - 1) * self.cap : number * self.cap]
        return _page([] if number in self.empty else found, **meta)(line, request)


@dataclass
class Cursors:
    """Sends the page that a cursor stands for."""

    pages: Mapping[str | None, tuple[Sequence[str], str | None]]
    requests: list[str | None] = field(default_factory=list[str | None])

    def __call__(self, line: Line, request: Received) -> bool:
        cursor = _asked(request, "page[after]")
        self.requests.append(cursor)
        ids, after = self.pages[cursor]
        return _page(ids, cursors={"after": after})(line, request)


class EmptyForever:
    """Sends empty pages, each with a new cursor."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, line: Line, request: Received) -> bool:
        self.requests += 1
        after = f"c{self.requests}" if self.requests < MOST else None
        return _page([], cursors={"after": after})(line, request)


def recordings(prefetch: int = 0, **options: Any) -> Any:
    def lists(client: Any) -> Any:
        return listed(client.recordings.list(prefetch=prefetch, **options))

    return lists


def transcriptions(client: Any) -> Any:
    return listed(client.recording_transcriptions.list())


@each_way
@pytest.mark.parametrize("prefetch", [0, 3])
@pytest.mark.parametrize("cap", [1, 2, 4, 7])
@pytest.mark.parametrize("echo", [False, True])
def test_all_rows_come_from_a_server_that_limits_pages_and_counts_nothing(
    play: Play, prefetch: int, cap: int, *, echo: bool
) -> None:
    book = Numbered([f"r{n}" for n in range(7)], cap, echo=echo)
    with Server(book) as server:
        outcome = play(server.base_url, recordings(prefetch, page_size=250))
    assert [row.id for row in outcome.value] == list(book.ids)
    assert book.requests == -(-7 // cap) + 1


@each_way
@pytest.mark.parametrize("prefetch", [0, 3])
@pytest.mark.parametrize(
    "stated",
    [
        {"total_pages": 0},
        {"total_pages": -1},
        {"total_pages": 1, "total_results": 3, "page_size": 1},
    ],
    ids=["0", "-1", "fewer than the rows need"],
)
def test_a_number_of_pages_that_is_too_low_does_not_end_a_list(
    play: Play, prefetch: int, stated: Mapping[str, int]
) -> None:
    def numbered(line: Line, request: Received) -> bool:
        number = int(_asked(request, "page[number]") or 1)
        ids = [f"r{number}"] if number < 4 else []
        return _page(ids, page_number=number, **stated)(line, request)

    with Server(numbered) as server:
        outcome = play(server.base_url, recordings(prefetch, page_size=1))
    assert [row.id for row in outcome.value] == ["r1", "r2", "r3"]


@each_way
@pytest.mark.parametrize("link", [5, True, {"uri": "?Page=1"}, ["?Page=1"], "#?Page=1"])
def test_a_link_that_cannot_be_followed_is_an_error(play: Play, link: object) -> None:
    def lists(client: Any) -> Any:
        return listed(client.texml.accounts.retrieve_recordings_json("account"))

    body = {"recordings": [{"sid": "r1"}], "next_page_uri": link}
    with Server(Reply(200, body)) as server:
        outcome = play(server.base_url, lists)
    assert isinstance(outcome.error, APIResponseError)
    assert "cannot be followed" in str(outcome.error)


@each_way
@pytest.mark.parametrize("prefetch", [0, 1, 3])
@pytest.mark.parametrize("empty", [{1}, {2}, {2, 3}, {1, 2, 3}])
def test_rows_behind_an_empty_page_with_a_number_come(
    play: Play, prefetch: int, empty: set[int]
) -> None:
    book = Numbered(["r1", "r2", "r3", "r4"], 1, totals=True, empty=frozenset(empty))
    with Server(book) as server:
        outcome = play(server.base_url, recordings(prefetch, page_size=1))
    assert [row.id for row in outcome.value] == [f"r{n}" for n in range(1, 5) if n not in empty]


@each_way
@pytest.mark.parametrize("empty", [None, "c1", "c2"])
def test_rows_behind_an_empty_page_with_a_cursor_come(play: Play, empty: str | None) -> None:
    pages = {None: (["r1"], "c1"), "c1": (["r2"], "c2"), "c2": (["r3"], None)}
    book = Cursors({**pages, empty: ([], pages[empty][1])})
    with Server(book) as server:
        outcome = play(server.base_url, transcriptions)
    wanted = [row for cursor, (found, _) in pages.items() if cursor != empty for row in found]
    assert [row.id for row in outcome.value] == wanted
    assert book.requests == [None, "c1", "c2"]


@each_way
@pytest.mark.parametrize("onward", ["c1", "c2", "c3"])
def test_cursors_in_a_circle_are_an_error(play: Play, onward: str) -> None:
    pages = {None: "c1", "c1": "c2", "c2": "c3", "c3": onward}
    book = Cursors({cursor: ([f"r{cursor}"], after) for cursor, after in pages.items()})
    with Server(book) as server:
        outcome = play(server.base_url, transcriptions)
    assert isinstance(outcome.error, APIResponseError)
    assert "form a loop" in str(outcome.error)
    assert len(book.requests) < 12


@each_way
def test_a_list_of_empty_pages_has_an_end(play: Play) -> None:
    book = EmptyForever()
    with Server(book) as server:
        outcome = play(server.base_url, transcriptions)
    assert isinstance(outcome.error, APIResponseError)
    assert "100 pages in a row are empty" in str(outcome.error)
    assert book.requests < MOST


@each_way
def test_a_server_that_knows_one_page_only_is_read_once(play: Play) -> None:
    with Server(_page(["r1", "r2"])) as server:
        outcome = play(server.base_url, recordings())
    assert [row.id for row in outcome.value] == ["r1", "r2"]


@each_way
@pytest.mark.parametrize(
    ("book", "listed"),
    [
        (_page(["r1", "r2"]), recordings(page_size=2)),
        (Cursors({None: (["r1"], "c1"), "c1": (["r1"], "c2")}), transcriptions),
    ],
    ids=["numbers", "cursors"],
)
def test_a_repeated_full_page_is_an_error(
    play: Play, book: Behaviour, listed: Callable[[Any], Any]
) -> None:
    with Server(book) as server:
        outcome = play(server.base_url, listed)
    assert isinstance(outcome.error, APIResponseError)
    assert "the same page twice" in str(outcome.error)


@each_way
def test_a_page_can_be_requested_again(play: Play) -> None:
    pages = {None: (["r1"], "c1"), "c1": (["r2"], None)}

    async def twice_async(client: Any) -> list[str]:
        first = await client.recording_transcriptions.list()
        found = [await first.get_next_page(), await first.get_next_page()]
        return [page.data[0].id for page in found]

    def twice(client: Any) -> Any:
        first = client.recording_transcriptions.list()
        if hasattr(first, "__aiter__"):
            return twice_async(client)
        return [first.get_next_page().data[0].id for _ in range(2)]

    with Server(Cursors(pages)) as server:
        outcome = play(server.base_url, twice)
    assert outcome.value == ["r2", "r2"]


@each_way
@pytest.mark.parametrize("prefetch", [0, 3])
@pytest.mark.parametrize(
    ("limit", "requests"), [(None, 4), (0, 1), (1, 1), (2, 1), (3, 2), (9, 4), (10**20, 4)]
)
def test_a_limit_ends_the_iteration(
    play: Play, prefetch: int, limit: int | None, requests: int
) -> None:
    book = Numbered([f"r{n}" for n in range(7)], 2, totals=True)
    with Server(book) as server:
        outcome = play(server.base_url, recordings(prefetch, limit=limit))
    assert [row.id for row in outcome.value] == list(book.ids[:limit])
    assert prefetch or book.requests == requests


@each_way
@pytest.mark.parametrize("limit", [-1, 1.5, "3", True])
def test_a_limit_is_a_whole_number(play: Play, limit: object) -> None:
    with Server(_page([])) as server:
        outcome = play(server.base_url, recordings(limit=limit))
    assert isinstance(outcome.error, ValueError)
    assert "limit must be a whole number from 0" in str(outcome.error)
