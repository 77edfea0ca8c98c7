"""From one page to the next: numbers, cursors, neither, and servers that do not keep to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telnyx_recordings.api.recording_transcriptions import recording_transcriptions_list
from telnyx_recordings.api.recordings import recordings_list
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.pages import (
    AsyncPage,
    AsyncPaginator,
    Page,
    check,
    following,
    known_ahead,
)
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.errors import APIResponseError, TelnyxRecordingsError
from telnyx_recordings.models import RecordingListResponse, RecordingTranscriptionListResponse

ROW = {"id": "r1"}


def answer(rows: int = 2, **meta: Any) -> RecordingTranscriptionListResponse:
    """An answer with so many rows."""
    data = {"data": [ROW] * rows, "meta": meta}
    return RecordingTranscriptionListResponse.from_dict(data if meta else {"data": [ROW] * rows})


def read(**fields: Any) -> RecordingListResponse:
    """An answer, read as calls read it."""
    return decode.from_json(RecordingListResponse, json.dumps(fields), lenient=True)


def next_query(operation: Operation[Any], told: Any) -> dict[str, Any] | None:
    """What the query of the next page says of pages."""
    found = following(operation, told)
    if found is None:
        return None
    assert found.query.get("filter") == operation.query.get("filter")
    return {name: value for name, value in found.query.items() if value and name != "filter"}


def test_page_numbers_lead_to_the_last_page() -> None:
    """As the meta counts them, with the same filter and size."""
    first = recordings_list(filter={"from": "+1"}, page_size=2)
    told = answer(page_number=1, page_size=2, total_pages=3)
    assert next_query(first, told) == {"page[number]": 2, "page[size]": 2}
    assert known_ahead(first, told) == range(2, 4)
    last = recordings_list(page_number=3, page_size=2)
    assert next_query(last, answer(page_number=3, page_size=2, total_pages=3)) is None


def test_a_list_may_begin_anywhere() -> None:
    """And goes on from there."""
    first = recordings_list(page_number=5)
    told = answer(page_number=5, total_pages=7)
    assert next_query(first, told) == {"page[number]": 6}
    assert known_ahead(first, told) == range(6, 8)


@pytest.mark.parametrize("number", [0, -3])
def test_no_page_comes_before_the_first(number: int) -> None:
    """Whatever number a server gives to its own."""
    told = answer(page_number=number, total_pages=2)
    assert next_query(recordings_list(), told) == {"page[number]": 2}
    assert known_ahead(recordings_list(), told) == range(2, 3)


@pytest.mark.parametrize("total", [0, 1, 5, None])
def test_an_empty_page_is_the_last(total: int | None) -> None:
    """Whatever its meta says: an empty list has 0 or 1 pages, and rows go while one reads."""
    told = answer(0, page_number=1, total_pages=total)
    assert following(recordings_list(), told) is None
    assert known_ahead(recordings_list(), told) == range(0)


def test_rows_that_cannot_be_read_are_rows_of_their_page() -> None:
    """However many: the pages after it are not lost with them."""
    several: list[list[object]] = [[None] * 20, [*[ROW] * 19, 7], [[], *[ROW] * 20]]
    for rows in several:
        bare = read(data=rows)
        assert next_query(recordings_list(), bare) == {"page[number]": 2}
    meta = {"page_number": 1, "total_pages": 3}
    told = read(data=[None], meta=meta)
    assert next_query(recordings_list(), told) == {"page[number]": 2}
    assert known_ahead(recordings_list(), told) == range(2, 4)
    with pytest.raises(APIResponseError):
        check(recordings_list(page_number=2), told)


def test_a_cursor_is_followed_where_there_is_one() -> None:
    """In place of the page number, from the meta or from the link in it."""
    first = recording_transcriptions_list(page_number=1, page_size=2)
    told = answer(cursors={"after": "abc", "before": None})
    assert next_query(first, told) == {"page[after]": "abc", "page[size]": 2}
    link = "/v2/recording_transcriptions?page%5Bafter%5D=a%2Bb&page%5Bsize%5D=2"
    assert next_query(first, answer(next=link)) == {"page[after]": "a+b", "page[size]": 2}
    assert known_ahead(first, told) == range(0)


@pytest.mark.parametrize("meta", [{"next": None}, {"cursors": {"after": None}}, {"next": ""}, {}])
def test_without_a_further_cursor_it_ends(meta: dict[str, Any]) -> None:
    """A page that was reached by cursor is not followed by number."""
    first = recording_transcriptions_list()
    second = following(first, answer(cursors={"after": "abc"}))
    assert second is not None
    assert following(second, answer(20, **meta)) is None


def test_a_cursor_that_leads_to_the_same_page_ends_it() -> None:
    """It would go round for ever."""
    second = following(recording_transcriptions_list(), answer(cursors={"after": "abc"}))
    assert second is not None
    assert following(second, answer(cursors={"after": "abc"})) is None


@pytest.mark.parametrize("link", ["http://[", "::::", "?page[after]=", "no link", "?x=1"])
def test_a_link_that_is_none_is_passed_over(link: str) -> None:
    """It is only text that a server sent."""
    assert following(recording_transcriptions_list(), answer(next=link)) is None


def test_without_any_meta_a_full_page_is_followed() -> None:
    """By the size that was asked for, or else the service's own."""
    assert next_query(recordings_list(page_size=2), answer(2)) == {
        "page[number]": 2,
        "page[size]": 2,
    }
    assert following(recordings_list(page_size=3), answer(2)) is None
    assert following(recordings_list(), answer(19)) is None
    assert next_query(recordings_list(), answer(20)) == {"page[number]": 2}
    assert next_query(recordings_list(), answer(2, page_size=2)) == {"page[number]": 2}


@pytest.mark.parametrize("number", [1, 4])
def test_another_page_than_was_asked_for_is_refused(number: int) -> None:
    """Its rows would come twice, or those between never."""
    with pytest.raises(APIResponseError, match=f"page 3, but the response is page {number}"):
        check(recordings_list(page_number=3), answer(page_number=number, total_pages=5))
    check(recordings_list(page_number=3), answer(0, page_number=number, total_pages=2))
    check(recordings_list(), answer(page_number=number))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["data", "meta", "page_number", "page_size", "total_pages", "next", "cursors"]
                )
                | st.just("after"),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_no_answer_makes_it_crash(document: Any) -> None:
    """Read as the client reads it, each leads on, ends, or is refused with an error of ours."""
    for kind in (RecordingListResponse, RecordingTranscriptionListResponse):
        operation = recordings_list(page_number=2)
        try:
            told: Any = decode.from_builtins(kind, document, lenient=True)
            check(operation, told)
        except TelnyxRecordingsError:
            continue
        following(operation, told)
        known_ahead(operation, told)


class Book:
    """A caller whose pages are all there already; it notes which were asked for."""

    def __init__(self, pages: int) -> None:
        self.total = pages
        self.asked: list[int] = []

    def response(self, operation: Operation[Any]) -> Any:
        """The answer to an operation."""
        number = operation.query["page[number]"] or 1
        self.asked.append(number)
        return answer(2, page_number=number, total_pages=self.total)


class SyncBook(Book):
    """For pages that are iterated over."""

    def page(self, operation: Operation[Any]) -> Page[Any, Any]:
        """Fetch a page."""
        return Page(self.response(operation), operation, self)

    def pages(self, first: Page[Any, Any]) -> Iterator[Page[Any, Any]]:
        """Give a page and all after it."""
        page = first
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page


class AsyncBook(Book):
    """For pages that are awaited."""

    async def page(self, operation: Operation[Any]) -> AsyncPage[Any, Any]:
        """Fetch a page."""
        return AsyncPage(self.response(operation), operation, self)

    async def pages(self, first: AsyncPage[Any, Any]) -> AsyncIterator[AsyncPage[Any, Any]]:
        """Give a page and all after it."""
        page = first
        yield page
        while page.has_next_page():
            page = await page.get_next_page()
            yield page


def test_rows_are_asked_for_when_they_are_needed() -> None:
    """A page is fetched when the rows of the one before are used up, not earlier."""
    book = SyncBook(3)
    rows = iter(book.page(recordings_list()))
    assert [next(rows).id for _ in range(2)] == ["r1", "r1"]
    assert book.asked == [1]
    next(rows)
    assert book.asked == [1, 2]
    assert len(list(rows)) == 3
    assert book.asked == [1, 2, 3]


def test_async_rows_are_asked_for_when_they_are_needed() -> None:
    """Nothing is sent until the list is awaited or iterated over."""

    async def scenario() -> None:
        book = AsyncBook(3)
        listing: AsyncPaginator[Any, Any] = AsyncPaginator(recordings_list(), book)
        assert book.asked == []
        page = await listing
        assert (len(page.data), book.asked) == (2, [1])
        assert [row.id async for row in listing] == ["r1"] * 6
        assert book.asked == [1, 1, 2, 3]

    asyncio.run(scenario())


def test_a_page_says_where_it_stands() -> None:
    """By the names of the official SDK."""
    page = SyncBook(2).page(recordings_list())
    assert (len(page.data), page.meta.total_pages, page.has_next_page()) == (2, 2, True)
    assert [each.meta.page_number for each in page.iter_pages()] == [1, 2]
    last = page.get_next_page()
    assert not last.has_next_page()
    with pytest.raises(RuntimeError, match=r"page after this one: check has_next_page\(\) first"):
        last.get_next_page()
    assert repr(page).startswith("<Page: 2 rows, meta=")


def test_an_answer_without_rows_has_none() -> None:
    """Neither an absent list nor a null one is an error."""
    answers: list[dict[str, Any]] = [{}, {"data": None}, {"data": []}]
    for data in answers:
        page: Page[Any, Any] = Page(
            decode.from_builtins(RecordingListResponse, data, lenient=True),
            recordings_list(),
            SyncBook(0),
        )
        assert page.data == []
        assert list(page) == []
