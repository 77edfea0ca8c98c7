"""Slowing down ahead of a 429: what one window allows, and whole runs against simulated limits."""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from telnyx_recordings.core.call.rate_limit import Pacer

WALL = 1_800_000_000.0


def told(remaining: int, reset: float, limit: int | None = 50) -> dict[str, str]:
    """The headers of a response."""
    headers = {"x-ratelimit-remaining": str(remaining), "x-ratelimit-reset": f"{reset!r}"}
    return headers if limit is None else {**headers, "x-ratelimit-limit": str(limit)}


def asked(pacer: Pacer, now: float, times: int = 1) -> list[float]:
    """The responses to so many calls that begin and end at this moment."""
    waits: list[float] = []
    for _ in range(times):
        waits.append(pacer.reserve(now))
        if not waits[-1]:
            pacer.release()
    return waits


def test_without_a_limit_no_call_waits() -> None:
    pacer = Pacer()
    assert asked(pacer, 0.0) == [0.0]
    pacer.observe({}, 0.1, WALL)
    assert [pacer.reserve(0.1) for _ in range(1000)] == [0.0] * 1000


def test_a_limit_that_is_first_stated_later_is_kept() -> None:
    pacer = Pacer()
    pacer.observe({}, 0.1, WALL)
    pacer.observe(told(1, 2), 10.0, WALL)
    assert asked(pacer, 10.0, 2) == [0.0, 2.0]


def test_a_window_is_used_up_and_then_waited_for() -> None:
    pacer = Pacer()
    pacer.observe(told(3, 2), 10.0, WALL)
    assert asked(pacer, 10.0, 5) == [0.0, 0.0, 0.0, 2.0, 2.0]
    assert asked(pacer, 11.5) == [0.5]
    assert asked(pacer, 12.0) == [0.0]


def test_a_new_window_has_room_for_the_limit() -> None:
    pacer = Pacer()
    assert [pacer.reserve(9.0) for _ in range(3)] == [0.0] * 3
    pacer.observe(told(0, 1, limit=6), 10.0, WALL)
    assert asked(pacer, 11.0, 4) == [0.0, 0.0, 0.0, 1.0]


def test_calls_in_progress_may_not_be_counted_by_the_server_yet() -> None:
    pacer = Pacer()
    assert [pacer.reserve(9.0) for _ in range(4)] == [0.0] * 4
    pacer.release()
    pacer.observe(told(5, 1), 10.0, WALL)
    assert asked(pacer, 10.0, 3) == [0.0, 0.0, 1.0]


def test_the_lower_count_of_the_server_is_used() -> None:
    pacer = Pacer()
    pacer.observe(told(40, 1), 10.0, WALL)
    pacer.observe(told(2, 1), 10.1, WALL)
    assert asked(pacer, 10.1, 3) == [0.0, 0.0, pytest.approx(0.9)]


def test_whole_seconds_may_mean_up_to_one_more_than_none() -> None:
    pacer = Pacer()
    pacer.observe(told(0, 0), 10.0, WALL)
    assert asked(pacer, 10.0) == [1.0]
    pacer = Pacer()
    pacer.observe(told(0, 0.25), 10.0, WALL)
    assert asked(pacer, 10.0) == [0.25]


def test_a_reset_may_be_a_unix_time() -> None:
    pacer = Pacer()
    pacer.observe(told(0, WALL + 5), 10.0, WALL)
    assert asked(pacer, 10.0) == [5.0]


def test_a_429_pauses_all_calls_of_a_client() -> None:
    pacer = Pacer()
    pacer.observe({}, 10.0, WALL, refused_for=3.0)
    assert asked(pacer, 10.0) == [3.0]
    pacer = Pacer()
    pacer.observe(told(40, 1), 10.0, WALL)
    pacer.observe(told(39, 2), 10.5, WALL, refused_for=2.0)
    assert asked(pacer, 10.5) == [2.0]
    assert asked(pacer, 12.5) == [0.0]


def test_a_response_from_the_previous_window_is_ignored() -> None:
    pacer = Pacer()
    pacer.observe(told(1, 1, limit=6), 10.0, WALL)
    assert pacer.reserve(10.9) == 0.0
    assert asked(pacer, 11.0) == [0.0]
    pacer.release()
    pacer.observe(told(0, 1, limit=6), 11.1, WALL, sent=10.9)
    assert asked(pacer, 11.1) == [0.0]


def test_after_a_refusal_one_call_probes_the_limit() -> None:
    pacer = Pacer()
    pacer.observe(told(0, 1, limit=6), 10.0, WALL, refused_for=1.0)
    assert [bool(pacer.reserve(11.0)) for _ in range(3)] == [False, True, True]
    pacer.release()
    pacer.observe(told(5, 1, limit=6), 11.1, WALL, sent=11.0)
    assert [bool(pacer.reserve(11.1)) for _ in range(6)] == [False] * 5 + [True]


def test_the_first_calls_probe_the_limit_for_the_others() -> None:
    pacer = Pacer()
    waits = [pacer.reserve(10.0) for _ in range(20)]
    assert [bool(each) for each in waits] == [False] * 8 + [True] * 12
    pacer.release()
    pacer.observe({}, 10.02, WALL)
    assert pacer.reserve(10.02) == 0.0


def test_a_missing_response_delays_others_for_a_second_at_most() -> None:
    pacer = Pacer()
    assert [bool(pacer.reserve(10.0)) for _ in range(9)] == [False] * 8 + [True]
    pacer.release()
    assert [bool(pacer.reserve(10.5)) for _ in range(2)] == [False, True]
    assert [pacer.reserve(11.1) for _ in range(100)] == [0.0] * 100


@pytest.mark.parametrize(
    "headers",
    [
        told(0, 61),
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-reset": "5"},
        {"x-ratelimit-remaining": "-1", "x-ratelimit-reset": "5"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "NaN"},
        {"x-ratelimit-remaining": "9" * 50, "x-ratelimit-reset": "5"},
        {"x-ratelimit-remaining": "\u0660", "x-ratelimit-reset": "5"},
    ],
)
def test_invalid_rate_limit_headers_are_ignored(headers: dict[str, str]) -> None:
    pacer = Pacer()
    pacer.observe(headers, 10.0, WALL)
    assert asked(pacer, 10.0) == [0.0]


def test_no_limit_is_assumed_without_headers() -> None:
    pacer = Pacer()
    pacer.observe(told(0, 1, limit=None), 10.0, WALL)
    assert asked(pacer, 10.0) == [1.0]
    assert asked(pacer, 11.0, 100) == [0.0] * 100


@dataclass
class Limit:
    """A server's limit: so many requests per window, reported in a certain way."""

    limit: int
    seconds: float
    aligned: bool
    spelled: Callable[[float], float]
    began: float = -math.inf
    taken: int = 0

    def take(self, now: float) -> tuple[bool, int, float]:
        """Count a request; return whether it is allowed, what remains, and when the window ends."""
        if now - self.began >= self.seconds:
            self.began = now // self.seconds * self.seconds if self.aligned else now
            self.taken = 0
        self.taken += 1
        left = self.limit - self.taken
        return left >= 0, max(0, left), self.spelled(self.began + self.seconds - now)


@dataclass
class Run:
    """Workers that share a client and make calls one after the other, in simulated time."""

    server: Limit
    seconds: float
    calls: int
    pacer: Pacer = field(default_factory=Pacer)
    refused: int = 0
    sent: int = 0
    now: float = 0.0

    def __post_init__(self) -> None:
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._chance = random.Random(7)
        self._count = 0
        self._left = self.calls

    def go(self, workers: int) -> None:
        for _ in range(workers):
            self._later(0.0, self._begin)
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()

    def _later(self, seconds: float, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (self.now + seconds, self._count, event))

    def _begin(self) -> None:
        if self._left:
            self._left -= 1
            self._attempt()

    def _attempt(self) -> None:
        wait = self.pacer.reserve(self.now)
        if wait:
            self._later(wait, self._attempt)
            return
        self.sent += 1
        sent = self.now
        half = self.seconds * self._chance.uniform(0.4, 0.6)
        self._later(half, lambda: self._arrive(sent, half))

    def _arrive(self, sent: float, half: float) -> None:
        answer = self.server.take(self.now)
        self._later(half, lambda: self._answered(sent, *answer))

    def _answered(self, sent: float, allowed: bool, remaining: int, reset: float) -> None:  # noqa: FBT001 - of take
        self.pacer.release()
        headers = told(remaining, reset, self.server.limit)
        refused_for = None if allowed else max(reset, 0.5)
        self.pacer.observe(headers, self.now, WALL, sent=sent, refused_for=refused_for)
        if allowed:
            self._begin()
        else:
            self.refused += 1
            self._later(max(reset, 0.5) + self._chance.random() * 0.1, self._attempt)


@pytest.mark.parametrize("workers", [4, 16, 500])
@pytest.mark.parametrize("seconds", [0.003, 0.05, 0.3])
@pytest.mark.parametrize("spelled", [math.ceil, math.floor, float])
@pytest.mark.parametrize("kind", [(50, 1.0, False), (50, 1.0, True), (1000, 60.0, True)])
def test_a_long_run_is_hardly_ever_refused(
    workers: int, seconds: float, spelled: Callable[[float], float], kind: tuple[int, float, bool]
) -> None:
    limit, window, aligned = kind
    run = Run(Limit(limit, window, aligned, spelled), seconds, calls=2000)
    run.go(workers)
    assert run.sent - run.refused == 2000
    assert run.refused / run.sent < 0.01
    possible = min(limit / window, workers / seconds)
    assert 2000 / run.now > 0.6 * possible
