"""The base classes of generated resources, and what makes their methods raw, streaming or async.

A generated method describes its call as an `Operation` and gives it to the resource's `_run`, or to
its `_page` if it is a list. So one function serves all variants of a method: it is bound to a
resource whose `_run` does something else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import partial, wraps
from types import MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
)

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
ResultT = TypeVar("ResultT")
CallerT = TypeVar("CallerT")


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


class _Base(PublicNames, Generic[CallerT]):
    """A resource, or one of its variants."""

    def __repr__(self) -> str:
        """Show the public names."""
        return f"<{type(self).__name__}: {', '.join(dir(self))}>"

    def __init__(self, caller: CallerT) -> None:
        """Take the client's caller."""
        self._caller = caller


class Resource(_Base[Caller]):
    """Base of generated resources, and of the client that has them."""

    def _run(self, operation: Operation[T]) -> T:
        return self._caller.run(operation)

    def _page(self, operation: Operation[Any]) -> pages.Page[Any, Any]:
        return self._caller.page(operation)


class RawResource(_Base[Caller]):
    """Base of resources whose methods return the HTTP response."""

    def _run(self, operation: Operation[T]) -> RawResponse[T]:
        return self._caller.raw(operation)

    _page = _run


class StreamingResource(_Base[Caller]):
    """Base of resources whose methods return a context manager for the unread response."""

    def _run(self, operation: Operation[T]) -> AbstractContextManager[StreamingResponse[T]]:
        return self._caller.stream(operation)

    _page = _run


class AsyncResource(_Base[AsyncCaller]):
    """Base of generated async resources, and of the client that has them."""

    def _run(self, operation: Operation[T]) -> Coroutine[Any, Any, T]:
        return self._caller.run(operation)

    def _page(self, operation: Operation[Any]) -> pages.AsyncPaginator[Any, Any]:
        return pages.AsyncPaginator(operation, self._caller)


class AsyncRawResource(_Base[AsyncCaller]):
    """Base of async resources whose methods return the HTTP response."""

    def _run(self, operation: Operation[T]) -> Coroutine[Any, Any, AsyncRawResponse[T]]:
        return self._caller.raw(operation)

    _page = _run


class AsyncStreamingResource(_Base[AsyncCaller]):
    """Base of async resources whose methods return a context manager for the unread response."""

    def _run(
        self, operation: Operation[T]
    ) -> AbstractAsyncContextManager[AsyncStreamingResponse[T]]:
        return self._caller.stream(operation)

    _page = _run


class Child(property, Generic[T]):
    """An attribute of a resource that is another resource, whose module is imported on first use.

    Its class is the one in the annotation, such as ``Final[Child[pets_toys.PetsToys]]``.
    """

    def __init__(self) -> None:
        """Know nothing yet: the module may have only begun."""
        super().__init__(self._create)
        self._class: Callable[[object], T] | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        """Note the place of the annotation."""
        self._owner = owner
        self._name = name

    if TYPE_CHECKING:

        def __get__(self, resource: object, owner: type | None = None, /) -> T:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - only of an object
            ...

    def _create(self, resource: Any) -> T:
        made = self._class = self._class or self._imported()
        return made(resource._caller)  # noqa: SLF001 - a resource is of this module

    def _imported(self) -> Any:
        annotation: str = self._owner.__annotations__[self._name]
        module, _, name = annotation.rpartition("[")[2].rstrip("]").rpartition(".")
        home = sys.modules[self._owner.__module__]
        if module:  # its package imports it
            home = getattr(sys.modules[str(home.__package__)], module)
        return getattr(home, name)


class _Description:
    """Takes the place of a resource, and returns the operation itself."""

    def _run(self, operation: Operation[T]) -> Operation[T]:
        return operation

    _page = _run


_DESCRIPTION: Any = _Description()


class Describe(Generic[T]):
    """Makes the functions that describe the call of a method as a value."""

    @staticmethod
    def call(method: Callable[Concatenate[Any, P], ResultT]) -> Callable[P, Operation[ResultT]]:
        """Return the function for a method that is no list."""
        return cast("Callable[P, Operation[ResultT]]", partial(method, _DESCRIPTION))

    @classmethod
    def pages(cls, method: Callable[Concatenate[Any, P], object]) -> Callable[P, Operation[T]]:
        """Return the function for a list; T is its response."""
        return cast("Callable[P, Operation[T]]", partial(method, _DESCRIPTION))


def _running(describe: Callable[P, Operation[Any]]) -> Callable[..., Any]:
    """Return the function of a method for which another one describes the call."""

    @wraps(describe)
    def function(resource: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
        Operation.hide(cast("CallOptions", kwargs))
        return resource._run(describe(*args, **kwargs))  # noqa: SLF001 - a resource is of this module

    return function


class _Method(Generic[P, T]):
    """A method of a resource's variant: the function of the resource, bound to the variant."""

    def __init__(self, describe: Callable[P, Operation[T]]) -> None:
        """Take the function that describes the call."""
        self._function: Callable[..., Any] = (
            describe.func if isinstance(describe, partial) else _running(describe)
        )

    def __get__(self, resource: object, owner: object = None) -> Any:
        """Bind to a resource."""
        return self._function if resource is None else MethodType(self._function, resource)


class RawMethod(_Method[P, T]):
    """Returns the HTTP response."""

    if TYPE_CHECKING:

        def __get__(
            self, resource: object, owner: object = None
        ) -> Callable[P, RawResponse[T]]: ...


class StreamingMethod(_Method[P, T]):
    """Returns a context manager for a response whose body is read in chunks."""

    if TYPE_CHECKING:

        def __get__(
            self, resource: object, owner: object = None
        ) -> Callable[P, AbstractContextManager[StreamingResponse[T]]]: ...


class AsyncRawMethod(_Method[P, T]):
    """Returns the HTTP response."""

    if TYPE_CHECKING:

        def __get__(
            self, resource: object, owner: object = None
        ) -> Callable[P, Coroutine[Any, Any, AsyncRawResponse[T]]]: ...


class AsyncStreamingMethod(_Method[P, T]):
    """Returns an async context manager for a response whose body is read in chunks."""

    if TYPE_CHECKING:

        def __get__(
            self, resource: object, owner: object = None
        ) -> Callable[P, AbstractAsyncContextManager[AsyncStreamingResponse[T]]]: ...
