"""Slows a client down before the server has to: all who share it wait for the same window."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from telnyx_recordings.core.retry import reset_in

_NO_WINDOW_LONGER_THAN = 60.0
_FULL_SECOND = 1.0


class Pacer:
    """Counts a rate limit's window down, from what the answers' headers say.

    Each call takes one place in the window before it is sent. When none is left it is told how
    long the window still lasts. Without such headers no call ever waits.
    """

    def __init__(self) -> None:
        """Start without a limit: none is known before the first answer."""
        self._lock = Lock()
        self._limit = 0
        self._left: int | None = None
        self._ends = 0.0

    def reserve(self, now: float) -> float:
        """Take a place and return 0, or return the seconds until there may be one."""
        with self._lock:
            if self._left is None:
                return 0.0
            if now >= self._ends:
                if not self._limit:
                    self._left = None
                    return 0.0
                self._left = self._limit
                self._ends = now + _FULL_SECOND
            if self._left <= 0:
                return self._ends - now
            self._left -= 1
            return 0.0

    def observe(self, headers: Mapping[str, str], now: float, wall_time: float) -> None:
        """Learn from an answer's x-ratelimit-limit, -remaining and -reset."""
        remaining = _count(headers.get("x-ratelimit-remaining"))
        seconds = reset_in(headers, wall_time)
        if remaining is None or seconds is None or seconds > _NO_WINDOW_LONGER_THAN:
            return
        limit = _count(headers.get("x-ratelimit-limit"))
        # Whole seconds are all that the header has: "0" may mean up to one.
        ends = now + max(seconds, 0.0 if seconds % 1 else _FULL_SECOND)
        with self._lock:
            self._limit = limit or self._limit
            same_window = self._left is not None and now < self._ends
            if same_window and self._left is not None:
                # Calls on their way are in our count but not yet in the server's: the lower holds.
                self._left = min(self._left, remaining)
                self._ends = max(self._ends, ends) if remaining == 0 else min(self._ends, ends)
            else:
                self._left = remaining
                self._ends = ends


def _count(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > len("999999999"):
        return None
    return int(text)
