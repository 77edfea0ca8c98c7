"""Limits on a response body: its size, its lowest rate, and the deadline for it."""

from __future__ import annotations

import math
import sys

LARGEST_ANSWER = 16 * 1024 * 1024
SLOWEST = 1024
PATIENCE = 30.0


class TooLargeError(Exception):
    """The body is larger than allowed."""


class StalledError(Exception):
    """The body arrives too slowly, or not before the deadline."""


class BodyLimits:
    """Checks the chunks of a body against a size limit, a lowest rate and a deadline."""

    __slots__ = ("_expires", "_limit", "_patience", "_since", "_window", "total")

    def __init__(
        self, now: float, expires: float, *, limit: int = LARGEST_ANSWER, patience: float = PATIENCE
    ) -> None:
        """Start at `now`; all times are of the same monotonic clock."""
        self.total: int = 0
        self._limit = limit
        self._expires = expires
        self._patience = patience
        self._since = now
        self._window = 0

    def lift(self) -> None:
        """Allow any size, rate and time, for a body that is never in memory as a whole."""
        self._limit, self._patience, self._expires = sys.maxsize, math.inf, math.inf

    def add(self, size: int, now: float) -> None:
        """Count a chunk of the body.

        Raises:
            TooLargeError: the body is larger than the limit.
            StalledError: less than 1 KiB/s for 30 s, or the deadline has passed.
        """
        self.total += size
        self._window += size
        if self.total > self._limit:
            raise TooLargeError(f"the response is larger than {self._limit:,} bytes")
        if now >= self._expires:
            raise StalledError(f"the deadline passed after {self.total:,} bytes of the response")
        elapsed = now - self._since
        if elapsed >= self._patience:
            if self._window < elapsed * SLOWEST:
                raise StalledError(
                    f"the response stalled: {self._window:,} bytes in {elapsed:.0f} s"
                )
            self._since = now
            self._window = 0
