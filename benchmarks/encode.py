"""Encoding: 250 recordings to plain dicts and to JSON."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks import pages
from benchmarks.harness import in_rounds, peers_with
from benchmarks.peers import msgspec_structs, ours, plain
from benchmarks.results import Table
from benchmarks.workshop import Workshop

ROUNDS = 25
_BASELINE = "orjson's decoding"


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure both."""
    rounds = workshop.rounds or ROUNDS
    peers = peers_with("to_json")
    decoded = {name: peer.decoder()(pages.PLAIN) for name, peer in peers.items()}
    encoders = {
        name: partial(getattr(peer, "to_dicts", _to_dicts), decoded[name].data)
        for name, peer in peers.items()
    }
    yield Table(
        key="encode",
        title="Converting 250 recordings to dicts (to_dict)",
        unit="ms",
        samples=in_rounds({_BASELINE: partial(plain.decoder(), pages.PLAIN), **encoders}, rounds),
        against=(_BASELINE, ours.NAME),
        note="Aim: at most 1.2 × orjson's decoding of that page. "
        "openapi-generator's to_dict leaves datetimes, which json.dumps refuses.",
    )
    encoders = {name: partial(peer.to_json, decoded[name]) for name, peer in peers.items()}
    yield Table(
        key="to_json",
        title="Encoding a page of 250 recordings (to_json)",
        unit="ms",
        samples=in_rounds(encoders, rounds),
        against=(msgspec_structs.NAME, ours.NAME),
        note="Times are written with milliseconds, as Telnyx does, which msgspec alone cannot do.",
    )


def _to_dicts(rows: list[Any]) -> list[dict[str, Any]]:
    return [row.to_dict() for row in rows]
