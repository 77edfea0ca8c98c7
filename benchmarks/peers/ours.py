"""This package."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from benchmarks.peers import KEY, ONE, PAGE_SIZE, RECORDING_ID

NAME = "telnyx-recordings"
PREFETCH_NAME = "telnyx-recordings, prefetch=4"
NEEDS = ("telnyx-recordings",)
OWN = "telnyx_recordings"


def use_model() -> object:
    """Import, and build one recording."""
    from telnyx_recordings.models import RecordingResponseData

    return RecordingResponseData.from_dict(ONE)


def first_record(base_url: str) -> object:
    """Import, create a client, and fetch the first recording of a list."""
    from telnyx_recordings import Client

    with Client(api_key=KEY, base_url=base_url) as client:
        return next(iter(client.recordings.list(page_size=PAGE_SIZE)))


def decoder() -> Callable[[bytes], Any]:
    """Return the function that decodes a page."""
    from telnyx_recordings.models import RecordingListResponse

    return RecordingListResponse.from_json


def to_json(page: Any) -> object:
    """Convert a page to JSON."""
    return page.to_json()


def listing(base_url: str, prefetch: int = 0) -> int:
    """Iterate over all recordings."""
    from telnyx_recordings import Client

    count = 0
    with Client(api_key=KEY, base_url=base_url) as client:
        for _ in client.recordings.list(page_size=PAGE_SIZE, prefetch=prefetch):
            count += 1
    return count


def listing_async(base_url: str, prefetch: int = 0) -> int:
    """Iterate over all recordings, from asyncio."""
    import asyncio

    from telnyx_recordings import AsyncClient

    async def count() -> int:
        found = 0
        async with AsyncClient(api_key=KEY, base_url=base_url) as client:
            async for _ in client.recordings.list(page_size=PAGE_SIZE, prefetch=prefetch):
                found += 1
        return found

    return asyncio.run(count())


def listing_ahead(base_url: str) -> int:
    """Iterate over all recordings, with four prefetched pages."""
    return listing(base_url, prefetch=4)


def one_page(base_url: str) -> int:
    """Iterate over the first page alone."""
    from telnyx_recordings import Client

    with Client(api_key=KEY, base_url=base_url) as client:
        return len(client.recordings.list(page_size=PAGE_SIZE).data)


def caller(base_url: str) -> Callable[[], object]:
    """Return the function that fetches one recording."""
    from telnyx_recordings import Client

    recordings = Client(api_key=KEY, base_url=base_url).recordings
    return lambda: recordings.retrieve(RECORDING_ID).data


def download(base_url: str, folder: str) -> object:
    """Download the first recording's audio."""
    from telnyx_recordings import Client

    with Client(api_key=KEY, base_url=base_url) as client:
        recording = client.recordings.list().data[0]
        return client.download(recording, f"{folder}/{os.getpid()}.wav")


def archive(base_url: str, folder: str) -> object:
    """Archive all recordings."""
    from telnyx_recordings import Client

    with Client(api_key=KEY, base_url=base_url) as client:
        return client.archive(f"{folder}/{os.getpid()}", report=None)
