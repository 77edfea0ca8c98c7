"""Pages of a list: the rows of one response, how to get the next, and iteration over all."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from telnyx_recordings.core.errors import APIResponseError
from telnyx_recordings.core.request.operation import PAGE_NUMBER, Operation

RowT = TypeVar("RowT")
MetaT = TypeVar("MetaT")
PageT = TypeVar("PageT", bound="_PageBase[Any, Any]")

PAGE_SIZE = "page[size]"
PAGE_AFTER = "page[after]"
_SERVERS_PAGE_SIZE = 20
_ROW = re.compile(r"data\[\d+\]")
"""The additional property in which a row that is no object is kept."""


class ListResponse(Protocol):
    """The response of a list operation; any part may be missing."""

    data: Any
    meta: Any


def following(operation: Operation[Any], response: ListResponse) -> Operation[Any] | None:
    """Return the operation for the next page; None after the last."""
    meta, count = response.meta, rows_in(response)
    if not count:
        return None
    number = _number(operation, meta)
    total = getattr(meta, "total_pages", None)
    if total is not None:
        return numbered(operation, number + 1) if number < total else None
    cursor = _cursor(meta)
    if cursor is not None:
        if cursor == operation.query.get(PAGE_AFTER):
            return None  # the server names the same page again: stop instead of looping
        query = {**operation.query, PAGE_NUMBER: None, PAGE_AFTER: cursor}
        return replace(operation, query=query)
    if PAGE_AFTER in operation.query:
        return None
    size = getattr(meta, "page_size", None) or operation.query.get(PAGE_SIZE) or _SERVERS_PAGE_SIZE
    return numbered(operation, number + 1) if count >= int(size) else None


def unreadable(response: ListResponse) -> list[Any]:
    """Return the rows that are no objects, and so are not in the data of the response."""
    extra: dict[str, Any] = getattr(response, "additional_properties", {})
    return [value for name, value in extra.items() if _ROW.fullmatch(name)]


def rows_in(response: ListResponse) -> int:
    """Return the number of rows on a page, including unreadable ones."""
    return len(response.data or ()) + len(unreadable(response))


def known_ahead(operation: Operation[Any], response: ListResponse) -> range:
    """Return the numbers of all later pages, if the response states how many there are."""
    total = getattr(response.meta, "total_pages", None)
    if total is None or PAGE_AFTER in operation.query or not rows_in(response):
        return range(0)
    return range(_number(operation, response.meta) + 1, total + 1)


def check(operation: Operation[Any], response: ListResponse) -> None:
    """Check that a response is the page that was requested.

    Raises:
        APIResponseError: it is another page, so rows would be repeated and others missed.
    """
    requested, number = _number(operation, None), getattr(response.meta, "page_number", None)
    if number and rows_in(response) and operation.query.get(PAGE_NUMBER) and number != requested:
        raise APIResponseError(
            f"{operation.name}: requested page {requested}, but the response is page {number}",
            method=operation.method,
            path=operation.path,
        )


def later(page: PageT) -> PageT:
    """Return a page that follows another, if there is a list in it: it may be empty, not missing.

    Raises:
        APIResponseError: there is none, so this and all later pages would be missed.
    """
    response, operation = page.response, page.operation
    aside: dict[str, Any] = getattr(response, "additional_properties", {})
    if response.data is None and (response.meta is None or "data" in aside):
        message = f"{operation.method} {operation.path}: a page has no list in it, not even an "
        message += "empty one, although the one before it was not the last: list again"
        raise APIResponseError(message, method=operation.method, path=operation.path)
    return page


def _number(operation: Operation[Any], meta: Any) -> int:
    requested = operation.query.get(PAGE_NUMBER)
    return int(requested or max(1, getattr(meta, "page_number", None) or 1))


def numbered(operation: Operation[Any], number: int) -> Operation[Any]:
    """Return the operation for the page of this number."""
    return replace(operation, query={**operation.query, PAGE_NUMBER: number})


def _cursor(meta: Any) -> str | None:
    link = getattr(meta, "next", None)
    if link:
        try:
            query = urlsplit(str(link)).query
        except ValueError:
            return None
        for name, value in parse_qsl(query):
            if name == PAGE_AFTER:
                return value
    after: str | None = getattr(getattr(meta, "cursors", None), "after", None)
    return after or None


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


class _PageBase(Generic[RowT, MetaT]):
    """Base of sync and async pages.

    Attributes:
        response: the whole response as a model, including fields that the contract does not know.
        operation: the operation that it is the response to.
    """

    __slots__ = ("_caller", "operation", "response")

    def __init__(self, response: ListResponse, operation: Operation[Any], caller: Any) -> None:
        """Wrap the response to an operation of a caller.

        Raises:
            APIResponseError: it is not the page that was requested.
        """
        check(operation, response)
        self.response: ListResponse = response
        self.operation: Operation[Any] = operation
        self._caller = caller

    @property
    def data(self) -> list[RowT]:
        """The rows of this page only."""
        rows: list[RowT] | None = self.response.data
        return [] if rows is None else rows

    @property
    def meta(self) -> MetaT:
        """The position of this page in the list; None if the response does not state it."""
        meta: MetaT = self.response.meta
        return meta

    def has_next_page(self) -> bool:
        """Tell whether there is a page after this one, without requesting it."""
        return following(self.operation, self.response) is not None

    def _next(self) -> Operation[Any]:
        operation = following(self.operation, self.response)
        if operation is None:
            raise RuntimeError("there is no page after this one: check has_next_page() first")
        return operation

    def __repr__(self) -> str:
        """Show the number of rows, but not their content."""
        return f"<{type(self).__name__}: {len(self.data)} rows, meta={self.meta}>"


class Page(_PageBase[RowT, MetaT]):
    """A page of a list. Iterating over it continues through all later pages, one at a time."""

    __slots__ = ()
    _caller: PageCaller

    def __iter__(self) -> Iterator[RowT]:
        """Yield the rows of this page and of all later ones."""
        for page in self.iter_pages():
            yield from page.data

    def iter_pages(self) -> Iterator[Page[RowT, MetaT]]:
        """Yield this page and all later ones."""
        return self._caller.pages(self)

    def get_next_page(self) -> Page[RowT, MetaT]:
        """Fetch the page after this one.

        Raises:
            RuntimeError: this is the last page.
        """
        return later(self._caller.page(self._next()))


class AsyncPage(_PageBase[RowT, MetaT]):
    """A page of a list. Iterating over it continues through all later pages, one at a time."""

    __slots__ = ()
    _caller: AsyncPageCaller

    async def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the rows of this page and of all later ones."""
        async for page in self.iter_pages():
            for row in page.data:
                yield row

    def iter_pages(self) -> AsyncIterator[AsyncPage[RowT, MetaT]]:
        """Yield this page and all later ones."""
        return self._caller.pages(self)

    async def get_next_page(self) -> AsyncPage[RowT, MetaT]:
        """Fetch the page after this one.

        Raises:
            RuntimeError: this is the last page.
        """
        return later(await self._caller.page(self._next()))


class AsyncPaginator(Generic[RowT, MetaT]):
    """A list that is not requested yet: await it for its first page, or iterate over all rows."""

    __slots__ = ("_caller", "_operation")

    def __init__(self, operation: Operation[Any], caller: AsyncPageCaller) -> None:
        """Take the operation and its caller."""
        self._operation = operation
        self._caller = caller

    def __await__(self) -> Generator[Any, None, AsyncPage[RowT, MetaT]]:
        """Fetch the first page."""
        return self._caller.page(self._operation).__await__()

    async def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the rows of all pages."""
        async for row in await self:
            yield row
