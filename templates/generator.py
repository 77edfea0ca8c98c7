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

Keys = dict[str, Any]


class GenerateError(Exception):
    """The contract or a template cannot be used; the message says why."""


class Job(NamedTuple):
    """What to make of one contract.

    Attributes:
        folder: where the documents for the generator are, each with its settings.
        made: the folder to write to.
        package: the name of the package.
        runtime: the package whose `core` the generated code uses; empty for its own.
    """

    folder: Path
    made: Path
    package: str
    runtime: str = ""


def write_documents(documents: Sequence[Keys], shared: Keys, job: Job) -> None:
    """Write the documents of a contract, and the settings of openapi-generator for each.

    Args:
        documents: the first has all that there is once; the others only have more models.
        shared: the values for the templates of all files.
        job: what to make of them.
    """
    settings: dict[str, Any] = yaml.safe_load((ROOT / "generator-config.yaml").read_text("utf-8"))
    settings["templateDir"] = str(ROOT / settings["templateDir"])
    settings["packageName"] = job.package
    settings["additionalProperties"]["runtime"] = job.runtime or job.package
    job.folder.mkdir()
    for number, document in enumerate(documents):
        path = job.folder / f"{number}.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        own = {**settings, "inputSpec": str(path)}
        if number:
            own["outputDir"] = str(job.made / str(number))
            own["files"] = {}
            own["globalProperties"] = {"models": "", "modelDocs": "true", "modelTests": "false"}
        else:
            own["outputDir"] = str(job.made)
            own["additionalProperties"] = settings["additionalProperties"] | shared
        path.with_suffix(".config").write_text(json.dumps(own), encoding="utf-8")


def generated(jobs: Sequence[Job]) -> None:
    """Write models, api and docs for each contract whose documents are written.

    Raises:
        GenerateError: a document is not valid, or a template is not.
    """
    configs = [str(path) for job in jobs for path in sorted(job.folder.glob("*.config"))]
    run("openapi-generator-cli", "batch", *configs)
    for job in jobs:
        for part in job.made.glob("[1-9]*"):
            for folder in (f"{job.package}/models", "models", "docs"):
                for path in sorted((part / folder).glob("*")):
                    path.rename(job.made / folder / path.name)


def tidied(models: Sequence[Path], api: Sequence[Path], docs: Sequence[Path], own: str) -> None:
    """Sort the imports of generated files and format them; `own` is their package."""
    named = f'--config=lint.isort.known-first-party=["{own}"]'
    run("ruff", *_FIX, named, *_STYLE, *map(str, models))  # annotations are read at run time
    run("ruff", *_FIX_API, named, *_STYLE, *map(str, api))
    run("ruff", "format", *_STYLE, *map(str, (*models, *docs)))
    run("ruff", "format", *_STYLE, _SHORT, *map(str, api))


def sorted_imports(folder: Path, own: str) -> None:
    """Keep the imports that a copied package needs, sort them, and format it."""
    named = f'--config=lint.isort.known-first-party=["{own}"]'
    run("ruff", "check", "--fix-only", "--select=F401,I,RUF022", named, *_STYLE, str(folder))
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
    """Return why a program failed, from its output."""
    found = re.search(r"^Errors: *\n((?:\s+-.*\n)+)", output, re.MULTILINE)
    if found:
        return "; ".join(line.strip().lstrip("-") for line in found[1].splitlines())
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line for line in lines if re.match("(Caused by|Exception|error|\\[error])", line)]
    return (causes or lines or ["it failed without a word"])[-1]
