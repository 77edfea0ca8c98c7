"""What contracts may contain: each construct is generated, typed, decoded, encoded and called."""

import asyncio
import datetime as dt
import decimal
import importlib
import inspect
import io
import os
import re
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import processes
from behaviours import Reply
from constructs import CONSTRUCTS, FOLDER, Construct, Made
from contract.build import build
from contract.bundle import read_file
from fakes import Line, Received, Server
from fences import PROGRAM, ROOT, Fence, of_page
from spec_names import check_names

pytestmark = pytest.mark.xdist_group("constructs")  # one run of the generator serves all

GOOD = [each for each in CONSTRUCTS if "x-refused" not in each.said]
REFUSED = [each for each in CONSTRUCTS if "x-refused" in each.said]
CALLS = [
    pytest.param(each, call, id=f"{each.name} {number}: {call['call']}")
    for each in GOOD
    for number, call in enumerate(each.said.get("x-calls", ()), 1)
]

ITERATED = [
    pytest.param(each, call, id=f"{each.name}: {call['call']}")
    for each in GOOD
    for call in each.said.get("x-iterated", ())
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Packages made of all constructs, ready to be imported."""
    found = Made(tmp_path_factory.mktemp("constructs"))
    sys.path.insert(0, str(found.site))
    yield found
    sys.path.remove(str(found.site))


def package(made: Made, construct: Construct) -> Any:
    """The package of a construct."""
    assert construct.name not in made.failures, made.failures[construct.name]
    return importlib.import_module(construct.package)


def value(made: Made, construct: Construct, expression: str, **names: Any) -> Any:
    """What a Python expression of a construct gives."""
    found = package(made, construct)
    known = {"package": found, "models": found.models, "errors": found.errors, "io": io, **names}
    known |= {"datetime": dt, "Decimal": decimal.Decimal, "UUID": uuid.UUID}
    return eval(expression, known)  # noqa: S307 - the contracts are our own


@pytest.mark.parametrize("construct", GOOD, ids=lambda each: each.name)
def test_a_construct_is_typed(made: Made, construct: Construct) -> None:
    package(made, construct)
    assert made.complaints_about(construct) == []
    assert made.other_complaints == []


@pytest.mark.parametrize("construct", GOOD, ids=lambda each: each.name)
def test_all_of_a_construct_can_be_imported(made: Made, construct: Construct) -> None:
    found = package(made, construct)
    assert [name for name in found.models.__all__ if getattr(found.models, name) is None] == []
    for folder in (made.site / construct.package).rglob("*.py"):
        name = folder.relative_to(made.site).with_suffix("")
        importlib.import_module(".".join(name.parts).removesuffix(".__init__"))


@pytest.mark.parametrize("construct", GOOD, ids=lambda each: each.name)
def test_examples_of_a_construct_survive_a_round_trip(made: Made, construct: Construct) -> None:
    models = package(made, construct).models
    for name, examples in construct.said.get("x-round-trips", {}).items():
        for example in examples:
            model = getattr(models, name).from_dict(example)
            assert model.to_dict() == example
            assert getattr(models, name).from_json(model.to_json()) == model


@pytest.mark.parametrize("construct", GOOD, ids=lambda each: each.name)
def test_a_construct_reads_as_it_should(made: Made, construct: Construct) -> None:
    for expression, expected in construct.said.get("x-shown", {}).items():
        assert repr(value(made, construct, expression)) == expected, expression


@pytest.mark.parametrize("construct", GOOD, ids=lambda each: each.name)
def test_programs_of_the_reference_can_be_compiled(made: Made, construct: Construct) -> None:
    package(made, construct)
    for page in made.docs(construct).glob("*.md"):
        for snippet in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            compile(snippet, page.name, "exec")


@pytest.mark.parametrize("construct", GOOD, ids=lambda each: each.name)
def test_spec_diff_sees_of_a_construct_what_users_see(made: Made, construct: Construct) -> None:
    check_names(build(read_file(FOLDER / f"{construct.name}.yaml")), package(made, construct))


def client_arguments(call: dict[str, Any], server: Server) -> dict[str, Any]:
    """What a client is made with."""
    path = call.get("base_path", "")
    return {"base_url": f"http://127.0.0.1:{server.port}{path}", **call.get("client", {})}


def sync(made: Made, construct: Construct, call: dict[str, Any], server: Server) -> Any:
    """Make the call, sync."""
    with package(made, construct).Client(**client_arguments(call, server)) as client:
        result = value(made, construct, call["call"], client=client)
        return [*result] if hasattr(result, "__next__") or "answers" in call else result


def by_async(made: Made, construct: Construct, call: dict[str, Any], server: Server) -> Any:
    """Make the call, async."""

    async def run() -> Any:
        arguments = client_arguments(call, server)
        async with package(made, construct).AsyncClient(**arguments) as client:
            result = value(made, construct, call["call"], client=client)
            if "answers" not in call:
                result = await result if inspect.isawaitable(result) else result
            is_many = hasattr(result, "__anext__") or "answers" in call
            return [each async for each in result] if is_many else result

    return asyncio.run(run())


def check_request(call: dict[str, Any], request: Received) -> None:
    """See that what came over the wire is what should."""
    if "sends" in call:
        assert f"{request.method} {request.target}" == call["sends"]
    for name, text in call.get("headers", {}).items():
        assert request.headers.get(name.lower()) == text, name
    if "body" in call:
        body = call["body"]
        if "multipart" in request.headers.get("content-type", ""):
            boundary = request.headers["content-type"].partition("boundary=")[2].encode()
            got = request.body.replace(boundary, b"BOUNDARY").replace(b"\r\n", b"\n")
            assert got.decode() == body
        else:
            assert request.body.decode() == (body or "")


@pytest.mark.parametrize("play", [sync, by_async])
@pytest.mark.parametrize(("construct", "call"), CALLS)
def test_a_call_of_a_construct(
    made: Made, construct: Construct, call: dict[str, Any], play: Any
) -> None:
    answer: dict[str, Any] = {"status": 200, "type": "application/json", **call.get("answer", {})}
    headers = {"content-type": answer["type"]} if "body" in answer else {}
    with Server(Reply(answer["status"], answer.get("body", b""), headers)) as server:
        if "raises" in call:
            kind, _, words = call["raises"].partition(", ")
            with pytest.raises(Exception, match=words) as caught:
                play(made, construct, call, server)
            assert kind in [each.__name__ for each in type(caught.value).__mro__]
            if "parsed" in call:
                expected = value(made, construct, call["parsed"])
                parsed = getattr(caught.value, "parsed", ...)
                assert (type(parsed), parsed) == (type(expected), expected)
        else:
            result = play(made, construct, call, server)
            if "gives" in call:
                event = getattr(sys.modules.get(f"{construct.package}.streams"), "Event", None)
                expected = value(made, construct, call["gives"], Event=event)
                assert (type(result), result) == (type(expected), expected)
        for request in server.requests:
            check_request(call, request)
        assert bool(server.requests) == ("sends" in call)


@pytest.mark.parametrize("play", [sync, by_async])
@pytest.mark.parametrize(("construct", "call"), ITERATED)
def test_a_list_of_a_construct_is_requested_page_by_page(
    made: Made, construct: Construct, call: dict[str, Any], play: Any
) -> None:
    json = {"content-type": "application/json"}
    with Server(*(Reply(200, each.encode(), json) for each in call["answers"])) as server:
        assert play(made, construct, call, server) == value(made, construct, call["gives"])
    assert [each.body.decode() for each in server.requests] == call["sends"]


@pytest.mark.parametrize("construct", REFUSED, ids=lambda each: each.name)
def test_a_contract_that_contradicts_itself_is_refused(made: Made, construct: Construct) -> None:
    assert construct.said["x-refused"] in made.failures[construct.name]
    assert "\n" not in made.failures[construct.name]


@pytest.mark.parametrize("construct", GOOD, ids=lambda each: each.name)
def test_the_program_of_a_readme_makes_a_valid_call(
    made: Made, construct: Construct, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = package(made, construct)
    program = made.readme_program(construct).read_text("utf-8")
    text = program.replace("https://api.example.com", "http://127.0.0.1:1")
    with Server(Reply(418, b"")) as server:
        url = f"http://127.0.0.1:{server.port}"
        monkeypatch.setenv(f"{construct.package.upper()}_BASE_URL", url)
        text = text.replace("http://127.0.0.1:1", url)
        if "client." in program:
            with pytest.raises(found.errors.APIStatusError, match=": 418"):
                exec(text, {})  # noqa: S102 - the contracts are our own
        else:
            exec(text, {})  # noqa: S102 - as above
        assert len(server.requests) == ("client." in program)


@pytest.mark.parametrize("construct", GOOD, ids=lambda each: each.name)
def test_links_of_a_readme_and_the_reference_lead_somewhere(
    made: Made, construct: Construct
) -> None:
    pages = [made.readme(construct), *sorted(made.docs(construct).glob("*.md"))]
    for page in pages:
        links = re.findall(r"\]\(([\w./-]*)(?:#([\w-]*))?\)", page.read_text("utf-8"))
        for target, anchor in links:
            aim = page.parent / target if target else page
            assert aim.is_file(), f"{page.name}: {target}"
            headings = re.findall(r"^#+ (.+)$", aim.read_text("utf-8"), re.MULTILINE)
            known = [re.sub(r"[^\w-]", "", each.lower().replace(" ", "-")) for each in headings]
            assert not anchor or anchor.lower() in known, f"{page.name}: {target}#{anchor}"


class Petstore:
    """The service that the programs in docs/generating.md call."""

    def __call__(self, line: Line, request: Received) -> bool:
        """Respond with a pet, a page of pets, or what happens to a pet."""
        event = 'event: fed\nid: 7\ndata: {"grams": 80}\n\n'
        replies = {
            "/pets/p1": Reply(200, {"name": "Rex"}),
            "/pets/p1/events": Reply(200, event, {"content-type": "text/event-stream"}),
            "/pets": Reply(200, {"pets": [{"name": "Rex"}], "next_page_token": "2"}),
            "/pets?page_token=2": Reply(200, {"pets": [{"name": "Tom"}]}),
        }
        return replies[request.target](line, request)


@pytest.mark.parametrize(
    "program", of_page("docs/generating.md", PROGRAM), ids=lambda each: f"line {each.line}"
)
def test_a_program_of_the_guide_prints_what_the_guide_shows(made: Made, program: Fence) -> None:
    code = program.code.replace("from petstore", "from made_petstore")
    with Server(Petstore()) as server:
        url = f"http://127.0.0.1:{server.port}"
        keys = {"MADE_PETSTORE_BASE_URL": url, "MADE_PETSTORE_API_KEY": "KEY"}
        env = {**os.environ, **keys, "PYTHONPATH": f"{made.site}{os.pathsep}{ROOT}"}
        command = (sys.executable, "-X", "dev", "-W", "error", "-c", code)
        ran = processes.run(*command, cwd=made.site, env=env)
    assert (ran.stdout, ran.stderr) == (program.output, "")
