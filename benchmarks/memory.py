"""Peak memory of imports, listings, downloads and archives (Linux)."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping

from benchmarks.harness import Program, programs_in_rounds
from benchmarks.peers import (
    bare,
    interpreter,
    openapi_generator,
    openapi_python_client,
    ours,
    pydantic_models,
    telnyx_sdk,
)
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 3
RECORDS = 20_000
_ALONE = {interpreter.NAME: Program(interpreter, "nothing")}


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure it, if the system reports it."""
    if sys.platform != "linux":
        return
    yield _table(
        workshop,
        "memory-import",
        "Peak memory of a process that imports and uses a model",
        {
            ours.NAME: Program(ours, "use_model"),
            pydantic_models.NAME: Program(pydantic_models, "use_model"),
            openapi_python_client.NAME: Program(openapi_python_client, "use_model"),
            openapi_generator.NAME: Program(openapi_generator, "use_model"),
            telnyx_sdk.NAME: Program(telnyx_sdk, "use_model"),
        },
    )
    with serving(Offer(RECORDS)) as url:
        listings = {
            f"{ours.NAME}, the first page": Program(ours, "one_page", (url,)),
            ours.NAME: Program(ours, "listing", (url,)),
            ours.PREFETCH_NAME: Program(ours, "listing_ahead", (url,)),
            bare.HTTP_NAME: Program(bare, "listing", (url,)),
            openapi_python_client.NAME: Program(openapi_python_client, "listing", (url,)),
            openapi_generator.NAME: Program(openapi_generator, "listing", (url,)),
            telnyx_sdk.NAME: Program(telnyx_sdk, "listing", (url,)),
        }
        yield _table(
            workshop,
            "memory-listing",
            f"Peak memory of a process that goes through {RECORDS:,} recordings",
            listings,
        )
    yield from _of_audio(workshop)


def _of_audio(workshop: Workshop) -> Iterator[Table]:
    with (
        tempfile.TemporaryDirectory(prefix="benchmarks-") as folder,
        serving(Offer(1, audio_bytes=1 << 30)) as large,
        serving(Offer(2000, audio_bytes=200_000)) as many,
    ):
        yield _table(
            workshop,
            "memory-audio",
            "Peak memory of a process that fetches audio",
            {
                f"{ours.NAME}, 1 GiB": Program(ours, "download", (large, folder)),
                f"{ours.NAME}, archive": Program(ours, "archive", (many, folder)),
                bare.AUDIO_NAME: Program(bare, "download", (large, folder)),
            },
            against=f"{ours.NAME}, 1 GiB",
            rounds=1,
        )


def _table(  # noqa: PLR0913 - as many as a table has
    workshop: Workshop,
    key: str,
    title: str,
    programs: Mapping[str, Program],
    *,
    against: str = ours.NAME,
    rounds: int = ROUNDS,
) -> Table:
    runs = programs_in_rounds(workshop, {**programs, **_ALONE}, workshop.rounds or rounds)
    return Table(
        key=key,
        title=title,
        unit="MB",
        samples={name: [run.peak_mb for run in each] for name, each in runs.items()},
        against=(against,),
        note="Resident memory in 10⁶ bytes, including the interpreter.",
    )
