"""The exceptions that every client has: settings, models and calls; which status gives which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigError",
    "ConflictError",
    "InternalServerError",
    "MissingExtraError",
    "ModelError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "TelnyxRecordingsError",
    "UnprocessableEntityError",
]


class TelnyxRecordingsError(Exception):
    """The root: catching it catches every error that this package raises on purpose."""

    @property
    def message(self) -> str:
        """What ``str()`` gives, under the name that the official SDK has for it."""
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with all attributes, which ``Exception`` alone would lose."""
        return _rebuild, (type(self), self.args, self.__dict__)


class ModelError(TelnyxRecordingsError, ValueError):
    """Data does not fit a model.

    Attributes:
        place: where in the data, as a path from its root: ``$.data[3].duration_millis``.
    """

    def __init__(self, message: str, *, place: str = "$") -> None:
        """Keep the message for people and the place for programs."""
        super().__init__(message)
        self.place = place


class ConfigError(TelnyxRecordingsError, ValueError):
    """A setting of the client is missing or cannot be used; the message says which."""


class MissingExtraError(TelnyxRecordingsError, ImportError):
    """A part of the package was used whose extra is not installed: the message says which."""

    def __init__(self, what: str, extra: str) -> None:
        """Say what needs which extra."""
        super().__init__(f"{what} needs more: pip install 'telnyx-recordings[{extra}]'")


class APIError(TelnyxRecordingsError):
    """A call to the API failed.

    Attributes:
        method: the HTTP method of the call.
        path: the path of the call below the base URL, never with its query.
        ambiguous: the server may have carried the call out, although it did not say so.
        outcomes: for a call on many ids, what had become of each before the error; else empty.
    """

    ambiguous = False
    outcomes: Mapping[str, str] = {}

    def __init__(self, message: str, *, method: str = "", path: str = "") -> None:
        """Keep the message for people and the call for programs."""
        super().__init__(message)
        self.method = method
        self.path = path


class APIConnectionError(APIError):
    """No whole answer came: DNS, connecting, TLS, a reset, or a body that ended early."""


class APITimeoutError(APIConnectionError):
    """No answer came in time."""


class APIResponseError(APIError):
    """An answer came that cannot be read: not JSON, too large, or of another shape altogether."""


class APIStatusError(APIError):
    """The API answered with an error status.

    Attributes:
        status_code: the HTTP status.
        code: the service's code as text (``"10009"``), or None. Codes mean different things across
            products; choose by class or status, and show the code.
        title: the service's short name of the error, or None.
        detail: the service's sentence about this very error, or None.
        pointer: the JSON pointer or parameter that was at fault, or None.
        request_id: its ``x-request-id``, or None: name it when you ask the service's support.
        errors: the whole list of errors as it came, each a dict; empty for HTML and empty bodies.
        body: the body as text, at most 64 KiB of it.
        retry_after: seconds that the server asks to wait, or None when it does not.
    """

    retry_after: float | None = None

    def __init__(  # noqa: PLR0913 - one keyword for each attribute that a caller reads
        self,
        message: str,
        *,
        method: str = "",
        path: str = "",
        status_code: int,
        code: str | None = None,
        title: str | None = None,
        detail: str | None = None,
        pointer: str | None = None,
        request_id: str | None = None,
        errors: list[dict[str, Any]] | None = None,
        body: str = "",
    ) -> None:
        """Keep the message for people and everything else for programs."""
        super().__init__(message, method=method, path=path)
        self.status_code = status_code
        self.code = code
        self.title = title
        self.detail = detail
        self.pointer = pointer
        self.request_id = request_id
        self.errors: list[dict[str, Any]] = errors or []
        self.body = body


class BadRequestError(APIStatusError):
    """400: the request was not well-formed."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing, wrong or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the key is good, but may not do this (an empty balance does this too)."""


class NotFoundError(APIStatusError):
    """404: there is nothing with this id, or not any more."""


class ConflictError(APIStatusError):
    """409: the request does not go with the state that the resource is in."""


class UnprocessableEntityError(APIStatusError):
    """422: a value in the request was refused; ``pointer`` says which when the service does."""


class RateLimitError(APIStatusError):
    """429: too many requests; ``retry_after`` says for how long when the service does."""


class InternalServerError(APIStatusError):
    """5xx: the fault is on the server's side."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def class_for_status(status: int) -> type[APIStatusError]:
    """Return the exception class for an HTTP status, ``APIStatusError`` where none is special."""
    if status >= 500:  # noqa: PLR2004 - the HTTP class of server errors
        return InternalServerError
    return _BY_STATUS.get(status, APIStatusError)


def _rebuild(
    cls: type[TelnyxRecordingsError], args: tuple[Any, ...], state: dict[str, Any]
) -> TelnyxRecordingsError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error
