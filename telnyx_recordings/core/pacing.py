"""Slows a client down before the server has to: all who share it wait for the same window."""

from __future__ import annotations

import math
from collections.abc import Mapping
from threading import Lock

from telnyx_recordings.core.retry import HINT_OBEYED_UP_TO, reset_in

_FULL_SECOND = 1.0
_SCOUTS = 8
_LOOK_AGAIN = 0.05
_INSTANT = 1e-6  # less than this is only what rounding left over


class Pacer:
    """Counts a rate limit's window down, from what the answers' headers say.

    Each call takes a place in the window before it is sent, and leaves it when it is answered; when
    there is none it is told how long to wait. Without such headers no call waits, but for one
    thing: until the first answer of all, or of a window, only a few calls go ahead. They find out
    what the limit is, so that a thousand calls started at once do not run into it together.
    """

    def __init__(self) -> None:
        """Start without a limit: none is known before the first answer."""
        self._lock = Lock()
        self._limit = 0
        self._left: int | None = None  # places in this window; None: no limit is known
        self._began = -math.inf
        self._ends = 0.0
        self._scouts = _SCOUTS
        self._is_scouted = False  # an answer has told of this window
        self._scouts_until: float | None = None
        self._under_way = 0

    def reserve(self, now: float) -> float:
        """Take a place and return 0, or return the seconds until there may be one."""
        with self._lock:
            seconds = self._wait(now)
            if not seconds:
                self._under_way += 1
                if self._left is not None:
                    self._left -= 1
            return seconds

    def release(self) -> None:
        """Leave a place that was taken: the answer has begun, or will not come."""
        with self._lock:
            self._under_way -= 1

    def _wait(self, now: float) -> float:
        if self._left is not None and self._ends - now < _INSTANT:
            self._renew(now)
        if self._left is not None and self._left <= 0:
            return self._ends - now
        if self._is_scouted or self._under_way < self._scouts:
            return 0.0
        if self._scouts_until is None:
            self._scouts_until = now + _FULL_SECOND
        # Scouts may be lost, or slow: it is not worth more than a second to hear from them.
        return _LOOK_AGAIN if now < self._scouts_until else 0.0

    def _renew(self, now: float) -> None:
        """Begin a window, of which it is not known yet how long it will be."""
        if self._limit:
            # What is still under way may be counted in the new window, so that has less room.
            self._left = max(1, self._limit - self._under_way)
            self._began = now
            self._ends = now + _FULL_SECOND
            self._is_scouted = False
            self._scouts_until = None
        else:
            self._left = None

    def observe(
        self,
        headers: Mapping[str, str],
        now: float,
        wall_time: float,
        *,
        sent: float = math.inf,
        refused_for: float | None = None,
    ) -> None:
        """Learn from an answer's x-ratelimit-limit, -remaining and -reset.

        Args:
            headers: of the answer.
            now: monotonic seconds.
            wall_time: Unix time.
            sent: when the request went out, in monotonic seconds.
            refused_for: seconds that a 429 asks to wait, None when this is none or does not say.
        """
        remaining = _count(headers.get("x-ratelimit-remaining"))
        with self._lock:
            if refused_for is None:
                if sent < self._began:
                    return  # it tells of the window before
                if self._is_scouted and (self._left is None or now < self._ends):
                    if remaining is None:
                        return
                    if self._left is not None:
                        # Calls under way are in our count but not yet in the server's.
                        self._left = min(self._left, remaining)
                        return  # the first answer of a window knows best when it ends
            self._learn(headers, now, wall_time, remaining, refused_for)

    def _learn(
        self,
        headers: Mapping[str, str],
        now: float,
        wall_time: float,
        remaining: int | None,
        refused_for: float | None,
    ) -> None:
        """Learn of the window from the first answer in it, or from a refusal."""
        seconds = reset_in(headers, wall_time)
        if refused_for is not None:
            remaining, seconds = 0, refused_for
        # A refusal may mean that the window began too early: then let one call find out.
        self._scouts = _SCOUTS if refused_for is None else 1
        self._is_scouted = True
        if remaining is None or seconds is None or seconds > HINT_OBEYED_UP_TO:
            return
        self._limit = _count(headers.get("x-ratelimit-limit")) or self._limit
        # Whole seconds are all that the header has: "0" may mean up to one.
        ends = now + (seconds if seconds % 1 else max(seconds, _FULL_SECOND))
        known = self._left is not None and now < self._ends
        if refused_for is not None:
            self._left, self._ends = 0, max(self._ends, ends) if known else ends
        elif known and self._left is not None:
            self._left, self._ends = min(self._left, remaining), ends
        else:
            self._left, self._ends = max(0, remaining - self._under_way), ends


def _count(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > len("999999999"):
        return None
    return int(text)
