"""The bases of generated resources, and their raw and streaming responses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast

from msgspec.structs import replace

from telnyx_recordings.core import pages
from telnyx_recordings.core.call.result import CallResult, parse
from telnyx_recordings.core.request.operation import CallOptions, Operation

P = ParamSpec("P")
T = TypeVar("T")


class RawResponse(Generic[T]):
    """An HTTP response; `parse` returns its typed form.

    Attributes:
        status_code: the HTTP status.
        headers: by lower-case name.
        content: the body.
        attempts: number of attempts that the call took.
        already_absent: whether a delete found nothing, after an attempt whose response was lost.
    """

    def __init__(self, operation: Operation[T], result: CallResult) -> None:
        """Wrap the response to an operation."""
        self._operation = operation
        self._result = result
        self.status_code: int = result.response.status
        self.headers: Mapping[str, str] = result.response.headers
        self.content: bytes = result.response.body
        self.attempts: int = result.attempts
        self.already_absent: bool = result.already_absent

    @property
    def request_id(self) -> str | None:
        """The service's id of the request; mention it to the service's support."""
        return self._result.response.request_id

    @property
    def idempotency_key(self) -> str | None:
        """The ``command_id`` that a command was sent with; None for other operations."""
        return self._result.request.idempotency_key or None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def parse(self) -> T:
        """Return the typed response; for a list, the response model of this page.

        Raises:
            APIResponseError: the body is not JSON, or not of the expected shape.
        """
        return parse(self._operation, self._result)

    def __repr__(self) -> str:
        """Show the status and the size, but not the content."""
        size = len(self.content)
        return f"<RawResponse {self.status_code} of {self._operation.name}, {size} bytes>"


class _Streamed(Generic[T]):
    """Base of sync and async streaming responses.

    Attributes:
        status_code: the HTTP status.
        headers: by lower-case name.
    """

    def __init__(self, operation: Operation[T], result: CallResult) -> None:
        """Wrap a response whose body is unread."""
        self._operation = operation
        self._result = result
        # For a delete that found nothing, the body of the 404 was read already.
        self._body: bytes | None = result.response.body if result.already_absent else None
        self.status_code: int = result.response.status
        self.headers: Mapping[str, str] = result.response.headers

    @property
    def request_id(self) -> str | None:
        """The service's id of the request; mention it to the service's support."""
        return self._result.response.request_id

    def _parsed(self, body: bytes) -> T:
        response = replace(self._result.response, body=body)
        return parse(self._operation, replace(self._result, response=response))


class StreamingResponse(_Streamed[T]):
    """A response whose body is read in chunks, inside its ``with`` block."""

    def iter_bytes(self) -> Iterator[bytes]:
        """Yield the body in chunks, as they arrive.

        Raises:
            APIConnectionError: the body ended early or stalled.
            APIResponseError: it is larger than 16 MiB.
        """
        if self._body is None:
            yield from self._result.response.stream
        else:
            yield self._body

    def read(self) -> bytes:
        """Return the whole body; it can be called again."""
        if self._body is None:
            self._body = b"".join(self.iter_bytes())
        return self._body

    def parse(self) -> T:
        """Return the typed response."""
        return self._parsed(self.read())


class AsyncStreamingResponse(_Streamed[T]):
    """A response whose body is read in chunks, inside its ``async with`` block."""

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks, as they arrive.

        Raises:
            APIConnectionError: the body ended early or stalled.
            APIResponseError: it is larger than 16 MiB.
        """
        if self._body is None:
            async for chunk in self._result.response.stream:
                yield chunk
        else:
            yield self._body

    async def read(self) -> bytes:
        """Return the whole body; it can be called again."""
        if self._body is None:
            self._body = b"".join([chunk async for chunk in self.iter_bytes()])
        return self._body

    async def parse(self) -> T:
        """Return the typed response."""
        return self._parsed(await self.read())


class Caller(pages.PageCaller, Protocol):
    """The part of a client that a resource uses."""

    def run(self, operation: Operation[T]) -> T:
        """Send the request and return the typed response."""
        ...

    def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Send the request and return the HTTP response."""
        ...

    def stream(self, operation: Operation[T]) -> AbstractContextManager[StreamingResponse[T]]:
        """Send the request and return a context manager for the unread response."""
        ...


class AsyncCaller(pages.AsyncPageCaller, Protocol):
    """The part of a client that an async resource uses."""

    async def run(self, operation: Operation[T]) -> T:
        """Send the request and return the typed response."""
        ...

    async def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Send the request and return the HTTP response."""
        ...

    def stream(
        self, operation: Operation[T]
    ) -> AbstractAsyncContextManager[AsyncStreamingResponse[T]]:
        """Send the request and return a context manager for the unread response."""
        ...


class Resource:
    """Base of generated resources, and of the client that has them."""

    def __init__(self, caller: Caller) -> None:
        """Take the client's caller."""
        self._caller = caller

    def _run(self, operation: Operation[T]) -> T:
        return self._caller.run(operation)

    def _page(self, operation: Operation[Any]) -> pages.Page[Any, Any]:
        return self._caller.page(operation)


class AsyncResource:
    """Base of generated async resources, and of the client that has them."""

    def __init__(self, caller: AsyncCaller) -> None:
        """Take the client's caller."""
        self._caller = caller

    async def _run(self, operation: Operation[T]) -> T:
        return await self._caller.run(operation)

    def _page(self, operation: Operation[Any]) -> pages.AsyncPaginator[Any, Any]:
        return pages.AsyncPaginator(operation, self._caller)


def _hide(options: T) -> T:
    """Hide headers in the keyword arguments of a method; see `Operation.hide`."""
    Operation.hide(cast("CallOptions", options))
    return options


class _Method(Generic[P, T]):
    """A method of a resource that is made from the builder of an operation."""

    def __init__(self, builder: Callable[P, Operation[T]]) -> None:
        """Take the builder, which has the parameters and the documentation."""
        self._builder = builder
        self.__doc__ = builder.__doc__


class RawMethod(_Method[P, T]):
    """Returns the HTTP response."""

    def __get__(self, resource: Resource, owner: object = None) -> Callable[P, RawResponse[T]]:
        """Bind to a resource."""
        builder, caller = self._builder, resource._caller  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - of this module
        return lambda *args, **kwargs: caller.raw(builder(*args, **_hide(kwargs)))


class AsyncRawMethod(_Method[P, T]):
    """Returns the HTTP response."""

    def __get__(
        self, resource: AsyncResource, owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, RawResponse[T]]]:
        """Bind to a resource."""
        builder, caller = self._builder, resource._caller  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - of this module
        return lambda *args, **kwargs: caller.raw(builder(*args, **_hide(kwargs)))


class StreamingMethod(_Method[P, T]):
    """Returns a context manager for a response whose body is read in chunks."""

    def __get__(
        self, resource: Resource, owner: object = None
    ) -> Callable[P, AbstractContextManager[StreamingResponse[T]]]:
        """Bind to a resource."""
        builder, caller = self._builder, resource._caller  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - of this module
        return lambda *args, **kwargs: caller.stream(builder(*args, **_hide(kwargs)))


class AsyncStreamingMethod(_Method[P, T]):
    """Returns an async context manager for a response whose body is read in chunks."""

    def __get__(
        self, resource: AsyncResource, owner: object = None
    ) -> Callable[P, AbstractAsyncContextManager[AsyncStreamingResponse[T]]]:
        """Bind to a resource."""
        builder, caller = self._builder, resource._caller  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - of this module
        return lambda *args, **kwargs: caller.stream(builder(*args, **_hide(kwargs)))
