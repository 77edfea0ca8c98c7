"""Decides whether a call is tried again, and when: pure, with time and chance passed in.

The figures are those of the project's reliability contract; the budget is botocore's idea (its
standard retry mode), with a higher price for a retry.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from threading import Lock
from typing import Literal

from msgspec import Struct

THROTTLED = 429
RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
HINT_OBEYED_UP_TO = 60.0
_UNIX_TIME_FROM = 1e8  # more seconds than any reset is away: three years
_LONGEST_WAIT = 20.0
_DOUBLINGS = 10  # more would not make a difference

Kind = Literal["connect", "connect_timeout", "timeout", "reset", "truncated", "tls", "protocol"]


class Failure(Struct, frozen=True, kw_only=True):
    """An attempt that brought no whole answer.

    Attributes:
        kind: ``connect`` (DNS included) and ``connect_timeout`` before anything was sent,
            ``timeout``, ``reset``, ``truncated`` (the body ended early), ``tls`` (the certificate),
            ``protocol`` (an answer that breaks HTTP, or is too large).
        message: what happened, for people.
        error: the exception behind it, for the chain.
    """

    kind: Kind
    message: str
    error: BaseException | None = None

    @property
    def is_transient(self) -> bool:
        """Whether another attempt may fare better."""
        return self.kind not in ("tls", "protocol")

    @property
    def is_ambiguous(self) -> bool:
        """Whether the server may have carried the request out all the same."""
        return self.kind not in ("connect", "connect_timeout", "tls")


class Budget:
    """What a client may spend on retries, so that an outage is not made worse by them.

    A full budget pays for 35 transient retries; each success earns a little of it back.
    """

    SIZE = 500
    TRANSIENT = 14
    THROTTLE = 5

    def __init__(self) -> None:
        """Start with a full budget."""
        self._tokens = self.SIZE
        self._lock = Lock()

    def spend(self, *, throttled: bool) -> bool:
        """Take the price of one retry; False when there is not enough left."""
        price = self.THROTTLE if throttled else self.TRANSIENT
        with self._lock:
            if self._tokens < price:
                return False
            self._tokens -= price
            return True

    def earn(self) -> None:
        """Note a success."""
        if self._tokens < self.SIZE:
            with self._lock:
                self._tokens = min(self.SIZE, self._tokens + 1)


class Wait(Struct, frozen=True):
    """Wait this many seconds, then try again."""

    seconds: float


class GiveUp(Struct, frozen=True):
    """Do not try again, for this reason: a clause for the message, empty when it goes unsaid."""

    reason: str = ""


def decide(  # noqa: PLR0913 - everything that the decision depends on, and nothing else
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
    """Decide what follows an attempt that did not succeed.

    Args:
        status: the HTTP status, None when no whole answer came.
        failure: why no whole answer came, None when one did.
        attempt: which attempt this was, from 1.
        hint: seconds that the server asked to wait, see `hint_of`.
        max_retries: how many retries the caller allows.
        safe_to_retry: whether sending the request twice does what sending it once does.
        left: seconds left until the call's deadline.
        chance: a random number, 0 ≤ chance < 1.
        budget: the client's; it pays when the answer is Wait.
    """
    throttled = status == THROTTLED
    if failure is not None:
        transient = failure.is_transient and (safe_to_retry or not failure.is_ambiguous)
    else:
        # A 429 was refused before anything was done, so that even a create may be sent again.
        transient = throttled or (status in RETRIED_STATUSES and safe_to_retry)
    if not transient:
        return GiveUp()
    if hint is not None and hint > HINT_OBEYED_UP_TO:
        return GiveUp(f"the server asks to wait {hint:.0f} s, more than is waited for by itself")
    if attempt > max_retries:
        return GiveUp(f"{attempt} attempts were made" if max_retries else "")
    # A little late rather than early, and clients not all at the same moment.
    seconds = hint + chance * 0.1 if hint else backoff(attempt, chance, throttled=throttled)
    if seconds >= left:
        return GiveUp("the deadline leaves no time for another attempt")
    if not budget.spend(throttled=throttled):
        return GiveUp("too many calls of this client have failed to go on trying again")
    return Wait(seconds)


def backoff(attempt: int, chance: float, *, throttled: bool) -> float:
    """Return the seconds to wait after an attempt: full jitter, or half when throttled."""
    doubled = 2.0 ** min(attempt - 1, _DOUBLINGS)
    if throttled:
        ceiling = min(_LONGEST_WAIT, doubled)
        return ceiling / 2 + chance * ceiling / 2
    return chance * min(_LONGEST_WAIT, 0.2 * doubled)


def hint_of(headers: Mapping[str, str], wall_time: float, *, throttled: bool) -> float | None:
    """Return the seconds that the server asks to wait, None when it says nothing usable.

    Retry-After counts first (RFC 9110: seconds or an HTTP date), then, when throttled, what
    `reset_in` reads; on other answers the window's end says nothing about the failure.
    """
    said = headers.get("retry-after")
    if said is not None:
        seconds = _number(said)
        if seconds is None:
            seconds = _seconds_until(said, wall_time)
        if seconds is not None:
            return max(0.0, seconds)
    return reset_in(headers, wall_time) if throttled else None


def _seconds_until(http_date: str, wall_time: float) -> float | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - dear to import, seldom needed

    try:
        when = parsedate_to_datetime(http_date)
        # An HTTP date is GMT, also where it says "-0000", which alone means "no zone".
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - wall_time
    except (ValueError, TypeError, IndexError, OverflowError):  # what the parser does with junk
        return None


def reset_in(headers: Mapping[str, str], wall_time: float) -> float | None:
    """Return the seconds until the rate limit's window ends, None when that is not said.

    Services send x-ratelimit-reset as seconds left, and some as a Unix time; a few do both.
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
