"""Requests to a bucket: retried by the same rules as calls, and explained when they fail."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

from obstore.exceptions import BaseError

from telnyx_recordings.archive.stores.store import as_destination_error
from telnyx_recordings.core.call.retry import Budget, GiveUp, decide
from telnyx_recordings.media.buckets import classified, explanation

T = TypeVar("T")

MAX_RETRIES = 3
DEADLINE = 120.0
"""Seconds for a request with all its retries; a single attempt may take longer."""


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
                seconds = self._pause(error, attempt, end - time.monotonic())
                if seconds is None:
                    raise
                time.sleep(seconds)
            else:
                self._budget.earn()
                return result

    def resumed(
        self, rest: Callable[[], Iterator[T]], may_go_on: Callable[[], bool] = lambda: True
    ) -> Iterator[T]:
        """Yield the items of `rest`; call it again for what is left after such a failure."""
        attempt = 0
        while True:
            try:
                for each in rest():
                    attempt = 0
                    yield each
            except BaseError as error:
                attempt += 1
                seconds = self._pause(error, attempt)
                if seconds is None or not may_go_on():
                    raise
                time.sleep(seconds)
            else:
                return

    def _pause(self, error: BaseError, attempt: int, left: float = DEADLINE) -> float | None:
        """Return the seconds to wait before the next attempt; None if there must be none."""
        status, failure = classified(error)
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


def as_bucket_error(key: str, what: str) -> AbstractContextManager[None]:
    """Raise errors of obstore and the system as DestinationError."""
    return as_destination_error(key, what, types=(BaseError, OSError), explain=explanation)
