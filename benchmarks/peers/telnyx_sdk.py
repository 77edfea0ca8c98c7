"""telnyx, the official SDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from benchmarks.peers import KEY, ONE, PAGE_SIZE, RECORDING_ID

NAME = "telnyx (official SDK)"
NEEDS = ("telnyx",)
OWN = ""


def use_model() -> object:
    """Import, and build one recording."""
    from telnyx.types import RecordingResponseData

    return RecordingResponseData.construct(**ONE)


def first_record(base_url: str) -> object:
    """Import, create a client, and fetch the first recording of a list."""
    from telnyx import Telnyx

    with Telnyx(api_key=KEY, base_url=base_url) as client:
        return next(iter(client.recordings.list(page_size=PAGE_SIZE)))


def decoder() -> Callable[[bytes], Any]:
    """Return the function that decodes a page: what the SDK does with a response's body."""
    from telnyx._models import construct_type
    from telnyx.pagination import SyncDefaultFlatPagination
    from telnyx.types import RecordingResponseData

    kind = SyncDefaultFlatPagination[RecordingResponseData]
    return lambda body: construct_type(type_=kind, value=json.loads(body))


def to_json(page: Any) -> object:
    """Convert a page to JSON."""
    return page.to_json(indent=None)


def listing(base_url: str) -> int:
    """Iterate over all recordings."""
    from telnyx import Telnyx

    count = 0
    with Telnyx(api_key=KEY, base_url=base_url) as client:
        for _ in client.recordings.list(page_size=PAGE_SIZE):
            count += 1
    return count


def caller(base_url: str) -> Callable[[], object]:
    """Return the function that fetches one recording."""
    from telnyx import Telnyx

    recordings = Telnyx(api_key=KEY, base_url=base_url).recordings
    return lambda: recordings.retrieve(RECORDING_ID).data
