"""Requests to a bucket: retried by the same rules as calls, and explained when they fail."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from obstore.exceptions import BaseError

from telnyx_recordings.core.call.retry import THROTTLED, Budget, GiveUp, decide
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import ArchiveError, DestinationError

T = TypeVar("T")

MAX_RETRIES = 3
DEADLINE = 120.0
"""Seconds for a request with all its retries; a single attempt may take longer."""

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_NETWORK = re.compile(r"HTTP error|connection|timed? ?out", re.IGNORECASE)
_THROTTLED = {"SlowDown", "ServiceUnavailable", "ThrottlingException", "RequestLimitExceeded"}
_METADATA = "/latest/api/token"
"""Where obstore asks a machine of Amazon's for credentials, if there are no others."""
_CAUSES = (
    (
        re.compile(_METADATA),
        "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    ),
    (re.compile("NoSuchBucket"), "the bucket does not exist: check its name, or create it"),
    (
        re.compile("incorrectly configured region|AuthorizationHeaderMalformed|PermanentRedirect"),
        "the bucket is in another region: set AWS_REGION to the region of the bucket",
    ),
    (
        re.compile("InvalidAccessKeyId|SignatureDoesNotMatch|status code: 401"),
        "the credentials are wrong: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (
        re.compile("AccessDenied|status code: 403"),
        "access was denied: the credentials need the rights to list, read, write and delete",
    ),
)


class Requests:
    """Makes the requests of one store; they share a retry budget."""

    def __init__(self) -> None:
        """Start with a full budget."""
        self._budget = Budget()

    def run(self, request: Callable[[], T]) -> T:
        """Make a request, and repeat it after a failure that may not last.

        The request must have the same effect when it is made twice.
        """
        end = time.monotonic() + DEADLINE
        attempt = 0
        while True:
            attempt += 1
            try:
                result = request()
            except BaseError as error:
                seconds = self.pause(error, attempt, end - time.monotonic())
                if seconds is None:
                    raise
                time.sleep(seconds)
            else:
                self._budget.earn()
                return result

    def pause(self, error: BaseError, attempt: int, left: float = DEADLINE) -> float | None:
        """Return the seconds to wait before the next attempt; None if there must be none."""
        status, failure = _classified(error)
        decision = decide(
            status=status,
            failure=failure,
            attempt=attempt,
            hint=None,
            max_retries=MAX_RETRIES,
            safe_to_retry=True,
            left=left,
            chance=random.random(),  # noqa: S311 - it spreads retries, and protects nothing
            budget=self._budget,
        )
        return None if isinstance(decision, GiveUp) else decision.seconds


def _classified(error: BaseError) -> tuple[int | None, Failure | None]:
    """Return the HTTP status of an error, or the failure of its connection."""
    text = str(error)
    status = _STATUS.search(text)
    if status is not None:
        code = _CODE.search(text)
        is_throttled = code is not None and code[1] in _THROTTLED
        return (THROTTLED if is_throttled else int(status[1])), None
    if "certificate" in text.lower():
        return None, Failure(kind="tls", message="the certificate is invalid", error=error)
    if _NETWORK.search(text):
        return None, Failure(kind="reset", message="the connection failed", error=error)
    return None, Failure(kind="protocol", message="the response cannot be used", error=error)


def explanation(error: Exception) -> str:
    """Return one line that says what went wrong, and what to do if that is known."""
    text = str(error)
    for pattern, cause in _CAUSES:
        if pattern.search(text):
            return cause
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    first = (text.splitlines() or [type(error).__name__])[0]
    return re.sub(r"\?\S*", "", first)[:300]


@contextmanager
def as_destination_error(key: str, what: str) -> Generator[None]:
    """Raise errors of obstore and the system as DestinationError."""
    try:
        yield
    except ArchiveError:
        raise
    except (BaseError, OSError) as error:
        raise DestinationError(f"{what}: {explanation(error)}", key=key) from error
