"""Pages: one answer of a list, the way to the next, and the iteration over all of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

from msgspec.structs import replace

from telnyx_recordings.core.errors import APIResponseError
from telnyx_recordings.core.operation import PAGE_NUMBER, Operation

RowT = TypeVar("RowT")
MetaT = TypeVar("MetaT")

PAGE_SIZE = "page[size]"
PAGE_AFTER = "page[after]"
_SERVERS_PAGE_SIZE = 20
_ROW = re.compile(r"data\[\d+\]")
"""Where a row is kept in an answer that is no object."""


class ListResponse(Protocol):
    """What an answer of a list looks like; any part may be missing."""

    data: Any
    meta: Any


def following(operation: Operation[Any], answer: ListResponse) -> Operation[Any] | None:
    """Return the operation that gives the next page, None after the last."""
    meta, count = answer.meta, rows_in(answer)
    if not count:
        return None
    number = _number(operation, meta)
    total = getattr(meta, "total_pages", None)
    if total is not None:
        return numbered(operation, number + 1) if number < total else None
    cursor = _cursor(meta)
    if cursor is not None:
        if cursor == operation.query.get(PAGE_AFTER):
            return None  # a server that names the same page again would be asked for ever
        query = {**operation.query, PAGE_NUMBER: None, PAGE_AFTER: cursor}
        return replace(operation, query=query)
    if PAGE_AFTER in operation.query:
        return None
    size = getattr(meta, "page_size", None) or operation.query.get(PAGE_SIZE) or _SERVERS_PAGE_SIZE
    return numbered(operation, number + 1) if count >= int(size) else None


def unreadable(answer: ListResponse) -> list[Any]:
    """Return what stands among an answer's rows and is no object, so that no row is made of it."""
    aside: dict[str, Any] = getattr(answer, "additional_properties", {})
    return [value for name, value in aside.items() if _ROW.fullmatch(name)]


def rows_in(answer: ListResponse) -> int:
    """Return how many rows a page has, those included that cannot be read."""
    return len(answer.data or ()) + len(unreadable(answer))


def known_ahead(operation: Operation[Any], answer: ListResponse) -> range:
    """Return the numbers of the later pages that an answer already tells of."""
    total = getattr(answer.meta, "total_pages", None)
    if total is None or PAGE_AFTER in operation.query or not rows_in(answer):
        return range(0)
    return range(_number(operation, answer.meta) + 1, total + 1)


def check(operation: Operation[Any], answer: ListResponse) -> None:
    """See that an answer is the page that was asked for.

    Raises:
        APIResponseError: it is another one; its rows would be given twice, and others never.
    """
    asked, number = _number(operation, None), getattr(answer.meta, "page_number", None)
    if number and rows_in(answer) and operation.query.get(PAGE_NUMBER) and number != asked:
        message = f"{operation.name}: asked for page {asked}, the answer is page {number}"
        raise APIResponseError(message, method=operation.method, path=operation.path)


def _number(operation: Operation[Any], meta: Any) -> int:
    asked = operation.query.get(PAGE_NUMBER)
    return int(asked or max(1, getattr(meta, "page_number", None) or 1))


def numbered(operation: Operation[Any], number: int) -> Operation[Any]:
    """Return the operation that gives another page by its number."""
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


class Caller(Protocol):
    """What a page needs of a client."""

    def page(self, operation: Operation[Any]) -> Page[Any, Any]:
        """Fetch a page."""
        ...

    def pages(self, first: Page[Any, Any]) -> Iterator[Page[Any, Any]]:
        """Give a page and all after it."""
        ...


class AsyncCaller(Protocol):
    """What an async page needs of a client."""

    async def page(self, operation: Operation[Any]) -> AsyncPage[Any, Any]:
        """Fetch a page."""
        ...

    def pages(self, first: AsyncPage[Any, Any]) -> AsyncIterator[AsyncPage[Any, Any]]:
        """Give a page and all after it."""
        ...


class _PageBase(Generic[RowT, MetaT]):
    """What sync and async pages share.

    Attributes:
        response: the whole answer as a model, with what the contract does not know.
        operation: the call that it answers.
    """

    __slots__ = ("_caller", "operation", "response")

    def __init__(self, response: ListResponse, operation: Operation[Any], caller: Any) -> None:
        """Wrap an answer to an operation of a caller.

        Raises:
            APIResponseError: it is another page than was asked for.
        """
        check(operation, response)
        self.response: ListResponse = response
        self.operation: Operation[Any] = operation
        self._caller = caller

    @property
    def data(self) -> list[RowT]:
        """The rows of this page alone."""
        rows: list[RowT] | None = self.response.data
        return [] if rows is None else rows

    @property
    def meta(self) -> MetaT:
        """Where this page stands among all; None when the answer does not say."""
        meta: MetaT = self.response.meta
        return meta

    def has_next_page(self) -> bool:
        """Tell whether there is a page after this one, without asking for it."""
        return following(self.operation, self.response) is not None

    def _next(self) -> Operation[Any]:
        operation = following(self.operation, self.response)
        if operation is None:
            message = "there is no page after this one: ask has_next_page() first"
            raise RuntimeError(message)
        return operation

    def __repr__(self) -> str:
        """Show how many rows there are, not what is in them."""
        return f"<{type(self).__name__}: {len(self.data)} rows, meta={self.meta}>"


class Page(_PageBase[RowT, MetaT]):
    """A page of a list. Iterating goes on through all later pages, one in memory at a time."""

    __slots__ = ()
    _caller: Caller

    def __iter__(self) -> Iterator[RowT]:
        """Give the rows of this page and of all after it."""
        for page in self.iter_pages():
            yield from page.data

    def iter_pages(self) -> Iterator[Page[RowT, MetaT]]:
        """Give this page and all after it."""
        return self._caller.pages(self)

    def get_next_page(self) -> Page[RowT, MetaT]:
        """Fetch the page after this one.

        Raises:
            RuntimeError: this is the last one.
        """
        return self._caller.page(self._next())


class AsyncPage(_PageBase[RowT, MetaT]):
    """A page of a list. Iterating goes on through all later pages, one in memory at a time."""

    __slots__ = ()
    _caller: AsyncCaller

    async def __aiter__(self) -> AsyncIterator[RowT]:
        """Give the rows of this page and of all after it."""
        async for page in self.iter_pages():
            for row in page.data:
                yield row

    def iter_pages(self) -> AsyncIterator[AsyncPage[RowT, MetaT]]:
        """Give this page and all after it."""
        return self._caller.pages(self)

    async def get_next_page(self) -> AsyncPage[RowT, MetaT]:
        """Fetch the page after this one.

        Raises:
            RuntimeError: this is the last one.
        """
        return await self._caller.page(self._next())


class AsyncPaginator(Generic[RowT, MetaT]):
    """A list that has not been asked for yet: await it for its first page, or iterate over it."""

    __slots__ = ("_caller", "_operation")

    def __init__(self, operation: Operation[Any], caller: AsyncCaller) -> None:
        """Keep what to ask, and of whom."""
        self._operation = operation
        self._caller = caller

    def __await__(self) -> Generator[Any, None, AsyncPage[RowT, MetaT]]:
        """Fetch the first page."""
        return self._caller.page(self._operation).__await__()

    async def __aiter__(self) -> AsyncIterator[RowT]:
        """Give the rows of all pages."""
        async for row in await self:
            yield row
