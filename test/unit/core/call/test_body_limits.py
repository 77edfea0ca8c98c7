"""Watching a body come in: its size, its speed, and the deadline."""

import pytest

from telnyx_recordings.core.call.body_limits import (
    LARGEST_ANSWER,
    BodyLimits,
    StalledError,
    TooLargeError,
)


def test_sixteen_mebibytes_are_read_and_not_a_byte_more() -> None:
    assert LARGEST_ANSWER == 16 * 1024 * 1024
    body_limits = BodyLimits(0.0, 120.0)
    for _ in range(16):
        body_limits.add(1024 * 1024, 0.1)
    assert body_limits.total == LARGEST_ANSWER
    with pytest.raises(TooLargeError, match="larger than 16,777,216 bytes"):
        body_limits.add(1, 0.1)


def test_a_kibibyte_a_second_is_fast_enough() -> None:
    body_limits = BodyLimits(0.0, 120.0)
    for second in range(1, 120):
        body_limits.add(1024, float(second))


def test_less_than_a_kibibyte_per_second_for_thirty_seconds_is_a_stall() -> None:
    body_limits = BodyLimits(0.0, 120.0)
    for second in range(1, 30):
        body_limits.add(1000, float(second))
    with pytest.raises(StalledError, match=r"30,000 bytes in 30 s"):
        body_limits.add(1000, 30.0)


def test_a_stall_counts_from_the_last_good_stretch() -> None:
    """A fast start does not make up for a slow end."""
    body_limits = BodyLimits(0.0, 120.0)
    body_limits.add(10_000_000, 1.0)
    body_limits.add(1, 30.5)
    body_limits.add(1, 60.0)
    with pytest.raises(StalledError, match=r"2 bytes in 30 s"):
        body_limits.add(1, 61.0)


def test_the_deadline_ends_the_reading_of_a_body() -> None:
    body_limits = BodyLimits(0.0, 5.0)
    body_limits.add(10_000, 4.9)
    with pytest.raises(StalledError, match="the deadline passed after 20,000 bytes"):
        body_limits.add(10_000, 5.0)
