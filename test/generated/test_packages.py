"""`make generate SPEC=… OUT=… PACKAGE=…`: a whole package, installable, and what is refused."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import generator
import processes
from behaviours import Reply
from fakes import Line, Received, Server
from fences import PROGRAM, fences

SPEC = Path(__file__).parent / "contracts/whole_package.yaml"
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.xdist_group("packages")  # one package serves most


def make(out: Path, package: str, spec: Path = SPEC) -> subprocess.CompletedProcess[str]:
    """Run `make generate` for another contract."""
    return run("templates/generate.py", "--spec", spec, "--out", out, "--package", package)


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return processes.run(sys.executable, *arguments, cwd=ROOT, env=os.environ | environment)


def contents(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package's project, as it was written."""
    out = tmp_path_factory.mktemp("packages") / "some where/pets"
    done = make(out, "pet_store")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def site(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed."""
    target = tmp_path_factory.mktemp("site")
    quiet = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    done = run("-m", "pip", "install", *quiet, "--target", target, project)
    assert done.returncode == 0, done.stderr
    return target


def test_a_package_has_all_that_it_needs_and_nothing_of_recordings(project: Path) -> None:
    files = contents(project)
    assert {"pyproject.toml", "README.md", "docs/reference/index.md"} <= files.keys()
    parts = ("py.typed", "client.py", "models/pet.py", "api/pet_resource.py", "core/call/flow.py")
    assert {f"pet_store/{each}" for each in parts} <= files.keys()
    strange = re.compile(
        rb"telnyx(?!-recordings: do not edit)|(?<!telnyx-)recording|texml|transcri|hung up"
        rb"|conference|balance|command_id|callended|obstore",
        re.IGNORECASE,
    )
    assert {name: found for name, text in files.items() if (found := strange.findall(text))} == {}
    gone = re.compile(r"pet_store/(media|archive|sandbox|cli|webhooks)\b|core/batch")
    assert [name for name in files if gone.search(name)] == []


def test_a_package_works_where_it_is_installed(site: Path) -> None:
    program = (
        "import sys; import pet_store; from pet_store import Client, models\n"
        "from pet_store.errors import ConfigError, PetStoreError\n"
        "assert issubclass(ConfigError, PetStoreError) and 'Pet' in dir(pet_store)\n"
        "assert pet_store.Pet is models.Pet and pet_store.__version__ == '1.2'\n"
        "print(Client().pet.get('p1'))\n"
        "assert 'telnyx_recordings' not in sys.modules\n"
    )
    with Server(Reply(200, {"name": "Rex"})) as server:
        url = f"http://127.0.0.1:{server.port}"
        keys = {"PET_STORE_API_KEY": "K", "PET_STORE_BASE_URL": url, "PYTHONPATH": str(site)}
        done = run("-c", program, **keys)
    assert (done.stdout, done.stderr) == ("Pet(name='Rex')\n", "")
    assert server.requests[0].headers["x-pet-key"] == "K"
    assert server.requests[0].headers["user-agent"].startswith("pet-store/1.2 ")


def test_models_are_loaded_when_they_are_asked_for(site: Path) -> None:
    program = "import sys, pet_store; print(*sorted(n for n in sys.modules if 'pet_store' in n))"
    loaded = run("-c", program, PYTHONPATH=str(site)).stdout.split()
    assert loaded == ["pet_store", "pet_store._lazy", "pet_store._version"]


@pytest.mark.parametrize(
    "checker",
    [("mypy", "--strict"), ("basedpyright", "--level=error", "--pythonpath", sys.executable)],
)
def test_a_package_passes_strict_checkers(
    project: Path, checker: tuple[str, ...], tmp_path: Path
) -> None:
    shutil.copytree(project / "pet_store", tmp_path / "pet_store")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command: list[str | Path] = [generator.SCRIPTS / checker[0], *checker[1:], "pet_store"]
    done = processes.run(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_texts_say_what_the_contract_says(project: Path) -> None:
    readme = (project / "README.md").read_text("utf-8")
    assert '# pet-store\n\nA typed Python client for The "Pet" store' in readme
    assert "| `api_key` | `PET_STORE_API_KEY` |" in readme
    assert r"| [`client.pet`](docs/reference/PetResource.md) | Pets \| and such. |" in readme
    assert "`http://pets.example.com/v1`" in readme
    docs = project / "docs/reference"
    assert r"| CAT | `cat` | A cat \| or kitten. |" in (docs / "Sort.md").read_text("utf-8")
    page = (docs / "PetResource.md").read_text("utf-8")
    assert 'client.pet.get(\n        "p1",\n    )' in page
    assert r"| 404 | `NotFoundError` | No \| such pet. |" in page
    assert "| **pet_id** (`petId` on the wire) | **str** |" in page


def test_a_second_run_gives_the_same_and_removes_what_is_stale(
    project: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again"
    assert make(out, "old_name").returncode == 0
    (out / "old_name/models/stale.py").touch()
    (out / "notes.txt").write_text("mine")
    done = make(out, "pet_store")
    assert done.returncode == 0, done.stderr
    assert contents(out) == {**contents(project), "notes.txt": b"mine"}


@pytest.mark.parametrize(
    ("package", "why"),
    [
        ("pet-store", "PACKAGE=pet-store is no name that Python can import"),
        ("class", "PACKAGE=class is a word that Python keeps for itself"),
        ("json", "PACKAGE=json would hide what it needs itself: add a word"),
        ("PetStore", "PACKAGE=PetStore has to be in lower case and to begin with a letter"),
        ("", "another contract takes all three: SPEC=path OUT=path PACKAGE=name"),
    ],
)
def test_a_name_that_cannot_be_a_package_is_refused(tmp_path: Path, package: str, why: str) -> None:
    done = make(tmp_path / "out", package)
    assert (done.returncode, done.stderr) == (1, f"generate: {why}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("", "is not empty, and `make generate` did not write it"),
        ("mine.txt", "is not a folder"),
        ("mine.txt/out", "cannot be written to: Not a directory"),
    ],
)
def test_a_folder_that_is_not_ours_or_cannot_be_made_is_named(
    tmp_path: Path, out: str, why: str
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = make(tmp_path / out, "pet_store")
    assert (done.returncode, done.stderr) == (1, f"generate: OUT={tmp_path / out} {why}\n")
    assert contents(tmp_path) == {"mine.txt": b"mine"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "cannot be read: No such file or directory"),
        ("a: [", "cannot be read: "),
        ("openapi: 3.1.0\ninfo: {title: [x}\n", "line 2"),
        ("just words", "cannot be read: a contract is an object, and this is none"),
        ("a: 1\nb: 2\na: 3", "the key 'a' is there twice at line 3, column 1"),
        ("swagger: '2.0'", "it says swagger: 2.0. Convert it first, for example with"),
        ("openapi: 3.0.3\ninfo: {}", "contract.yaml: has no `paths`, no `webhooks` and no"),
        ("openapi: 3.3.0\npaths: {}", "it says 3.3.0"),
        ("openapi: 4.0.0", "is not OpenAPI 3.0, 3.1 or 3.2 (`openapi: 3.1.0`): it says 4.0.0"),
        (
            "openapi: 3.1.0\npaths: {/a: {get: {parameters: [{$ref: 'b.yaml#/P'}]}}}",
            "$ref b.yaml#/P: ",
        ),
    ],
)
def test_an_invalid_contract_for_a_package_is_refused_in_one_line(
    tmp_path: Path, text: str | None, why: str
) -> None:
    spec = tmp_path / "contract.yaml"
    if text is not None:
        spec.write_text(text)
    done = make(tmp_path / "out", "pet_store", spec)
    assert done.returncode == 1
    assert done.stderr.startswith("generate: ")
    assert "contract.yaml" in done.stderr
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


SERVERS = """\
openapi: 3.0.3
info: {title: Servers, version: '1'}
servers:
  - url: 'http://127.0.0.1:ONE/{version}'
    description: Production server
    variables: {version: {default: v1, enum: [v1, v2]}}
  - {url: 'http://127.0.0.1:TWO/test', description: Sandbox}
security: [{oauth: [read]}]
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: 'http://127.0.0.1:TWO/token', scopes: {read: To read.}}}
paths:
  /a: {get: {operationId: a, tags: [calls], responses: {'204': {description: Done.}}}}
  /b:
    get:
      operationId: b
      tags: [calls]
      servers:
        - {url: 'http://127.0.0.1:TWO/files/{version}', description: Production server}
        - {url: 'http://127.0.0.1:ONE/files', description: Sandbox}
      responses: {'204': {description: Done.}}
  /c:
    servers: [{url: 'http://127.0.0.1:TWO/{place}', variables: {place: {default: x}}}]
    get:
      {operationId: c, tags: [calls], security: [], responses: {'204': {description: Done.}}}
"""


CALLS = """\
import asyncio
from served import AsyncClient, Client
from served.errors import ConfigError

keys = {"client_id": "me", "client_secret": "hush"}


async def call(**settings):
    with Client(**keys, **settings) as client:
        client.calls.a(), client.calls.b(), client.calls.c()
    async with AsyncClient(**keys, **settings) as client:
        await client.calls.a(), await client.calls.b(), await client.calls.c()


asyncio.run(call())
asyncio.run(call(version="v2"))
asyncio.run(call(server="sandbox"))
Client().calls.c()
try:
    Client().calls.a()
except ConfigError as error:
    print(error)
"""


def test_calls_go_to_the_servers_of_the_contract(tmp_path: Path) -> None:
    """An operation's or path's own server too; tokens are fetched, and public calls need none."""
    token = Reply(200, {"access_token": "T", "token_type": "bearer", "expires_in": 60})
    done = Reply(204, b"")

    def serve(line: Line, request: Received) -> bool:
        return (token if request.target == "/token" else done)(line, request)

    with Server(serve) as one, Server(serve) as two:
        spec = tmp_path / "openapi.yaml"
        spec.write_text(SERVERS.replace("ONE", str(one.port)).replace("TWO", str(two.port)))
        assert make(tmp_path / "out", "served", spec).returncode == 0
        ran = run("-c", CALLS, PYTHONPATH=str(tmp_path / "out"))
    why = "there is no API key: pass client_id=…, client_secret=… or set SERVED_CLIENT_ID and "
    assert (ran.stdout, ran.stderr) == (f"{why}SERVED_CLIENT_SECRET\n", "")
    assert [[each.target for each in server.requests] for server in (one, two)] == [
        [*["/v1/a"] * 2, *["/v2/a"] * 2, *["/files/b"] * 2],
        [
            *["/token", "/files/v1/b", "/x/c"] * 2,
            *["/token", "/files/v2/b", "/x/c"] * 2,
            *["/token", "/test/a", "/x/c"] * 2,
            "/x/c",
        ],
    ]
    sent = {each.target: each.headers.get("authorization") for each in two.requests}
    assert (sent["/test/a"], sent["/x/c"]) == ("Bearer T", None)


def test_the_readme_begins_with_a_program_that_works(project: Path, site: Path) -> None:
    readme = (project / "README.md").read_text("utf-8")
    program = next(each.code for each in fences(readme) if each.language == PROGRAM)
    assert 'Client(api_key="…")' in program
    with Server(Reply(200, {"name": "Rex"})) as server:
        url = f"http://127.0.0.1:{server.port}"
        keys = {"PET_STORE_BASE_URL": url, "PYTHONPATH": str(site)}
        done = run("-c", program.replace("…", "KEY"), **keys)
    assert (done.stdout, done.stderr) == ("Pet(name='Rex')\n", "")
    assert server.requests[0].target == "/pets/p1"


def test_the_command_in_the_guide_generates_a_package() -> None:
    guide = (ROOT / "docs/generating.md").read_text("utf-8")
    asked = re.findall(r"^make (generate .*)$", guide, re.MULTILINE)
    assert asked == ["generate SPEC=petstore.yaml OUT=../petstore PACKAGE=petstore"]
    told = processes.run(
        "make", "--dry-run", "--always-make", *asked[0].split(), cwd=ROOT, check=True
    )
    spec = '--spec="petstore.yaml" --out="../petstore" --package="petstore"'
    assert f"templates/generate.py {spec}" in told.stdout
