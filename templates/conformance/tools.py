"""The other generators and the mock server: installed once, and run with a time limit."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from generator import SCRIPTS

LIMIT = 300.0
"""Seconds for each step of each document."""


class TimeLimitError(Exception):
    """A tool was not done in time."""


PEERS = {
    "openapi-generator": "mypy pydantic python-dateutil types-python-dateutil urllib3".split(),
    "openapi-python-client": ["mypy", "openapi-python-client"],
}
"""The other generators: what the packages that they make need, and the type checker."""


def run(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    seconds: float = LIMIT,
) -> subprocess.CompletedProcess[str]:
    """Run a command with all its children, and end all of them at the time limit.

    Raises:
        TimeLimitError: it was not done in time.
    """
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise TimeLimitError(f"over {seconds:.0f} s") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


class Tools:
    """The tools in a folder."""

    def __init__(self, folder: Path) -> None:
        """Install what is missing."""
        self.folder = folder.resolve()
        for peer, needs in PEERS.items():
            home = self.folder / peer
            if not (home / "bin/mypy").exists():
                subprocess.run([sys.executable, "-m", "venv", home], check=True)
                pip = (home / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check")
                subprocess.run([*pip, "install", *needs], check=True)
        program = self.folder / "node_modules/.bin/prism"
        has_node = shutil.which("npm") is not None
        if has_node and not program.exists():
            npm = ("npm", "install", "--silent", "--no-fund", "--no-audit", "@stoplight/prism-cli")
            subprocess.run([*npm, "--prefix", self.folder], check=False, stdin=subprocess.DEVNULL)
        self.prism = program if has_node and program.exists() else None
        self.why_no_prism = (
            "it could not be installed" if has_node else "this machine has no Node.js"
        )

    @property
    def versions(self) -> dict[str, str]:
        """Return the versions of the tools that are there."""
        found: dict[str, str] = {}
        commands: dict[str, Sequence[str | Path]] = {
            "openapi-generator": (SCRIPTS / "openapi-generator-cli", "version"),
            "openapi-python-client": (
                self.folder / "openapi-python-client/bin/openapi-python-client",
                "--version",
            ),
        }
        if self.prism is not None:
            commands["Prism"] = (self.prism, "--version")
        for name, command in commands.items():
            text = run(command, self.folder).stdout
            version = re.findall(r"\d+\.\d+\.\d+", text)
            found[name] = version[-1] if version else "unknown"
        return found

    def generate(self, peer: str, spec: Path, folder: Path) -> str:
        """Make a package called `peer_client` in a folder; return why it failed, if it did.

        Raises:
            TimeLimitError: it was not done in time.
        """
        if peer == "openapi-generator":
            command: Sequence[str | Path] = (
                *(SCRIPTS / "openapi-generator-cli", "generate", "-g", "python", "-i", spec),
                *("-o", folder, "--package-name", "peer_client", "--skip-validate-spec"),
            )
        else:
            config = folder / "config.json"
            config.write_text(json.dumps({"package_name_override": "peer_client"}))
            command = (
                *(self.folder / peer / "bin/openapi-python-client", "generate"),
                *("--path", spec, "--meta", "none", "--config", config),
                *("--output-path", folder / "peer_client", "--overwrite"),
            )
        done = run(command, folder)
        if not any((folder / "peer_client").rglob("*.py")):
            return f"exit code {done.returncode}"
        return ""

    def python(self, peer: str) -> Path:
        """Return the Python that has what a peer's packages need."""
        return self.folder / peer / "bin/python"


@contextmanager
def prism(program: Path, spec: Path) -> Generator[str]:
    """Run a mock server of a contract; yield its URL as soon as it listens.

    Raises:
        TimeLimitError: it did not listen in time, or ended.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        (program, "mock", "--host", "127.0.0.1", "--port", str(port), spec),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(port, process, time.monotonic() + LIMIT)
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], until: float) -> None:
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)
    raise TimeLimitError("Prism did not start")
