"""Lists whose style of pages was found in a contract, over real connections, sync and async."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec.structs import replace

from behaviours import Reply
from callers import Play, each_way, play_sync
from clients import listed as all_rows
from fakes import Line, Received, Server
from telnyx_recordings.core.model import Model
from telnyx_recordings.core.page_styles import at, next_link
from telnyx_recordings.core.request.operation import Operation, Paging
from telnyx_recordings.errors import APIResponseError


class ListRow(Model, kw_only=True):
    """A row."""

    id: str | None = None


class ListMeta(Model, kw_only=True):
    """The position of a page."""

    next: str | None = None
    total: int | None = None
    pages: int | None = None
    page: int | None = None


class ListBody(Model, kw_only=True):
    """A page."""

    items: list[ListRow] | None = None
    has_more: bool | None = None
    done: bool | None = None
    meta: ListMeta | None = None


class Inner(Model, kw_only=True):
    """An object around rows, whose name in Python is not that on the wire."""

    row_items: list[ListRow] | None = msgspec.field(default=None, name="rowItems")
    count: int | None = None


class Outer(Model, kw_only=True):
    """An object around that."""

    data: Inner | None = None
    next: str | None = None


class Envelope(Model, kw_only=True):
    """A page whose rows are inside of other objects."""

    result: Outer | None = None


T = TypeVar("T")
TOTAL, CAP = 7, 3
IDS = [f"r{number}" for number in range(TOTAL)]


@dataclass
class Listing:
    """Serves seven rows, at most three on a page, by a function from a query to a page."""

    page: Callable[["Listing", Mapping[str, str]], Mapping[str, Any]]
    header: Callable[[Mapping[str, str]], str] | None = None
    is_bare: bool = False
    queries: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    def __call__(self, line: Line, request: Received) -> bool:
        query = request.json if request.method == "POST" else request.query
        self.queries.append(query)
        body = self.page(self, query)
        headers = {"link": self.header(query)} if self.header else {}
        return Reply(200, body["items"] if self.is_bare else body, headers)(line, request)


def rows(start: int, count: int = CAP) -> list[dict[str, str]]:
    return [{"id": each} for each in IDS[start : start + count]] if start >= 0 else []


def paging(style: Any, **settings: Any) -> Paging:
    given: dict[str, Any] = {"rows": "items", "size": "limit", **settings}
    return Paging(styles=(style,), **given)


PAGE = {"number": "page"}
OFFSET = {"number": "offset", "first": 0}
TOKEN = {"cursor": "cursor", "link": "meta.next"}
LAST_ID = {"cursor": "after", "link": "id", "more": "has_more", "before": "before"}


def operation(settings: Paging, query: Mapping[str, Any], **given: Any) -> Operation[Any]:
    options: Any = given
    return Operation(
        name="things.list",
        method="POST" if settings.in_body else "GET",
        path="/things",
        result=Envelope if "." in settings.rows else ListBody if settings.rows else list[ListRow],
        safe_to_retry=True,
        query={} if settings.in_body else query,
        body=query if settings.in_body else None,
        options=options,
        paging=settings,
    )


def read(
    play: Play,
    served: Listing,
    settings: Paging,
    query: Mapping[str, Any] | None = None,
    **more: Any,
) -> list[Any]:
    """The ids of all rows that a server gives."""
    asked = operation(settings, query or {}, **more)
    with Server(served) as server:
        outcome = play(server.base_url, lambda client: all_rows(page_of(client, asked)))
    if outcome.error is not None:
        raise outcome.error
    return [row.id for row in outcome.value]


def page_of(client: Any, asked: Operation[Any]) -> Any:
    return client._page(asked)  # noqa: SLF001 - what generated methods call


def by_page(first: int = 1, **extra: Any) -> Listing:
    """A service whose first page has this number."""

    def page(_: Listing, query: Mapping[str, str]) -> Mapping[str, Any]:
        number = int(query.get("page", first)) - first
        return {"items": rows(number * CAP), **told(extra, number)}

    return Listing(page)


def told(extra: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Other fields beside rows; a function is called with the page's number, from 0."""
    return {name: each(number) if callable(each) else each for name, each in extra.items()}


def numbered_meta(number: int) -> dict[str, int]:
    """A position with the number of the page."""
    return {"page": number, "pages": 3}


def by_offset(first: int = 0, cap: int = CAP, **extra: Any) -> Listing:
    """A service whose first row has this number."""

    def page(_: Listing, query: Mapping[str, str]) -> Mapping[str, Any]:
        start = int(query.get("offset", first)) - first
        return {"items": rows(start, cap), **extra}

    return Listing(page)


def by_token(*tokens: Any, **extra: Any) -> Listing:
    """A service that gives these cursors, each with its page."""

    def page(listing: Listing, query: Mapping[str, str]) -> Mapping[str, Any]:
        number = len(listing.queries) - 1
        expected = tokens[number - 1] if number else None
        assert expected is None or query["cursor"] in str(expected)
        return {"items": rows(number * CAP), "meta": {"next": tokens[number]}, **extra}

    return Listing(page)


def by_last_id(_: Listing, query: Mapping[str, str]) -> Mapping[str, Any]:
    start = IDS.index(query["after"]) + 1 if "after" in query else 0
    return {"items": rows(start), "has_more": start + CAP < TOTAL}


def header(query: Mapping[str, str]) -> str:
    """A header with links, of which one leads on while there are rows."""
    number = int(query.get("page", 1))
    following = f'<http://elsewhere/x?page={number + 1}&tag=a&tag=b>; title="a, b"; rel="next", '
    return (following if number * CAP < TOTAL else "") + '<http://elsewhere/x?page=1>; rel="first"'


def has_more(number: int) -> bool:
    return (number + 1) * CAP < TOTAL


def case(
    make: Callable[[], Listing], settings: Paging, expected: T, query: dict[str, Any] | None = None
) -> tuple[Callable[[], Listing], Paging, dict[str, Any], T]:
    """A service, how its list is read, and what is expected of that."""
    return make, settings, query or {}, expected


CASES: dict[str, tuple[Callable[[], Listing], Paging, dict[str, Any], int]] = {
    "page numbers until an empty page": case(by_page, paging("page", **PAGE), 4),
    "page numbers with a flag": case(
        lambda: by_page(has_more=has_more), paging("page", more="has_more", **PAGE), 3
    ),
    "page numbers with a total": case(
        lambda: by_page(meta={"pages": 3}), paging("page", total="meta.pages", **PAGE), 3
    ),
    "page numbers with a total of nothing": case(
        lambda: by_page(meta={"pages": 0}), paging("page", total="meta.pages", **PAGE), 4
    ),
    "page numbers from 0": case(lambda: by_page(0), paging("page", first=0, **PAGE), 4),
    "page numbers from 0, unknown": case(lambda: by_page(0), paging("page", first=None, **PAGE), 4),
    "page numbers from 1, unknown": case(by_page, paging("page", first=None, **PAGE), 5),
    "page numbers from 0, with the number": case(
        lambda: by_page(0, meta=numbered_meta),
        paging("page", first=None, here="meta.page", total="meta.pages", **PAGE),
        3,
    ),
    "page numbers from the first": case(
        by_page, paging("page", first=None, **PAGE), 4, {"page": 1}
    ),
    "offsets until an empty page": case(by_offset, paging("offset", **OFFSET), 4),
    "offsets with a larger size": case(by_offset, paging("offset", **OFFSET), 4, {"limit": 100}),
    "offsets with a total": case(
        lambda: by_offset(meta={"total": TOTAL}),
        paging("offset", total="meta.total", **OFFSET),
        3,
        {"limit": 100},
    ),
    "offsets with a total that is too small": case(
        lambda: by_offset(meta={"total": 2}), paging("offset", total="meta.total", **OFFSET), 4
    ),
    "offsets with an unknown total": case(
        lambda: by_offset(meta={"total": None}), paging("offset", total="meta.total", **OFFSET), 4
    ),
    "offsets from 1": case(
        lambda: by_offset(1, meta={"total": TOTAL}),
        paging("offset", total="meta.total", number="offset", first=1),
        3,
    ),
    "cursors": case(lambda: by_token("a", "b=", None), paging("token", **TOKEN), 3),
    "cursors until an empty one": case(lambda: by_token("a", "b", ""), paging("token", **TOKEN), 3),
    "cursors until the flag": case(
        lambda: by_token("a", "b", "c", done=None), paging("token", more="!done", **TOKEN), 4
    ),
    "cursors in links": case(
        lambda: by_token("/x?cursor=a", "https://x.example.com/?y=1&cursor=b", None),
        paging("token", **TOKEN),
        3,
    ),
    "last ids": case(lambda: Listing(by_last_id), paging("last_id", **LAST_ID), 3),
    "last ids without a flag": case(
        lambda: Listing(lambda listing, query: {"items": by_last_id(listing, query)["items"]}),
        paging("last_id", **LAST_ID),
        4,
    ),
    "link headers": case(
        lambda: Listing(by_page().page, header, is_bare=True),
        Paging(styles=("link_header",), rows=""),
        3,
        {"tag": ["a", "b"]},
    ),
    "bare lists": case(
        lambda: Listing(by_page().page, is_bare=True),
        Paging(styles=("page",), rows="", number="page", size="limit"),
        4,
    ),
}


@each_way
@pytest.mark.parametrize("name", CASES)
def test_all_rows_of_a_list_are_read(play: Play, name: str) -> None:
    make, settings, query, requests = CASES[name]
    served = make()
    if name == "cursors until the flag":
        inner = served.page
        served.page = lambda listing, query: {
            **(inner(listing, query) if len(listing.queries) < 4 else {"items": []}),
            "done": len(listing.queries) == 4,
        }
    assert read(play, served, settings, query) == IDS
    assert len(served.queries) == requests


@each_way
@pytest.mark.parametrize("name", [each for each in CASES if CASES[each][1].number == "page"])
def test_all_rows_of_a_list_with_page_numbers_in_the_body_are_read(play: Play, name: str) -> None:
    make, settings, body, requests = CASES[name]
    served = make()
    assert read(play, served, replace(settings, in_body=True), body) == IDS
    assert len(served.queries) == requests


@each_way
def test_offsets_in_the_body_follow_the_total(play: Play) -> None:
    served = by_offset(meta={"total": TOTAL})
    settings = paging("offset", total="meta.total", in_body=True, **OFFSET)
    assert read(play, served, settings, {"limit": 100, "filter": {"a": "b"}}) == IDS
    assert served.queries == [
        {"limit": 100, "filter": {"a": "b"}},
        {"limit": 100, "filter": {"a": "b"}, "offset": 3},
        {"limit": 100, "filter": {"a": "b"}, "offset": 6},
    ]


@each_way
@pytest.mark.parametrize(
    ("given", "first"),
    [
        ({"filter": "x"}, {"filter": "x"}),
        ({"page": {"total": 2}, "filter": "x"}, {"page": {"total": 2}, "filter": "x"}),
        ({"page": ListMeta(total=2), "filter": "x"}, {"page": {"total": 2}, "filter": "x"}),
    ],
)
def test_rows_and_cursors_inside_of_other_objects_are_found(
    play: Play, given: dict[str, Any], first: dict[str, Any]
) -> None:
    def page(listing: Listing, _: Mapping[str, str]) -> Mapping[str, Any]:
        number = len(listing.queries)
        data = {"rowItems": rows((number - 1) * CAP), "count": TOTAL}
        return {"result": {"data": data, "next": f"c{number}" if number < 3 else None}}

    served = Listing(page)
    settings = Paging(
        styles=("token",),
        rows="result.data.row_items",
        cursor="page[next]",
        link="result.next",
        in_body=True,
    )
    assert read(play, served, settings, given) == IDS
    later: list[Any] = [
        {"filter": "x", "page": {**first.get("page", {}), "next": cursor}}
        for cursor in ("c1", "c2")
    ]
    assert served.queries == [first, *later]


@each_way
def test_pages_of_rows_inside_of_other_objects_are_checked(play: Play) -> None:
    settings = Paging(
        styles=("page",), rows="result.data.row_items", number="page", size="limit", in_body=True
    )
    same: dict[str, Any] = {"result": {"data": {"rowItems": rows(0)}}}
    assert read(play, Listing(lambda _, __: same), settings, {"limit": 9}) == IDS[:CAP]
    with pytest.raises(APIResponseError, match="the same page twice"):
        read(play, Listing(lambda _, __: same), settings, {"limit": CAP})
    with pytest.raises(APIResponseError, match="a page contains no list"):
        read(play, Listing(lambda at, _: {} if at.queries[1:] else same), settings, {})
    assert read(play, Listing(lambda _, __: {"result": None}), settings, {}) == []


@each_way
def test_unreadable_rows_inside_of_other_objects_are_rows_of_their_page(play: Play) -> None:
    def page(listing: Listing, _: Mapping[str, str]) -> Mapping[str, Any]:
        number = len(listing.queries)
        found: list[Any] = ["text"] if number == 1 else [{"id": "a"}] if number == 2 else []
        return {"result": {"data": {"rowItems": found}}}

    settings = Paging(
        styles=("offset",), rows="result.data.row_items", number="offset", first=0, in_body=True
    )
    served = Listing(page)
    assert read(play, served, settings, {}) == ["a"]
    assert served.queries == [{}, {"offset": 1}, {"offset": 2}]


@each_way
def test_links_in_the_body_are_followed_with_all_their_parameters(play: Play) -> None:
    def page(_: Listing, query: Mapping[str, str]) -> Mapping[str, Any]:
        start = int(query.get("from", 0))
        assert query["filter[a]"] == "x"
        more = start + CAP < TOTAL
        link = f"https://elsewhere.example.com/x?from={start + CAP}&filter%5Ba%5D=x"
        return {"items": rows(start), "meta": {"next": link if more else None}}

    settings = paging("link", link="meta.next")
    assert read(play, Listing(page), settings, {"filter": {"a": "x"}}) == IDS


LIES: dict[str, tuple[Callable[[], Listing], Paging, dict[str, Any], str]] = {
    "the same page for every unknown number": case(
        lambda: Listing(lambda _, __: {"items": rows(0)}),
        paging("page", first=None, **PAGE),
        "the same page twice",
    ),
    "empty pages by number without end": case(
        lambda: by_page(100, has_more=True),
        paging("page", more="has_more", **PAGE),
        "pages in a row are empty",
    ),
    "another page without a cursor": case(
        lambda: by_token(None, has_more=True),
        paging("token", more="has_more", **TOKEN),
        "announces another page, but not the way to it",
    ),
    "another page after a row without an id": case(
        lambda: Listing(lambda _, __: {"items": [{}], "has_more": True}),
        paging("last_id", **LAST_ID),
        "announces another page, but not the way to it",
    ),
    "another page after rows without an empty one": case(
        lambda: Listing(lambda _, __: {"items": [{"id": None}]}),
        paging("last_id", **LAST_ID),
        "announces another page, but not the way to it",
    ),
    "another page after no row": case(
        lambda: Listing(lambda _, __: {"items": [], "has_more": True}),
        paging("last_id", **LAST_ID),
        "announces another page, but not the way to it",
    ),
    "pages before a row": case(
        lambda: Listing(lambda _, __: {"items": rows(0), "has_more": True}),
        paging("last_id", **LAST_ID),
        r"pages before a row \(before\) can only be requested one by one",
        {"before": "r6"},
    ),
    "a link to nowhere": case(
        lambda: by_token("https://x.example.com/y"),
        paging("link", link="meta.next"),
        "cannot be followed",
    ),
    "a link without the cursor": case(
        lambda: by_token("https://x.example.com/?y=1"),
        paging("token", **TOKEN),
        "the link to the next page has no cursor",
    ),
    "an empty page with a larger total": case(
        lambda: by_offset(TOTAL, meta={"total": 20}),
        paging("offset", total="meta.total", number="offset", first=9),
        "the page is empty, but the response announces another one",
        {"offset": 14},
    ),
}


@each_way
@pytest.mark.parametrize("name", LIES)
def test_a_list_that_cannot_be_read_to_its_end_is_an_error(play: Play, name: str) -> None:
    make, settings, query, why = LIES[name]
    with pytest.raises(APIResponseError, match=why):
        read(play, make(), settings, query)


@each_way
@pytest.mark.parametrize(("settings", "bare"), [(paging("page", **PAGE), False), (None, True)])
def test_a_service_without_pages_gives_its_only_page(
    play: Play, settings: Paging | None, *, bare: bool
) -> None:
    settings = settings or Paging(styles=("page",), rows="", number="page", size="limit")
    served = Listing(lambda _, __: {"items": rows(0)}, is_bare=bare)
    assert read(play, served, settings, {"limit": 10}) == IDS[:CAP]


@each_way
def test_rows_that_the_service_filters_out_leave_no_gap(play: Play) -> None:
    def page(_: Listing, query: Mapping[str, str]) -> Mapping[str, Any]:
        start = int(query.get("offset", 0))
        return {"items": [] if start == 2 else rows(start, 2), "meta": {"total": TOTAL}}

    settings = paging("offset", total="meta.total", **OFFSET)
    assert read(play, Listing(page), settings, {"limit": 2}) == [*IDS[:2], *IDS[4:]]


@each_way
def test_the_limit_of_a_call_ends_the_requests(play: Play) -> None:
    served = by_offset()
    assert read(play, served, paging("offset", **OFFSET), limit=4) == IDS[:4]
    assert len(served.queries) == 2


def test_a_page_has_the_fields_of_its_response() -> None:
    asked = (
        operation(paging("offset", **OFFSET), {}),
        operation(Paging(styles=("page",), rows="", number="page"), {}),
    )
    with Server(by_offset(meta={"total": TOTAL}), Reply(200, [{"id": "a"}])) as server:
        page, bare = play_sync(
            server.base_url, lambda client: [page_of(client, each) for each in asked]
        ).value
    assert page.meta.meta.total == at(page, "meta.meta.total") == TOTAL
    assert page.items == page.data
    assert (repr(page), repr(bare)) == ("<Page: 3 rows>", "<Page: 1 rows>")
    assert bare.meta is None
    with pytest.raises(AttributeError, match="has no attribute 'sort'"):
        _ = bare.sort


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (None, ""),
        ("", ""),
        ("</a?b=1>; rel=next", "/a?b=1"),
        ("</a?b=1>;rel=NEXT;title=x", "/a?b=1"),
        ('</a?x=1,2>; rel="prev", </b>; rel="last next"', "/b"),
        ('</a>; title="rel=next"; rel="prev"', ""),
        ("</a>; rel=nexts", ""),
        ("junk", ""),
    ],
)
def test_the_next_link_of_a_header_is_found(text: str | None, link: str) -> None:
    assert next_link(text) == link
