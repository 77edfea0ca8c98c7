"""Operation, Request and Response: what is asked for, goes out and comes back, as plain values."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from typing import Any, Generic, Protocol, TypedDict, TypeVar

from msgspec import Struct

from telnyx_recordings.core.credentials import Security

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


OPTION_NAMES = frozenset(CallOptions.__annotations__)
PAGE_NUMBER = "page[number]"
MOST_AHEAD = 64
_LONGEST = sys.float_info.max  # a whole number can be larger


class Many(Protocol):
    """How an operation on many ids is carried out: `core.batch` has it."""

    def steps(self, operation: Operation[Any], shared: Any) -> Generator[Any, Any, Any]:
        """Carry the operation out, in as many calls as it takes."""
        ...

    def check_size(self, operation: Operation[Any]) -> None:
        """See that one call is enough."""
        ...


class Whole(Struct, frozen=True):
    """A body that is sent as it is, also where it is a dict."""

    value: Any


class Operation(Struct, Generic[T], frozen=True, kw_only=True):
    """One call, complete but for the client's settings.

    Attributes:
        name: resource and method, ``recordings.list``.
        method: the HTTP method.
        path: the path below the base URL, with ``{names}`` for path_params.
        result: the type of the answer; None when there is none.
        others: the types of answers with another status; 2 stands for all of 2XX, 0 for any.
        safe_to_retry: whether sending it twice does what sending it once does.
        path_params: values for the path, by wire name.
        query: values for the query, by wire name; None is left out.
        headers: headers that are parameters; None is left out.
        cookies: cookies that are parameters; None is left out.
        body: fields of the body, by wire name, of which None is left out; or a model, list or
            `Whole`, sent as it is. None for no body.
        media_type: the form of the body, where that is not JSON.
        encoding: how some fields of a form are written.
        is_body_optional: whether there is no body where no field is given.
        accept: the forms of the answer, where that is not JSON alone.
        server: where this operation is, if not where the others are.
        options: what the caller gave besides.
        batch: set where the operation takes many ids.
        security: what it asks for; None for what the contract asks for by default.
    """

    name: str
    method: str
    path: str
    result: Any
    safe_to_retry: bool
    path_params: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    headers: Mapping[str, Any] = {}
    cookies: Mapping[str, Any] = {}
    body: Any = None
    media_type: str = ""
    encoding: Mapping[str, Any] = {}
    is_body_optional: bool = False
    others: Mapping[int, Any] = {}
    accept: str = ""
    server: str = ""
    options: CallOptions | ListOptions = {}
    batch: Many | None = None
    security: Security | None = None

    def __post_init__(self) -> None:
        """Refuse keyword arguments that no method has, as Python itself would, and odd values."""
        for name, value in self.options.items():
            if name in OPTION_NAMES:
                if value is not None:
                    _check(name, value)
            elif name == "prefetch" and PAGE_NUMBER in self.query:
                count(name, value, at_most=MOST_AHEAD)
            else:
                message = f"{self.name}() got an unexpected keyword argument {name!r}"
                raise TypeError(message)

    def __repr__(self) -> str:
        """Show which call it is, and not what it carries."""
        return f"<Operation {self.name}: {self.method} {self.path}>"


def _check(name: str, value: object) -> None:
    if name in ("timeout", "deadline"):
        seconds(name, value)
    elif name == "max_retries":
        count(name, value)
    elif not isinstance(value, Mapping):
        message = f"{name} must be a mapping, not a {type(value).__name__}"
        raise TypeError(message)


def seconds(name: str, value: object) -> float:
    """Return a length of time.

    Raises:
        ValueError: it is not a number of seconds above 0.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST:
        return float(value)
    message = f"{name} must be a number of seconds above 0, not {value!r}"
    raise ValueError(message)


def count(name: str, value: object, *, at_most: int | None = None) -> int:
    """Return how many.

    Raises:
        ValueError: it is not a whole number from 0.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= (at_most or value):
        return value
    range_ = "from 0" if at_most is None else f"from 0 to {at_most}"
    message = f"{name} must be a whole number {range_}, not {value!r}"
    raise ValueError(message)


class Request(Struct, frozen=True, kw_only=True):
    """What goes out, without the key: the transport adds that.

    Attributes:
        method: the HTTP method.
        url: the whole URL.
        path: the path below the base URL, for messages and logs: it has no query.
        headers: lower-case names.
        body: the body's bytes, or None.
        timeout: seconds to connect, and between two pieces of the answer.
        expires: when the call's deadline is reached, by the clock of the client's `World`.
        stream: leave the body to the caller when the call succeeds.
        security: which keys the transport adds.
        origin: scheme and host, where they are not the base URL's.
    """

    method: str
    url: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    timeout: float
    expires: float
    stream: bool = False
    security: Security | None = None
    origin: str = ""

    def __repr__(self) -> str:
        """Show where it goes, without the query, headers and body: they may hold secrets."""
        return f"<Request {self.method} {self.path}>"


class Response(Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        status: the HTTP status.
        headers: looked up in lower case.
        body: the whole body; empty when it is streamed.
        stream: the body, yet to be read, when it is left to the caller.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    stream: Any = None

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, which its support asks for."""
        said = self.headers.get("x-request-id")
        # It goes into logs and messages, where a line break could forge a line of its own.
        return said if said is None or said.isprintable() else ascii(said)

    def __repr__(self) -> str:
        """Show the status and how much there is, not what."""
        return f"<Response {self.status}, {len(self.body)} bytes>"
