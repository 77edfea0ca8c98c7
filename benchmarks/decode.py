"""Decoding: a page of 250 recordings, from bytes to objects."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks import pages
from benchmarks.harness import in_rounds, peers_with
from benchmarks.peers import PAGE_SIZE, ours, plain
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


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure each type of page."""
    decoders = {name: peer.decoder() for name, peer in peers_with("decoder").items()}
    for key, title, body, note in _PAGES:
        for name, decode in decoders.items():
            page = decode(body)
            if len(page["data"] if isinstance(page, dict) else page.data) != PAGE_SIZE:
                raise RuntimeError(f"{name} does not return all rows of {key}")
        functions = {name: partial(decode, body) for name, decode in decoders.items()}
        yield Table(
            key=key,
            title=title,
            unit="ms",
            samples=in_rounds(functions, workshop.rounds or ROUNDS),
            against=(plain.NAME, ours.NAME),
            note=f"{len(body):,} bytes. {note}",
        )
