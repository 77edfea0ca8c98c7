"""The base classes of generated resources, and what makes their methods raw, streaming or async.

A generated method describes its call as an `Operation` and gives it to the resource's `_run`, or to
its `_page` if it is a list. So one function serves all variants of a method: it is bound to a
resource whose `_run` does something else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import wraps
from types import MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    cast,
    overload,
)

from telnyx_recordings.core import pages
from telnyx_recordings.core.notebook import PublicNames
from telnyx_recordings.core.request.operation import CallOptions, Operation

if TYPE_CHECKING:
    from telnyx_recordings.core.responses import (
        AsyncRawResponse,
        AsyncStreamingResponse,
        RawResponse,
        StreamingResponse,
    )

P = ParamSpec("P")
T = TypeVar("T")
AsyncT = TypeVar("AsyncT")
RowT = TypeVar("RowT")
MetaT = TypeVar("MetaT")
CallerT = TypeVar("CallerT")
HowT = TypeVar("HowT")
PageT = TypeVar("PageT", bound=pages.Page[Any, Any])
PaginatorT = TypeVar("PaginatorT", bound=pages.AsyncPaginator[Any, Any])

_CLASS = re.compile(r"Child\[([\w.]+)")


class Caller(pages.PageCaller, Protocol):
    """The part of a client that a resource uses."""

    def run(self, operation: Operation[T]) -> T:
        """Send the request and return the typed response."""
        ...

    def stream(self, operation: Operation[T]) -> AbstractContextManager[StreamingResponse[T]]:
        """Send the request and return a context manager for the unread response."""
        ...


class AsyncCaller(pages.AsyncPageCaller, Protocol):
    """The part of a client that an async resource uses."""

    async def run(self, operation: Operation[T]) -> T:
        """Send the request and return the typed response."""
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

    def _page(self, operation: Operation[Any]) -> PageT:  # type: ignore[type-var]  # pyright: ignore[reportInvalidTypeVarUse] - its own type of page
        return cast("PageT", self._caller.page(operation))


class AsyncResource(_Base[AsyncCaller]):
    """Base of generated async resources, and of the client that has them."""

    def _run(self, operation: Operation[T]) -> Coroutine[Any, Any, T]:
        return self._caller.run(operation)

    def _page(self, operation: Operation[Any]) -> PaginatorT:  # type: ignore[type-var]  # pyright: ignore[reportInvalidTypeVarUse] - its own type of page
        return cast("PaginatorT", pages.AsyncPaginator(operation, self._caller))


Raw: TypeAlias = Literal["raw"]
Streaming: TypeAlias = Literal["streaming"]
AsyncRaw: TypeAlias = Literal["async raw"]
AsyncStreaming: TypeAlias = Literal["async streaming"]
Described: TypeAlias = Literal["described"]
"""What the methods of `Variants` return: an HTTP response; a context manager for one whose body is
read in chunks; the same of an async client; or the operation itself, which is not sent."""


class Variants(_Base[Callable[[Operation[Any]], Any]], Generic[HowT]):
    """Base of the methods of a resource that return something else than the plain ones.

    What they return is marked by HowT for type checkers; it is what the caller returns.
    """

    def _run(self, operation: Operation[Any]) -> Any:
        return self._caller(operation)

    _page = _run


def described(operation: Operation[T]) -> Operation[T]:
    """Return the operation itself: the caller of the variants that are `Described`."""
    return operation


class Child(property, Generic[T]):
    """An attribute of a resource that is another resource, whose module is imported on first use.

    Its class is the one in the annotation, such as ``Final[Child[pets_toys.PetsToys]]``.
    """

    def __init__(self, way: str = "") -> None:
        """Take the name of the caller's method for variants; empty for a plain resource.

        The module of the class may have only begun.
        """
        super().__init__(self._create)
        self._way = way
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
        caller = resource._caller  # noqa: SLF001 - a resource is of this module
        return made(getattr(caller, self._way) if self._way else caller)

    def _imported(self) -> Any:
        annotation: str = self._owner.__annotations__[self._name]
        module, _, name = _CLASS.findall(annotation)[0].rpartition(".")
        home = sys.modules[self._owner.__module__]
        if module:  # its package imports it
            home = getattr(sys.modules[str(home.__package__)], module)
        return getattr(home, name)


class Method(Generic[P, T, AsyncT]):
    """A method of a resource, bound to its variants; AsyncT is what responses are parsed to there.

    `method` and `list_method` make it.
    """

    def __init__(self, function: Callable[Concatenate[Any, P], object]) -> None:
        """Take the function of the plain method, which gives an operation to `_run` or `_page`."""
        self._function = function

    if TYPE_CHECKING:

        @overload
        def __get__(
            self, resource: Variants[Raw], owner: object = None
        ) -> Callable[P, RawResponse[T]]: ...
        @overload
        def __get__(
            self, resource: Variants[Streaming], owner: object = None
        ) -> Callable[P, AbstractContextManager[StreamingResponse[T]]]: ...
        @overload
        def __get__(
            self, resource: Variants[AsyncRaw], owner: object = None
        ) -> Callable[P, Coroutine[Any, Any, AsyncRawResponse[AsyncT]]]: ...
        @overload
        def __get__(
            self, resource: Variants[AsyncStreaming], owner: object = None
        ) -> Callable[P, AbstractAsyncContextManager[AsyncStreamingResponse[AsyncT]]]: ...
        @overload
        def __get__(
            self, resource: Variants[Described], owner: object = None
        ) -> Callable[P, Operation[T]]: ...

    def __get__(self, resource: object, owner: object = None) -> Any:
        """Bind to a resource."""
        return self._function if resource is None else MethodType(self._function, resource)


def method(function: Callable[Concatenate[Any, P], T]) -> Method[P, T, T]:
    """Return the `Method` of a plain method."""
    return Method(function)


def list_method(
    function: Callable[Concatenate[Any, P], pages.Page[RowT, MetaT]],
) -> Method[P, pages.Page[RowT, MetaT], pages.AsyncPage[RowT, MetaT]]:
    """Return the `Method` of a plain method that lists: responses are parsed to pages."""
    return Method(function)


def described_by(describe: Callable[P, Operation[T]]) -> Method[P, T, T]:
    """Return a method for which a function describes the call, whatever the plain one does."""

    @wraps(describe)
    def function(resource: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        Operation.hide(cast("CallOptions", kwargs))
        return resource._run(describe(*args, **kwargs))  # noqa: SLF001 - a resource is of this module

    return Method(function)
