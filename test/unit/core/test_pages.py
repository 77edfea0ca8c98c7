"""From one page to the next: numbers, cursors, neither, and servers that do not keep to them."""

import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, cast

import pytest

from telnyx_recordings.api.recording_transcriptions import OPERATIONS as RECORDING_TRANSCRIPTIONS
from telnyx_recordings.api.recordings import OPERATIONS as RECORDINGS
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.model.base import AdditionalProperty, Model
from telnyx_recordings.core.pages import (
    Page,
    check,
    following,
    known_ahead,
    rows_in,
)
from telnyx_recordings.core.request.operation import Operation, Paging
from telnyx_recordings.errors import APIResponseError
from telnyx_recordings.models import RecordingListResponse, RecordingTranscriptionListResponse

ROW = {"id": "r1"}


def answer(rows: int = 2, **meta: Any) -> RecordingTranscriptionListResponse:
    data = {"data": [ROW] * rows, "meta": meta}
    return RecordingTranscriptionListResponse.from_dict(data if meta else {"data": [ROW] * rows})


def read(**fields: Any) -> RecordingListResponse:
    """A response, read as calls read it."""
    return decode.from_json(RecordingListResponse, json.dumps(fields), lenient=True)


def next_query(operation: Operation[Any], told: Any) -> dict[str, Any] | None:
    """The page parameters in the query of the next page."""
    found = following(operation, told)
    if found is None:
        return None
    assert found.query.get("filter") == operation.query.get("filter")
    return {name: value for name, value in found.query.items() if value and name != "filter"}


@pytest.mark.parametrize("number", [0, -3])
def test_page_numbers_below_one_are_never_requested(number: int) -> None:
    told = answer(page_number=number, total_pages=2)
    assert next_query(RECORDINGS.list(), told) == {"page[number]": 2}
    assert known_ahead(RECORDINGS.list(), told) == range(2, 3)


@pytest.mark.parametrize("total", [0, 1, None])
def test_an_empty_page_that_announces_no_next_one_is_the_last(total: int | None) -> None:
    told = answer(0, page_number=1, total_pages=total)
    assert following(RECORDINGS.list(), told) is None
    assert known_ahead(RECORDINGS.list(), told) == range(0)


def test_rows_that_cannot_be_read_are_rows_of_their_page() -> None:
    several: list[list[object]] = [[None] * 20, [*[ROW] * 19, 7], [[], *[ROW] * 20]]
    for rows in several:
        bare = read(data=rows)
        assert next_query(RECORDINGS.list(), bare) == {"page[number]": 2}
    meta = {"page_number": 1, "total_pages": 3}
    told = read(data=[None], meta=meta)
    assert next_query(RECORDINGS.list(), told) == {"page[number]": 2}
    assert known_ahead(RECORDINGS.list(), told) == range(2, 4)
    with pytest.raises(APIResponseError):
        check(RECORDINGS.list(page_number=2), told)


def test_cursors_have_precedence_over_page_numbers() -> None:
    first = RECORDING_TRANSCRIPTIONS.list(page_number=1, page_size=2)
    told = answer(cursors={"after": "abc", "before": None})
    assert next_query(first, told) == {"page[after]": "abc", "page[size]": 2}
    link = "/v2/recording_transcriptions?page%5Bafter%5D=a%2Bb&page%5Bsize%5D=2"
    assert next_query(first, answer(next=link)) == {"page[after]": "a+b", "page[size]": 2}
    assert known_ahead(first, told) == range(0)


@pytest.mark.parametrize("meta", [{"next": None}, {"cursors": {"after": None}}, {"next": ""}, {}])
def test_a_page_without_a_next_cursor_is_the_last(meta: dict[str, Any]) -> None:
    first = RECORDING_TRANSCRIPTIONS.list()
    second = following(first, answer(cursors={"after": "abc"}))
    assert second is not None
    assert following(second, answer(20, **meta)) is None


@pytest.mark.parametrize("link", ["http://[", "::::", "?page[after]=", "no link", "?x=1"])
def test_a_next_link_that_cannot_be_followed_is_an_error(link: str) -> None:
    told = answer(next=link)
    with pytest.raises(APIResponseError, match="link to the next page cannot be followed"):
        following(RECORDING_TRANSCRIPTIONS.list(), told)
    page: Page[Any, Any] = Page(told, RECORDING_TRANSCRIPTIONS.list(), SyncBook(1))
    assert page.has_next_page()
    with pytest.raises(APIResponseError):
        page.get_next_page()


class Linked(Model):
    """A page whose rows stand beside the link to the next one."""

    recordings: list[Any] | None = None
    next_page_uri: str | None = None


class Book:
    """A caller that has all pages; it records which were requested."""

    def __init__(self, pages: int) -> None:
        self.total = pages
        self.asked: list[int] = []

    def response(self, operation: Operation[Any]) -> Any:
        """The response to an operation."""
        number = operation.query["page[number]"] or 1
        self.asked.append(number)
        return answer(2, page_number=number, total_pages=self.total)


class SyncBook(Book):
    """For pages that are iterated over."""

    def page(self, operation: Operation[Any]) -> Page[Any, Any]:
        return Page(self.response(operation), operation, self)

    def pages(self, first: Page[Any, Any]) -> Iterator[Page[Any, Any]]:
        page = first
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page


class Scripted(SyncBook):
    """A caller whose responses follow a function of the request."""

    def __init__(self, respond: Callable[[dict[str, Any]], Any]) -> None:
        super().__init__(0)
        self.respond = respond
        self.calls = 0

    def response(self, operation: Operation[Any]) -> Any:
        self.calls += 1
        return self.respond({name: value for name, value in operation.query.items() if value})


LINKED = Operation[Any](
    name="linked.list",
    method="GET",
    path="/Linked.json",
    result=Linked,
    safe_to_retry=True,
    query={"PageSize": 2, "DateCreated": "2026-03-14"},
    paging=Paging(styles=("next_link",), rows="recordings"),
)


def test_links_lead_from_page_to_page() -> None:
    seen: list[dict[str, Any]] = []

    def respond(query: dict[str, Any]) -> Any:
        seen.append(query)
        page = int(query.get("Page", 0))
        link = f"https://elsewhere.example/other?Page={page + 1}&PageToken=t%2B{page}"
        fields = {"recordings": [{"id": str(page)}], "next_page_uri": link if page < 2 else None}
        return Linked.from_dict(fields)

    page = Scripted(respond).page(LINKED)
    assert [row["id"] for row in page] == ["0", "1", "2"]
    kept = {"PageSize": 2, "DateCreated": "2026-03-14"}
    assert seen[1:] == [
        {**kept, "Page": "1", "PageToken": "t+0"},
        {**kept, "Page": "2", "PageToken": "t+1"},
    ]
    assert page.meta.next_page_uri.endswith("t%2B0")
    assert page.get_next_page().meta.recordings == [{"id": "1"}]


def test_a_page_with_links_has_the_fields_of_its_response() -> None:
    response = Linked.from_dict({"recordings": [{"id": "1"}]})
    page = cast("Any", Page[Any, Any](response, LINKED, SyncBook(0)))
    assert page.recordings == page.data == [{"id": "1"}]
    assert page.next_page_uri is None
    assert repr(page) == "<Page: 1 rows>"
    empty = cast("Any", Page[Any, Any](Linked.from_dict({}), LINKED, SyncBook(0)))
    assert empty.recordings == []
    others: list[Any] = [page, Page(answer(1), RECORDINGS.list(), SyncBook(0))]
    for each in others:
        with pytest.raises(AttributeError, match="colour"):
            _ = each.colour


@pytest.mark.parametrize("link", ["/Linked.json", "http://[", "?PageSize=2&DateCreated=2026-03-14"])
def test_a_page_link_that_leads_nowhere_or_back_is_an_error(link: str) -> None:
    fields = {"recordings": [{"id": "1"}], "next_page_uri": link}
    book = Scripted(lambda _: Linked.from_dict(fields))
    with pytest.raises(APIResponseError, match=r"cannot be followed|loop|same page"):
        list(book.page(LINKED))


def test_a_page_has_its_position() -> None:
    page = SyncBook(2).page(RECORDINGS.list())
    assert (len(page.data), page.meta.total_pages, page.has_next_page()) == (2, 2, True)
    assert [each.meta.page_number for each in page.iter_pages()] == [1, 2]
    last = page.get_next_page()
    assert not last.has_next_page()
    with pytest.raises(RuntimeError, match=r"page after this one: check has_next_page\(\) first"):
        last.get_next_page()
    assert repr(page).startswith("<Page: 2 rows, meta=")


def test_a_response_without_rows_is_an_empty_page() -> None:
    answers: list[dict[str, Any]] = [{}, {"data": None}, {"data": []}]
    for data in answers:
        page: Page[Any, Any] = Page(
            decode.from_builtins(RecordingListResponse, data, lenient=True),
            RECORDINGS.list(),
            SyncBook(0),
        )
        assert page.data == []
        assert list(page) == []


class Beside(Model):
    """A response whose rows have a name that no attribute can have."""

    row_s: ClassVar[AdditionalProperty] = AdditionalProperty('row"s')


def test_rows_that_stay_plain_data_are_read() -> None:
    found = Beside.from_dict({'row"s': [{"id": "a"}], "other[0]": "x"})
    listing = Operation[Any](
        name="rows.list",
        method="GET",
        path="/rows",
        result=Beside,
        safe_to_retry=True,
        paging=Paging(styles=("offset",), rows="row_s", number="offset", first=0),
    )
    assert rows_in(listing, found) == 1
    following_one = following(listing, found)
    assert following_one is not None
    assert following_one.query == {"offset": 1}
