"""Builds the wheel and the sdist, and environments to use them in, as a stranger would."""

import os
import shutil
import sys
import venv
from collections.abc import Iterable, Mapping
from pathlib import Path

import processes

ROOT = Path(__file__).parents[2]
_OURS = ("PYTEST", "PYTHON", "TELNYX_", "COV_", "MAKE", "MFLAGS", "SOURCE_DATE_EPOCH")


def run(
    *command: str | Path, cwd: Path, fails: bool = False, environment: Mapping[str, str] = {}
) -> str:
    """Return what a program prints; it sees no setting of this run. It must end as it should."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    done = processes.run(*command, cwd=cwd, env={**env, **environment})
    assert (done.returncode != 0) is fails, f"{done.stdout}\n{done.stderr}"
    return done.stdout + (done.stderr if fails else "")


def build(kind: str, source: Path, into: Path, environment: Mapping[str, str] = {}) -> Path:
    """Return the wheel or the sdist of a folder's sources, as they are now."""
    into.mkdir(exist_ok=True)
    command = (sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", into)
    run(*command, source, cwd=into.parent, environment=environment)
    return next(into.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def copy(names: Iterable[str], folder: Path) -> None:
    """Copy files and folders of the project to a folder."""
    without = shutil.ignore_patterns("__pycache__")
    for name in names:
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, folder / name)
        else:
            shutil.copytree(ROOT / name, folder / name, ignore=without)


def committed() -> list[str]:
    """Name what is committed, or would be: tracked files and new ones that are not ignored."""
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    return sorted(name for name in names.split("\0") if name and (ROOT / name).is_file())


class Environment:
    """A virtual environment with nothing in it, not even pip."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        """Make it, with another Python if that is asked for."""
        if python == sys.executable:
            venv.create(folder, with_pip=False)
        else:
            run(python, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
        self.folder = folder
        self.python = folder / "bin" / "python"

    def install(self, *requirements: str | Path) -> None:
        """Install into it, with the pip of this run's own environment."""
        pip = (sys.executable, "-m", "pip", "--python", self.python, "install")
        run(*pip, *requirements, cwd=self.folder)

    def installed(self) -> set[str]:
        """Name all distributions in it."""
        names = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"
        return set(run(self.python, "-c", names, cwd=self.folder).split())
