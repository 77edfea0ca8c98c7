"""Pages of a list: the rows of one response, how to get the next, and iteration over all."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from itertools import chain, islice
from math import inf
from sys import maxsize
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace

from telnyx_recordings.core import notebook
from telnyx_recordings.core.errors import APIResponseError
from telnyx_recordings.core.model.base import Model, shown_fields
from telnyx_recordings.core.model.shape import shape_of
from telnyx_recordings.core.request.operation import Operation, Trail

RowT = TypeVar("RowT")
MetaT = TypeVar("MetaT")
PageT = TypeVar("PageT", bound="PageBase[Any, Any]")

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
    if paging.is_found:
        return _found(operation, response)
    for style in paging.styles:
        if style == "next_link":
            link = getattr(response, paging.link, None)
            misfit = response.additional_properties.get(_on_the_wire(response, paging.link))
            return _by_link(operation, link or misfit)
        meta = getattr(response, "meta", None)
        if style == "page_number":
            total = getattr(meta, "total_pages", None)
            number = _number(operation, meta)
            if total is not None and not _is_too_low(total, number, operation, response):
                return numbered(operation, number + 1) if number < total else None
        elif (cursor := _cursor(operation, meta)) is not None:
            query = {**operation.query, paging.number: None, paging.cursor: cursor}
            return replace(operation, query=query)
    if paging.cursor in operation.query or not rows_in(operation, response):
        return None
    # The response states neither how many pages there are nor where the next one is, and a service
    # may give fewer rows than requested: only an empty page is certainly after the last.
    return numbered(operation, _number(operation, getattr(response, "meta", None)) + 1)


def _is_too_low(total: int, number: int, operation: Operation[Any], response: Any) -> bool:
    """Return whether there are more pages than stated, by the page itself or the number of rows."""
    meta = response.meta
    rows, size = getattr(meta, "total_results", None), getattr(meta, "page_size", None)
    has_more = number >= total and rows is not None and size is not None and rows > number * size
    return (number > total or has_more) and rows_in(operation, response) > 0


def _found(operation: Operation[Any], response: Any) -> Operation[Any] | None:
    """Return the operation for the next page, in a style that was found in the contract."""
    from telnyx_recordings.core import page_styles  # noqa: PLC0415 - not every contract needs it

    rows, count = rows_of(operation, response), rows_in(operation, response)
    try:
        step = page_styles.step(operation.paging, _given(operation), response, rows, count)
    except ValueError as error:
        raise _error(operation, f"{error}: list again") from None
    if step is None or isinstance(step, str):
        return _by_link(operation, step)
    if operation.paging.in_body:
        return replace(operation, body=page_styles.with_step(operation.body, step))
    return replace(operation, query={**operation.query, **step})


def _given(operation: Operation[Any]) -> Mapping[str, Any]:
    """Return the parameters of a request that include those for its page."""
    if not operation.paging.in_body:
        return operation.query
    from telnyx_recordings.core import page_styles  # noqa: PLC0415 - not every contract needs it

    return page_styles.in_body(operation.body)


def linked(operation: Operation[Any], header: str | None) -> Operation[Any]:
    """Return the operation with the link to the next page, if that is in a header."""
    if operation.paging.styles != ("link_header",):
        return operation
    from telnyx_recordings.core import page_styles  # noqa: PLC0415 - not every contract needs it

    link = page_styles.next_link(header)
    return replace(operation, paging=replace(operation.paging, link=link))


def unreadable(operation: Operation[Any], response: Any) -> list[Any]:
    """Return the rows that are not objects, and so are not in the rows of the response."""
    holder, name = _holder(operation, response)
    extra: dict[str, Any] = getattr(holder, "additional_properties", {})
    row = re.compile(rf"{re.escape(_on_the_wire(holder, name))}\[\d+\]") if extra else None
    return [value for key, value in extra.items() if row and row.fullmatch(key)]


def rows_of(operation: Operation[Any], response: Any) -> list[Any]:
    """Return the rows of a page that could be read."""
    holder, name = _holder(operation, response)
    return (getattr(holder, name, None) if name else holder) or []


def _holder(operation: Operation[Any], response: Any) -> tuple[Any, str]:
    """Return the object with the rows, which may be inside others, and the field that has them."""
    *outer, name = operation.paging.rows.split(".")
    for each in outer:
        response = getattr(response, each, None)
    return response, name


def _on_the_wire(holder: Model, name: str) -> str:
    """Return the name on the wire of the field with the rows."""
    fields = shape_of(type(holder)).fields
    return next((wire for wire, each in fields.items() if each.name == name), name)


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
    meta = getattr(response, "meta", None)
    holder, rows = _holder(operation, response)
    aside: dict[str, Any] = getattr(holder, "additional_properties", {})
    found = getattr(holder, rows, None) if rows else response
    if found is None and (meta is None or (aside and _on_the_wire(holder, rows) in aside)):
        raise _error(
            operation,
            "a page contains no list, not even an empty one, although the one before it was not "
            "the last: list again",
        )
    if found and getattr(meta, "page_number", None) is None and found == before.data:
        if _may_have_more(operation, len(found)):
            raise _error(operation, "the service returned the same page twice: list again")
        if rows:  # it ignores page numbers, and its only page is not full
            setattr(holder, rows, [])
        else:
            page.response = []
    return page


def is_again(page: PageT, before: PageT) -> bool:
    """Return whether page 1 is the first page, which had no number, and note which is the first.

    The contract may not state whether pages are counted from 0 or 1.
    """
    paging = before.operation.paging
    is_unknown = paging.styles[:1] == ("page",) and paging.first is None
    if not is_unknown or _given(before.operation).get(paging.number) is not None:
        return False
    found = page.data == before.data
    known = replace(page.operation.paging, first=int(found))
    page.operation = replace(page.operation, paging=known)
    return found and page.has_next_page()


def _may_have_more(operation: Operation[Any], count: int) -> bool:
    """Return whether there can be more rows than on a page that came twice."""
    paging = operation.paging
    if paging.styles[0] in ("page", "offset"):
        size = _given(operation).get(paging.size)
        return size is None or count >= int(size)
    if paging.styles[:1] != ("page_number",) or paging.cursor in operation.query:
        return True
    return count >= int(operation.query.get(PAGE_SIZE) or SERVERS_PAGE_SIZE)


def follow(page: PageBase[Any, Any]) -> Operation[Any]:
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
    if not paging.has_meta:
        given = _given(operation)
        return tuple(sorted((name, str(value)) for name, value in given.items() if value))
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
    found = _query_of(operation, link)
    parts = {name.partition("[")[0] for name in found}
    kept = {name: value for name, value in operation.query.items() if name not in parts}
    return replace(operation, query={**kept, **found})


def _cursor(operation: Operation[Any], meta: Any) -> str | None:
    after: str | None = getattr(getattr(meta, "cursors", None), "after", None)
    link = getattr(meta, "next", None)
    if link:
        found = _query_of(operation, link).get(operation.paging.cursor) or after
        if not found:
            raise _error(operation, f"the link to the next page cannot be followed: {link!r:.100}")
        return found
    return after or None


def _query_of(operation: Operation[Any], link: object) -> dict[str, Any]:
    try:
        found = parse_qs(urlsplit(link).query) if isinstance(link, str) else {}
    except ValueError:
        found = {}
    if not found:
        raise _error(operation, f"the link to the next page cannot be followed: {link!r:.100}")
    return {name: each if each[1:] else each[0] for name, each in found.items()}


def _error(operation: Operation[Any], message: str) -> APIResponseError:
    whole = f"{operation.method} {operation.path}: {message}"
    return APIResponseError(whole, method=operation.method, path=operation.path)


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


class PageBase(notebook.PublicNames, Generic[RowT, MetaT]):
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
        if not self.operation.paging.has_meta:
            return cast("MetaT", self.response if self.operation.paging.rows else None)
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
            if not is_own and self.operation.paging.rows and not self.operation.paging.has_meta:
                is_rows = name == self.operation.paging.rows
                return self.data if is_rows else getattr(self.response, name)
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        """Show the number of rows, but not their content."""
        # Otherwise the meta has the rows in it.
        meta = f", meta={self.meta}" if self.operation.paging.has_meta else ""
        return f"<{type(self).__name__}: {len(self.data)} rows{meta}>"

    def _repr_html_(self) -> str:
        """Return a table of the rows of this page, for notebooks."""
        return notebook.table_of_rows(
            repr(self), [shown_fields(row) for row in cast("list[Model]", self.data)]
        )


class Page(PageBase[RowT, MetaT]):
    """A page of a list. Iterating over it continues through all later pages, one at a time."""

    __slots__ = ()
    _caller: PageCaller

    def __iter__(self) -> Iterator[RowT]:
        """Yield the rows of this page and of all later ones, up to the ``limit`` of the call."""
        rows = chain.from_iterable(page.data for page in self.iter_pages())
        limit: Any = self.operation.options.get("limit")
        return islice(rows, None if limit is None else min(limit, maxsize))

    def iter_pages(self) -> Iterator[Self]:
        """Yield this page and all later ones."""
        return cast("Iterator[Self]", self._caller.pages(self))

    def get_next_page(self) -> Self:
        """Fetch the page after this one.

        Raises:
            RuntimeError: this is the last page.
            APIResponseError: the pages form a loop, or the next one cannot be requested.
        """
        before: Self = self
        page = cast("Self", self._caller.page(follow(self)))
        if is_again(page, before):
            before, page = page, cast("Self", self._caller.page(follow(page)))
        return later(page, before)


class AsyncPage(PageBase[RowT, MetaT]):
    """A page of a list. Iterating over it continues through all later pages, one at a time."""

    __slots__ = ()
    _caller: AsyncPageCaller

    async def __aiter__(self) -> AsyncIterator[RowT]:
        """Yield the rows of this page and of all later ones, up to the ``limit`` of the call."""
        limit: Any = self.operation.options.get("limit")
        left = inf if limit is None else limit
        if left > 0:
            async for page in self.iter_pages():
                for row in islice(page.data, int(min(left, len(page.data)))):
                    yield row
                left -= len(page.data)
                if left <= 0:
                    return

    def iter_pages(self) -> AsyncIterator[Self]:
        """Yield this page and all later ones."""
        return cast("AsyncIterator[Self]", self._caller.pages(self))

    async def get_next_page(self) -> Self:
        """Fetch the page after this one; raise as `Page.get_next_page`."""
        before: Self = self
        page = cast("Self", await self._caller.page(follow(self)))
        if is_again(page, before):
            before, page = page, cast("Self", await self._caller.page(follow(page)))
        return later(page, before)


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
