"""Single calls: what a client adds to fetching one recording, with and without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.harness import in_rounds
from benchmarks.peers import (
    RECORDING_ID,
    bare,
    openapi_generator,
    openapi_python_client,
    ours,
    telnyx_sdk,
)
from benchmarks.results import Table
from benchmarks.rows import rows, single
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 25


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure both."""
    rounds = workshop.rounds or ROUNDS
    peers = (ours, openapi_python_client, openapi_generator, telnyx_sdk)
    with serving(Offer(1)) as url:
        callers = {bare.HTTP_NAME: bare.caller(url)}
        callers |= {peer.NAME: peer.caller(url) for peer in peers}
        taken = in_rounds(callers, rounds)
    yield Table(
        key="call",
        title="Fetching one recording from a loopback server",
        unit="µs",
        samples={name: [each * 1e6 for each in samples] for name, samples in taken.items()},
        against=(bare.HTTP_NAME, ours.NAME),
        note="Over a connection that is already open.",
    )
    taken = in_rounds(_without_socket(), rounds)
    yield Table(
        key="call-flow",
        title="Of that, what our own code takes",
        unit="µs",
        samples={name: [each * 1e6 for each in samples] for name, samples in taken.items()},
        note="Driven by hand with a ready answer: no socket, no urllib3.",
        is_plotted=False,
    )


def _without_socket() -> dict[str, Callable[[], object]]:
    """Return the parts of a call that are ours."""
    from telnyx_recordings.api.recordings import recordings_retrieve
    from telnyx_recordings.core import flow
    from telnyx_recordings.core.operation import Response
    from telnyx_recordings.core.pacing import Pacer
    from telnyx_recordings.core.retry import Budget
    from telnyx_recordings.transport.sync import WORLD

    settings = flow.Settings(
        base_url="http://127.0.0.1/v2",
        headers={"accept": "application/json", "user-agent": "benchmarks"},
        timeout=30,
        max_retries=3,
        deadline=120,
    )
    shared = flow.Shared(settings=settings, world=WORLD, budget=Budget(), pacer=Pacer())
    response = Response(status=200, headers={}, body=single(next(rows(1))))
    operation = recordings_retrieve(RECORDING_ID)

    def call() -> flow.Answer:
        steps = flow.call(operation, shared)
        next(steps)
        try:
            steps.send(response)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # what the flow returns
        message = "the flow did not end with the answer"
        raise RuntimeError(message)

    answer = call()
    return {
        "describing the call": lambda: recordings_retrieve(RECORDING_ID),
        "the flow: request, pace, retry, answer": call,
        "decoding the answer": lambda: flow.parse(operation, answer),
    }
