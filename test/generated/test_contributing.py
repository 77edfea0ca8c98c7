"""The walk through a change of the contract in CONTRIBUTING.md: its edits and its commands."""

import os
import re
import shlex
import shutil
import sys
import sysconfig
from itertools import takewhile
from pathlib import Path

import pytest

import processes
from builds import ROOT, committed
from fences import COMMANDS, OUTPUT, fences

SCRIPTS = Path(sysconfig.get_path("scripts"))
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WALK = GUIDE[GUIDE.index("## Changing the contract") : GUIDE.index("## Versions")]
BLOCKS = fences(WALK)

pytestmark = pytest.mark.xdist_group("contributing")  # one copy of the project serves all


MORE = "\0"
"""Where a line may have more than the guide shows: an enum that has got other members meanwhile."""


def hunk(lines: list[str]) -> tuple[str, str]:
    """Return a pattern for what an edit replaces, and what it puts in the place."""
    pattern: list[str] = []
    made: list[str] = []
    gone: list[str] = []
    for line in lines:
        sign, text = line[:1], f"{line[1:]}\n"
        if sign == "-":
            gone.append(text)
        elif sign == "+" and gone:
            old = gone.pop(0)
            same = takewhile(lambda pair: pair[0] == pair[1], zip(old, text, strict=False))
            begin = "".join(char for char, _ in same)
            end = old[len(begin) :]
            assert text.endswith(end), f"an edit puts something into a line: {old}{text}"
            pattern.append(f"{re.escape(begin)}(.*){re.escape(end)}")
            made.append(f"{text.removesuffix(end)}{MORE}{end}")
        else:
            pattern += [] if sign == "+" else [re.escape(text)]
            made.append(text)
    return "".join(pattern), "".join(made)


class Copy:
    """The project as it is committed, in a folder and a repository of its own."""

    def __init__(self, folder: Path) -> None:
        """Copy it, times of files included: they tell `make` that nothing has to be installed."""
        self.folder = folder
        for name in committed():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path)
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", "as it was")

    def git(self, *arguments: str) -> None:
        """Run git, as nobody in particular."""
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
        processes.run("git", *who, *arguments, cwd=self.folder, check=True)

    def edit(self, patch: str) -> None:
        """Make an edit: the lines with a minus and a blank become those with a plus and a blank."""
        head, *lines = patch.splitlines()
        name = re.fullmatch("@@ (.+) @@", head)
        assert name, f"no file is named by {head!r}"
        path = self.folder / name[1]
        pattern, made = hunk(lines)
        if not path.exists():
            path.write_text(made, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        found = list(re.finditer(pattern, text))
        assert len(found) == 1, (
            f"CONTRIBUTING.md shows lines that {name[1]} has {len(found)} times: mend it\n{patch}"
        )
        more = iter(found[0].groups())
        made = re.sub(MORE, lambda _: next(more), made)
        start, end = found[0].span()
        path.write_text(text[:start] + made + text[end:], encoding="utf-8")

    def run(self, command: str) -> str:
        """Run a command as it stands in the guide, with this run's own tools; return its output."""
        words = shlex.split(command)
        if words[0] == "make":
            stamps = [f"--old-file={sys.prefix}/{kind}.stamp" for kind in ("demo", "dev")]
            words += [*stamps, f"VENV={sys.prefix}", "--no-print-directory"]
        elif words[0].startswith(".venv/bin/"):
            words[0] = str(SCRIPTS / words[0].removeprefix(".venv/bin/"))
        ours = ("PYTEST", "COV", "MAKE")
        environment = {key: text for key, text in os.environ.items() if not key.startswith(ours)}
        environment |= {"PYTHONPATH": str(self.folder)}
        done = processes.run(*words, cwd=self.folder, env=environment)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy in which every edit of the walk was made."""
    made = Copy(tmp_path_factory.mktemp("project"))
    patches = [each.code for each in BLOCKS if each.language == "diff"]
    assert len(patches) == 9
    for patch in patches:
        made.edit(patch)
    return made


@pytest.fixture(scope="module")
def printed(copy: Copy) -> dict[str, str]:
    """What each command of the walk prints; all of them succeed."""
    [commands] = [each.code for each in BLOCKS if each.language == COMMANDS]
    return {command: copy.run(command) for command in commands.splitlines()}


def test_the_commands_of_the_walkthrough_run(printed: dict[str, str]) -> None:
    assert list(printed)[:3] == ["make generate", "make spec-diff", "make lint"]
    outputs = list(printed.values())
    assert "generate: wrote telnyx_recordings/models" in outputs[0]
    tests = [int(found) for text in outputs[4:] for found in re.findall(r"(\d+) passed", text)]
    assert len(tests) == len(outputs) - 4
    assert min(tests) > 2
    assert "no issues found" in outputs[3]


def test_the_difference_is_what_the_guide_shows(printed: dict[str, str]) -> None:
    [shown] = [each.code for each in BLOCKS if each.language == OUTPUT]
    said = printed["make spec-diff"].rpartition("Version: ")[0]
    assert shown == said


@pytest.mark.usefixtures("printed")
def test_the_field_the_member_and_the_operation_are_there(copy: Copy) -> None:
    program = """
import inspect
from telnyx_recordings import AsyncClient, RecordingResponseData, StatusEnum
from telnyx_recordings.api.recordings import AsyncRecordings
recording = RecordingResponseData.from_dict({"held_until": "2027-03-14T00:00:00Z"})
print(recording.held_until, StatusEnum("held") is StatusEnum.HELD)
print(inspect.iscoroutinefunction(AsyncRecordings.hold))
"""
    (copy.folder / "program.py").write_text(program, encoding="utf-8")
    said = copy.run(f"{sys.executable} program.py")
    assert said.splitlines() == ["2027-03-14 00:00:00+00:00 True", "True"]
    pages = copy.folder / "docs/reference"
    resource = (pages / "Recordings.md").read_text(encoding="utf-8")
    assert "`POST /recordings/{recording_id}/actions/hold`" in resource
    assert "| HELD | `held` |" in (pages / "StatusEnum.md").read_text(encoding="utf-8")
