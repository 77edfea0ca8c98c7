"""Encoding: 250 recordings to plain dicts and to JSON."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks import pages
from benchmarks.harness import in_rounds
from benchmarks.peers import (
    bare,
    msgspec_structs,
    openapi_generator,
    openapi_python_client,
    ours,
    pydantic_models,
    telnyx_sdk,
)
from benchmarks.results import Table
from benchmarks.workshop import Workshop

ROUNDS = 25
_BASELINE = "orjson's decoding"


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure it."""
    rounds = workshop.rounds or ROUNDS
    peers = (
        ours,
        msgspec_structs,
        pydantic_models,
        openapi_python_client,
        openapi_generator,
        telnyx_sdk,
    )
    encoders = {peer.NAME: partial(peer.encode, peer.decoder()(pages.PLAIN)) for peer in peers}
    taken = in_rounds({_BASELINE: partial(bare.decoder(), pages.PLAIN), **encoders}, rounds)
    yield Table(
        key="encode",
        title="Converting 250 recordings to dicts (to_dict)",
        unit="ms",
        samples={name: [each * 1e3 for each in samples] for name, samples in taken.items()},
        against=(_BASELINE, ours.NAME),
        note="Aim: at most 1.2 × orjson's decoding of that page. "
        "openapi-generator's to_dict leaves datetimes, which json.dumps refuses.",
    )
    encoders = {peer.NAME: peer.json_encoder(pages.PLAIN) for peer in peers}
    taken = in_rounds(encoders, rounds)
    yield Table(
        key="to_json",
        title="Encoding a page of 250 recordings (to_json)",
        unit="ms",
        samples={name: [each * 1e3 for each in samples] for name, samples in taken.items()},
        against=(msgspec_structs.NAME, ours.NAME),
        note="Times are written with milliseconds, as Telnyx does, which msgspec alone cannot do.",
    )
