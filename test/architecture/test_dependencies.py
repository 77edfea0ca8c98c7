"""The lowest versions that pyproject.toml allows are those that `make lowest` installs."""

import re
import tomllib
from pathlib import Path

from telnyx_recordings.errors import EXTRAS

ROOT = Path(__file__).parents[2]
_REQUIREMENT = re.compile(r"(?P<name>[\w-]+)(>=(?P<version>[\d.]+))?( *;.*)?")


def test_make_lowest_installs_the_lowest_allowed_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    allowed: set[str] = set()
    for requirement in {each for group in groups for each in group}:
        match = _REQUIREMENT.fullmatch(requirement)
        assert match, requirement
        if match["version"] is None:
            assert match["name"] == "tzdata", "only data, of which any version will do"
        else:
            allowed.add(f"{match['name']}=={match['version']}")
    lines = (ROOT / "test/lowest.txt").read_text("utf-8").splitlines()
    assert {line for line in lines if not line.startswith("#")} == allowed


def test_install_hints_name_what_an_extra_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].items()
    needed = {name: tuple(each for each in given if ";" not in each) for name, given in extras}
    assert needed == EXTRAS
