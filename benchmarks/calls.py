"""Single calls: what a client adds to fetching one recording, with and without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import process_time

from benchmarks.harness import in_rounds, peers_with
from benchmarks.peers import RECORDING_ID, bare, ours
from benchmarks.results import Table
from benchmarks.rows import compact, rows
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 25
_MICRO = 1e6


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure both."""
    rounds = workshop.rounds or ROUNDS
    with serving(Offer(1)) as url:
        callers = {name: peer.caller(url) for name, peer in peers_with("caller").items()}
        callers[bare.PLAIN_NAME] = bare.plain_caller(url)
        if getattr(callers[ours.NAME](), "id", None) != RECORDING_ID:
            raise RuntimeError("the server responds with another recording")
        yield Table(
            key="call",
            title="Fetching one recording from a loopback server",
            unit="µs",
            samples=in_rounds(callers, rounds, per_second=_MICRO),
            against=(bare.NAME, ours.NAME),
            note="Over a connection that is already open.",
        )
        some = {name: callers[name] for name in (bare.NAME, bare.PLAIN_NAME, ours.NAME)}
        yield _processor_time(in_rounds(some, rounds, per_second=_MICRO, clock=process_time))
    yield Table(
        key="call-flow",
        title="CPU time of our own code per call",
        unit="µs",
        samples=in_rounds(_without_socket(), rounds, per_second=_MICRO),
        note="Measured without sockets and urllib3, with a prepared response.",
        is_plotted=False,
    )


def _processor_time(micros: dict[str, list[float]]) -> Table:
    """Return the CPU time of calls, and of ours in addition to bare requests."""
    for other in (bare.NAME, bare.PLAIN_NAME):
        pairs = zip(micros[ours.NAME], micros[other], strict=True)
        micros[f"ours minus {other}"] = [mine - theirs for mine, theirs in pairs]
    return Table(
        key="call-processor",
        title="CPU time of fetching one recording",
        unit="µs",
        samples=micros,
        note="The CPU time of this process, which does not depend on the load of the machine; a "
        "difference is between two samples of one round. A bare request uses urllib3's connection "
        "pool and reads the body, nothing else. Aim: at most 40 µs more than that.",
        is_plotted=False,
    )


def _without_socket() -> dict[str, Callable[[], object]]:
    """Return the parts of a call that this package adds."""
    from telnyx_recordings.api.recordings import OPERATIONS as RECORDINGS
    from telnyx_recordings.config import load
    from telnyx_recordings.core.call import flow
    from telnyx_recordings.core.call.rate_limit import Pacer
    from telnyx_recordings.core.call.result import CallResult, parse
    from telnyx_recordings.core.call.retry import Budget
    from telnyx_recordings.core.messages import Response
    from telnyx_recordings.transport import ENVIRONMENT

    shared = flow.Shared(
        config=load("KEY", "http://127.0.0.1/v2"),
        environment=ENVIRONMENT,
        budget=Budget(),
        pacer=Pacer(),
    )
    response = Response(status=200, headers={}, body=compact({"data": next(rows(1))}))
    operation = RECORDINGS.retrieve(RECORDING_ID)

    def call() -> CallResult:
        steps = flow.call(operation, shared)
        next(steps)
        try:
            steps.send(response)
        except StopIteration as stop:
            found: CallResult = stop.value
            return found
        raise RuntimeError("the flow did not end with the response")

    result = call()
    return {
        "describing the call": lambda: RECORDINGS.retrieve(RECORDING_ID),
        "the flow: request, pace, retry, response": call,
        "decoding the response": lambda: parse(operation, result),
    }
