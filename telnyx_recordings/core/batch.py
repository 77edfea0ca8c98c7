"""An operation on many ids: cut into pieces, and the truth found out where an answer was lost."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from telnyx_recordings.core import codec, encode, flow
from telnyx_recordings.core.errors import APIError, NotFoundError
from telnyx_recordings.core.operation import Operation
from telnyx_recordings.core.retry import Wait, backoff

DELETED, PRESENT, UNKNOWN = "deleted", "present", "unknown"

Steps = Generator[flow.Step, flow.Told, Any]


class Batch(Struct, frozen=True, kw_only=True):
    """How an operation on many ids is cut into pieces, and how its truth is found out.

    Attributes:
        field: the field of the body that holds the ids.
        size: how many ids one request may hold.
        check: the path that answers 404 for an id that is gone; ``{id}`` stands for the id.
    """

    field: str
    size: int
    check: str

    def steps(self, operation: Operation[Any], shared: flow.Shared) -> Steps:
        """Carry the operation out: see `run`."""
        return run(operation, self, shared)

    def check_size(self, operation: Operation[Any]) -> None:
        """See that the operation fits into one request, for whoever wants that one's own answer.

        Raises:
            ValueError: it has more ids than one request may hold, or one is no id.
        """
        given = len(ids_of(operation, self))
        if given > self.size:
            message = (
                f"{operation.name}: a raw answer is to one request of up to {self.size} ids, "
                f"not {given}"
            )
            raise ValueError(message)


def ids_of(operation: Operation[Any], batch: Batch) -> list[str]:
    """Return the ids of the operation, each once.

    Raises:
        ValueError: there is none, or one is no id. (TypeError: they are not a list of texts.)
    """
    fields: Mapping[str, Any] = operation.body or {}
    given: object = fields.get(batch.field)
    if not encode.is_list(given):
        message = (
            f"Expected a list of ids for `{batch.field}` but received a {type(given).__name__}"
        )
        raise TypeError(message)
    if not given:
        message = f"Expected a non-empty list of ids for `{batch.field}` but received {given!r}"
        raise ValueError(message)
    return list(dict.fromkeys(encode.identifier(batch.field, each) for each in given))


def run(operation: Operation[Any], batch: Batch, shared: flow.Shared) -> Steps:
    """Carry the operation out and return its result, with one outcome per id.

    A lost answer, or one that says 5xx, may stand for a request that was carried out in part. So
    nothing is concluded from it: each id is asked for, and what is still there is sent again, as
    often as a call is retried. The deadline counts for each request.

    Raises:
        APIError: a refusal such as 401, an outage in which not even the truth could be found out,
            or ids that are still there in the end. Its ``outcomes`` tell what became of each id.
        ValueError: there is no id, or one that is none.
    """
    ids = ids_of(operation, batch)
    outcomes = dict.fromkeys(ids, UNKNOWN)
    fields: dict[str, Any] = {}
    lost: APIError | None = None
    try:
        for start in range(0, len(ids), batch.size):
            piece = _Piece(operation, batch, shared, outcomes)
            told = yield from piece.run(ids[start : start + batch.size])
            lost = lost or piece.lost
            fields = fields or told
        if lost is not None:
            raise lost
    except APIError as error:
        error.outcomes = outcomes
        deleted = sum(outcome == DELETED for outcome in outcomes.values())
        error.add_note(f"{deleted} of {len(ids)} ids are gone for certain; see error.outcomes")
        raise
    kind: Any = operation.result
    return codec.from_builtins(kind, {**fields, "outcomes": outcomes}, lenient=True)


class _Piece:
    """As many ids as one request may hold, until there is an outcome for each."""

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
        self.lost: APIError | None = None
        """Why some ids are still there, when they are."""

    def run(self, ids: list[str]) -> Steps:
        """Send the ids, and again those that are still there; return the last answer's fields."""
        asked = self._operation.options.get("max_retries")
        retries = self._shared.settings.max_retries if asked is None else asked
        attempt = 0
        while True:
            attempt += 1
            fields: Mapping[str, Any] = self._operation.body or {}
            body = {**fields, self._batch.field: ids}
            # Not retried as a whole: a second attempt would not tell what the first had done.
            once = replace(self._operation, body=body, safe_to_retry=False)
            try:
                answer = yield from flow.call(once, self._shared)
                result = flow.parse(once, answer)
            except APIError as error:
                if not error.ambiguous:
                    raise
                lost = error
            else:
                self._outcomes.update(dict.fromkeys(ids, DELETED))
                return result.to_dict()
            ids = yield from self._still_there(ids, lost)
            if not ids:
                return {}
            if attempt > retries or not self._shared.budget.spend(throttled=False):
                self.lost = lost
                return {}
            yield Wait(backoff(attempt, self._shared.world.chance(), throttled=False))

    def _still_there(
        self, ids: list[str], lost: APIError
    ) -> Generator[flow.Step, flow.Told, list[str]]:
        """Ask for each id.

        Raises:
            APIError: lost, when there is no answer even to this: a service that is down is not to
                be asked a hundred times more.
        """
        options: Any = {k: v for k, v in self._operation.options.items() if k != "extra_body"}
        for each in ids:
            check = Operation[None](
                name=f"{self._operation.name}.check",
                method="GET",
                path=self._batch.check,
                path_params={"id": each},
                result=None,
                safe_to_retry=True,
                options=options,
            )
            try:
                yield from flow.call(check, self._shared)
                self._outcomes[each] = PRESENT
            except NotFoundError:
                self._outcomes[each] = DELETED
            except APIError:
                break
        else:
            return [each for each in ids if self._outcomes[each] == PRESENT]
        raise lost
