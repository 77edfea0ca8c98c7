"""Listing: all of 20,000 recordings from a fast loopback server, as records per second."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.harness import in_rounds, peers_with
from benchmarks.peers import bare, ours, telnyx_sdk
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 11
RECORDS = 20_000


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure it."""
    listings = {name: peer.listing for name, peer in peers_with("listing").items()}
    listings[ours.PREFETCH_NAME] = ours.listing_ahead
    with serving(Offer(RECORDS)) as url:
        for name, listing in listings.items():
            if listing(url) != RECORDS:
                raise RuntimeError(f"{name} does not list all records")
        functions = {name: partial(listing, url) for name, listing in listings.items()}
        taken = in_rounds(functions, workshop.rounds or ROUNDS, per_second=1)
    yield Table(
        key="listing",
        title=f"Listing {RECORDS:,} recordings, 250 a page, from a loopback server",
        unit="records/s",
        samples={name: [RECORDS / each for each in samples] for name, samples in taken.items()},
        against=(bare.NAME, ours.NAME, telnyx_sdk.NAME),
        note="More is better. Aim: at least 0.6 of urllib3 + orjson, and 10 × telnyx. The server "
        "responds at once; the next table shows prefetching over a long distance.",
    )
