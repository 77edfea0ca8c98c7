"""Operation, Request and Response: what is asked for, goes out and comes back, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypedDict, TypeVar

from msgspec import Struct

T = TypeVar("T")


class CallOptions(TypedDict, total=False):
    """What every method takes besides its own parameters."""

    extra_headers: Mapping[str, str] | None
    """Headers to send as well; they replace the client's own of the same name."""
    extra_query: Mapping[str, object] | None
    """Query parameters to send as well."""
    extra_body: Mapping[str, object] | None
    """Fields to send in the JSON body as well."""
    timeout: float | None
    """Seconds that one attempt may take to connect, and between two pieces of the answer."""
    max_retries: int | None
    """How often to try again at most."""
    deadline: float | None
    """Seconds that the call may take in all, waits and attempts together."""


class ListOptions(CallOptions, total=False):
    """What every method that lists takes besides its own parameters."""

    prefetch: int
    """How many later pages to ask for ahead while rows are taken, in order; 0 for none."""


OPTION_NAMES = frozenset(ListOptions.__annotations__)


class Batch(Struct, frozen=True, kw_only=True):
    """How an operation on many ids is cut into pieces, and how its truth is found out.

    Attributes:
        field: the field of the body that holds the ids.
        size: how many ids one request may hold.
        check: the path that answers 404 for an id that is gone; ``{id}`` stands for the id.
    """

    field: str
    size: int
    check: str


class Operation(Struct, Generic[T], frozen=True, kw_only=True):
    """One call, complete but for the client's settings.

    Attributes:
        name: resource and method, ``recordings.list``.
        method: the HTTP method.
        path: the path below the base URL, with ``{names}`` for path_params.
        result: the class of the answer; None when there is none.
        safe_to_retry: whether sending it twice does what sending it once does.
        path_params: values for the path, by wire name.
        query: values for the query, by wire name; None is left out.
        headers: headers that are parameters; None is left out.
        body: fields of the JSON body, by wire name; None is left out. None for no body.
        options: what the caller gave besides.
        batch: set where the operation takes many ids.
    """

    name: str
    method: str
    path: str
    result: type[T] | None
    safe_to_retry: bool
    path_params: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    headers: Mapping[str, Any] = {}
    body: Mapping[str, Any] | None = None
    options: CallOptions | ListOptions = {}
    batch: Batch | None = None

    def __post_init__(self) -> None:
        """Refuse keyword arguments that no method has, as Python itself would."""
        for name in self.options:
            if name not in OPTION_NAMES:
                message = f"{self.name}() got an unexpected keyword argument {name!r}"
                raise TypeError(message)


class Request(Struct, frozen=True, kw_only=True):
    """What goes out, without the key: the transport adds that.

    Attributes:
        method: the HTTP method.
        url: the whole URL.
        path: the path below the base URL, for messages and logs: it has no query.
        headers: lower-case names.
        body: the body's bytes, or None.
        timeout: seconds to connect, and between two pieces of the answer.
        expires: the `time.monotonic()` at which the call's deadline is reached.
        stream: leave the body to the caller when the status is below 400.
    """

    method: str
    url: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    timeout: float
    expires: float
    stream: bool = False


class Response(Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        status: the HTTP status.
        headers: lower-case names.
        body: the whole body; empty when it is streamed.
        stream: the transport's own response when the body is left to the caller.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    stream: Any = None

    @property
    def request_id(self) -> str | None:
        """Telnyx's id of the request, which their support asks for."""
        return self.headers.get("x-request-id")
