"""Checks the types of all programs in the README, the guides and the reference, as they stand.

Each program becomes a file of its own in build/programs, in the line that it has in its page, so
that the messages of the type checkers can name page and line. Another one uses every public name,
since checkers see less of an installed package than of the files that they check.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module

from fences import PAGES, PROGRAM, ROOT, of_page

FOLDER = ROOT / "build" / "programs"
PETSTORE = ROOT / "build" / "petstore"
CONTRACT = ROOT / "test" / "generated" / "contracts" / "petstore.yaml"
_UNKNOWN = "reportUnknownMemberType=false, reportUnknownVariableType=false"
UNTYPED = {
    "dask": f"# pyright: {_UNKNOWN}",
    "django": "# mypy: disallow-untyped-decorators=False\n"
    f"# pyright: {_UNKNOWN}, reportMissingTypeStubs=false, reportUnknownArgumentType=false,"
    " reportArgumentType=false",
    "opentelemetry": "# pyright: reportMissingTypeStubs=false",
    "pandas": f"# pyright: {_UNKNOWN}, reportMissingTypeStubs=false,"
    " reportUnknownArgumentType=false, reportCallIssue=false",
}
"""Libraries without complete types, and what is not reported of programs that use them.

A part of what they return is unknown, `cached_property` of Django is not typed as a descriptor, and
aggregates of pandas are a Series or a DataFrame.
"""
IMPORTED = re.compile(rf"^(?:from|import) ({'|'.join(UNTYPED)})\b", re.MULTILINE)

PUBLIC = [
    "telnyx_recordings",
    *(f"telnyx_recordings.{each}" for each in ("archive", "errors", "media", "models")),
    *(f"telnyx_recordings.{each}" for each in ("sandbox", "types", "webhooks")),
]
"""The modules whose names users import."""

PYRIGHT = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    "include": ["."],
    "extraPaths": [os.path.relpath(PETSTORE, FOLDER)],
}
MYPY = """\
[mypy]
strict = True
python_version = 3.11
untyped_calls_exclude = distributed
# Django and pandas have no py.typed.
[mypy-django.*,pandas.*]
ignore_missing_imports = True
"""


def write_programs() -> dict[str, str]:
    """Write each program to a file; return the page of each file, both relative to the root."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")
    (FOLDER / "mypy.ini").write_text(MYPY, encoding="utf-8")
    found: dict[str, str] = {}
    for page in PAGES:
        for program in of_page(page, PROGRAM):
            word = re.sub(r"\W", "_", page.removesuffix(".md"))
            path = FOLDER / f"{word}_{program.line}.py"
            library = IMPORTED.search(program.code)
            setting = UNTYPED[library[1]] if library else ""
            padding = "\n" * (program.line - 1 - setting.count("\n"))
            path.write_text(setting + padding + program.code, encoding="utf-8")
            found[path.relative_to(ROOT).as_posix()] = page
    path = FOLDER / "names.py"
    path.write_text("".join(map(_all_names, PUBLIC)), encoding="utf-8")
    return found | {path.relative_to(ROOT).as_posix(): "names.py"}


def _all_names(module: str) -> str:
    """Return a program that uses all public names of a module."""
    names = import_module(module).__all__
    return "\n".join([f"import {module}", *(f"print({module}.{each})" for each in names), ""])


def generate_petstore() -> None:
    """Generate the package that the guide to other contracts uses."""
    command = [sys.executable, "templates/generate.py", f"--spec={CONTRACT}", f"--out={PETSTORE}"]
    command += ["--package=petstore"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=600, stdout=subprocess.DEVNULL)


def check(command: list[str], found: dict[str, str]) -> bool:
    """Run a type checker; print what it finds, with page and line."""
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": str(PETSTORE)},
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
    generate_petstore()
    found = write_programs()
    folder = FOLDER.relative_to(ROOT).as_posix()
    mypy = ["mypy", f"--config-file={folder}/mypy.ini", *found]
    pyright = ["basedpyright", "--pythonpath", sys.executable, "--project", folder]
    results = [check(mypy, found), check(pyright, found)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
