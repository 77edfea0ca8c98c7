"""Run openapi-generator and ruff: one start of Java, however many contracts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator, Sequence
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
        folder: where the documents for the generator are.
        made: the folder to write to.
        package: the name of the package.
    """

    folder: Path
    made: Path
    package: str

    @property
    def shared(self) -> Path:
        """Return the file with the values for the templates of all files."""
        return self.folder / "shared.json"

    def part(self, number: int) -> Path:
        """Return the file of a document."""
        return self.folder / f"{number}.openapi.json"

    @property
    def parts(self) -> list[Path]:
        """Return the files of all documents, the first one first."""
        found = self.folder.glob("*.openapi.json")
        return sorted(found, key=lambda path: int(path.name.partition(".")[0]))


def generated(jobs: Sequence[Job], runtime: str | None = None) -> None:
    """Write models, api and docs for each contract.

    Args:
        jobs: the contracts.
        runtime: the package whose `core` the generated code uses; None for each its own.

    Raises:
        GenerateError: a document is not valid, or a template is not.
    """
    configs = [each for job in jobs for each in _configs(job, runtime or job.package)]
    run("openapi-generator-cli", "batch", *configs)
    for job in jobs:
        for part in job.parts[1:]:
            for folder in (f"{job.package}/models", "models", "docs"):
                for path in sorted((job.made / part.stem / folder).glob("*")):
                    path.rename(job.made / folder / path.name)


def _configs(job: Job, runtime: str) -> Iterator[str]:
    """Write the settings for each document of a job; yield their files."""
    settings: dict[str, Any] = yaml.safe_load((ROOT / "generator-config.yaml").read_text("utf-8"))
    shared: dict[str, Any] = json.loads(job.shared.read_text(encoding="utf-8"))
    for number, part in enumerate(job.parts):
        more = {"runtime": runtime, **({} if number else shared)}
        own = {
            **settings,
            "inputSpec": str(part),
            "outputDir": str(job.made / part.stem if number else job.made),
            "templateDir": str(ROOT / settings["templateDir"]),
            "packageName": job.package,
            "additionalProperties": settings["additionalProperties"] | more,
        }
        if number:  # what there is once is in the first
            own["files"] = {}
            own["globalProperties"] = {"models": "", "modelDocs": "true", "modelTests": "false"}
        config = part.with_suffix(".config")
        config.write_text(json.dumps(own), encoding="utf-8")
        yield str(config)


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
