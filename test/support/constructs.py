"""Small contracts, one for each construct of OpenAPI, and what is made of all of them at once.

Each is a YAML file in test/generated/contracts that begins with a sentence about what it is for.
Besides the contract it may say, all of it optional:

    x-round-trips: {Schema: [value, …]}   each value goes through from_dict and to_dict unchanged
    x-shown: {expression: repr}           what a Python expression gives, with `models` at hand
    x-typed: |                            what type checkers see: the body of a function that is
      assert_type(pet.name, str)          given `client`, and knows `models`
    x-refused: text                       `make generate` refuses the contract, and says this
    x-calls:                              each is made, sync and async, over a socket
      - call: client.pets.list(limit=5)   a Python expression
        client: {api_key: KEY}            arguments of the client
        sends: GET /pets?limit=5          the first line of the request
        headers: {x-trace: "1"}           among the headers of the request; null: not there
        body: '{"a":1}'                   the bytes of the request's body
        answer: {status: 200, type: application/json, body: …}
        gives: "[models.Pet(name='x')]"   a Python expression
        raises: ValueError, and a word of it
        parsed: models.Problem(code=1)    the body of the error response
    x-iterated:                           each is a list, read to its end, sync and async
      - call: client.pets.search()        as above
        answers: ['{"data": []}', …]      the bodies of the responses
        sends: ['{"page":1}', …]          the bodies of the requests
        gives: "[models.Pet(name='x')]"   as above
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import processes
from contract.api import Api
from contract.read import read
from contract.render import documents
from generate import DOCUMENT, GENERATED, folders, placed, read_api
from generator import (
    ROOT,
    SCRIPTS,
    GenerateError,
    Job,
    generated,
    sorted_imports,
    tidied,
    write_documents,
)
from package import OWN, assemble

FOLDER = Path(__file__).parents[1] / "generated" / "contracts"


class Construct(NamedTuple):
    """One small contract."""

    name: str
    said: dict[str, Any]

    @property
    def package(self) -> str:
        """The name of the package that is made of it."""
        return f"made_{self.name}"


def _constructs() -> list[Construct]:
    found: list[Construct] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        said: dict[str, Any] = read(path.read_text(encoding="utf-8"))
        found.append(Construct(path.stem, said))
    return found


CONSTRUCTS = _constructs()


class Made:
    """The packages of all constructs, side by side in one folder, with one runtime: our own."""

    def __init__(self, folder: Path) -> None:
        """Make them, in one start of Java, and check their types in one run of each checker."""
        self.site = folder / "site"
        self.site.mkdir()
        self.failures: dict[str, str] = {}
        apis: dict[str, Api] = {}
        for each in CONSTRUCTS:
            (folder / each.name).mkdir()
            try:
                apis[each.name] = read_api(FOLDER / f"{each.name}.yaml")
                write_documents(*documents(apis[each.name], each.package), _job(folder, each))
            except GenerateError as error:
                self.failures[each.name] = str(error)
        good = [each for each in CONSTRUCTS if each.name in apis]
        failure = self._generate(folder, good)
        for each in good:
            try:
                placed(apis[each.name], folder / each.name, each.package, OWN)
            except GenerateError as error:
                self.failures[each.name] = f"{error}; {failure}"
        good = [each for each in good if each.name not in self.failures]
        places = [[folder / each.name / place for place in folders(each.package)] for each in good]
        models, api, docs = zip(*places, strict=True)
        tidied(models, api, docs, "made_*")
        for each in good:
            assemble(apis[each.name], folder / each.name, each.package, shares_runtime=True)
            (folder / each.name / each.package).rename(self.site / each.package)
            (self.site / f"typed_{each.name}.py").write_text(_typed(each), encoding="utf-8")
            self.readme_program(each).write_text(_first_program(folder / each.name))
        sorted_imports(self.site, "made_*")
        self.complaints = [*self._check_types(), *self._check_types_with_pyright()]

    def _generate(self, folder: Path, constructs: Sequence[Construct]) -> str:
        """Run the generator over all, and return why it failed, if it did for any."""
        try:
            generated([_job(folder, each) for each in constructs])
        except GenerateError as error:
            return str(error)
        return ""

    def _check_types(self) -> list[str]:
        run = processes.run(
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--no-error-summary",
            ".",
            cwd=self.site,
            env={"MYPYPATH": str(ROOT), "PATH": "", "HOME": str(self.site)},
        )
        return (run.stdout + run.stderr).splitlines()

    def _check_types_with_pyright(self) -> list[str]:
        (self.site / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
        run = processes.run(
            SCRIPTS / "basedpyright", "--outputjson", "--pythonpath", sys.executable, cwd=self.site
        )
        found: list[dict[str, Any]] = json.loads(run.stdout)["generalDiagnostics"]
        return [
            f"{Path(each['file']).relative_to(self.site)}: {each['message']} ({each.get('rule')})"
            for each in found
        ]

    def readme_program(self, construct: Construct) -> Path:
        """The program that the README of one package begins with, which checkers read too."""
        return self.site / f"readme_{construct.name}.py"

    def readme(self, construct: Construct) -> Path:
        return self.site.parent / construct.name / "README.md"

    def docs(self, construct: Construct) -> Path:
        """The pages of the reference of one package."""
        return self.site.parent / construct.name / "docs/reference"

    def complaints_about(self, construct: Construct) -> list[str]:
        """What checkers say about one package."""
        own = (f"{construct.package}/", f"typed_{construct.name}.py", f"readme_{construct.name}.py")
        return [line for line in self.complaints if line.startswith(own)]

    @property
    def other_complaints(self) -> list[str]:
        """What checkers say about none of them."""
        return [
            line for line in self.complaints if not line.startswith(("made_", "typed_", "readme_"))
        ]


def _job(folder: Path, construct: Construct) -> Job:
    own = folder / construct.name
    return Job(own / DOCUMENT, own / GENERATED, construct.package, OWN)


def _first_program(project: Path) -> str:
    text = (project / "README.md").read_text(encoding="utf-8")
    return text.partition("```python\n")[2].partition("```")[0].replace("…", "KEY")


def _typed(construct: Construct) -> str:
    """Return a program that holds no more than what type checkers are to see."""
    body = construct.said.get("x-typed", "pass\n")
    streams = [each for each in ("Event", "EventStream", "JsonStream") if f"{each}[" in body]
    imported = f"from {construct.package}.streams import {', '.join(streams)}\n" if streams else ""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return (
        f'"""What checkers see of {construct.name}."""\n'
        "from typing import Any as Any, assert_type as assert_type\n"  # used or not
        f"from {construct.package} import AsyncClient, Client, models as models\n{imported}"
        "async def check(client: Client, async_client: AsyncClient) -> None:\n"
        f"{lines}"
    )
