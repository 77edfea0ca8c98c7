"""Tests that the sandbox's rate limit counts in windows of a second and tells what is left."""

import time

import pytest

from telnyx_recordings.sandbox.faults import RateLimit


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A monotonic clock that stands still: its only entry is the time."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_each_second_has_its_own_allowance(clock: list[float]) -> None:
    limit = RateLimit(2)
    first = [limit.take() for _ in range(3)]
    assert [one.allowed for one in first] == [True, True, False]
    assert [one.remaining for one in first] == [1, 0, 0]
    clock[0] += 0.99
    assert not limit.take().allowed
    clock[0] += 0.01
    assert limit.take().allowed


def test_without_a_limit_headers_state_one_that_is_not_enforced(clock: list[float]) -> None:
    assert clock
    limit = RateLimit(None)
    taken = [limit.take() for _ in range(10_001)]
    assert all(one.allowed for one in taken)
    assert (taken[0].limit, taken[0].remaining, taken[0].reset) == (10_000, 9999, 1)
    assert taken[-1].remaining == 0
