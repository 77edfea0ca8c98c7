"""Tests that the sandbox's rate limit counts in windows of a second and reports what is left."""

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
    first = [(limit.take(), dict(limit.headers())[b"x-ratelimit-remaining"]) for _ in range(3)]
    assert first == [(True, b"1"), (True, b"0"), (False, b"0")]
    clock[0] += 0.99
    assert not limit.take()
    clock[0] += 0.01
    assert limit.take()
