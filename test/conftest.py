"""What all tests share: the developer's own machine does not reach into them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("house", settings(), deadline=None)  # a busy machine is not a failure
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Remove a real API key, or any other of our settings, from the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("TELNYX_"):
                patch.delenv(name)
        yield
