"""Cold start to first model and to first record, in a fresh interpreter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.harness import Program, Ran, programs_in_rounds
from benchmarks.peers import (
    bare,
    interpreter,
    msgspec_structs,
    openapi_generator,
    openapi_python_client,
    ours,
    pydantic_models,
    telnyx_sdk,
)
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 11
RECORDS = 20


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure both."""
    rounds = workshop.rounds or ROUNDS
    models = {
        ours.NAME: Program(ours, "use_model"),
        msgspec_structs.NAME: Program(msgspec_structs, "use_model"),
        pydantic_models.NAME: Program(pydantic_models, "use_model"),
        openapi_python_client.NAME: Program(openapi_python_client, "use_model"),
        openapi_generator.NAME: Program(openapi_generator, "use_model"),
        telnyx_sdk.NAME: Program(telnyx_sdk, "use_model"),
        interpreter.NAME: Program(interpreter, "nothing"),
    }
    yield from _tables(
        "startup-model",
        "Import and use of a model",
        programs_in_rounds(workshop, models, rounds),
        "Aim: telnyx takes at least 30 × as long.",
    )
    with serving(Offer(RECORDS)) as url:
        clients = {
            ours.NAME: Program(ours, "first_record", (url,)),
            bare.HTTP_NAME: Program(bare, "first_record", (url,)),
            openapi_python_client.NAME: Program(openapi_python_client, "first_record", (url,)),
            openapi_generator.NAME: Program(openapi_generator, "first_record", (url,)),
            telnyx_sdk.NAME: Program(telnyx_sdk, "first_record", (url,)),
            interpreter.NAME: Program(interpreter, "nothing"),
        }
        runs = programs_in_rounds(workshop, clients, rounds)
    yield from _tables(
        "startup-client",
        "Cold start to first record over HTTP",
        runs,
        "Aim: telnyx takes at least 14 × as long.",
    )


def _tables(key: str, title: str, runs: Mapping[str, list[Ran]], aim: str) -> Iterator[Table]:
    inside = {name: [run.seconds * 1e3 for run in each] for name, each in runs.items()}
    del inside[interpreter.NAME]
    yield Table(
        key=key,
        title=title,
        unit="ms",
        samples=inside,
        against=(ours.NAME,),
        note=f"Measured in a fresh interpreter, starting before the first import. {aim}",
    )
    yield Table(
        key=f"{key}-process",
        title=f"{title}: the whole process",
        unit="ms",
        samples={name: [run.process_seconds * 1e3 for run in each] for name, each in runs.items()},
        against=(ours.NAME,),
        note="The same runs, from before the interpreter starts until it has ended.",
        is_plotted=False,
    )
