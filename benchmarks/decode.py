"""Decoding: a page of 250 recordings, from bytes to objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks import pages
from benchmarks.harness import in_rounds
from benchmarks.peers import (
    PAGE_SIZE,
    bare,
    msgspec_structs,
    openapi_generator,
    openapi_python_client,
    ours,
    pydantic_models,
    stdlib,
    telnyx_sdk,
)
from benchmarks.results import Table
from benchmarks.workshop import Workshop

ROUNDS = 25
_PAGES = (
    (
        "decode-plain",
        "Decoding a page of 250 recordings",
        pages.PLAIN,
        "Aim: at most 1.5 × orjson.",
    ),
    (
        "decode-unknown-fields",
        "Decoding a page with two unknown fields in each row",
        pages.WITH_UNKNOWN_FIELDS,
        "Aim: at most 2.5 × orjson. msgspec and openapi-generator's drop such fields.",
    ),
    (
        "decode-zoneless-times",
        "Decoding a page with times without a zone",
        pages.WITH_ZONELESS_TIMES,
        "Aim: at most 2.5 × orjson. We read such times as UTC; the others leave them naive.",
    ),
)


def decoders() -> dict[str, Callable[[bytes], list[Any]]]:
    """Return all functions that decode a page into recordings."""
    peers = (
        bare,
        stdlib,
        ours,
        msgspec_structs,
        pydantic_models,
        openapi_python_client,
        openapi_generator,
        telnyx_sdk,
    )
    return {peer.NAME: peer.decoder() for peer in peers}


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure each type of page."""
    rounds = workshop.rounds or ROUNDS
    functions = decoders()
    for key, title, body, note in _PAGES:
        for name, decode in functions.items():
            if len(decode(body)) != PAGE_SIZE:
                message = f"{name} does not give all rows of {key}"
                raise RuntimeError(message)
        taken = in_rounds({name: partial(f, body) for name, f in functions.items()}, rounds)
        yield Table(
            key=key,
            title=title,
            unit="ms",
            samples={name: [each * 1e3 for each in samples] for name, samples in taken.items()},
            against=(bare.NAME, ours.NAME),
            note=f"{len(body):,} bytes. {note}",
        )
