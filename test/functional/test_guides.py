"""Every program in the README and in the guides runs as it stands, against the sandbox."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from telnyx_recordings.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GUIDES = (
    "README.md",
    "docs/async.md",
    "docs/data.md",
    "docs/errors.md",
    "docs/index.md",
    "docs/listing.md",
    "docs/migrating.md",
    "docs/quick-start.md",
    "docs/sandbox.md",
    "docs/tracing.md",
)


def programs(guide: str) -> list[str]:
    """Return the programs of a guide, in order."""
    return PROGRAM.findall((ROOT / guide).read_text(encoding="utf-8"))


@pytest.mark.parametrize("guide", GUIDES)
def test_the_programs_of_a_guide_run(
    guide: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each by itself, with the settings that the guide speaks of, to its end."""
    monkeypatch.setenv("TELNYX_API_KEY", "KEY_GUIDE")
    found = programs(guide)
    assert found
    for program in found:
        if "pytest" in program:
            continue  # see below
        with Sandbox(recordings=120, seed=7) as box:
            monkeypatch.setenv("TELNYX_BASE_URL", box.base_url)
            ran = subprocess.run(
                [sys.executable, "-X", "dev", "-W", "error", "-c", program],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                cwd=tmp_path,
            )
        assert ran.returncode == 0, ran.stderr


def test_the_commands_of_the_quick_start_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local Telnyx, and what is asked of it from the shell."""
    text = (ROOT / "docs/quick-start.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    serve, *commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert len(commands) >= 3
    options = " ".join(serve[1:]).replace("--port 8010", "--port 0").split()
    with subprocess.Popen([sys.executable, *options], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            monkeypatch.setenv("TELNYX_BASE_URL", server.stdout.readline().strip())
            monkeypatch.setenv("TELNYX_API_KEY", "KEY_ANY")
            for program, *arguments in commands:
                assert program == "telnyx-recordings"
                ran = subprocess.run(
                    [sys.executable, "-m", "telnyx_recordings.cli", *arguments],
                    capture_output=True,
                    text=True,
                    timeout=120,
                    check=False,
                    cwd=tmp_path,
                )
                assert (ran.returncode, bool(ran.stdout)) == (0, True), ran.stderr
        finally:
            server.terminate()


def test_the_tests_of_the_sandbox_guide_pass(tmp_path: Path) -> None:
    """The conftest and the test module that it shows, as a user would save them."""
    conftest, tests = (each for each in programs("docs/sandbox.md") if "pytest" in each)
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(tests, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
