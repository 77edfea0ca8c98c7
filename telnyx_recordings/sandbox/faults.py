"""Injected faults (errors, delays, rows that change between pages), and the rate limit."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.responses import Response

from telnyx_recordings.sandbox.problems import ProblemError, api_problem, store_problem

Side = Literal["api", "media"]
_UNREACHABLE = 10_000
_WINDOW = 1.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A response to send instead of the real one."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: str | None = None

    def response(self, side: Side) -> Response:
        """Return the response; by default its body is the usual one for the status."""
        if self.body is not None:
            return Response(self.body, self.status, self.headers, media_type="text/html")
        if side == "media":
            return store_problem(self.status, "InternalError", "asked to fail", self.headers)
        response = api_problem(ProblemError(self.status))
        response.headers.update(self.headers)
        return response


class Faults:
    """The faults to inject. Tests set them from another thread than the server's."""

    def __init__(self) -> None:
        self.delay: float = 0.0
        """Seconds by which each response is delayed."""
        self.inserted_per_page = 0
        """Recordings that are added after each page of recordings."""
        self.deleted_per_page = 0
        """Recordings of each page that are deleted after it."""
        self._failures: dict[Side, deque[Fault]] = {"api": deque(), "media": deque()}

    def fail(self, side: Side, failure: Fault, times: int) -> None:
        """Fail the next `times` requests, after those that are already due to fail."""
        self._failures[side].extend([failure] * times)

    def next_failure(self, side: Side) -> Fault | None:
        """Remove and return the failure that is due, if any."""
        try:
            return self._failures[side].popleft()
        except IndexError:
            return None

    async def apply_delay(self) -> None:
        """Wait for the delay."""
        if self.delay > 0:
            await asyncio.sleep(self.delay)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of the current window; `reset` is in whole seconds until the next one."""

    allowed: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the three `x-ratelimit-*` headers."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset),
        ]


class RateLimit:
    """Counts requests in windows of one second; a limit of None is never enforced."""

    def __init__(self, limit: int | None) -> None:
        self._limit = _UNREACHABLE if limit is None else limit
        self._enforced = limit is not None
        self._began = -math.inf
        self._taken = 0

    def take(self) -> Allowance:
        """Count one request."""
        now = time.monotonic()
        if now - self._began >= _WINDOW:
            self._began = now
            self._taken = 0
        self._taken += 1
        left = self._limit - self._taken
        reset = math.ceil(self._began + _WINDOW - now)
        return Allowance(left >= 0 or not self._enforced, self._limit, max(left, 0), reset)
