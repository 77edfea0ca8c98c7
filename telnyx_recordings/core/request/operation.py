"""Operation: one call of the API as plain data, with its options."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, TypedDict, TypeVar

from msgspec import Struct

from telnyx_recordings.core.credentials import Security, hidden

T = TypeVar("T")


class CallOptions(TypedDict, total=False):
    """Options that every method takes in addition to its own parameters."""

    extra_headers: Mapping[str, str] | None
    """Additional headers; they override the client's of the same name."""
    extra_query: Mapping[str, object] | None
    """Additional query parameters."""
    extra_body: Mapping[str, object] | None
    """Additional fields of the JSON body."""
    timeout: float | None
    """Seconds to wait for a connection, and for each chunk of the response."""
    max_retries: int | None
    """Maximum number of retries of the call."""
    deadline: float | None
    """Seconds for the call in total, with all retries and waits."""


class ListOptions(CallOptions, total=False):
    """Options that every list method takes in addition to its own parameters."""

    prefetch: int
    """Number of pages to request ahead, up to 64; 0 to request each page when it is needed.

    It has no effect on a list whose responses do not state the number of pages.
    """
    limit: int | None
    """Maximum number of rows that iterating over the list yields; by default all."""


Options = TypeVar("Options", CallOptions, ListOptions)

OPTION_NAMES = frozenset(CallOptions.__annotations__)
MAX_PREFETCH = 64
_LONGEST = sys.float_info.max  # an int can be larger


class Batch(Struct, frozen=True, kw_only=True):
    """How an operation on many ids is split, and how the outcome of an id is looked up.

    Attributes:
        field: the field of the body with the ids.
        size: maximum number of ids per request.
        check: a path that returns 404 for an id that is gone, with the id as its only parameter.
    """

    field: str
    size: int
    check: str

    @property
    def id_name(self) -> str:
        """The name of the id in the path."""
        return self.check.partition("{")[2].partition("}")[0]


Style = Literal[
    "page_number",
    "cursor",
    "next_link",
    "page",
    "offset",
    "token",
    "link",
    "link_header",
    "last_id",
]


class Paging(Struct, frozen=True, kw_only=True):
    """How the pages of a list are found.

    Attributes:
        styles: where the next page is looked for, in this order: a number that is one larger, a
            cursor in the meta, or a link in the response. Alone stand the styles that were found
            in the contract, for which see `core.page_styles`.
        rows: the field of the response that has the rows, which may be inside of others, as in
            ``result.items``; empty if the response is the list.
        number: the query parameter for the number of a page, or of the first row of a page.
        cursor: the query parameter for a cursor, or for the id of the row before the page.
        link: the field of the response that has the link to the next page, or the cursor; or the
            field of a row with its id; or the link itself, from a header.
        more: the field that states whether there is another page; after an exclamation mark,
            whether there is none.
        total: the field with the number of all rows, or of all pages.
        size: the query parameter for the number of rows on a page.
        before: the query parameter for the id of the row after the page.
        here: the field with the number of this page.
        first: the number of the first page, or of the first row; None if it is not known.
        in_body: whether these are not parameters of the query, but fields of the body, or of an
            object in it: ``page[number]``.
    """

    styles: tuple[Style, ...] = ("page_number", "cursor")
    rows: str = "data"
    number: str = "page[number]"
    cursor: str = "page[after]"
    link: str = "next_page_uri"
    more: str = ""
    total: str = ""
    size: str = "page[size]"
    before: str = ""
    here: str = ""
    first: int | None = 1
    in_body: bool = False

    @property
    def is_found(self) -> bool:
        """Whether its style was found in the contract."""
        return self.styles[:1] not in ((), ("page_number",), ("cursor",), ("next_link",))

    @property
    def has_meta(self) -> bool:
        """Whether the position of a page is in the meta of the response, not beside the rows."""
        return not (self.is_found or self.styles == ("next_link",))


class Either(Struct, frozen=True, kw_only=True):
    """A value that any one of several filters must match: the list is requested once per filter.

    Attributes:
        name: the argument with the value, for messages.
        value: the value; None if all rows are wanted.
        parameter: the query parameter that has the filters.
        fields: the filters.
        by: the field of a row with the time by which the lists are merged.
    """

    name: str
    value: str | None
    parameter: str
    fields: tuple[str, ...]
    by: str


TypesByStatus = Mapping[int | tuple[int, str], Any]
"""The types of responses by status; 2 stands for all of 2XX, 0 for any. A status with a media type,
such as ``(200, "text/csv")``, is for that media type alone."""


def type_for(types: TypesByStatus, status: int, media_type: str, default: Any = None) -> Any:
    """Return the type of a response by its status and media type; the default if none is stated."""
    for code in (status, status // 100, 0):
        for each in (media_type, f"{media_type.partition('/')[0]}/*"):
            if (code, each) in types:
                return types[code, each]
        if code in types:
            return types[code]
    return default


_NO_LIST: Final = Paging(styles=())


class Trail(Struct, frozen=True, kw_only=True):
    """The way from the first page of a list to the present one, as far as loops are concerned.

    Attributes:
        mark: the place that later ones are compared with.
        steps: number of pages since the mark.
        lap: number of steps after which the mark is moved.
        empty: number of empty pages in a row.
    """

    mark: tuple[object, ...]
    steps: int = 0
    lap: int = 1
    empty: int = 0


class Operation(Struct, Generic[T], frozen=True, kw_only=True):
    """One call, without the client's settings.

    Attributes:
        name: resource and method, such as ``pets.list``.
        method: the HTTP method.
        path: the path below the base URL, with ``{names}`` for path_params.
        result: the type of the response; None if it has no body.
        others: the types for other statuses and media types.
        errors: the types of the bodies of error responses.
        safe_to_retry: whether sending it twice has the same effect as sending it once.
        path_params: path parameters, by wire name.
        query: query parameters, by wire name; None is left out.
        headers: header parameters; None is left out.
        cookies: cookie parameters; None is left out.
        body: the fields of the body, by wire name, without those that are None; or a model, list or
            `Whole`, sent unchanged. None for no body.
        media_type: of the body, if it is not JSON.
        encoding: how fields of a form are encoded.
        is_body_optional: whether the body is left out if no field is given.
        accept: the media types of the response, if not only JSON.
        server: the base URL of this operation, if it has its own; several by their names.
        options: the options that the caller gave.
        batch: set for operations on many ids.
        security: of this operation; None for the contract's default.
        idempotency_field: the field of the body that identifies the command. It is filled in if it
            is not given, so that sending the command twice has the same effect as sending it once.
        is_for_token: whether the response is a secret.
        paging: how the pages of a list are found; without styles if it is not a list.
        either: set for lists with an argument that any one of several filters must match.
        trail: how a page of a list was reached; None for the first.
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
    others: TypesByStatus = {}
    errors: TypesByStatus = {}
    accept: str = ""
    server: str | Mapping[str, str] = ""
    options: CallOptions | ListOptions = {}
    batch: Batch | None = None
    security: Security | None = None
    idempotency_field: str = ""
    is_for_token: bool = False
    paging: Paging = _NO_LIST
    either: Either | None = None
    trail: Trail | None = None

    def __post_init__(self) -> None:
        """Reject unknown options, as Python does for keyword arguments, and invalid values."""
        self.hide(self.options)
        for name, value in self.options.items():
            if name in OPTION_NAMES:
                if value is not None:
                    _check(name, value)
            elif name == "limit" and self.paging.styles:
                if value is not None:
                    count(name, value)
            elif name == "prefetch" and self.paging.styles:
                count(name, value, at_most=MAX_PREFETCH)
            else:
                raise TypeError(f"{self.name}() got an unexpected keyword argument {name!r}")

    @property
    def merged_by(self) -> Either | None:
        """The value that several filters may match, for which a list is merged; None without it."""
        return self.either if self.either and self.either.value is not None else None

    @staticmethod
    def hide(options: Options) -> Options:
        """Hide headers in the options of a call, which the variables of a traceback would show."""
        if "extra_headers" in options:
            options["extra_headers"] = hidden(options["extra_headers"])
        return options

    def __repr__(self) -> str:
        """Show the operation, but not its parameters."""
        return f"<Operation {self.name}: {self.method} {self.path}>"


def _check(name: str, value: object) -> None:
    if name in ("timeout", "deadline"):
        seconds(name, value)
    elif name == "max_retries":
        count(name, value)
    elif not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping, not a {type(value).__name__}")


def seconds(name: str, value: object) -> float:
    """Return a duration in seconds; ValueError if it is not a number above 0."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST:
        return float(value)
    raise ValueError(f"{name} must be a number of seconds above 0, not {value!r}")


def count(name: str, value: object, *, at_most: int | None = None) -> int:
    """Return a count; ValueError if it is not an integer from 0 up, or above `at_most`."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= (at_most or value):
        return value
    range_ = "from 0" if at_most is None else f"from 0 to {at_most}"
    raise ValueError(f"{name} must be a whole number {range_}, not {value!r}")
