"""Injected faults (errors, delays, rows that change between pages), and the rate limit."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Mapping
from typing import Literal

from starlette.responses import Response

from telnyx_recordings.sandbox.problems import ProblemError, api_problem, store_problem

Side = Literal["api", "media"]
_UNREACHABLE = 10_000
_WINDOW = 1.0


class Faults:
    """The faults to inject. Tests set them from another thread than the server's."""

    def __init__(self) -> None:
        self.delay: float = 0.0
        """Seconds by which each response is delayed."""
        self.inserted_per_page = 0
        """Recordings that are added after each page of recordings."""
        self.deleted_per_page = 0
        """Recordings of each page that are deleted after it."""
        self._failures: dict[Side, deque[Response]] = {"api": deque(), "media": deque()}

    def fail(
        self, side: Side, times: int, status: int, headers: Mapping[str, str], body: str | None
    ) -> None:
        """Fail the next `times` requests, after those that are already due to fail.

        By default the body is the usual one for the status.
        """
        if body is not None:
            response = Response(body, status, headers, media_type="text/html")
        elif side == "media":
            response = store_problem(status, "InternalError", "asked to fail", headers)
        else:
            response = api_problem(ProblemError(status))
            response.headers.update(headers)
        self._failures[side].extend([response] * times)

    def next_failure(self, side: Side) -> Response | None:
        """Remove and return the response that is due instead of the real one, if any."""
        try:
            return self._failures[side].popleft()
        except IndexError:
            return None

    async def apply_delay(self) -> None:
        """Wait for the delay."""
        if self.delay > 0:
            await asyncio.sleep(self.delay)


class RateLimit:
    """Counts requests in windows of one second; a limit of None is never enforced."""

    def __init__(self, limit: int | None) -> None:
        self._limit = _UNREACHABLE if limit is None else limit
        self._enforced = limit is not None
        self._began = -math.inf
        self._taken = 0

    def take(self) -> bool:
        """Count one request, and return whether it is allowed."""
        now = time.monotonic()
        if now - self._began >= _WINDOW:
            self._began = now
            self._taken = 0
        self._taken += 1
        return self._taken <= self._limit or not self._enforced

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the three `x-ratelimit-*` headers; the reset is in whole seconds from now."""
        reset = math.ceil(self._began + _WINDOW - time.monotonic())
        return [
            (b"x-ratelimit-limit", b"%d" % self._limit),
            (b"x-ratelimit-remaining", b"%d" % max(self._limit - self._taken, 0)),
            (b"x-ratelimit-reset", b"%d" % max(reset, 0)),
        ]
