"""Client-side rate limiting: calls wait before the server has to reject them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from threading import Lock

from telnyx_recordings.core.call.retry import HINT_OBEYED_UP_TO, reset_in

_FULL_SECOND = 1.0
_PROBES = 8
_POLL_INTERVAL = 0.05
_INSTANT = 1e-6  # shorter times are rounding errors


class Pacer:
    """Tracks the window of a rate limit, from the x-ratelimit headers of responses.

    Each call reserves a slot in the window before it is sent, and releases it when the response
    arrives; if there is no slot, the call is told how long to wait. Without such headers no call
    waits, with one exception: until the first response of a window only a few calls, the probes,
    are sent. They find out the limit, so that a thousand calls started at once do not exceed it.
    """

    def __init__(self) -> None:
        """Start without a limit, which is unknown before the first response."""
        self.renew()

    def renew(self) -> None:
        """Forget the limit and the calls in flight, which in a forked process are another's."""
        self._lock = Lock()
        self._limit = 0
        self._left: int | None = None  # slots in this window; None: no limit is known
        self._began = -math.inf
        self._ends = 0.0
        self._probes = _PROBES
        self._is_probed = False  # a response has stated the state of this window
        self._probes_until: float | None = None
        self._in_flight = 0

    def reserve(self, now: float) -> float:
        """Reserve a slot and return 0, or return the seconds until one may be free."""
        with self._lock:
            seconds = self._wait(now)
            if not seconds:
                self._in_flight += 1
                if self._left is not None:
                    self._left -= 1
            return seconds

    def release(self) -> None:
        """Release a slot: the response has begun, or there will be none."""
        with self._lock:
            self._in_flight -= 1

    def _wait(self, now: float) -> float:
        if self._left is not None and self._ends - now < _INSTANT:
            self._renew(now)
        if self._left is not None and self._left <= 0:
            return self._ends - now
        if self._is_probed or self._in_flight < self._probes:
            return 0.0
        if self._probes_until is None:
            self._probes_until = now + _FULL_SECOND
        # Probes may be lost or slow: wait for them no longer than a second.
        return _POLL_INTERVAL if now < self._probes_until else 0.0

    def _renew(self, now: float) -> None:
        """Begin a new window, whose length is not known yet."""
        if self._limit:
            # Calls still in flight may count against the new window.
            self._left = max(1, self._limit - self._in_flight)
            self._began = now
            self._ends = now + _FULL_SECOND
            self._is_probed = False
            self._probes_until = None
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
        """Update the window from the x-ratelimit headers of a response.

        Args:
            headers: of the response.
            now: monotonic seconds.
            wall_time: Unix time.
            sent: when the request was sent, in monotonic seconds.
            refused_for: seconds that a 429 asks to wait, or None.
        """
        remaining = _count(headers.get("x-ratelimit-remaining"))
        with self._lock:
            if refused_for is None:
                if sent < self._began:
                    return  # it is about the previous window
                if self._is_probed and (self._left is None or now < self._ends):
                    if remaining is None:
                        return
                    if self._left is not None:
                        # Calls in flight are in our count but not yet in the server's.
                        self._left = min(self._left, remaining)
                        return  # the first response of a window has the most exact reset
            self._learn(headers, now, wall_time, remaining, refused_for)

    def _learn(
        self,
        headers: Mapping[str, str],
        now: float,
        wall_time: float,
        remaining: int | None,
        refused_for: float | None,
    ) -> None:
        """Update the window from its first response, or from a 429."""
        seconds = reset_in(headers, wall_time)
        if refused_for is not None:
            remaining, seconds = 0, refused_for
        # After a 429 the window may be shorter than assumed: probe the next one with a single call.
        self._probes = _PROBES if refused_for is None else 1
        self._is_probed = True
        if remaining is None or seconds is None or seconds > HINT_OBEYED_UP_TO:
            return
        self._limit = _count(headers.get("x-ratelimit-limit")) or self._limit
        # The header has whole seconds: "0" may mean up to one.
        ends = now + (seconds if seconds % 1 else max(seconds, _FULL_SECOND))
        known = self._left is not None and now < self._ends
        if refused_for is not None:
            self._left, self._ends = 0, max(self._ends, ends) if known else ends
        elif known and self._left is not None:
            self._left, self._ends = min(self._left, remaining), ends
        else:
            self._left, self._ends = max(0, remaining - self._in_flight), ends


def _count(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > len("999999999"):
        return None
    return int(text)
