"""A sandbox and a receiver that tests share."""

from collections.abc import Iterator

import pytest

from event_receiver import Receiver
from sandbox_caller import Caller, calling
from telnyx_recordings.sandbox import Sandbox


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of the test's own."""
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def call() -> Iterator[Caller]:
    """A small sandbox of the test's own."""
    with calling(Sandbox(5, 7)) as caller:
        yield caller
