"""What tests of downloads share: each is made both ways, sync and async."""

import pytest

from fakes_media import DOWNLOADS, Download


@pytest.fixture(params=DOWNLOADS, ids=["sync", "async"])
def download(request: pytest.FixtureRequest) -> Download:
    """How to download: both ways have to behave alike."""
    found: Download = request.param
    return found
