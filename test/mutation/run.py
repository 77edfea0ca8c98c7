"""Mutation tests of the code that calls and audio depend on.

`make mutants` runs it with mutmut, in copies of the project under build/mutants, one per group. A
change that no test notices is printed. Add a test that notices it or, if the change makes no
difference, list it in equivalent.toml with the reason.
"""

import json
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "mutants"
LEAST = 90.0
"""Percentage of a group's changes that tests must notice."""

SURVIVED = {0, 33}  # the tests passed; no test ran the code
BY_TIME = {-24, 24, 36, 152, 255}
INTERRUPTED = {2}
AT_IMPORT = {"_layouts"}
"""Functions that only run at import, when mutmut has not applied a change yet."""


@dataclass(frozen=True)
class Group:
    """Files that are tested by the same tests, chosen for speed and focus."""

    name: str
    files: tuple[str, ...]
    """A file belongs to the first group that matches it."""
    tests: tuple[str, ...]
    but: tuple[str, ...] = ()
    """Slow tests that notice nothing more than the others, and tests that mutmut's frames break."""
    functions: tuple[str, ...] = ()
    """Of each file, only these; all when empty."""

    def has(self, change: str) -> bool:
        """Return whether a change, by its name in mutmut, is in one of the group's functions."""
        function = change.rpartition(".x_")[2].partition("__mutmut_")[0]
        return function not in AT_IMPORT and (not self.functions or function in self.functions)


GROUPS = (
    Group("retry", ("core/call/retry.py",), ("unit/core/call/test_retry.py",)),
    Group(
        "audio",
        tuple(f"media/{n}.py" for n in ("checks", "duration", "links", "mp3", "split", "wav")),
        tuple(
            f"unit/media/test_{n}.py"
            for n in ("checks", "duration", "links", "mp3", "split", "wav")
        ),
        (
            "unit/media/test_checks.py::test_hostile_beginnings_are_accepted_or_refused",
            "unit/media/test_split.py::test_memory_use_does_not_depend_on_the_duration",
        ),
    ),
    Group(
        "deletion",
        (
            "archive/filters.py",
            "archive/run/delete.py",
            "archive/run/recover.py",
            "archive/commands/purge.py",
        ),
        (
            *("unit/archive/test_filters.py", "unit/archive/test_terms.py"),
            *(
                f"functional/archives/test_{n}.py"
                for n in (
                    *("delete", "delete_failures", "delete_terms"),
                    *("foreign_files", "holds", "lost_recordings", "purge"),
                )
            ),
        ),
        (
            "unit/archive/test_filters.py::test_times_without_a_zone_are_taken_as_utc_with_a_warning",
            "functional/archives/test_purge.py::test_a_purge_takes_a_time_without_a_zone_as_utc_with_a_warning",
        ),
    ),
    Group(
        "pieces",
        (*(f"media/{n}.py" for n in ("digests", "job", "methods")), "disk/fsync.py"),
        (
            *(f"unit/media/test_{n}.py" for n in ("digests", "job")),
            "functional/downloads/test_audio_not_ready.py",
            "unit/disk/test_fsync.py",
        ),
    ),
    Group(
        "flow",
        ("media/object_store.py", "media/transfer.py"),
        tuple(f"unit/media/test_{n}.py" for n in ("transfer", "object_store")),
    ),
    Group(
        "inspection",
        (
            "archive/integrity.py",
            "archive/records.py",
            *(f"archive/run/{n}.py" for n in ("delete", "terms", "absence")),
        ),
        (
            *("unit/archive/test_integrity.py", "unit/archive/test_terms.py"),
            *(
                f"functional/archives/test_{n}.py"
                for n in ("delete", "delete_failures", "delete_terms")
            ),
        ),
        functions=(
            *("inspect", "_mismatch", "_transcripts", "damage_of", "_describes", "found_of"),
            *("objection", "_objections", "audio_objection", "is_certain"),
        ),
    ),
    Group(
        "disk",
        ("disk/files.py", "media/part_file.py", "media/sinks.py"),
        (
            "unit/disk/test_files.py",
            *("unit/media/test_part_file.py", "unit/media/test_sinks.py"),
            "functional/downloads/test_open_files.py",
        ),
    ),
    Group(
        "download",
        tuple(f"media/{n}.py" for n in ("__init__", "aio", "steps", "sync", "waiting")),
        (
            "unit/test_lazy_names.py",
            *(
                f"functional/downloads/test_{n}.py"
                for n in (
                    *("open_audio", "interrupted", "download", "allowed_links", "expired_links"),
                    *("audio_not_ready", "connection_failures", "own_storage"),
                )
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Change:
    """A change that no test noticed."""

    place: str
    """File and function."""
    lines: str
    """Lines of the diff, without indentation."""


def percent(score: Counter[str]) -> float:
    """Return the percentage noticed of the changes that are not equivalent."""
    return 100.0 * score["noticed"] / max(1, score["noticed"] + score["missed"])


def described(score: Counter[str]) -> str:
    """Return the numbers of changes that were noticed, by time too, and that are equivalent."""
    counts = f"{score['noticed']:5} of {score['noticed'] + score['missed']:5}"
    others = f"{score['by time']} by time, {score['equivalent']} equivalent"
    return f"{percent(score):6.1f} %  {counts}, {others}"


def prepare(group: Group) -> Path:
    """Copy the project for one group, with mutmut's settings, and return the copy's folder."""
    place = WORK / group.name
    shutil.rmtree(place, ignore_errors=True)
    for name in ("telnyx_recordings", "test"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    others = [n for each in GROUPS[: GROUPS.index(group)] for n in each.files]
    settings: dict[str, object] = {
        "source_paths": ["telnyx_recordings"],
        "only_mutate": [f"telnyx_recordings/{name}" for name in group.files],
        "do_not_mutate": [f"telnyx_recordings/{name}" for name in others],
        "pytest_add_cli_args_test_selection": [f"test/{name}" for name in group.tests],
        "pytest_add_cli_args": [f"--deselect=test/{name}" for name in group.but],
        # Without threads that a copy of a process would lack, and with time for a busy machine.
        "process_isolation": "forkserver",
        "timeout_constant": 4,
        "timeout_multiplier": 4,
        "use_git_change_detection": False,
        "track_dependencies": False,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    text = "\n".join([text, "[tool.mutmut]", *lines, ""])
    (place / "pyproject.toml").write_text(text, "utf-8")
    return place


def mutmut(place: Path, *arguments: str) -> str:
    """Run mutmut in a copy, and return its output."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    done = subprocess.run(command, cwd=place, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout[-5000:]}\n{done.stderr[-5000:]}\nmutmut {arguments[0]} failed")
    return done.stdout


def outcomes(place: Path) -> Iterator[tuple[str, str, int | None]]:
    """Yield the file, name and exit code of each change; None if it was not tried."""
    for path in sorted(place.joinpath("mutants", "telnyx_recordings").rglob("*.py.meta")):
        file = path.relative_to(place / "mutants" / "telnyx_recordings").with_suffix("")
        codes: dict[str, int | None] = json.loads(path.read_text("utf-8"))["exit_code_by_key"]
        for name, code in codes.items():
            yield str(file), name, code


def shown(place: Path, file: str, name: str) -> Change:
    """Return a change in readable form."""
    function = name.rpartition(".")[2].partition("__mutmut_")[0]
    function = function.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    diff = mutmut(place, "show", name).splitlines()[3:]
    lines = [line[0] + line[1:].strip() for line in diff if line[:1] in ("-", "+")]
    return Change(f"{file} {function}", "\n".join(lines))


KNOWN = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text("utf-8"))
PATTERNS = [re.compile(each["lines"]) for each in KNOWN["pattern"]]


def equivalents(group: Group) -> list[Change]:
    """Return the listed equivalent changes of a group's files."""
    listed = [Change(each["place"], each["lines"].strip()) for each in KNOWN["equivalent"]]
    return [each for each in listed if group_of(each) is group]


def group_of(change: Change) -> Group | None:
    """Return the first group that matches a change's file and function."""
    file, function = change.place.split()
    for group in GROUPS:
        matches = any(Path(file).match(pattern) for pattern in group.files)
        if matches and (not group.functions or function in group.functions):
            return group
    return None


def judge(group: Group) -> bool:
    """Try all changes to a group's files; print the scores and the unnoticed changes."""
    start = time.monotonic()
    place = prepare(group)
    # mutmut expects patterns of names.
    names = [f"*.x_{each}__mutmut_*" for each in group.functions]
    mutmut(place, "run", "--max-children", "2", *names)
    listed = equivalents(group)
    excused: set[Change] = set()
    scores: dict[str, Counter[str]] = {}
    missed: list[Change] = []
    for file, name, code in outcomes(place):
        if not group.has(name):
            continue
        score = scores.setdefault(file, Counter())
        if code is None or code in INTERRUPTED:
            sys.exit(f"{name} was not tried")
        if code not in SURVIVED:
            score["noticed"] += 1
            score["by time"] += code in BY_TIME
            continue
        change = shown(place, file, name)
        if change in listed or any(each.fullmatch(change.lines) for each in PATTERNS):
            score["equivalent"] += 1
            excused.add(change)
        else:
            score["missed"] += 1
            missed.append(change)
    return report(group, scores, missed, set(listed) - excused, time.monotonic() - start)


def report(
    group: Group,
    scores: dict[str, Counter[str]],
    missed: list[Change],
    stale: set[Change],
    seconds: float,
) -> bool:
    """Print the results of a group, and return whether they are sufficient."""
    for each in missed:
        print(f"missed in {each.place}\n{each.lines}\n")
    for each in stale:
        print(f"listed as equivalent, but noticed or gone: {each.place}\n{each.lines}\n")
    for file, score in scores.items():
        print(f"{file:28} {described(score)}")
    whole = sum(scores.values(), Counter[str]())
    print(f"{group.name:28} {described(whole)}; {seconds / 60:.0f} min\n")
    return percent(whole) >= LEAST and not stale


def main(names: list[str]) -> None:
    """Test the named groups, or all."""
    known = [group.name for group in GROUPS]
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"mutants: no group {', '.join(unknown)}: there are {', '.join(known)}")
    results = [judge(group) for group in GROUPS if not names or group.name in names]
    if not all(results):
        sys.exit(f"mutants: a group is below {LEAST:.0f} %, or a list is out of date")


if __name__ == "__main__":
    main(sys.argv[1:])
