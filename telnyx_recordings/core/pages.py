"""Pages of a list: the rows of one response, how to get the next, and iteration over all."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator, Iterator
from itertools import islice
from math import inf
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from telnyx_recordings.core import notebook
from telnyx_recordings.core.errors import APIResponseError
from telnyx_recordings.core.model.base import Model, shown_fields
from telnyx_recordings.core.request.operation import Operation, Trail

RowT = TypeVar("RowT")
MetaT = TypeVar("MetaT")
PageT = TypeVar("PageT", bound="_PageBase[Any, Any]")

PAGE_SIZE = "page[size]"
SERVERS_PAGE_SIZE = 20
LAST_PAGE = "there is no page after this one: check has_next_page() first"
MAX_EMPTY_PAGES = 100
"""Number of empty pages in a row, each announcing a next one, after which a list is given up."""


def following(operation: Operation[Any], response: Any) -> Operation[Any] | None:
    """Return the operation for the next page; None after the last.

    Raises:
        APIResponseError: the response announces a next page, but not a usable way to it.
    """
    paging = operation.paging
    for style in paging.styles:
        if style == "next_link":
            return _by_link(operation, getattr(response, paging.link, None))
        meta = getattr(response, "meta", None)
        if style == "page_number":
            total = getattr(meta, "total_pages", None)
            if total is not None:
                number = _number(operation, meta)
                return numbered(operation, number + 1) if number < total else None
        elif (cursor := _cursor(operation, meta)) is not None:
            query = {**operation.query, paging.number: None, paging.cursor: cursor}
            return replace(operation, query=query)
    if paging.cursor in operation.query or not rows_in(operation, response):
        return None
    # The response states neither how many pages there are nor where the next one is, and a service
    # may give fewer rows than requested: only an empty page is certainly after the last.
    return numbered(operation, _number(operation, getattr(response, "meta", None)) + 1)


def unreadable(operation: Operation[Any], response: Any) -> list[Any]:
    """Return the rows that are not objects, and so are not in the rows of the response."""
    extra: dict[str, Any] = getattr(response, "additional_properties", {})
    row = re.compile(rf"{operation.paging.rows}\[\d+\]") if extra else None
    return [value for name, value in extra.items() if row and row.fullmatch(name)]


def rows_of(operation: Operation[Any], response: Any) -> list[Any]:
    """Return the rows of a page that could be read."""
    return getattr(response, operation.paging.rows) or []


def rows_in(operation: Operation[Any], response: Any) -> int:
    """Return the number of rows on a page, including unreadable ones."""
    return len(rows_of(operation, response)) + len(unreadable(operation, response))


def known_ahead(operation: Operation[Any], response: Any) -> range:
    """Return the numbers of all later pages, if the response states how many there are."""
    paging, meta = operation.paging, getattr(response, "meta", None)
    total = getattr(meta, "total_pages", None)
    if paging.styles[:1] != ("page_number",) or total is None or paging.cursor in operation.query:
        return range(0)
    return range(_number(operation, meta) + 1, total + 1)


def check(operation: Operation[Any], response: Any) -> None:
    """Check that a response is the page that was requested.

    Raises:
        APIResponseError: it is another page, so rows would be repeated and others missed.
    """
    number = getattr(getattr(response, "meta", None), "page_number", None)
    if number and operation.query.get(operation.paging.number) and rows_in(operation, response):
        requested = _number(operation, None)
        if number != requested:
            raise _error(
                operation, f"requested page {requested}, but the response is page {number}"
            )


def later(page: PageT, before: PageT) -> PageT:
    """Return a page that follows another, if it has a list that differs from the one before.

    Raises:
        APIResponseError: there is no list, not even an empty one, or it is that of the page before,
            so that pages would be missed or repeated forever.
    """
    response, operation = page.response, page.operation
    rows, meta = operation.paging.rows, getattr(response, "meta", None)
    aside: dict[str, Any] = getattr(response, "additional_properties", {})
    found = getattr(response, rows)
    if found is None and (meta is None or rows in aside):
        raise _error(
            operation,
            "a page contains no list, not even an empty one, although the one before it was not "
            "the last: list again",
        )
    if found and getattr(meta, "page_number", None) is None and found == before.data:
        if _may_have_more(operation, len(found)):
            raise _error(operation, "the service returned the same page twice: list again")
        setattr(response, rows, [])  # it ignores page numbers, and its only page is not full
    return page


def _may_have_more(operation: Operation[Any], count: int) -> bool:
    """Return whether there can be more rows than on a page that came twice."""
    paging = operation.paging
    if paging.styles[:1] != ("page_number",) or paging.cursor in operation.query:
        return True
    return count >= int(operation.query.get(PAGE_SIZE) or SERVERS_PAGE_SIZE)


def follow(page: _PageBase[Any, Any]) -> Operation[Any]:
    """Return the operation for the page after one.

    Raises:
        RuntimeError: it is the last page.
        APIResponseError: the pages form a loop, or are empty without end, or the next
            one cannot be requested.
    """
    operation = following(page.operation, page.response)
    if operation is None:
        raise RuntimeError(LAST_PAGE)
    trail = page.operation.trail or Trail(mark=_place(page.operation))
    place = _place(operation)
    if place == trail.mark:
        raise _error(operation, "the pages of the list form a loop: list again")
    # Brent's algorithm: it finds any loop with the memory of a single place.
    steps, lap, mark = trail.steps + 1, trail.lap, trail.mark
    if steps == lap:
        steps, lap, mark = 0, lap * 2, place
    empty = 0 if rows_in(page.operation, page.response) else trail.empty + 1
    if empty >= MAX_EMPTY_PAGES:
        raise _error(
            operation,
            f"{empty} pages in a row are empty, but each announces a next one: list again",
        )
    return replace(operation, trail=Trail(mark=mark, steps=steps, lap=lap, empty=empty))


def _place(operation: Operation[Any]) -> tuple[object, ...]:
    """Return what makes the request of one page differ from those of the others."""
    paging, query = operation.paging, operation.query
    if paging.styles == ("next_link",):
        return tuple(sorted((name, str(value)) for name, value in query.items() if value))
    return (query.get(paging.cursor), query.get(paging.number))


def _number(operation: Operation[Any], meta: Any) -> int:
    requested = operation.query.get(operation.paging.number)
    return int(requested or max(1, getattr(meta, "page_number", None) or 1))


def numbered(operation: Operation[Any], number: int) -> Operation[Any]:
    """Return the operation for the page of this number."""
    return replace(operation, query={**operation.query, operation.paging.number: number})


def _by_link(operation: Operation[Any], link: object) -> Operation[Any] | None:
    """Return the operation for the page that a link leads to.

    Only the query of the link is used, so the request goes to the path and host of the list itself.
    """
    if not link:
        return None
    return replace(operation, query={**operation.query, **_query_of(operation, link)})


def _cursor(operation: Operation[Any], meta: Any) -> str | None:
    after: str | None = getattr(getattr(meta, "cursors", None), "after", None)
    link = getattr(meta, "next", None)
    if link:
        found = _query_of(operation, link).get(operation.paging.cursor) or after
        if not found:
            raise _error(operation, f"the link to the next page cannot be followed: {link!r:.100}")
        return found
    return after or None


def _query_of(operation: Operation[Any], link: object) -> dict[str, str]:
    try:
        found = dict(parse_qsl(urlsplit(str(link)).query))
    except ValueError:
        found = {}
    if not found:
        raise _error(operation, f"the link to the next page cannot be followed: {link!r:.100}")
    return found


def _error(operation: Operation[Any], message: str) -> APIResponseError:
    whole = f"{operation.method} {operation.path}: {message}"
    return APIResponseError(whole, method=operation.method, path=operation.path)


def _limit(operation: Operation[Any]) -> float:
    """Return the maximum number of rows to yield; infinite by default."""
    limit: Any = operation.options.get("limit")
    return inf if limit is None else limit


class PageCaller(Protocol):
    """The part of a client that a page uses."""

    def page(self, operation: Operation[Any]) -> Page[Any, Any]:
        """Fetch a page."""
        ...

    def pages(self, first: Page[Any, Any]) -> Iterator[Page[Any, Any]]:
        """Yield a page and all later ones."""
        ...


class AsyncPageCaller(Protocol):
    """The part of a client that an async page uses."""

    async def page(self, operation: Operation[Any]) -> AsyncPage[Any, Any]:
        """Fetch a page."""
        ...

    def pages(self, first: AsyncPage[Any, Any]) -> AsyncIterator[AsyncPage[Any, Any]]:
        """Yield a page and all later ones."""
        ...


class _PageBase(notebook.PublicNames, Generic[RowT, MetaT]):
    """Base of sync and async pages.

    Attributes:
        response: the whole response as a model, including fields that the contract does not know.
        operation: the operation that it is the response to.
    """

    __slots__ = ("_caller", "operation", "response")

    def __init__(self, response: Any, operation: Operation[Any], caller: Any) -> None:
        """Wrap the response to an operation of a caller.

        Raises:
            APIResponseError: it is not the page that was requested.
        """
        check(operation, response)
        self.response: Any = response
        self.operation: Operation[Any] = operation
        self._caller = caller

    @property
    def data(self) -> list[RowT]:
        """The rows of this page only."""
        return rows_of(self.operation, self.response)

    @property
    def meta(self) -> MetaT:
        """The position of this page in the list; None if the response does not state it.

        It is the whole response if the rows stand beside the position.
        """
        if self.operation.paging.styles == ("next_link",):
            return cast("MetaT", self.response)
        return cast("MetaT", getattr(self.response, "meta", None))

    def has_next_page(self) -> bool:
        """Return whether there is a page after this one, without requesting it."""
        try:
            return following(self.operation, self.response) is not None
        except APIResponseError:
            return True  # it is announced; requesting it raises this error again

    if not TYPE_CHECKING:  # type checkers know `data` and `meta`

        def __getattr__(self, name: str) -> Any:
            """Return a field of the response, such as a total."""
            is_own = name.startswith("_") or name in ("operation", "response")
            if not is_own and "next_link" in self.operation.paging.styles:
                return getattr(self.response, name)
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        """Show the number of rows, but not their content."""
        is_linked = self.operation.paging.styles == ("next_link",)
        meta = "" if is_linked else f", meta={self.meta}"  # which has the rows in it
        return f"<{type(self).__name__}: {len(self.data)} rows{meta}>"

    def _repr_html_(self) -> str:
        """Return a table of the rows of this page, for notebooks."""
        return notebook.table_of_rows(
            repr(self), [shown_fields(row) for row in cast("list[Model]", self.data)]
        )


class Page(_PageBase[RowT, MetaT]):
    """A page of a list. Iterating over it continues through all later pages, one at a time."""

    __slots__ = ()
    _caller: PageCaller

    def __iter__(self) -> Iterator[RowT]:
        """Yield the rows of this page and of all later ones, up to the ``limit`` of the call."""
        left = _limit(self.operation)
        if left > 0:
            for page in self.iter_pages():
                yield from islice(page.data, int(min(left, len(page.data))))
                left -= len(page.data)
                if left <= 0:
                    return

    def iter_pages(self) -> Iterator[Page[RowT, MetaT]]:
        """Yield this page and all later ones."""
        return self._caller.pages(self)

    def get_next_page(self) -> Page[RowT, MetaT]:
        """Fetch the page after this one.

        Raises:
            RuntimeError: this is the last page.
            APIResponseError: the pages form a loop, or the next one cannot be requested.
        """
        return later(self._caller.page(follow(self)), self)


class AsyncPage(_PageBase[RowT, MetaT]):
    """A page of a list. Iterating over it continues through all later pages, one at a time."""

    __slots__ = ()
    _caller: AsyncPageCaller

    async def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the rows of this page and of all later ones, up to the ``limit`` of the call."""
        left = _limit(self.operation)
        if left > 0:
            async for page in self.iter_pages():
                for row in islice(page.data, int(min(left, len(page.data)))):
                    yield row
                left -= len(page.data)
                if left <= 0:
                    return

    def iter_pages(self) -> AsyncIterator[AsyncPage[RowT, MetaT]]:
        """Yield this page and all later ones."""
        return self._caller.pages(self)

    async def get_next_page(self) -> AsyncPage[RowT, MetaT]:
        """Fetch the page after this one.

        Raises:
            RuntimeError: this is the last page.
            APIResponseError: the pages form a loop, or the next one cannot be requested.
        """
        return later(await self._caller.page(follow(self)), self)


class AsyncPaginator(notebook.PublicNames, Generic[RowT, MetaT]):
    """A list that is not requested yet: await it for its first page, or iterate over all rows."""

    __slots__ = ("_caller", "_operation")

    def __init__(self, operation: Operation[Any], caller: AsyncPageCaller) -> None:
        """Take the operation and its caller."""
        self._operation = operation
        self._caller = caller

    def __repr__(self) -> str:
        """Show the list, and how to get its rows."""
        return f"<AsyncPaginator of {self._operation.name}: await it, or use async for>"

    def __await__(self) -> Generator[Any, None, AsyncPage[RowT, MetaT]]:
        """Fetch the first page."""
        return self._caller.page(self._operation).__await__()

    async def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the rows of all pages."""
        async for row in await self:
            yield row
