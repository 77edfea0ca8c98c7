"""Write models, api and docs/reference from the contract, or check that they are what it gives.

The generator and ruff work in a temporary folder. Only when both are done are the generated
folders replaced, each as a whole: stale files vanish, and no run leaves a folder half written.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from prepare import prepared

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
PACKAGE = "telnyx_recordings"

# Nothing of the machine may show in the output: not its language, not its time zone. The first
# compiler is enough for a program that runs for three seconds, and saves a third of them.
JAVA_OPTIONS = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    " -Dfile.encoding=UTF-8 -Duser.language=en -Duser.country=US -Duser.timezone=UTC"
)

# What templates cannot know: which imports a file needs, when, and in what order; and whether a
# sentence of the contract ends with a full stop.
RUFF_FIX = ("check", "--fix-only", "--unsafe-fixes", "--select=D400,D403,F401,I,PIE790,RUF022")
RUFF_FIX_API = (*RUFF_FIX, "--extend-select=TC", "--config=lint.flake8-type-checking.strict=true")
RUFF_STYLE = ("--isolated", "--line-length=100", "--target-version=py311", "--quiet")


class GenerateError(Exception):
    """The contract or a template cannot be used; the message says why."""


def main() -> int:
    """Generate, or check; return the exit code."""
    parser = argparse.ArgumentParser(description="Write what follows from openapi.yaml.")
    parser.add_argument("--check", action="store_true", help="show what would change, and fail")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="generate-") as temporary:
            made = Path(temporary)
            generate(ROOT / "openapi.yaml", made, PACKAGE)
            if not arguments.check:
                install(made, ROOT, PACKAGE)
                return 0
            lines = list(differences(ROOT, made, PACKAGE))
    except GenerateError as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    print("".join(lines), end="")
    if lines:
        print("generate: these files are not what openapi.yaml gives: run `make generate`")
    return 1 if lines else 0


def folders(package: str) -> tuple[str, ...]:
    """Return the folders, below a root, that hold generated files and nothing else."""
    return (f"{package}/models", f"{package}/api", "docs/reference")


def generate(spec: Path, into: Path, package: str) -> None:
    """Write the generated folders for a contract below `into`.

    Raises:
        GenerateError: the contract is not valid, or a template is not.
    """
    contract = into / "openapi.json"
    try:
        contract.write_text(prepared(spec.read_text(encoding="utf-8")), encoding="utf-8")
    except (OSError, TypeError, UnicodeError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise GenerateError(f"{spec.name} cannot be read: {why}") from error
    print("generate: openapi-generator", flush=True)
    made = into / "made"
    options = ("--config", "generator-config.yaml", "--package-name", package)
    command = ("openapi-generator-cli", "generate", *options)
    _run(*command, "--input-spec", str(contract), "--output", str(made))
    (into / "docs").mkdir()
    for found, folder in zip((*folders(package)[:2], "docs"), folders(package), strict=True):
        if not (made / found).is_dir():
            raise GenerateError(f"{spec.name} gives nothing for {folder}")
        (into / folder).parent.mkdir(exist_ok=True)
        (made / found).rename(into / folder)
    print("generate: ruff", flush=True)
    models, api, docs = (str(into / folder) for folder in folders(package))
    own = f'--config=lint.isort.known-first-party=["{package}"]'
    _run("ruff", *RUFF_FIX, own, *RUFF_STYLE, models)  # whose annotations are read at run time
    _run("ruff", *RUFF_FIX_API, own, *RUFF_STYLE, api)
    _run("ruff", "format", *RUFF_STYLE, models, api, docs)


def install(made: Path, root: Path, package: str) -> None:
    """Put the generated folders in the place of those below root, all of them or none."""
    swaps: list[tuple[Path, Path, Path]] = []
    try:
        for folder in folders(package):
            target = root / folder
            new, old = (target.with_name(f".{target.name}.{age}") for age in ("new", "old"))
            for leftover in (new, old):
                shutil.rmtree(leftover, ignore_errors=True)
            target.mkdir(parents=True, exist_ok=True)
            shutil.copytree(made / folder, new)
            swaps.append((target, new, old))
        for target, new, old in swaps:
            target.rename(old)
            new.rename(target)
    except BaseException:
        for target, _, old in swaps:
            if old.exists():
                shutil.rmtree(target, ignore_errors=True)
                old.rename(target)
        raise
    finally:
        for _, new, old in swaps:
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
    print(f"generate: wrote {', '.join(folders(package))}")


def differences(root: Path, made: Path, package: str) -> Iterator[str]:
    """Give the lines of a unified diff, from what is below root to what was made."""
    for folder in folders(package):
        names = {
            path.relative_to(base)
            for base in (root, made)
            for path in (base / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        for name in sorted(names):
            before, after = (
                path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
                for path in (root / name, made / name)
            )
            yield from difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")


def _run(program: str, *arguments: str) -> None:
    run = subprocess.run(
        (SCRIPTS / program, *arguments),
        cwd=ROOT,
        env=os.environ | {"JDK_JAVA_OPTIONS": JAVA_OPTIONS},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise GenerateError(f"{program}: {_reason(run.stdout + run.stderr)}")


def _reason(output: str) -> str:
    """Return why a program failed, out of all that it wrote."""
    found = re.search(r"^Errors: *\n((?:\s+-.*\n)+)", output, re.MULTILINE)
    if found:
        return "; ".join(line.strip().lstrip("-") for line in found[1].splitlines())
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line for line in lines if re.match("(Caused by|Exception|error|\\[error])", line)]
    return (causes or lines or ["it failed without a word"])[-1]


if __name__ == "__main__":
    sys.exit(main())
