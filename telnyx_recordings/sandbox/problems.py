"""Refusals: what the API answers in Telnyx's envelope, and what the object store answers in XML."""

from collections.abc import Mapping
from http import HTTPStatus
from xml.sax.saxutils import escape

import msgspec
from starlette.responses import Response

_MEANINGS: Mapping[int, tuple[str, str, str]] = {
    400: ("10015", "Bad request", "The sandbox could not make sense of the request."),
    401: ("10009", "Authentication failed", "The key is missing, or not one that is accepted."),
    404: ("10005", "Resource not found", "There is nothing at this address, or not any more."),
    422: (
        "10015",
        "Unprocessable entity",
        "The request was understood, but cannot be carried out.",
    ),
    429: ("10011", "Too many requests", "More requests than the limit allows came in this second."),
}


class ProblemError(Exception):
    """A refusal by the API: its status, what is wrong in words, and where.

    `pointer` is a place in the body, `parameter` one of the query.
    """

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(status, detail, pointer, parameter)
        self.status = status
        self.detail = detail
        self.source: dict[str, str] = {
            name: place
            for name, place in (("pointer", pointer), ("parameter", parameter))
            if place is not None
        }


def api_problem(problem: ProblemError) -> Response:
    """Answer in the envelope `{"errors": [{code, title, detail, source}]}`."""
    code, title, detail = _MEANINGS.get(problem.status) or (
        str(problem.status),
        HTTPStatus(problem.status).phrase,
        "The sandbox has no more to say about this.",
    )
    error: dict[str, object] = {"code": code, "title": title, "detail": problem.detail or detail}
    if problem.source:
        error["source"] = problem.source
    return Response(
        msgspec.json.encode({"errors": [error]}), problem.status, media_type="application/json"
    )


def store_problem(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer as S3 does."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Response(body, status, headers, media_type="application/xml")
