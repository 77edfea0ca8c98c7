"""Decides whether and when a call is retried: a pure function of what is passed in.

The retry budget follows the standard retry mode of botocore, with a higher price for a retry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from threading import Lock

from msgspec import Struct

from telnyx_recordings.core.messages import Failure

THROTTLED = 429
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
HINT_OBEYED_UP_TO = 60.0
_UNIX_TIME_FROM = 1e8  # as seconds left this would be three years
_LONGEST_WAIT = 20.0
_DOUBLINGS = 10  # more would exceed the longest wait anyway


class Budget:
    """Limits the retries of a client, so that they do not make an outage worse.

    A full budget pays for 35 transient retries; each success earns a little of it back.
    """

    SIZE = 500
    TRANSIENT = 14
    THROTTLE = 5

    def __init__(self) -> None:
        """Start with a full budget."""
        self._tokens = self.SIZE
        self.renew()

    def renew(self) -> None:
        """Free the lock, which in a forked process a thread of the other one may hold."""
        self._lock = Lock()

    def spend(self, *, throttled: bool) -> bool:
        """Pay for a retry; False if the budget is too low."""
        price = self.THROTTLE if throttled else self.TRANSIENT
        with self._lock:
            if self._tokens < price:
                return False
            self._tokens -= price
            return True

    def earn(self) -> None:
        """Earn one token back, after a success."""
        if self._tokens < self.SIZE:
            with self._lock:
                self._tokens = min(self.SIZE, self._tokens + 1)


class Wait(Struct, frozen=True):
    """Wait this many seconds, then try again."""

    seconds: float


class GiveUp(Struct, frozen=True):
    """Do not retry; the reason is a clause for the error message, or empty."""

    reason: str = ""


def decide(  # noqa: PLR0913 - everything that the decision depends on
    *,
    status: int | None,
    failure: Failure | None,
    attempt: int,
    hint: float | None,
    max_retries: int,
    safe_to_retry: bool,
    left: float,
    chance: float,
    budget: Budget,
) -> Wait | GiveUp:
    """Decide what to do after a failed attempt.

    Args:
        status: the HTTP status; None if there was no complete response.
        failure: why there was no complete response; None if there was one.
        attempt: which attempt this was, from 1.
        hint: seconds that the server asked to wait, or None; see `hint_of`.
        max_retries: maximum number of retries that the caller allows.
        safe_to_retry: whether sending the request twice has the same effect as once.
        left: seconds left until the call's deadline.
        chance: a random number, 0 ≤ chance < 1.
        budget: of the client; a retry is paid from it.
    """
    throttled = status == THROTTLED
    if failure is not None:
        transient = failure.is_transient and (safe_to_retry or not failure.is_ambiguous)
    else:
        # A 429 is rejected before anything is done, so even a create may be sent again.
        transient = throttled or (status in RETRIED_STATUSES and safe_to_retry)
    if not transient:
        return GiveUp()
    if hint is not None and hint > HINT_OBEYED_UP_TO:
        return GiveUp(
            f"the server asked to wait {hint:.0f} s, longer than the client waits automatically"
        )
    if attempt > max_retries:
        return GiveUp(f"{attempt} attempts were made" if max_retries else "")
    # A little later than asked, and spread out, so that clients do not all retry at once.
    seconds = hint + chance * 0.1 if hint else backoff(attempt, chance, throttled=throttled)
    if seconds >= left:
        return GiveUp("the deadline leaves no time for another attempt")
    if not budget.spend(throttled=throttled):
        return GiveUp("too many calls of this client have failed, so it stopped retrying")
    return Wait(seconds)


def backoff(attempt: int, chance: float, *, throttled: bool) -> float:
    """Return the seconds to wait after an attempt: exponential, full jitter; half if throttled."""
    doubled = 2.0 ** min(attempt - 1, _DOUBLINGS)
    if throttled:
        ceiling = min(_LONGEST_WAIT, doubled)
        return ceiling / 2 + chance * ceiling / 2
    return chance * min(_LONGEST_WAIT, 0.2 * doubled)


def hint_of(headers: Mapping[str, str], wall_time: float, *, throttled: bool) -> float | None:
    """Return the seconds that the server asks to wait; None if it does not, or not validly.

    Retry-After has precedence (RFC 9110: seconds or an HTTP date); for a 429 without it, the reset
    of the rate limit counts, which does not apply to other failures.
    """
    stated = headers.get("retry-after")
    if stated is not None:
        seconds = _number(stated)
        if seconds is None:
            seconds = _seconds_until(stated, wall_time)
        if seconds is not None:
            return max(0.0, seconds)
    return reset_in(headers, wall_time) if throttled else None


def _seconds_until(http_date: str, wall_time: float) -> float | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to import, rarely needed

    try:
        when = parsedate_to_datetime(http_date)
        # An HTTP date is GMT, even if it ends with "-0000", which would mean "no zone".
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - wall_time
    except (ValueError, TypeError, IndexError, OverflowError):  # the date is invalid
        return None


def reset_in(headers: Mapping[str, str], wall_time: float) -> float | None:
    """Return the seconds until the rate limit's window ends; None if that is not stated.

    x-ratelimit-reset is either the number of seconds left or a Unix time.
    """
    seconds = _number(headers.get("x-ratelimit-reset", ""))
    if seconds is not None and seconds >= _UNIX_TIME_FROM:
        seconds = max(0.0, seconds - wall_time)
    return seconds


def _number(text: str) -> float | None:
    try:
        number = float(text) if text.isascii() else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
