"""Builds the wheel and uses it as a user would: in an empty environment, elsewhere."""

import shutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

import processes
from builds import ROOT, Environment, build, committed, run
from telnyx_recordings.errors import EXTRAS

TESTS = (
    "unit/core/model/test_base.py",
    "functional/calls/test_client.py",
    "functional/calls/test_raw_responses.py",
    "functional/lists/test_prefetch.py",
)
"""What must hold without any extra: these use pytest and the standard library only."""

MISSING = {
    "async": "from telnyx_recordings import AsyncClient; AsyncClient('KEY')",
    "webhooks": "from telnyx_recordings import webhooks; webhooks.generate_keys()",
    "archive": "from telnyx_recordings import Client; Client('KEY').archive('s3://bucket/x')",
    "archive, reading": "from telnyx_recordings import archive; archive.verify('gs://bucket/x')",
    "sandbox": "from telnyx_recordings.sandbox import Sandbox",
    "cli": "import sys; from telnyx_recordings.cli.__main__ import main; sys.exit(main(['list']))",
}
"""What needs an extra, by its name."""

pytestmark = pytest.mark.xdist_group("wheel")  # one process, so that it is built once


def _other_pythons() -> list[str]:
    """Name the other versions that the classifiers promise, as far as this machine has them."""
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    texts = [each.rpartition(":: ")[2] for each in metadata["project"]["classifiers"]]
    names = [f"python{text}" for text in texts if text.startswith("3.")]
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = {name: shutil.which(name) for name in names if name != here}
    return [path for path in found.values() if path and _works(path)]


def _works(python: str) -> bool:
    probe = (python, "-c", "import ensurepip, venv")
    return processes.run(*probe).returncode == 0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the sources as they are now."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module", params=["newest", "oldest", *_other_pythons()])
def environment(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Environment:
    """The wheel with its dependencies and no extra: the newest versions, or the oldest allowed."""
    folder = tmp_path_factory.mktemp("environment")
    own = request.param in ("newest", "oldest")
    made = Environment(folder) if own else Environment(folder, request.param)
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    oldest = [asked.replace(">=", "==") for asked in metadata["project"]["dependencies"]]
    made.install(wheel, *(oldest if request.param == "oldest" else []))
    return made


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    package = {name for name in committed() if name.startswith("telnyx_recordings/")}
    assert {Path(name).suffix for name in package} == {
        *(".py", ".typed"),
        *(".css", ".html", ".js"),  # of the pages that show an archive
    }
    info = "telnyx_recordings-{}.dist-info/{}"
    version = wheel.name.split("-")[1]
    files = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    expected = package | {info.format(version, name) for name in files}
    assert sorted(expected) == sorted(ZipFile(wheel).namelist())


def test_the_wheel_requires_two_packages_only(environment: Environment) -> None:
    asked_for = {"telnyx-recordings", "msgspec", "urllib3"}
    assert asked_for <= environment.installed() <= {*asked_for, "tzdata"}


def test_every_public_name_loads_without_extras_and_warnings(environment: Environment) -> None:
    """Python's development mode enables all warnings."""
    program = """
import telnyx_recordings, importlib.metadata
for name in dir(telnyx_recordings):
    getattr(telnyx_recordings, name)
from telnyx_recordings import types
recording = types.RecordingResponseData.from_json('{"created_at": "2026-03-14T15:05:19"}')
assert recording.created_at.isoformat() == "2026-03-14T15:05:19+00:00"
assert importlib.metadata.version("telnyx-recordings") == telnyx_recordings.__version__
"""
    run(environment.python, "-W", "error", "-X", "dev", "-c", program, cwd=environment.folder)


@pytest.mark.parametrize("extra", MISSING)
def test_missing_extras_are_named(environment: Environment, extra: str) -> None:
    told = run(environment.python, "-c", MISSING[extra], cwd=environment.folder, fails=True)
    packages = EXTRAS[extra.partition(",")[0]]
    assert told.splitlines()[-1].endswith(f"pip install {' '.join(map(repr, packages))}")


def test_models_and_client_work_from_the_wheel(environment: Environment, tmp_path: Path) -> None:
    """Their tests run with the installed package, and without the sources."""
    shutil.copytree(ROOT / "test", tmp_path / "test", ignore=_not_for_the_wheel)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    environment.install(f"pytest=={pytest.__version__}")
    where = "import telnyx_recordings; print(telnyx_recordings.__file__)"
    loaded = Path(run(environment.python, "-c", where, cwd=tmp_path).strip())
    assert loaded.is_relative_to(environment.folder)

    found = [sorted((tmp_path / "test").glob(pattern)) for pattern in TESTS]
    assert all(found)
    tests = [path for paths in found for path in paths]
    run(environment.python, "-m", "pytest", *tests, cwd=tmp_path)


def _not_for_the_wheel(_folder: str, names: Sequence[str]) -> set[str]:
    return {"conftest.py", "__pycache__"} & set(names)
