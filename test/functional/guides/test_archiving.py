"""Every program in the guides on archiving runs as it stands, against a sandbox and a bucket."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import processes
from buckets import s3
from telnyx_recordings.sandbox import Sandbox

ROOT = Path(__file__).parents[3]
PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("guide", ["archiving.md", "analysis.md", "scaling.md"])
def test_the_programs_of_a_guide_run(
    guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELNYX_API_KEY", "KEY_GUIDE")
    found: list[str] = PROGRAM.findall((ROOT / "docs" / guide).read_text(encoding="utf-8"))
    assert found
    with (
        s3(tmp_path / "state", name="calls"),
        Sandbox(recordings=60, seed=7, at="2026-03-01T12:00:00Z") as box,
    ):
        monkeypatch.setenv("TELNYX_BASE_URL", box.base_url)
        for program in found:
            path = tmp_path / "program.py"
            path.write_text(program, encoding="utf-8")
            ran = processes.run(sys.executable, "-W", "error", str(path), cwd=tmp_path)
            assert ran.returncode == 0, ran.stderr
            assert ran.stdout
