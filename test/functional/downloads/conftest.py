"""Stores and accounts that tests of downloads share."""

from collections.abc import Iterator

import pytest

from clients import run_async, run_sync
from downloads import AUDIO, Person
from fakes import Server
from stores import Store
from telnyx_recordings.media import digests, part_file
from telnyx_recordings.sandbox import Sandbox


@pytest.fixture
def store() -> Iterator[Server]:
    """A store with the audio."""
    with Server(Store(AUDIO)) as server:
        yield server


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A store whose audio counts as large."""
    monkeypatch.setattr(part_file, "_EARLY", 100_000)
    monkeypatch.setattr(digests, "_LARGE", 100_000)
    monkeypatch.setattr(digests, "_TOGETHER", 100_000)
    with Server(Store(AUDIO)) as server:
        yield server


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox with a recording `talk`, dual, of 4 s."""
    box = Sandbox(3, 7)
    box.add_recording(id="talk", channels="dual", duration_millis=4000)
    with box:
        yield box


@pytest.fixture(params=[run_sync, run_async])
def person(request: pytest.FixtureRequest, box: Sandbox) -> Person:
    """Someone who uses the sandbox, with one client or the other."""
    return Person(box, request.param)
