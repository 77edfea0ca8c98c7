"""The program `make spec-diff`: where contracts come from, what it prints, and how it ends."""

import json
import random
import sys
from collections.abc import Iterator
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

import processes
import telnyx_recordings
from contract.build import build
from spec_changes import BASE, GONE, changed, found
from spec_diff.__main__ import main
from spec_diff.change import Step, next_version
from spec_diff.revision import load, version_of
from spec_names import check_names

ROOT = Path(__file__).parents[2]
BELOW_ONE = ": below 1.0, a breaking change increments the second number, all else the third"


def write(path: Path, contract: dict[str, Any]) -> str:
    """Write a contract, as JSON or YAML as the file's name says; return where."""
    text = json.dumps(contract) if path.suffix == ".json" else yaml.safe_dump(contract)
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_names_are_those_of_the_package() -> None:
    check_names(build(load("openapi.yaml", ROOT)), telnyx_recordings)


def test_people_get_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edits = {"CALL/from": GONE, "CALL/hold": {"type": "integer"}, "NEW/description": "x"}
    new = write(tmp_path / "new.yaml", changed(edits))
    old = write(tmp_path / "old.json", BASE)
    assert main([old, new]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{old} → {new}",
        "",
        "Breaking (1)",
        "  Call.from_  removed: str | None",
        "",
        "Added (1)",
        "  Call.hold  int",
        "",
        "Documentation only (1)",
        "  NewCall  description",
        "",
        "Step: major, because existing programs may break.",
        f"Version: {telnyx_recordings.__version__} → {_after('major')}{BELOW_ONE}",
    ]
    assert main([old, old]) == 0
    assert "Step: none, because users see no difference." in capsys.readouterr().out


def _after(step: Step) -> str:
    return next_version(telnyx_recordings.__version__, step)


def test_programs_get_json_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write(tmp_path / "old.json", BASE)
    new = write(tmp_path / "new.json", changed({"NEW/properties/note/deprecated": True}))
    assert main([old, new, "--format=json"]) == 0
    change, summary = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert change == {
        "record": "change",
        "breaking": False,
        "kind": "changed",
        "step": "minor",
        "name": "NewCall.note",
        "text": "is deprecated now",
        "also": ["client.calls.create(note=)"],
    }
    assert summary == {
        "record": "summary",
        "old": old,
        "new": new,
        "step": "minor",
        "breaking": 0,
        "added": 0,
        "changed": 1,
        "removed": 0,
        "documentation": 0,
        "version": telnyx_recordings.__version__,
        "next_version": _after("minor"),
    }


def test_continuous_integration_can_be_made_to_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = write(tmp_path / "old.json", BASE)
    more = write(tmp_path / "more.json", changed({"CALL/hold": {"type": "integer"}}))
    less = write(tmp_path / "less.json", changed({"CALL/from": GONE}))
    assert [main([old, each, "--fail-on=breaking"]) for each in (old, more, less)] == [0, 0, 1]
    assert [main([old, each, "--fail-on=any"]) for each in (old, more, less)] == [0, 1, 1]
    assert [main([old, each]) for each in (old, more, less)] == [0, 0, 0]
    assert capsys.readouterr().err == ""


def test_a_contract_may_come_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = write(tmp_path / "new.json", changed({"NEW/properties/note": GONE}))
    monkeypatch.setattr(sys, "stdin", StringIO(json.dumps(BASE)))
    assert main(["-", new, "--from-version=1.4.2"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"- → {new}",
        "",
        "Breaking (1)",
        "  NewCall.note  removed: str",
        "                also: client.calls.create(note=)",
        "",
        "Step: major, because existing programs may break.",
        "Version: 1.4.2 → 2.0.0",
    ]
    monkeypatch.setattr(
        sys, "stdin", StringIO("{openapi: 3.1.0, info: {}, paths: {/a: {get: []}}}")
    )
    assert main(["-", new]) == 2
    said = "spec-diff: -: paths./a.get has to be an object, and is a list\n"
    assert capsys.readouterr().err == said
    with pytest.raises(SystemExit, match="2"):
        main([new, new, "--from-version=1.x"])
    assert "'1.x' is not of the form 1.2.3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("version", "step", "expected"),
    [
        ("0.1.0", "major", "0.2.0"),
        ("0.1.0", "minor", "0.1.1"),
        ("0.1.9", "patch", "0.1.10"),
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "none", "1.2.3"),
    ],
)
def test_the_next_version_follows_from_the_step(version: str, step: Step, expected: str) -> None:
    assert next_version(version, step) == expected


def test_a_revision_is_as_good_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
        processes.run("git", *who, *arguments, cwd=tmp_path, check=True)

    git("init", "--quiet")
    for title, version in (("first", "0.1.0"), ("second", "0.2.0")):
        write(tmp_path / "openapi.yaml", changed({"info/title": title}))
        write(tmp_path / "other.json", changed({"info/title": f"other {title}"}))
        package = tmp_path / "telnyx_recordings"
        package.mkdir(exist_ok=True)
        (package / "_version.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
        git("add", ".")
        git("commit", "--quiet", "-m", title)
    git("tag", "v1")
    monkeypatch.chdir(tmp_path)
    names = ("HEAD~1", "v1", "HEAD~1:other.json", "openapi.yaml")
    titles = [load(name, tmp_path)["info"]["title"] for name in names]
    assert titles == ["first", "second", "other first", "second"]
    (tmp_path / "telnyx_recordings/_version.py").write_text('__version__ = "0.3.0"\n')
    versions = [version_of(name, tmp_path) for name in ("HEAD~1", *names)]
    assert versions == ["0.1.0", "0.1.0", "0.2.0", "0.1.0", "0.3.0"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "is neither a file nor a revision of git that has openapi.yaml"),
        ("{", "is neither YAML nor JSON"),
        ("[1]", "holds no contract: an object is wanted"),
        ("swagger: '2.0'", "it says swagger: 2.0. Convert it first"),
        ("openapi: 3.1.0\ninfo: {}\npaths: {/a: {get: []}}", "paths./a.get has to be an object"),
        (
            "openapi: 3.0.0\npaths: {/a: {get: {parameters: [{$ref: 'b.yaml'}]}}}",
            "b.yaml cannot be read: No such file or directory",
        ),
    ],
)
def test_unreadable_contracts_are_reported_in_one_line(
    text: str | None, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert main([write(tmp_path / "old.json", BASE), str(path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("spec-diff: ")
    assert complaint in said
    assert said.count("\n") == 1


def test_changes_of_methods_come_before_changes_of_classes() -> None:
    old = changed({"SCHEMAS/ClientTool": {"properties": {"a": {"type": "string"}}}})
    less = changed({"LEG/requestBody": GONE, "servers/1": GONE, "CALL/from": GONE})
    assert [line.split(" | ")[1] for line in found(old, less)] == [
        "Client(base_url=)",
        "client.legs.update(muted=)",
        "client.legs.update(volume=)",
        "Call.from_",
        "ClientTool",
    ]


def test_a_renamed_class_is_not_reported_as_removed_and_added() -> None:
    text = json.dumps(changed({"CALL/place/properties/zip": {"type": "string"}}))
    renamed = json.loads(
        text.replace('schemas/Call"', 'schemas/Talk"').replace('"Call":', '"Talk":')
    )
    renamed["paths"]["/calls"]["get"]["x-pagination"]["item"] = "Talk"
    assert found(json.loads(text), renamed) == [
        "major changed | Call → Talk | renamed",
        "major changed | CallPlace → TalkPlace | renamed",
    ]


def test_choices_inside_of_themselves_are_compared() -> None:
    contract = changed({})
    for name in ("Tree", "Bush"):
        items = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
        contract["components"]["schemas"][name] = {"oneOf": [{"type": "string"}, items]}
    old, new = (
        changed({"CALL/tree": {"$ref": f"#/components/schemas/{name}"}}, contract)
        for name in ("Tree", "Bush")
    )
    assert found(old, new) == ["patch changed | Call.tree | Tree | None → Bush | None in responses"]


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    match node:
        case dict():
            for key, value in cast("dict[str, Any]", node).items():
                yield from _places(value, (*path, key))
        case [*items]:
            for place, value in enumerate(items):
                yield from _places(value, (*path, place))
        case _:
            pass


def test_spec_diff_survives_every_contract(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)
    places = list(_places(BASE))
    values: list[Any] = [None, 7, "x", [], {}, True, ["a"], {"a": 1}, {"$ref": "#/no"}]
    old = write(tmp_path / "old.json", BASE)
    ended: set[int] = set()
    for _ in range(150):
        contract = deepcopy(BASE)
        *steps, last = chance.choice(places)
        node: Any = contract
        for step in steps:
            node = node[step]
        node[last] = deepcopy(chance.choice(values))
        new = write(tmp_path / "new.json", contract)
        ended |= {main([old, new]), main([new, old, "--format=json"])}
        assert capsys.readouterr().err.count("\n") <= 2
    assert ended == {0, 2}
