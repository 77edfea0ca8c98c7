"""Tests that every command of the guide to the command line runs, in the order of the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from telnyx_recordings.cli import COMMANDS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "cli.md").read_text("utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def test_every_command_of_the_guide_runs(tmp_path: Path) -> None:
    """In one shell that stops at the first failure, in an empty folder, against a sandbox."""
    program = tmp_path / "bin" / "telnyx-recordings"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m telnyx_recordings.cli "$@"\n')
    program.chmod(0o755)
    (program.parent / "python3").symlink_to(sys.executable)
    folder = tmp_path / "folder"
    folder.mkdir()
    end = "trap 'kill $! 2>/dev/null || true' EXIT\n"  # also where a command fails
    environment = {
        **os.environ,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", BLOCKS[0] + end + "".join(BLOCKS[1:])],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert {path.name for path in folder.iterdir()} >= {"audio", "call.mp3", "recordings"}


def test_the_guide_names_every_command_and_shows_it() -> None:
    """In its list, and in a block that runs."""
    shown = "".join(BLOCKS)
    for name in COMMANDS:
        assert re.search(rf"^telnyx-recordings {name} +\w", GUIDE, re.MULTILINE)
        assert f"telnyx-recordings {name} " in shown
