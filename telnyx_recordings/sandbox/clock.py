"""The clock of the sandbox, and conversion between texts and microseconds."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from heapq import heappop, heappush
from threading import Condition, RLock, Thread

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _UNIX_EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
"""One second in microseconds, the unit of all times here."""
_IDLE = 3600 * SECOND
_YEARS = -62_104_060_800, 253_370_764_800
"""The years 2 to 9998, so that a row's other times can be earlier or later; seconds since 1970."""


Action = Callable[[int], None]
"""A scheduled action; it is called with its time in microseconds since 1970."""


class Clock:
    """The clock of a sandbox, with its scheduled actions.

    It runs with the system clock, and can be set ahead. With a start of its own, `moment` counts
    from that, while `now` remains the time at which links and signatures are valid.
    """

    def __init__(self, start: int | None = None) -> None:
        self.offset: float = 0.0
        """Seconds ahead of the system clock; behind if negative."""
        if start is not None:
            _check(start / SECOND)
        self._shift = 0 if start is None else start - _micros(time.time())
        self._due: list[tuple[int, int, Action]] = []
        self._scheduled = 0
        self._changed = Condition()
        self._running = RLock()
        self._thread: Thread | None = None
        self._is_running = False

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return time.time() + self.offset

    def moment(self) -> int:
        """Return the time of calls and recordings, in microseconds since 1970."""
        return _micros(self.now()) + self._shift

    def at(self, moment: int, action: Action) -> None:
        """Schedule an action; if its time has passed, it is due at once."""
        with self._changed:
            self._scheduled += 1
            heappush(self._due, (moment, self._scheduled, action))
            self._changed.notify()

    def advance(self, seconds: float) -> None:
        """Advance this clock, and run the actions that become due, in order of their times.

        A negative number sets it back, and runs nothing. ValueError for a time before the year 2
        or after 9998.
        """
        _check(self.now() + seconds)
        _check(self.moment() / SECOND + seconds)
        if seconds < 0:
            self.offset += seconds
            return
        with self._running:
            end = self.moment() + _micros(seconds)
            while self._run_next(end):
                pass
            self._set(end)

    def start(self) -> None:
        """Run due actions in a thread as time passes."""
        self._is_running = True
        self._thread = Thread(target=self._run, name="telnyx-sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_running = False
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _set(self, moment: int) -> None:
        self.offset += max(moment - self.moment(), 0) / SECOND

    def _run_next(self, end: int) -> bool:
        """Run the first action that is due by `end`, at its own time; return False if none is."""
        with self._changed:
            if not self._due or self._due[0][0] > end:
                return False
            moment, _, action = heappop(self._due)
        self._set(moment)
        action(moment)
        return True

    def _run(self) -> None:
        while self._is_running:
            with self._running:
                if self._run_next(self.moment()):
                    continue
            with self._changed:
                left = min(self._due[0][0] - self.moment(), _IDLE) if self._due else _IDLE
                if left > 0 and self._is_running:
                    self._changed.wait(left / SECOND)


def _check(seconds: float) -> None:
    if not _YEARS[0] <= seconds < _YEARS[1]:
        raise ValueError("the time is out of range: use one in the years 2 to 9998")


def _micros(seconds: float) -> int:
    return round(seconds * SECOND)


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970; a time without a zone is UTC, as at Telnyx."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _UNIX_EPOCH) // _MICROSECOND


def parse(text: str) -> int:
    """Parse an ISO 8601 date (midnight UTC) or datetime; ValueError if it is neither."""
    return to_micros(datetime.fromisoformat(text))


def parse_or_none(value: object) -> int | None:
    """Parse a field of a row; None if it is not a time."""
    if not isinstance(value, str):
        return None
    try:
        return parse(value)
    except ValueError:
        return None


def spell(micros: int, timespec: str = "milliseconds", zone: str = "Z") -> str:
    """Format a time as ISO 8601, by default as Telnyx usually does; ValueError if out of range."""
    try:
        moment = _NAIVE_EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise ValueError("a time of this row is out of range: it has years 1 to 9999") from None
    return moment.isoformat(timespec=timespec) + zone


def spell_mail(micros: int) -> str:
    """Format a time as in e-mail (RFC 2822), which TeXML uses."""
    return format_datetime((_UNIX_EPOCH + timedelta(microseconds=micros)).replace(microsecond=0))
