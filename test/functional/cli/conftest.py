"""What tests of the command line share: a sandbox that commands find, and a way to run them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_caller import KEY, Caller
from telnyx_recordings.sandbox import Sandbox


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that the commands find, and an empty folder to be in."""
    with Sandbox(30, api_key=KEY, at="2026-03-01T12:00:00Z") as running:
        monkeypatch.setenv("TELNYX_API_KEY", KEY)
        monkeypatch.setenv("TELNYX_BASE_URL", running.base_url)
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
        monkeypatch.setenv("TZ", "UTC")
        monkeypatch.chdir(tmp_path)
        yield running


@pytest.fixture
def cli(box: Sandbox, capsys: pytest.CaptureFixture[str]) -> Caller:
    """Run commands against the sandbox."""
    assert box.base_url
    return Caller(capsys)
