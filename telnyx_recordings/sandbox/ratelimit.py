"""A limit of requests per second, stated in headers whether or not it is enforced."""

import math
import time
from dataclasses import dataclass

_UNREACHABLE = 10_000
_WINDOW = 1.0


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
