"""A call with all its attempts, as a generator that does no I/O.

It yields a `Request` and is sent a `Response` or a `Failure`; it yields `Wait` and is sent None.
The sync and async drivers in `telnyx_recordings.transport` differ only in ``await``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from telnyx_recordings.core.call.build import identified, prepare
from telnyx_recordings.core.call.problems import error_of_call
from telnyx_recordings.core.call.rate_limit import Pacer
from telnyx_recordings.core.call.result import CallResult
from telnyx_recordings.core.call.retry import THROTTLED, Budget, GiveUp, Wait, decide, hint_of
from telnyx_recordings.core.config import Config
from telnyx_recordings.core.errors import APIError, AuthenticationError
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.core.request.operation import Operation

T = TypeVar("T")

log: Final = logging.getLogger("telnyx_recordings")
_WAITS: Final = 5
"""The level of log messages about waits."""

SUCCESS = range(200, 300)  # redirects are not followed, so they are errors

_NOW: Final = 0.001
_NOT_FOUND = 404
_AMBIGUOUS_STATUSES = frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524})
"""After these, the server may have processed the request."""

_NOTHING = Failure(kind="reset", message="no response")
_NOT_SENT = Failure(kind="timeout", message="not sent")
_RATE_LIMITED = "the rate limit allows no request before the deadline"


Step = Request | Wait
Outcome = Response | Failure | None
"""What the generator is sent: the outcome of an attempt, or None after a wait."""
Steps: TypeAlias = Generator[Step, Outcome, T]
"""A generator of the steps of calls, with its result."""


class Environment(Struct, frozen=True, kw_only=True):
    """Clocks and randomness, which tests replace.

    Attributes:
        clock: returns monotonic seconds.
        wall: returns the Unix time.
        chance: returns a random number, 0 ≤ chance < 1.
        new_id: returns an id that no other command has.
    """

    clock: Callable[[], float]
    wall: Callable[[], float]
    chance: Callable[[], float]
    new_id: Callable[[], object]


class Shared(Struct, frozen=True, kw_only=True):
    """The state that all calls of a client share."""

    config: Config
    environment: Environment
    budget: Budget
    pacer: Pacer


def call(operation: Operation[Any], shared: Shared, *, stream: bool = False) -> Steps[CallResult]:
    """Make one call.

    Raises:
        APIStatusError: the API responded with an error status.
        APIConnectionError: no complete response was received (APITimeoutError: not in time).
        APIResponseError: the response is invalid HTTP or too large.
        ConfigError: a key that the operation needs is missing.
    """
    credentials = shared.config.credentials
    tokens = credentials.needed(operation.security) if credentials.tokens else None
    if not tokens:
        return _call(operation, shared, stream=stream)
    return _call_with_tokens(operation, shared, tokens, stream=stream)


def _call_with_tokens(
    operation: Operation[Any], shared: Shared, tokens: list[Any], *, stream: bool
) -> Steps[CallResult]:
    """Make one call with valid tokens, and again with new ones if they are refused."""
    environment = shared.environment
    end = environment.clock() + (operation.options.get("deadline") or shared.config.deadline)
    operation = identified(operation, environment.new_id)
    is_again = False
    while True:
        used: list[Any] = []
        for each in tokens:
            used.append((yield from each.ready(shared, end)))  # noqa: PERF401 - it yields
        left = max(_NOW, end - environment.clock())
        options: Any = {**operation.options, "deadline": left}
        try:
            return (yield from _call(replace(operation, options=options), shared, stream=stream))
        except AuthenticationError:
            if is_again:
                raise
        for each, key in zip(tokens, used, strict=True):
            each.refuse(key)
        is_again = True


def _call(operation: Operation[Any], shared: Shared, *, stream: bool) -> Steps[CallResult]:
    """Make one call with the keys that there are."""
    config, environment, pacer = shared.config, shared.environment, shared.pacer
    now = started = environment.clock()
    operation = identified(operation, environment.new_id)
    request = prepare(operation, config, started, stream=stream)
    retries = operation.options.get("max_retries")
    max_retries = config.max_retries if retries is None else retries
    outcome: Outcome = None
    hint: float | None = None
    verdict: Wait | GiveUp
    ambiguous = False
    attempt = 0

    def failed(reason: str) -> APIError:
        _log(request, outcome, now - started, attempt)
        return error_of_call(
            operation,
            request,
            outcome or _NOT_SENT,
            hint,
            reason=reason,
            ambiguous=ambiguous,
            explain=config.explain,
        )

    while True:
        while seconds := pacer.reserve(now):
            if now + seconds >= request.expires:
                raise failed(_RATE_LIMITED)
            _log_wait(request, seconds, "the rate limit")
            yield Wait(seconds)
            now = environment.clock()
        attempt += 1
        sent = now
        try:
            outcome = yield request
        finally:
            pacer.release()
        now = environment.clock()
        status = hint = failure = None
        if isinstance(outcome, Response):
            status = outcome.status
            absent = ambiguous and status == _NOT_FOUND and operation.method == "DELETE"
            throttled = status == THROTTLED
            succeeded = absent or status in SUCCESS
            hint = (
                None
                if succeeded
                else hint_of(outcome.headers, environment.wall(), throttled=throttled)
            )
            pacer.observe(
                outcome.headers,
                now,
                environment.wall(),
                sent=sent,
                refused_for=hint if throttled else None,
            )
            if succeeded:
                shared.budget.earn()
                _log(request, outcome, now - started, attempt)
                return CallResult(
                    request=request,
                    response=outcome,
                    attempts=attempt,
                    elapsed=now - sent,
                    already_absent=absent,
                )
        else:
            outcome = failure = outcome or _NOTHING
        verdict = decide(
            status=status,
            failure=failure,
            attempt=attempt,
            hint=hint,
            max_retries=max_retries,
            safe_to_retry=operation.safe_to_retry,
            left=request.expires - now,
            chance=environment.chance(),
            budget=shared.budget,
        )
        ambiguous |= failure.is_ambiguous if failure else status in _AMBIGUOUS_STATUSES
        if isinstance(verdict, GiveUp):
            raise failed(verdict.reason)
        _log_wait(request, verdict.seconds, str(status or "no response"))
        yield verdict
        now = environment.clock()


def _log(request: Request, outcome: Outcome, seconds: float, attempt: int) -> None:
    if log.isEnabledFor(logging.DEBUG):
        response = outcome if isinstance(outcome, Response) else None
        log.debug(
            "%s %s %s %.0f ms attempt=%d request_id=%s%s",
            request.method,
            request.path,
            response.status if response else "no response",
            seconds * 1000,
            attempt,
            response.request_id if response else None,
            f" idempotency_key={request.idempotency_key}" if request.idempotency_key else "",
        )


def _log_wait(request: Request, seconds: float, reason: str) -> None:
    """Log a wait before it begins, below DEBUG, at which a call is one line."""
    log.log(_WAITS, "%s %s waits %.2f s after %s", request.method, request.path, seconds, reason)
