"""The client of openapi-python-client (attrs and httpx)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from benchmarks.peers import KEY, ONE, PAGE_SIZE, RECORDING_ID

NAME = "openapi-python-client's output"
NEEDS = ("httpx", "attrs", "python-dateutil")
OWN = "attrs_client"


def use_model() -> object:
    """Import, and build one recording."""
    from attrs_client.models import RecordingResponseData

    return RecordingResponseData.from_dict(ONE)


def first_record(base_url: str) -> object:
    """Import, create a client, and fetch the first recording of a list."""
    from attrs_client.api.recordings import recordings_list

    return recordings_list.sync(client=_client(base_url), pagenumber=1, pagesize=PAGE_SIZE).data[0]


def decoder() -> Callable[[bytes], Any]:
    """Return the function that decodes a page."""
    from attrs_client.models import RecordingListResponse

    return lambda body: RecordingListResponse.from_dict(json.loads(body))


def to_json(page: Any) -> object:
    """Convert a page to JSON."""
    return json.dumps(page.to_dict())


def listing(base_url: str) -> int:
    """Iterate over all recordings; pages are requested by hand, since it has no pagination."""
    from attrs_client.api.recordings import recordings_list

    count, number, last = 0, 1, 1
    with _client(base_url) as client:
        while number <= last:
            page = recordings_list.sync(client=client, pagenumber=number, pagesize=PAGE_SIZE)
            for _ in page.data:
                count += 1
            last = page.meta.total_pages
            number += 1
    return count


def caller(base_url: str) -> Callable[[], object]:
    """Return the function that fetches one recording."""
    from attrs_client.api.recordings import recordings_retrieve

    client = _client(base_url)
    return lambda: recordings_retrieve.sync(RECORDING_ID, client=client).data


def _client(base_url: str) -> Any:
    from attrs_client import AuthenticatedClient

    return AuthenticatedClient(base_url=base_url, token=KEY)
