"""The client of openapi-generator's own Python templates (pydantic and urllib3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.peers import KEY, ONE, PAGE_SIZE, RECORDING_ID

NAME = "openapi-generator's output"
NEEDS = ("urllib3", "python-dateutil", "pydantic", "typing-extensions")
OWN = "openapi_client"


def use_model() -> object:
    """Import, and build one recording."""
    from openapi_client.models import RecordingResponseData

    return RecordingResponseData.from_dict(ONE)


def first_record(base_url: str) -> object:
    """Import, create a client, and fetch the first recording of a list."""
    return _api(base_url).recordings_list(page_number=1, page_size=PAGE_SIZE).data[0]


def decoder() -> Callable[[bytes], Any]:
    """Return the function that decodes a page."""
    from openapi_client.models import RecordingListResponse

    return lambda body: RecordingListResponse.from_json(body.decode())


def to_json(page: Any) -> object:
    """Convert a page to JSON."""
    return page.model_dump_json(by_alias=True, exclude_unset=True)


def listing(base_url: str) -> int:
    """Iterate over all recordings; pages are requested by hand, since it has no pagination."""
    api = _api(base_url)
    count, number, last = 0, 1, 1
    while number <= last:
        page = api.recordings_list(page_number=number, page_size=PAGE_SIZE)
        for _ in page.data:
            count += 1
        last = page.meta.total_pages
        number += 1
    return count


def caller(base_url: str) -> Callable[[], object]:
    """Return the function that fetches one recording."""
    api = _api(base_url)
    return lambda: api.recordings_retrieve(RECORDING_ID).data


def _api(base_url: str) -> Any:
    from openapi_client import ApiClient, Configuration, RecordingsApi

    return RecordingsApi(ApiClient(Configuration(host=base_url, access_token=KEY)))
