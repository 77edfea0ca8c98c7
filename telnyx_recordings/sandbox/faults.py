"""Faults on request: failed answers, slow answers, and rows that come and go between pages."""

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
    """An answer to give instead of the real one."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: str | None = None

    def response(self, side: Side) -> Response:
        """Give its own body if it has one, else what that side says of such a status."""
        if self.body is not None:
            return Response(self.body, self.status, self.headers, media_type="text/html")
        if side == "media":
            return store_problem(self.status, "InternalError", "asked to fail", self.headers)
        response = api_problem(ProblemError(self.status))
        response.headers.update(self.headers)
        return response


class Faults:
    """What is to go wrong. Tests set it from their thread while the server reads it in its own."""

    def __init__(self) -> None:
        self.delay: float = 0.0
        """Seconds that each answer is held back."""
        self.inserted_a_page = 0
        """Recordings that appear after each page of recordings."""
        self.deleted_a_page = 0
        """Recordings of each page that are gone after it."""
        self._failures: dict[Side, deque[Failure]] = {"api": deque(), "media": deque()}

    def fail(self, side: Side, failure: Failure, times: int) -> None:
        """Fail the next `times` requests on that side, after those already due to fail."""
        self._failures[side].extend([failure] * times)

    def next_failure(self, side: Side) -> Failure | None:
        """Take the failure that is due."""
        try:
            return self._failures[side].popleft()
        except IndexError:
            return None

    async def hold_back(self) -> None:
        """Wait as long as answers are delayed."""
        if self.delay > 0:
            await asyncio.sleep(self.delay)
