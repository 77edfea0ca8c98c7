"""Run openapi-generator and ruff: one start of Java, however many contracts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))

# Nothing of the machine may show in the output: not its language, not its time zone. The first
# compiler is enough for a program that runs for three seconds, and saves a third of them.
JAVA_OPTIONS = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    " -Dfile.encoding=UTF-8 -Duser.language=en -Duser.country=US -Duser.timezone=UTC"
)

# What templates cannot know: which imports a file needs, when, and in what order; and whether a
# sentence of the contract ends with a full stop.
_FIX = ("check", "--fix-only", "--unsafe-fixes", "--select=D400,D403,F401,I,PIE790,RUF022")
_FIX_API = (*_FIX, "--extend-select=TC", "--config=lint.flake8-type-checking.strict=true")
_STYLE = ("--isolated", "--line-length=100", "--target-version=py311")
_SHORT = "--config=format.skip-magic-trailing-comma=true"  # a signature that fits is one line


class GenerateError(Exception):
    """The contract or a template cannot be used; the message says why."""


class Job(NamedTuple):
    """What to make of one contract.

    Attributes:
        contract: the file of the document for the generator.
        made: the folder to write to.
        package: the name of the package.
    """

    contract: Path
    made: Path
    package: str

    @property
    def shared(self) -> Path:
        """Return the file of what templates of all files are given."""
        return self.contract.with_suffix(".shared.json")


def generated(jobs: Sequence[Job], runtime: str | None = None) -> None:
    """Write models, api and docs for each contract.

    Args:
        jobs: the contracts.
        runtime: the package whose `core` the generated code uses; None for each its own.

    Raises:
        GenerateError: a contract is not valid, or a template is not.
    """
    settings: dict[str, Any] = yaml.safe_load((ROOT / "generator-config.yaml").read_text("utf-8"))
    names: list[str] = []
    for job in jobs:
        own: dict[str, Any] = {
            **settings,
            "inputSpec": str(job.contract),
            "outputDir": str(job.made),
            "templateDir": str(ROOT / settings["templateDir"]),
            "packageName": job.package,
        }
        shared: dict[str, Any] = json.loads(job.shared.read_text(encoding="utf-8"))
        own["additionalProperties"] |= {"runtime": runtime or job.package, **shared}
        name = job.contract.with_suffix(".config.json")
        name.write_text(json.dumps(own), encoding="utf-8")
        names.append(str(name))
    if len(names) == 1:
        run("openapi-generator-cli", "generate", "--config", *names)
    else:
        run("openapi-generator-cli", "batch", *names)


def tidied(models: Sequence[Path], api: Sequence[Path], docs: Sequence[Path], own: str) -> None:
    """Put imports and format of generated files in order; `own` is the package that they are of."""
    named = f'--config=lint.isort.known-first-party=["{own}"]'
    run("ruff", *_FIX, named, *_STYLE, *map(str, models))  # annotations are read at run time
    run("ruff", *_FIX_API, named, *_STYLE, *map(str, api))
    run("ruff", "format", *_STYLE, *map(str, (*models, *docs)))
    run("ruff", "format", *_STYLE, _SHORT, *map(str, api))


def sorted_imports(folder: Path, own: str) -> None:
    """Put the imports and format of a copied package in order."""
    named = f'--config=lint.isort.known-first-party=["{own}"]'
    run("ruff", "check", "--fix-only", "--select=I,RUF022", named, *_STYLE, str(folder))
    run("ruff", "format", *_STYLE, str(folder))


def run(program: str, *arguments: str) -> None:
    """Run a program of this environment.

    Raises:
        GenerateError: it failed; the message says why.
    """
    done = subprocess.run(
        (SCRIPTS / program, *arguments),
        cwd=ROOT,
        env=os.environ | {"JDK_JAVA_OPTIONS": JAVA_OPTIONS},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise GenerateError(f"{program}: {_reason(done.stdout + done.stderr)}")


def _reason(output: str) -> str:
    """Return why a program failed, out of all that it wrote."""
    found = re.search(r"^Errors: *\n((?:\s+-.*\n)+)", output, re.MULTILINE)
    if found:
        return "; ".join(line.strip().lstrip("-") for line in found[1].splitlines())
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line for line in lines if re.match("(Caused by|Exception|error|\\[error])", line)]
    return (causes or lines or ["it failed without a word"])[-1]
