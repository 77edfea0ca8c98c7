"""Injected faults: errors, delays, and rows that are added or deleted between pages."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.responses import Response

from telnyx_recordings.sandbox.problems import ProblemError, api_problem, store_problem

Side = Literal["api", "media"]


@dataclass(frozen=True, slots=True)
class Failure:
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
        self._failures: dict[Side, deque[Failure]] = {"api": deque(), "media": deque()}

    def fail(self, side: Side, failure: Failure, times: int) -> None:
        """Fail the next `times` requests, after those that are already due to fail."""
        self._failures[side].extend([failure] * times)

    def next_failure(self, side: Side) -> Failure | None:
        """Remove and return the failure that is due, if any."""
        try:
            return self._failures[side].popleft()
        except IndexError:
            return None

    async def apply_delay(self) -> None:
        """Wait for the delay."""
        if self.delay > 0:
            await asyncio.sleep(self.delay)
