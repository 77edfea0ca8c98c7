"""Whether a call is tried again, and when: the figures of the reliability contract."""

import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telnyx_recordings.core.call.retry import (
    RETRIED_STATUSES,
    Budget,
    GiveUp,
    Wait,
    backoff,
    decide,
    hint_of,
)
from telnyx_recordings.core.messages import Failure, Kind

NOW = 1_800_000_000.0


def judge(**changes: Any) -> Wait | GiveUp:
    """The decision after a first attempt that returned 503, with changes."""
    facts: dict[str, Any] = {
        "status": 503,
        "failure": None,
        "attempt": 1,
        "hint": None,
        "max_retries": 3,
        "safe_to_retry": True,
        "left": 120.0,
        "chance": 0.5,
        "budget": Budget(),
    }
    return decide(**{**facts, **changes})


@pytest.mark.parametrize("status", sorted(RETRIED_STATUSES))
def test_temporary_failures_are_retried(status: int) -> None:
    assert {408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524} == RETRIED_STATUSES
    assert isinstance(judge(status=status), Wait)


@pytest.mark.parametrize(
    "status", [300, 302, 400, 401, 403, 404, 409, 418, 422, 501, 505, 525, 599]
)
def test_permanent_failures_are_not_retried(status: int) -> None:
    assert judge(status=status) == GiveUp()


@pytest.mark.parametrize("kind", ["connect", "connect_timeout", "timeout", "reset", "truncated"])
def test_lost_connections_are_retried(kind: Kind) -> None:
    assert isinstance(judge(status=None, failure=Failure(kind=kind, message="")), Wait)


@pytest.mark.parametrize("kind", ["tls", "protocol"])
def test_refused_certificates_and_unreadable_responses_are_not_retried(kind: Kind) -> None:
    assert judge(status=None, failure=Failure(kind=kind, message="")) == GiveUp()


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_create_is_retried_only_if_nothing_was_sent(kind: Kind) -> None:
    verdict = judge(status=None, failure=Failure(kind=kind, message=""), safe_to_retry=False)
    assert isinstance(verdict, Wait) == (kind in ("connect", "connect_timeout"))


@pytest.mark.parametrize("status", sorted(RETRIED_STATUSES))
def test_a_create_with_a_response_is_retried_only_after_a_429(status: int) -> None:
    assert isinstance(judge(status=status, safe_to_retry=False), Wait) == (status == 429)


def test_four_attempts_are_made_by_default() -> None:
    assert [isinstance(judge(attempt=n), Wait) for n in range(1, 6)] == [True] * 3 + [False] * 2
    assert judge(attempt=4) == GiveUp("4 attempts were made")
    assert judge(attempt=1, max_retries=0) == GiveUp()


def test_backoff_doubles_with_full_jitter() -> None:
    assert [backoff(n, 1.0, throttled=False) for n in range(1, 9)] == pytest.approx(
        [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20.0]
    )
    assert backoff(5, 0.0, throttled=False) == 0.0
    assert backoff(5, 0.25, throttled=False) == pytest.approx(0.8)


def test_backoff_after_a_429_is_longer() -> None:
    assert [backoff(n, 0.0, throttled=True) for n in range(1, 8)] == [0.5, 1, 2, 4, 8, 10, 10]
    assert [backoff(n, 1.0, throttled=True) for n in range(1, 8)] == [1, 2, 4, 8, 16, 20, 20]
    assert judge(status=429, chance=0.5) == Wait(0.75)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.booleans())
def test_backoff_never_exceeds_twenty_seconds(n: int, chance: float, throttled: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    assert 0 <= backoff(n, chance, throttled=throttled) <= 20


def test_retry_after_is_obeyed() -> None:
    assert judge(status=429, hint=2.0, chance=0.5) == Wait(2.05)
    assert judge(status=503, hint=60.0, chance=0.0) == Wait(60.0)


def test_a_retry_after_of_more_than_a_minute_is_not_waited_for() -> None:
    assert judge(status=429, hint=61.0) == GiveUp(
        "the server asked to wait 61 s, longer than the client waits automatically"
    )


def test_backoff_never_exceeds_the_deadline() -> None:
    too_late = GiveUp("the deadline leaves no time for another attempt")
    assert judge(hint=5.0, left=5.0, chance=0.0) == too_late
    assert judge(hint=5.0, left=5.1, chance=0.0) == Wait(5.0)


def test_a_total_outage_costs_thirty_five_retries() -> None:
    budget = Budget()
    verdicts = [judge(budget=budget) for _ in range(100)]
    assert sum(isinstance(each, Wait) for each in verdicts) == 35
    assert verdicts[-1] == GiveUp(
        "too many calls of this client have failed, so it stopped retrying"
    )


def test_throttled_retries_cost_less() -> None:
    budget = Budget()
    assert sum(isinstance(judge(status=429, budget=budget), Wait) for _ in range(200)) == 100


def test_successful_calls_allow_more_retries() -> None:
    budget = Budget()
    while budget.spend(throttled=True):  # 500 is a multiple of 5: nothing is left
        pass
    for _ in range(13):
        budget.earn()
    assert not budget.spend(throttled=False)
    budget.earn()
    assert budget.spend(throttled=False)
    assert not budget.spend(throttled=False)
    for _ in range(1000):
        budget.earn()
    assert sum(budget.spend(throttled=False) for _ in range(100)) == 35


def test_calls_without_retries_cost_no_budget() -> None:
    budget = Budget()
    for _ in range(100):
        judge(status=404, budget=budget)
        judge(attempt=4, budget=budget)
        judge(hint=100.0, budget=budget)
    assert sum(budget.spend(throttled=False) for _ in range(100)) == 35


DATE = format_datetime(datetime.fromtimestamp(NOW + 30, UTC), usegmt=True)
PAST = format_datetime(datetime.fromtimestamp(NOW - 30, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": DATE}, 30.0),
        ({"retry-after": DATE.replace("GMT", "-0000")}, 30.0),
        ({"retry-after": DATE.replace("GMT", "+0001")}, 0.0),
        ({"retry-after": DATE.replace("GMT", "-0001")}, 90.0),
        ({"retry-after": PAST}, 0.0),
        ({"retry-after": "100000000"}, 1e8),
        ({"x-ratelimit-reset": "2"}, 2.0),
        ({"x-ratelimit-reset": str(int(NOW) + 20)}, 20.0),
        ({"x-ratelimit-reset": str(int(NOW) - 20)}, 0.0),
        ({"x-ratelimit-reset": "99999999"}, 99_999_999.0),
        ({"x-ratelimit-reset": "100000000"}, 0.0),
        ({"retry-after": "3", "x-ratelimit-reset": "9"}, 3.0),
        ({"retry-after": "soon", "x-ratelimit-reset": "9"}, 9.0),
        ({}, None),
        *(
            ({name: junk}, None)
            for name in ("retry-after", "x-ratelimit-reset")
            for junk in ("", "NaN", "inf", "-5", "soon", "٣", "9" * 400, "Mon, 99 Foo 2026", "0x10")
        ),
    ],
)
def test_retry_after_is_parsed_or_ignored(headers: dict[str, str], seconds: float | None) -> None:
    assert hint_of(headers, NOW, throttled=True) == seconds


def test_a_date_without_a_zone_is_in_gmt(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        hint = hint_of({"retry-after": DATE.replace("GMT", "-0000")}, NOW, throttled=True)
    time.tzset()
    assert hint == 30.0


def test_the_rate_limit_reset_counts_only_for_a_429() -> None:
    assert hint_of({"x-ratelimit-reset": "2"}, NOW, throttled=False) is None
    assert hint_of({"retry-after": "2"}, NOW, throttled=False) == 2.0


@given(st.text(), st.text())
def test_no_header_makes_retry_after_crash(after: str, reset: str) -> None:
    headers = {"retry-after": after, "x-ratelimit-reset": reset}
    seconds = hint_of(headers, NOW, throttled=True)
    assert seconds is None or 0 <= seconds < float("inf")


@given(
    st.from_regex(
        r"[A-Z][a-z]{2}, [0-9 -]{1,3}[- ][A-Z][a-z]{2}[- ][0-9-]{1,9} "
        r"[0-9:.+-]{0,12} ?(GMT|[A-Z]{1,4}|[+-]?[0-9]{1,12})?",
        fullmatch=True,
    )
)
def test_no_date_makes_retry_after_crash(date: str) -> None:
    seconds = hint_of({"retry-after": date}, NOW, throttled=True)
    assert seconds is None or seconds >= 0
