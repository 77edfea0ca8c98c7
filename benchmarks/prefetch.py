"""Prefetching: a list whose pages take 50 ms each, as over a long distance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter

from benchmarks.harness import once_in_rounds
from benchmarks.peers import PAGE_SIZE, bare, ours, telnyx_sdk
from benchmarks.results import Table
from benchmarks.server import Offer, serving
from benchmarks.workshop import Workshop

ROUNDS = 5
PAGES = 40
AHEAD = 8


def run(workshop: Workshop) -> Iterator[Table]:
    """Measure it, sync and async."""
    offer = Offer(PAGES * PAGE_SIZE, seconds_a_page=0.05)
    ahead = f"prefetch={AHEAD}"
    listings: dict[str, Callable[[str], int]] = {
        ours.NAME: ours.listing,
        f"{ours.NAME}, {ahead}": partial(ours.listing, prefetch=AHEAD),
        f"{ours.NAME}, async": ours.listing_async,
        f"{ours.NAME}, async, {ahead}": partial(ours.listing_async, prefetch=AHEAD),
        bare.NAME: bare.listing,
        telnyx_sdk.NAME: telnyx_sdk.listing,
    }
    with serving(offer) as url:
        functions = {
            name: partial(_timed, listing, url, offer.recordings)
            for name, listing in listings.items()
        }
        taken = once_in_rounds(functions, workshop.rounds or ROUNDS)
    yield Table(
        key="prefetch",
        title=f"Listing {offer.recordings:,} recordings, from a server that takes 50 ms a page",
        unit="ms",
        samples={name: [each * 1e3 for each in samples] for name, samples in taken.items()},
        against=(ours.NAME, telnyx_sdk.NAME),
        note=f"{PAGES} pages of {PAGE_SIZE}, with a new client each time. `{ahead}` requests up to "
        f"{AHEAD} pages ahead.",
    )


def _timed(listing: Callable[[str], int], url: str, expected: int) -> float:
    started = perf_counter()
    found = listing(url)
    seconds = perf_counter() - started
    if found != expected:
        raise RuntimeError(f"{found} recordings were listed of {expected}")
    return seconds
