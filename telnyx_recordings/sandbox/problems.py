"""Error responses: those of the API in Telnyx's JSON format, those of the object store in XML."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeVar
from xml.sax.saxutils import escape

import msgspec
from starlette.responses import Response

BAD_REQUEST, NOT_FOUND, UNPROCESSABLE = 400, 404, 422

T = TypeVar("T")

_MEANINGS: Mapping[int, tuple[str, str, str]] = {
    400: ("10015", "Bad request", "The request is malformed."),
    401: ("10009", "Authentication failed", "The API key is missing or not accepted."),
    404: ("10005", "Resource not found", "Nothing with this id exists, or it was deleted."),
    422: ("10015", "Unprocessable entity", "The request is well formed, but invalid."),
    429: ("10011", "Too many requests", "The limit of requests per second was exceeded."),
}


class ProblemError(Exception):
    """An error response of the API: its status, a description, and the cause.

    `pointer` is a location in the body, `parameter` a query parameter. `code` and `title` replace
    those that usually go with the status.
    """

    def __init__(  # noqa: PLR0913 - one keyword per property
        self,
        status: int,
        detail: str | None = None,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        code: str | None = None,
        title: str | None = None,
    ) -> None:
        super().__init__(status, detail, pointer, parameter)
        self.status = status
        self.detail = detail
        self.code = code
        self.title = title
        self.source: dict[str, str] = {
            name: place
            for name, place in (("pointer", pointer), ("parameter", parameter))
            if place is not None
        }


def found(resource: T | None, pointer: str | None = None) -> T:
    """Return a resource; ProblemError (404) if there is none."""
    if resource is None:
        raise ProblemError(NOT_FOUND, pointer=pointer)
    return resource


def parsed(read: Callable[[str], T], text: str, parameter: str, detail: str) -> T:
    """Return the value of a query parameter; ProblemError (400) if `read` raises a ValueError."""
    try:
        return read(text)
    except ValueError:
        raise ProblemError(BAD_REQUEST, detail, parameter=parameter) from None


def invalid(detail: str, pointer: str) -> ProblemError:
    """Return the error (422) for a value at a location in the body."""
    return ProblemError(UNPROCESSABLE, detail, pointer=pointer)


def api_problem(problem: ProblemError) -> Response:
    """Return an error in the format `{"errors": [{code, title, detail, source}]}`."""
    code, title, detail = _MEANINGS.get(problem.status) or (
        str(problem.status),
        HTTPStatus(problem.status).phrase,
        "An error of the sandbox.",
    )
    error: dict[str, object] = {
        "code": problem.code or code,
        "title": problem.title or title,
        "detail": problem.detail or detail,
    }
    if problem.source:
        error["source"] = problem.source
    return Response(
        msgspec.json.encode({"errors": [error]}), problem.status, media_type="application/json"
    )


def store_problem(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error in the format of S3."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Response(body, status, headers, media_type="application/xml")
