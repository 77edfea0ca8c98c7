"""One name for one thing: files and classes of the package."""

import ast
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "telnyx_recordings"

APART = ("api", "models", "types")
"""Generated code, and names of the official SDK."""
PROGRAMS = ("browse", "cli", "sandbox")
"""Programs: their files are named after commands and parts of the service."""
SAME_JOB = {
    *("__init__", "aio", "sync"),
    "base",  # base classes: of clients, and of models
    "config",  # settings: their checks, and where they come from
    "encode",  # of models, and of requests
    "errors",  # of calls, and all of them
    "methods",  # that the clients get: for audio, and for archives
}
"""Names of files that do the same job for different parts."""
TWINS = {"MediaReply", "_Body", "_Driver", "_Lines"}
"""Classes that two modules have, with the same job: sync and async, or to print a log."""


def _files(package: Path) -> list[Path]:
    found = sorted(package.rglob("*.py"))
    return [path for path in found if path.relative_to(package).parts[0] not in APART]


def _repeated(names: list[str], allowed: set[str]) -> list[str]:
    return sorted(
        name for name, count in Counter(names).items() if count > 1 and name not in allowed
    )


def _repeated_files(package: Path) -> list[str]:
    found = [path for path in _files(package) if path.relative_to(package).parts[0] not in PROGRAMS]
    return _repeated([path.stem for path in found], SAME_JOB)


def _repeated_classes(package: Path) -> list[str]:
    trees = [ast.parse(path.read_text("utf-8")) for path in _files(package)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return _repeated([each.name for each in nodes if isinstance(each, ast.ClassDef)], TWINS)


def test_no_two_files_share_a_name() -> None:
    assert _repeated_files(PACKAGE) == []


def test_no_two_classes_share_a_name() -> None:
    assert _repeated_classes(PACKAGE) == []


@pytest.mark.parametrize("names", [("a/flow", "b/flow"), ("flow", "c/flow")])
def test_duplicate_names_are_found(tmp_path: Path, names: tuple[str, str]) -> None:
    for name in names:
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text("class Flow: ...", "utf-8")
    assert _repeated_files(tmp_path) == ["flow"]
    assert _repeated_classes(tmp_path) == ["Flow"]
