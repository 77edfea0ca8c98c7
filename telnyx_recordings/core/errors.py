"""The exceptions of settings, models and calls, and the one for each HTTP status."""

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

EXTRAS: dict[str, tuple[str, ...]] = {"async": ("aiohttp>=3.14.3",)}
"""What each extra installs: a command that names these works however the package was installed."""


class TelnyxRecordingsError(Exception):
    """The base of all exceptions that this package raises."""

    @property
    def message(self) -> str:
        """The same as ``str(error)``, under the official SDK's name."""
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with all attributes, which ``Exception`` alone would drop."""
        return _rebuild, (type(self), self.args, self.__dict__)


class ModelError(TelnyxRecordingsError, ValueError):
    """Data does not fit a model.

    Attributes:
        place: the path to the value, such as ``$.data[3].duration_millis``.
    """

    def __init__(self, message: str, *, place: str = "$") -> None:
        """Take the message and the place."""
        super().__init__(message)
        self.place = place


class ConfigError(TelnyxRecordingsError, ValueError):
    """A setting is missing or invalid; the message names it."""


class MissingExtraError(TelnyxRecordingsError, ImportError):
    """A feature needs a package that is not installed; the message names it."""

    def __init__(self, what: str, extra: str) -> None:
        """Take the feature and the extra that it needs."""
        packages = " ".join(f"'{each}'" for each in EXTRAS[extra])
        super().__init__(f"{what} needs the extra {extra}: pip install {packages}")


class APIError(TelnyxRecordingsError):
    """A call to the API failed.

    Attributes:
        method: the HTTP method.
        path: the path below the base URL, without the query.
        ambiguous: whether the server may have processed the request anyway.
        outcomes: for a call on many ids, the outcome of each up to the error; otherwise empty.
        idempotency_key: what identifies the request, or None. Send it again with the same one, and
            it is carried out only once.
    """

    ambiguous = False
    idempotency_key: str | None = None
    outcomes: Mapping[str, str] = {}

    def __init__(self, message: str, *, method: str = "", path: str = "") -> None:
        """Take the message and the request."""
        super().__init__(message)
        self.method = method
        self.path = path


class APIConnectionError(APIError):
    """No complete response: DNS, connection, TLS, a reset, or a body that ended early."""


class APITimeoutError(APIConnectionError):
    """No response in time."""


class APIResponseError(APIError):
    """A response that cannot be used: invalid HTTP, not JSON, too large, or of unexpected shape."""


class APIStatusError(APIError):
    """The API responded with an error status.

    Attributes:
        status_code: the HTTP status.
        code: the service's error code, such as ``"10009"``, or None. Codes mean different things
            in different products: branch on the class or status instead.
        title: the service's name for the error, or None.
        detail: the service's description of this error, or None.
        pointer: the JSON pointer or parameter at fault, or None.
        request_id: the ``x-request-id``, or None; give it to the service's support.
        errors: all error objects of the response, as dicts; empty if the body has none.
        body: the body as text, at most 64 KiB.
        retry_after: seconds to wait as requested by the server, or None.
        parsed: the body as the model that the contract has for this response; None if the contract
            has none, or the body does not fit.
    """

    retry_after: float | None = None
    parsed: Any = None

    def __init__(  # noqa: PLR0913 - one keyword per attribute
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
        """Take the message and the attributes."""
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
    """400: the request was malformed."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing, wrong or revoked."""


class PermissionDeniedError(APIStatusError):
    """403: the API key is valid but lacks permission."""


class NotFoundError(APIStatusError):
    """404: nothing with this id exists, or it was deleted."""


class ConflictError(APIStatusError):
    """409: the request conflicts with the state of the resource."""


class UnprocessableEntityError(APIStatusError):
    """422: a value in the request was rejected; ``pointer`` names it if the service does."""


class RateLimitError(APIStatusError):
    """429: too many requests; ``retry_after`` has the wait if the service states it."""


class InternalServerError(APIStatusError):
    """5xx: an error of the server."""


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
    """Return the exception class for an HTTP status; ``APIStatusError`` if there is no other."""
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


def without_frames(error: BaseException) -> None:
    """Drop the frames of an exception, and of those behind it.

    A frame holds what was sent or came, such as keys and links, and tools that show variables would
    show it.
    """
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        each.__traceback__ = None
        each = each.__cause__ or each.__context__
