"""The clients of other generators, and an environment for each peer.

A peer's start-up and memory are measured in an environment that has only its dependencies: msgspec,
for example, imports typing_extensions if it is installed, and our users may not have it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))

# With all parts, openapi-generator fails on the webhooks of the contract.
_PARTS = "apis,models,supportingFiles"


class Workshop:
    """A temporary folder with the files of this run.

    Attributes:
        rounds: number of samples to take; None for the number of each subject.
    """

    def __init__(self, folder: Path, rounds: int | None) -> None:
        """Use an empty folder."""
        self.rounds = rounds
        self._clients = folder / "clients"
        self._environments = folder / "environments"

    def make_clients(self) -> None:
        """Generate the packages `openapi_client` and `attrs_client` from the contract.

        Raises:
            RuntimeError: a generator failed; the message has its output.
        """
        self._clients.mkdir()
        contract, clients = str(ROOT / "openapi.yaml"), str(self._clients)
        options = ["--generator-name", "python", "--input-spec", contract, "--output", clients]
        options += ["--package-name", "openapi_client", "--global-property", _PARTS]
        _run("openapi-generator-cli", "generate", *options)
        options = ["--path", contract, "--output-path", f"{clients}/attrs_client"]
        _run("openapi-python-client", "generate", *options, "--meta", "none")
        sys.path.append(str(self._clients))

    def python(self, peer: ModuleType) -> Path:
        """Return the interpreter of an environment with exactly the dependencies of a peer."""
        folder = self._environments / peer.__name__
        python = folder / "bin" / "python"
        if not python.exists():
            venv.create(folder, symlinks=True)
            libraries = next(folder.glob("lib/python*/site-packages"))
            for source in {*self._tops(peer)}:
                (libraries / source.name).symlink_to(source)
        return python

    def files(self, peer: ModuleType) -> Iterator[Path]:
        """Yield the files that are installed with a peer, without bytecode."""
        for top in {*self._tops(peer)}:
            inside = [top] if top.is_file() else top.rglob("*")
            yield from (file for file in inside if file.is_file() and file.suffix != ".pyc")

    def _tops(self, peer: ModuleType) -> Iterator[Path]:
        if peer.OWN:
            yield next(p for home in (ROOT, self._clients) if (p := home / peer.OWN).is_dir())
        for each in _with_needs(peer.NEEDS):
            for file in each.files or ():
                if file.parts[0] not in ("..", "__pycache__") and file.suffix != ".pth":
                    yield Path(str(each.locate_file(file.parts[0])))


def _with_needs(names: Iterable[str]) -> Iterator[Distribution]:
    """Yield distributions and their dependencies, each once."""
    pending, seen = [Requirement(name) for name in names], set[str]()
    while pending:
        name = canonicalize_name(pending.pop().name)
        if name not in seen:
            seen.add(name)
            found = distribution(name)
            yield found
            needs = map(Requirement, found.requires or ())
            pending += [n for n in needs if not n.marker or n.marker.evaluate({"extra": ""})]


def _run(program: str, *arguments: str) -> None:
    # openapi-python-client formats its output with the ruff on the path.
    environment = os.environ | {"PATH": os.pathsep.join((str(SCRIPTS), os.environ["PATH"]))}
    run = subprocess.run(
        [SCRIPTS / program, *arguments],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )
    if run.returncode != 0:
        raise RuntimeError(f"{program} failed:\n{run.stdout}{run.stderr}")
