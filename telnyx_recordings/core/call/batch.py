"""An operation on many ids: split into requests, with the outcome of each id made certain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec.structs import replace

from telnyx_recordings.core.call import flow
from telnyx_recordings.core.call.result import CallResult, other_id, parse
from telnyx_recordings.core.call.retry import Wait, backoff
from telnyx_recordings.core.errors import APIError, APIResponseError, NotFoundError
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.request.encode import id_of, identifier, is_list
from telnyx_recordings.core.request.operation import Batch, Operation

DELETED, PRESENT, UNKNOWN = "deleted", "present", "unknown"


def single(operation: Operation[Any], batch: Batch) -> Operation[Any]:
    """Return the operation as one request, as a raw response needs.

    Raises:
        ValueError: it has more ids than a request may have, or an invalid one.
    """
    ids = ids_of(operation, batch)
    if len(ids) > batch.size:
        raise ValueError(
            f"{operation.name}: a raw response covers a single request of up to {batch.size} "
            f"ids, not {len(ids)}"
        )
    return replace(operation, body={**operation.body, batch.field: ids})


def ids_of(operation: Operation[Any], batch: Batch) -> list[str]:
    """Return the ids of the operation, without duplicates.

    Raises:
        ValueError: there is no id, or one is invalid.
        TypeError: they are not a list.
    """
    fields: Mapping[str, Any] = operation.body or {}
    given: object = fields.get(batch.field)
    if not is_list(given):
        raise TypeError(
            f"Expected a list of ids for `{batch.field}` but received a {type(given).__name__}"
        )
    if not given:
        raise ValueError(
            f"Expected a non-empty list of ids for `{batch.field}` but received {given!r}"
        )
    found = (id_of(batch.id_name, each) for each in given)
    return list(dict.fromkeys(identifier(batch.field, each) for each in found))


def run(operation: Operation[Any], batch: Batch, shared: flow.Shared) -> flow.Steps[Any]:
    """Run the operation and return its result, with one outcome per id.

    After a lost response or a 5xx the server may have deleted some of the ids. So each id is looked
    up, and those that still exist are sent again, as often as a call is retried. The deadline
    applies to each request.

    Raises:
        APIError: a refusal such as 401; an outage in which the ids could not even be looked up; or
            ids that still exist in the end. Its ``outcomes`` has the outcome of each id.
        ValueError: there is no id, or one is invalid.
    """
    ids = ids_of(operation, batch)
    outcomes = dict.fromkeys(ids, UNKNOWN)
    fields: dict[str, Any] = {}
    lost: APIError | None = None
    try:
        for start in range(0, len(ids), batch.size):
            some = ids[start : start + batch.size]
            result, error = yield from _send(operation, batch, shared, some, outcomes)
            lost = lost or error
            fields = fields or result
        if lost is not None:
            raise lost
    except APIError as error:
        error.outcomes = outcomes
        deleted = sum(outcome == DELETED for outcome in outcomes.values())
        error.add_note(f"{deleted} of {len(ids)} ids are known to be deleted; see error.outcomes")
        raise
    kind: Any = operation.result
    return decode.from_builtins(kind, {**fields, "outcomes": outcomes}, lenient=True)


def _send(
    operation: Operation[Any],
    batch: Batch,
    shared: flow.Shared,
    ids: list[str],
    outcomes: dict[str, str],
) -> flow.Steps[tuple[dict[str, Any], APIError | None]]:
    """Send ids, and again those that still exist, until there is an outcome for each.

    Return the last response's fields, and why some ids still exist, if any do.
    """
    given = operation.options.get("max_retries")
    retries = shared.config.max_retries if given is None else given
    fields: Mapping[str, Any] = operation.body or {}
    attempt = 0
    while True:
        attempt += 1
        body = {**fields, batch.field: ids}
        # Not retried as a whole: a second attempt would not show what the first one did.
        single = replace(operation, body=body, safe_to_retry=False)
        try:
            done = yield from flow.call(single, shared)
            result = parse(single, done)
        except APIError as error:
            if not error.ambiguous:
                raise
            lost = error
        else:
            returned = result.to_dict()
            if _ids_in(returned) <= set(ids):
                outcomes.update(dict.fromkeys(ids, DELETED))
                return returned, None
            lost = _of_another_request(done)
        if not (yield from _look_up(operation, batch, shared, ids, outcomes)):
            raise lost
        ids = [each for each in ids if outcomes[each] == PRESENT]
        if not ids:
            return {}, None
        if attempt > retries or not shared.budget.spend(throttled=False):
            return {}, lost
        yield Wait(backoff(attempt, shared.environment.chance(), throttled=False))


def _look_up(
    operation: Operation[Any],
    batch: Batch,
    shared: flow.Shared,
    ids: list[str],
    outcomes: dict[str, str],
) -> flow.Steps[bool]:
    """Look up the outcome of each id; return False if a look-up failed, too.

    Then the rest are not tried, since the service seems to be down.
    """
    options: Any = {k: v for k, v in operation.options.items() if k != "extra_body"}
    for each in ids:
        check = Operation[Any](
            name=f"{operation.name}.check",
            method="GET",
            path=batch.check,
            path_params={batch.id_name: each},
            result=Any,
            safe_to_retry=True,
            options=options,
        )
        try:
            done = yield from flow.call(check, shared)
            if other_id(check, parse(check, done)) is not None:
                return False
            outcomes[each] = PRESENT
        except NotFoundError:
            outcomes[each] = DELETED
        except APIError:
            return False
    return True


def _ids_in(fields: Mapping[str, Any]) -> set[str]:
    """Return the ids of the rows in a response, if it has any."""
    data = fields.get("data")
    rows = cast("list[object]", data if isinstance(data, list) else [data])
    found = [cast("dict[str, object]", row) for row in rows if isinstance(row, dict)]
    return {str(row["id"]) for row in found if "id" in row}


def _of_another_request(result: CallResult) -> APIResponseError:
    """Return the error for a response about ids that were not sent."""
    request = result.request
    error = APIResponseError(
        f"{request.method} {request.path}: the response is about other ids than the request",
        method=request.method,
        path=request.path,
    )
    error.ambiguous = True
    return error
