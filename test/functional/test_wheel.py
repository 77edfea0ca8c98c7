"""Builds the wheel and uses it as a stranger would: in an empty environment, away from here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ("unit/test_model*.py", "functional/test_client_sync*.py")
"""What must hold without any extra: these use pytest and the standard library only."""

pytestmark = pytest.mark.xdist_group("wheel")  # one process, so that it is built once


def _run(*command: str | Path, cwd: Path) -> str:
    """What a program prints; it sees no setting of this run, and fails the test if it fails."""
    ours = ("PYTEST", "PYTHON", "TELNYX_", "COV_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _build(folder: Path) -> Path:
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    _run(*build, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the sources as they are now."""
    return _build(tmp_path_factory.mktemp("wheel"))


class Environment:
    """A virtual environment with nothing in it, not even pip."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.folder = folder
        self.python = folder / "bin" / "python"

    def install(self, *requirements: str | Path) -> None:
        """Install into it, with the pip of this run's own environment."""
        pip = (sys.executable, "-m", "pip", "--python", self.python, "install")
        _run(*pip, *requirements, cwd=self.folder)

    def installed(self) -> set[str]:
        """The names of all distributions in it."""
        names = "import importlib.metadata as m; print(*(d.name for d in m.distributions()))"
        return set(_run(self.python, "-c", names, cwd=self.folder).split())


@pytest.fixture(scope="module", params=["newest", "oldest"])
def environment(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Environment:
    """The wheel with what it asks for and no extra: as new as there is, or as old as it allows."""
    made = Environment(tmp_path_factory.mktemp("environment"))
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    oldest = [asked.replace(">=", "==") for asked in metadata["project"]["dependencies"]]
    made.install(wheel, *(oldest if request.param == "oldest" else []))
    return made


def test_two_builds_are_identical(wheel: Path, tmp_path: Path) -> None:
    """So anyone can check that a published wheel comes from these sources."""
    assert wheel.read_bytes() == _build(tmp_path).read_bytes()


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every module, the marker that makes its types visible to users, and the metadata."""
    modules = (ROOT / "telnyx_recordings").rglob("*.py")
    expected = {str(path.relative_to(ROOT)) for path in modules}
    names = [name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert sorted(expected | {"telnyx_recordings/py.typed"}) == sorted(names)


def test_it_asks_for_three_packages_only(environment: Environment) -> None:
    """And these for one more at most: six or tzdata, as the version of python-dateutil has it."""
    asked_for = {"msgspec", "python-dateutil", "urllib3"}
    strangers = environment.installed() - {"telnyx-recordings", *asked_for}
    assert asked_for <= environment.installed()
    assert strangers in ({"six"}, {"tzdata"}, set[str]())


def test_models_and_client_work_from_the_wheel(environment: Environment, tmp_path: Path) -> None:
    """Their tests pass on the installed package, with no source of ours in reach."""
    shutil.copytree(ROOT / "test", tmp_path / "test", ignore=_not_for_the_wheel)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    environment.install(f"pytest=={pytest.__version__}")
    where = "import telnyx_recordings; print(telnyx_recordings.__file__)"
    loaded = Path(_run(environment.python, "-c", where, cwd=tmp_path).strip())
    assert loaded.is_relative_to(environment.folder)

    found = [sorted((tmp_path / "test").glob(pattern)) for pattern in TESTS]
    assert all(found)
    _run(
        environment.python,
        "-m",
        "pytest",
        *(path for paths in found for path in paths),
        cwd=tmp_path,
    )


def _not_for_the_wheel(_folder: str, names: Sequence[str]) -> set[str]:
    return {"conftest.py", "__pycache__"} & set(names)
