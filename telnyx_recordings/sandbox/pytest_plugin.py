"""The pytest fixture `telnyx_sandbox`, for `pytest_plugins = ["<this module>"]`."""

from collections.abc import Iterator
from typing import Any

import pytest

from telnyx_recordings.sandbox import Sandbox

_RECORDINGS = 25


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, so that --strict-markers accepts it."""
    line = "telnyx_sandbox(**options): arguments of Sandbox for this test's telnyx_sandbox fixture"
    config.addinivalue_line("markers", line)


@pytest.fixture
def telnyx_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Run a Sandbox of the test's own: 25 recordings of seed 0, or as its marker states.

    `@pytest.mark.telnyx_sandbox(recordings=500, quirks=True)` on a test, class or module changes
    the arguments.
    """
    node: pytest.Item = request.node
    marker = node.get_closest_marker("telnyx_sandbox")
    options: dict[str, Any] = {"recordings": _RECORDINGS, **(marker.kwargs if marker else {})}
    with Sandbox(**options) as box:
        yield box
