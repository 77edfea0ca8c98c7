"""Tests that every command of the guide to the command line runs, in the order of the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import processes
from telnyx_recordings.cli import COMMANDS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "cli.md").read_text("utf-8")
PAIRS = re.findall(
    r"^```sh\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", GUIDE, re.DOTALL | re.MULTILINE
)
"""Commands, and what they print; … stands for anything, and alone for any lines."""
BLOCKS = [commands for commands, _ in PAIRS]


MARK = "----- block\n"


def _numbered(block: str) -> str:
    return f"printf '%s' '{MARK}'\n{block}"


def test_every_command_of_the_guide_runs(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "telnyx-recordings"
    program.parent.mkdir()
    python = program.with_name("python3")
    for path, command in ((program, "-m telnyx_recordings.cli"), (python, "")):
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        path.chmod(0o755)
    folder = tmp_path / "folder"
    folder.mkdir()
    end = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"  # also where a command fails
    environment = {
        **os.environ,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", BLOCKS[0] + end + "".join(map(_numbered, BLOCKS[1:]))],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=processes.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Traceback" not in done.stdout
    shown = done.stdout.split(MARK)[1:]
    for (commands, expected), printed in zip(PAIRS[1:], shown, strict=True):
        parts = (re.escape(part.strip()) for part in expected.split("…"))
        pattern = "(?:.|\\n)*?".join(parts)
        assert re.search(pattern, printed), f"{commands}\n{printed}"
    assert {path.name for path in folder.iterdir()} >= {"audio", "call.mp3", "recordings"}


def test_the_guide_names_every_command_and_shows_it() -> None:
    shown = "".join(BLOCKS)
    for name in COMMANDS:
        assert re.search(rf"^telnyx-recordings {name} +\w", GUIDE, re.MULTILINE)
        assert f"telnyx-recordings {name} " in shown
