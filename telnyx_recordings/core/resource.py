"""Resource: what generated resources are made of, plain, raw and streaming, sync and async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from msgspec.structs import replace

from telnyx_recordings.core import pages
from telnyx_recordings.core.flow import Answer, parse
from telnyx_recordings.core.operation import Operation

P = ParamSpec("P")
T = TypeVar("T")


class RawResponse(Generic[T]):
    """An answer as HTTP has it, with its typed form on request.

    Attributes:
        status_code: the HTTP status.
        headers: by lower-case name.
        content: the body's bytes.
        attempts: how many attempts the call took.
        already_absent: a delete found nothing, after an attempt whose answer was lost.
    """

    def __init__(self, operation: Operation[T], answer: Answer) -> None:
        """Wrap the answer to an operation."""
        self._operation = operation
        self._answer = answer
        self.status_code: int = answer.response.status
        self.headers: Mapping[str, str] = answer.response.headers
        self.content: bytes = answer.response.body
        self.attempts: int = answer.attempts
        self.already_absent: bool = answer.already_absent

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, which its support asks for."""
        return self._answer.response.request_id

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def parse(self) -> T:
        """Return what the plain method returns; for a list, its answer as one model.

        Raises:
            APIResponseError: the body is not JSON, or of another shape altogether.
        """
        return parse(self._operation, self._answer)

    def __repr__(self) -> str:
        """Show the status and how much there is, not what."""
        size = len(self.content)
        return f"<RawResponse {self.status_code} of {self._operation.name}, {size} bytes>"


class _Streamed(Generic[T]):
    """What sync and async streaming responses share.

    Attributes:
        status_code: the HTTP status.
        headers: by lower-case name.
    """

    def __init__(self, operation: Operation[T], answer: Answer) -> None:
        """Wrap an answer whose body has not been read."""
        self._operation = operation
        self._answer = answer
        # A delete that finds nothing counts as done, but its body was read like that of an error.
        self._body: bytes | None = answer.response.body if answer.already_absent else None
        self.status_code: int = answer.response.status
        self.headers: Mapping[str, str] = answer.response.headers

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, which its support asks for."""
        return self._answer.response.request_id

    def _parsed(self, body: bytes) -> T:
        response = replace(self._answer.response, body=body)
        return parse(self._operation, replace(self._answer, response=response))


class StreamingResponse(_Streamed[T]):
    """An answer whose body is read as it comes; leave its ``with`` block to let go of it."""

    def iter_bytes(self) -> Iterator[bytes]:
        """Give the body piece by piece, as it comes.

        Raises:
            APIConnectionError: the body ended early or stalled.
            APIResponseError: it is longer than 16 MiB.
        """
        if self._body is None:
            yield from self._answer.response.stream
        else:
            yield self._body

    def read(self) -> bytes:
        """Return the whole body, also a second time."""
        if self._body is None:
            self._body = b"".join(self.iter_bytes())
        return self._body

    def parse(self) -> T:
        """Return what the plain method returns."""
        return self._parsed(self.read())


class AsyncStreamingResponse(_Streamed[T]):
    """An answer whose body is read as it comes; leave its ``async with`` block to let go of it."""

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Give the body piece by piece, as it comes.

        Raises:
            APIConnectionError: the body ended early or stalled.
            APIResponseError: it is longer than 16 MiB.
        """
        if self._body is None:
            async for piece in self._answer.response.stream:
                yield piece
        else:
            yield self._body

    async def read(self) -> bytes:
        """Return the whole body, also a second time."""
        if self._body is None:
            self._body = b"".join([piece async for piece in self.iter_bytes()])
        return self._body

    async def parse(self) -> T:
        """Return what the plain method returns."""
        return self._parsed(await self.read())


class Caller(pages.Caller, Protocol):
    """What a resource needs of a client."""

    def run(self, operation: Operation[T]) -> T:
        """Call and return the typed answer."""
        ...

    def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Call and return the answer as HTTP has it."""
        ...

    def stream(self, operation: Operation[T]) -> AbstractContextManager[StreamingResponse[T]]:
        """Call and leave the body to the caller."""
        ...


class AsyncCaller(pages.AsyncCaller, Protocol):
    """What an async resource needs of a client."""

    async def run(self, operation: Operation[T]) -> T:
        """Call and return the typed answer."""
        ...

    async def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Call and return the answer as HTTP has it."""
        ...

    def stream(
        self, operation: Operation[T]
    ) -> AbstractAsyncContextManager[AsyncStreamingResponse[T]]:
        """Call and leave the body to the caller."""
        ...


class Resource:
    """The base of generated resources, and of the client that holds them."""

    def __init__(self, caller: Caller) -> None:
        """Belong to a client."""
        self._caller = caller

    def _run(self, operation: Operation[T]) -> T:
        return self._caller.run(operation)

    def _page(self, operation: Operation[Any]) -> pages.Page[Any, Any]:
        return self._caller.page(operation)


class AsyncResource:
    """The base of generated async resources, and of the client that holds them."""

    def __init__(self, caller: AsyncCaller) -> None:
        """Belong to a client."""
        self._caller = caller

    async def _run(self, operation: Operation[T]) -> T:
        return await self._caller.run(operation)

    def _page(self, operation: Operation[Any]) -> pages.AsyncPaginator[Any, Any]:
        return pages.AsyncPaginator(operation, self._caller)


class _Method(Generic[P, T]):
    """A method that hands what a builder builds to its resource's client in another way."""

    def __init__(self, builder: Callable[P, Operation[T]]) -> None:
        """Take the parameters from the builder of an operation."""
        self._builder = builder
        self.__doc__ = builder.__doc__


class RawMethod(_Method[P, T]):
    """Gives the answer as HTTP has it."""

    def __get__(self, resource: Resource, owner: object = None) -> Callable[P, RawResponse[T]]:
        """Bind to a resource."""
        builder, caller = self._builder, resource._caller  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - of this module
        return lambda *args, **kwargs: caller.raw(builder(*args, **kwargs))


class AsyncRawMethod(_Method[P, T]):
    """Gives the answer as HTTP has it."""

    def __get__(
        self, resource: AsyncResource, owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, RawResponse[T]]]:
        """Bind to a resource."""
        builder, caller = self._builder, resource._caller  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - of this module
        return lambda *args, **kwargs: caller.raw(builder(*args, **kwargs))


class StreamingMethod(_Method[P, T]):
    """Gives a context manager whose body is read as it comes."""

    def __get__(
        self, resource: Resource, owner: object = None
    ) -> Callable[P, AbstractContextManager[StreamingResponse[T]]]:
        """Bind to a resource."""
        builder, caller = self._builder, resource._caller  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - of this module
        return lambda *args, **kwargs: caller.stream(builder(*args, **kwargs))


class AsyncStreamingMethod(_Method[P, T]):
    """Gives an async context manager whose body is read as it comes."""

    def __get__(
        self, resource: AsyncResource, owner: object = None
    ) -> Callable[P, AbstractAsyncContextManager[AsyncStreamingResponse[T]]]:
        """Bind to a resource."""
        builder, caller = self._builder, resource._caller  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - of this module
        return lambda *args, **kwargs: caller.stream(builder(*args, **kwargs))
