"""An operation on many ids: split into requests, with the outcome of each id made certain."""

from __future__ import annotations

from collections.abc import Generator, Mapping
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

Steps = Generator[flow.Step, flow.Outcome, Any]


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


def run(operation: Operation[Any], batch: Batch, shared: flow.Shared) -> Steps:
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
            request = _BatchRequest(operation, batch, shared, outcomes)
            result = yield from request.run(ids[start : start + batch.size])
            lost = lost or request.error
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


class _BatchRequest:
    """One request with its retries, until there is an outcome for each of its ids."""

    def __init__(
        self,
        operation: Operation[Any],
        batch: Batch,
        shared: flow.Shared,
        outcomes: dict[str, str],
    ) -> None:
        self._operation = operation
        self._batch = batch
        self._shared = shared
        self._outcomes = outcomes
        self.error: APIError | None = None
        """Why some ids still exist, if any do."""

    def run(self, ids: list[str]) -> Steps:
        """Send the ids, and again those that still exist; return the last response's fields."""
        given = self._operation.options.get("max_retries")
        retries = self._shared.config.max_retries if given is None else given
        attempt = 0
        while True:
            attempt += 1
            fields: Mapping[str, Any] = self._operation.body or {}
            body = {**fields, self._batch.field: ids}
            # Not retried as a whole: a second attempt would not show what the first one did.
            single = replace(self._operation, body=body, safe_to_retry=False)
            try:
                done = yield from flow.call(single, self._shared)
                result = parse(single, done)
            except APIError as error:
                if not error.ambiguous:
                    raise
                lost = error
            else:
                returned = result.to_dict()
                if _ids_in(returned) <= set(ids):
                    self._outcomes.update(dict.fromkeys(ids, DELETED))
                    return returned
                lost = _of_another_request(done)
            ids = yield from self._look_up(ids, lost)
            if not ids:
                return {}
            if attempt > retries or not self._shared.budget.spend(throttled=False):
                self.error = lost
                return {}
            yield Wait(backoff(attempt, self._shared.environment.chance(), throttled=False))

    def _look_up(
        self, ids: list[str], lost: APIError
    ) -> Generator[flow.Step, flow.Outcome, list[str]]:
        """Look up each id; return those that still exist.

        Raises:
            APIError: a look-up failed too. The rest are not tried, since the service seems to be
                down; the error is the one that caused the look-ups.
        """
        options: Any = {k: v for k, v in self._operation.options.items() if k != "extra_body"}
        for each in ids:
            check = Operation[Any](
                name=f"{self._operation.name}.check",
                method="GET",
                path=self._batch.check,
                path_params={self._batch.id_name: each},
                result=Any,
                safe_to_retry=True,
                options=options,
            )
            try:
                done = yield from flow.call(check, self._shared)
                if other_id(check, parse(check, done)) is not None:
                    break
                self._outcomes[each] = PRESENT
            except NotFoundError:
                self._outcomes[each] = DELETED
            except APIError:
                break
        else:
            return [each for each in ids if self._outcomes[each] == PRESENT]
        raise lost


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
