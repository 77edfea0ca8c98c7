"""An operation on many ids: cut into pieces, and the truth found out where an answer was lost."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from msgspec.structs import replace

from telnyx_recordings.core import flow
from telnyx_recordings.core.operation import Batch, Operation
from telnyx_recordings.core.retry import Wait, backoff
from telnyx_recordings.errors import APIConnectionError, APIError, APIStatusError, NotFoundError

DELETED, PRESENT, UNKNOWN = "deleted", "present", "unknown"

Steps = Generator[flow.Step, flow.Told, Any]


def run(operation: Operation[Any], batch: Batch, shared: flow.Shared) -> Steps:
    """Carry the operation out and return its result, with one outcome per id.

    A lost answer, or one that says 5xx, may stand for a request that was carried out in part. So
    nothing is concluded from it: each id is asked for, and what is still there is sent again, as
    often as a call is retried.

    Raises:
        APIError: a refusal such as 401, or an outage in which not even the truth could be found
            out; its ``outcomes`` tell what had been done by then.
        ValueError: there is no id, or an empty one.
    """
    ids = list(dict.fromkeys((operation.body or {}).get(batch.field) or ()))
    if not ids or not all(isinstance(each, str) and each for each in ids):
        message = f"Expected a non-empty list of ids for `{batch.field}` but received {ids!r}"
        raise ValueError(message)
    outcomes = dict.fromkeys(ids, UNKNOWN)
    result: Any = None
    try:
        for start in range(0, len(ids), batch.size):
            piece = ids[start : start + batch.size]
            answer = yield from _piece(operation, batch, piece, shared, outcomes)
            result = result or (answer and flow.parse(operation, answer))
    except APIError as error:
        error.outcomes = outcomes
        raise
    fields = result.to_dict() if result is not None else {}
    return operation.result.from_dict({**fields, "outcomes": outcomes})  # type: ignore[union-attr]  # a Model


def _piece(
    operation: Operation[Any],
    batch: Batch,
    ids: list[str],
    shared: flow.Shared,
    outcomes: dict[str, str],
) -> Steps:
    asked = operation.options.get("max_retries")
    rounds = 1 + (shared.settings.max_retries if asked is None else asked)
    lost: APIError | None = None
    for attempt in range(1, rounds + 1):
        body = {**(operation.body or {}), batch.field: ids}
        try:
            answer = yield from flow.call(
                replace(operation, body=body, safe_to_retry=False), shared
            )
        except APIError as error:
            if not _is_ambiguous(error):
                raise
            lost = error
        else:
            outcomes.update(dict.fromkeys(ids, DELETED))
            return answer
        ids = yield from _still_there(operation, batch, ids, shared, outcomes)
        if not ids:
            return None
        if attempt == rounds or not shared.budget.spend(throttled=False):
            break
        yield Wait(backoff(attempt, shared.world.chance(), throttled=False))
    if lost is not None and UNKNOWN in (outcomes[each] for each in ids):
        raise lost
    return None


def _is_ambiguous(error: APIError) -> bool:
    if isinstance(error, APIStatusError):
        return flow.was_ambiguous(error.status_code, None)
    return isinstance(error, APIConnectionError)


def _still_there(
    operation: Operation[Any],
    batch: Batch,
    ids: list[str],
    shared: flow.Shared,
    outcomes: dict[str, str],
) -> Generator[flow.Step, flow.Told, list[str]]:
    left = []
    for each in ids:
        check = Operation[None](
            name=f"{operation.name}.check",
            method="GET",
            path=batch.check,
            path_params={"id": each},
            result=None,
            safe_to_retry=True,
            options=operation.options,
        )
        try:
            yield from flow.call(check, shared)
        except NotFoundError:
            outcomes[each] = DELETED
        except APIError:
            outcomes[each] = UNKNOWN
            left.append(each)
        else:
            outcomes[each] = PRESENT
            left.append(each)
    return left
