"""Every program in the guide on downloading runs as it stands, against the sandbox."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import processes
from telnyx_recordings.sandbox import Sandbox

GUIDE = Path(__file__).parents[3] / "docs/downloading.md"
PROGRAM = re.compile(r"^```python\n(.*?)^```$\n\n^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A program, and what it prints; in that, … stands for anything."""


def test_the_programs_of_the_guide_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELNYX_API_KEY", "KEY_GUIDE")
    guide = GUIDE.read_text(encoding="utf-8")
    found: list[tuple[str, str]] = PROGRAM.findall(guide)
    assert len(found) == guide.count("```python")
    with Sandbox(recordings=60, seed=7) as box:
        monkeypatch.setenv("TELNYX_BASE_URL", box.base_url)
        for program, output in found:
            ran = processes.run(
                sys.executable, "-X", "dev", "-W", "error", "-c", program, cwd=tmp_path
            )
            assert ran.returncode == 0, ran.stderr
            assert "Warning" not in ran.stderr
            pattern = re.escape(output).replace("…", ".*")
            assert re.fullmatch(pattern, ran.stdout, re.DOTALL), ran.stdout
    names = {path.name for path in tmp_path.iterdir()}
    assert {"call.wav", "call.raw", "progress.mp3", "talk.wav", "talk.a.wav", "talk.b.wav"} < names
    assert not [name for name in names if name.startswith(".")]
