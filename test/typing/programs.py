"""Checks the types of all programs in the README, the guides and the reference, as they stand.

Each program becomes a file of its own in build/programs, in the line that it has in its page, so
that the messages of the type checkers can name page and line.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "programs"
PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYRIGHT = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "include": ["."]}


def pages() -> list[Path]:
    """Return all pages that may have programs."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def write_programs() -> dict[str, str]:
    """Write each program to a file; return the page of each file, both relative to the root."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")
    found: dict[str, str] = {}
    for page in pages():
        text = page.read_text(encoding="utf-8")
        name = page.relative_to(ROOT).as_posix()
        for program in PROGRAM.finditer(text):
            before = text[: program.start(1)].count("\n")
            word = re.sub(r"\W", "_", name.removesuffix(".md"))
            path = FOLDER / f"{word}_{before + 1}.py"
            path.write_text("\n" * before + program[1], encoding="utf-8")
            found[path.relative_to(ROOT).as_posix()] = name
    return found


def check(command: list[str], found: dict[str, str]) -> bool:
    """Run a type checker; print what it finds, with page and line."""
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if ran.returncode:
        shown = ran.stdout.replace(f"{ROOT}/", "") + ran.stderr
        for path, page in found.items():
            shown = shown.replace(path, page)
        print(shown)  # noqa: T201 - what it is for
    return ran.returncode == 0


def main() -> int:
    """Check all programs."""
    found = write_programs()
    folder = FOLDER.relative_to(ROOT).as_posix()
    mypy = ["mypy", "--config-file=", "--strict", "--python-version=3.11", *found]
    pyright = ["basedpyright", "--pythonpath", sys.executable, "--project", folder]
    return 0 if all([check(mypy, found), check(pyright, found)]) else 1


if __name__ == "__main__":
    sys.exit(main())
