"""One call: sending it, with retries and rate limit, and its result.

A driver runs the generators that `run` and `send` return: it carries out the steps that they yield,
and knows nothing else of a call.
"""

from __future__ import annotations

from typing import Any, TypeVar

from telnyx_recordings.core.call import flow
from telnyx_recordings.core.call.result import CallResult, parse
from telnyx_recordings.core.request.operation import Operation

T = TypeVar("T")


def run(operation: Operation[T], shared: flow.Shared) -> flow.Steps[T]:
    """Make a call, or as many as an operation on many ids needs, and return the typed result.

    Raises:
        APIError: the call failed.
    """
    if operation.batch is not None:
        from telnyx_recordings.core.call import batch  # noqa: PLC0415 - few programs need it

        result: T = yield from batch.run(operation, operation.batch, shared)
        return result
    return parse(operation, (yield from flow.call(operation, shared)))


def send(
    operation: Operation[Any], shared: flow.Shared, *, stream: bool = False
) -> flow.Steps[CallResult]:
    """Make a single call and return the response.

    Raises:
        APIError: the call failed.
        ValueError: an operation on many ids has more of them than a request may have.
    """
    if operation.batch is not None:
        from telnyx_recordings.core.call import batch  # noqa: PLC0415 - as above

        operation = batch.single(operation, operation.batch)
    return (yield from flow.call(operation, shared, stream=stream))
