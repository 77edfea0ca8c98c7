"""Archive commands that are killed at one step after another."""

import signal
import sys
from pathlib import Path

import processes

_COMMAND = Path(__file__).parents[1] / "torture" / "killed_command.py"


def comes_to(destination: str, step: int, *command: str) -> bool:
    """Run a command, and kill it at a step; return whether it came so far."""
    killed = processes.run(sys.executable, _COMMAND, destination, step, *command)
    assert killed.returncode in (0, -signal.SIGKILL), killed.stderr
    return killed.returncode != 0
