"""The base classes of generated resources and of their raw and streaming methods."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast

from telnyx_recordings.core import pages
from telnyx_recordings.core.notebook import PublicNames
from telnyx_recordings.core.request.operation import CallOptions, Operation
from telnyx_recordings.core.responses import (
    AsyncRawResponse,
    AsyncStreamingResponse,
    RawResponse,
    StreamingResponse,
)

P = ParamSpec("P")
T = TypeVar("T")


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

    async def raw(self, operation: Operation[T]) -> AsyncRawResponse[T]:
        """Send the request and return the HTTP response."""
        ...

    def stream(
        self, operation: Operation[T]
    ) -> AbstractAsyncContextManager[AsyncStreamingResponse[T]]:
        """Send the request and return a context manager for the unread response."""
        ...


class Resource(PublicNames):
    """Base of generated resources, and of the client that has them."""

    def __repr__(self) -> str:
        """Show the public names."""
        return f"<{type(self).__name__}: {', '.join(dir(self))}>"

    def __init__(self, caller: Caller) -> None:
        """Take the client's caller."""
        self._caller = caller

    def _run(self, operation: Operation[T]) -> T:
        return self._caller.run(operation)

    def _page(self, operation: Operation[Any]) -> pages.Page[Any, Any]:
        return self._caller.page(operation)


class AsyncResource(PublicNames):
    """Base of generated async resources, and of the client that has them."""

    def __repr__(self) -> str:
        """Show the public names."""
        return f"<{type(self).__name__}: {', '.join(dir(self))}>"

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
    ) -> Callable[P, Coroutine[Any, Any, AsyncRawResponse[T]]]:
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
