"""A copy of what `make generate` reads, in a folder where a test may change it."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import generate
import generator
import processes
from builds import copy
from contract.read import read


class Project:
    """The contract, the templates and the settings, and what they give."""

    def __init__(self, folder: Path) -> None:
        """Copy what the generator reads."""
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.copy("templates", "generator-config.yaml", "openapi.yaml")

    def copy(self, *names: str) -> None:
        """Copy files or folders of the project here."""
        copy(names, self.folder)

    @contextmanager
    def contract(self) -> Generator[dict[str, Any]]:
        """Give the contract as plain data, to be changed; so nothing hangs on how it is written."""
        path = self.folder / "openapi.yaml"
        contract: dict[str, Any] = read(path.read_text(encoding="utf-8"))
        yield contract
        path.write_text(json.dumps(contract), encoding="utf-8")

    def generate(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the program behind `make generate`."""
        return self._python("templates/generate.py", *arguments, **environment)

    def run(self, program: str) -> str:
        """Run a program with this copy of the package, and return what it prints."""
        run = self._python("-c", program)
        assert run.returncode == 0, run.stderr
        return run.stdout

    def ruff(self, *arguments: str) -> str:
        """Run ruff as the project does, and return what it finds."""
        program = generator.SCRIPTS / "ruff"
        run = processes.run(program, *arguments, "--quiet", "--no-cache", cwd=self.folder)
        return run.stdout + run.stderr

    def _python(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return processes.run(
            sys.executable, *arguments, cwd=self.folder, env=os.environ | environment
        )

    def files(self) -> dict[str, bytes]:
        """Return what was generated."""
        folders = [self.folder / name for name in generate.folders(generate.PACKAGE)]
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}
