"""Contracts whose schemas refer on and on, or all to each other."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import processes

ROOT = Path(__file__).parents[2]
CHAIN, WEB = 250, 24

PROGRAM = """\
import sys, threading
from many import models

sys.setswitchinterval(1e-5)
failures, start = [], threading.Barrier(8)

def first_use(number):
    data = {"n": 1, "next": {"n": 2, "next": {"n": 3}}, "all": [{"at": "2026-03-01T00:00:00Z"}]}
    try:
        start.wait()
        for each in range(number, 24, 4):
            model = getattr(models, f"Web{each}").from_dict(data)
            assert model.next.next.n == 3 and model.to_dict() == data
    except BaseException as error:
        failures.append(repr(error))

threads = [threading.Thread(target=first_use, args=(number % 4,)) for number in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
assert not failures, failures
print(models.Chain0.from_dict({"next": {"next": {"n": 3}}}).next.next.n)
"""


def schemas() -> dict[str, Any]:
    """A chain, and a web in which each schema refers to many, in circles."""
    found: dict[str, Any] = {}
    for name, count in (("Chain", CHAIN), ("Web", WEB)):
        for number in range(count):
            properties: dict[str, Any] = {"n": {"type": "integer"}}
            for field, step in (("next", 1), *((f"to{each}", each) for each in range(2, 10))):
                to = {"$ref": f"#/components/schemas/{name}{(number + step) % count}"}
                if name == "Web" or (step == 1 and number + 1 < count):
                    properties[field] = to
            if name == "Web":
                at = {"type": "object", "properties": {"at": {"type": "string"}}}
                properties["all"] = {"type": "array", "items": at}
            found[f"{name}{number}"] = {"type": "object", "properties": properties}
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of their package's project."""
    folder = tmp_path_factory.mktemp("many")
    contract = {"openapi": "3.1.0", "info": {"title": "Many", "version": "1"}, "paths": {}}
    spec = folder / "openapi.json"
    spec.write_text(json.dumps(contract | {"components": {"schemas": schemas()}}))
    options = ("--spec", spec, "--out", folder / "out", "--package", "many")
    processes.run(sys.executable, "templates/generate.py", *options, cwd=ROOT, check=True)
    return folder / "out"


def test_models_that_refer_to_each_other_can_be_first_used_by_several_threads(made: Path) -> None:
    done = processes.run(sys.executable, "-c", PROGRAM, env=os.environ | {"PYTHONPATH": str(made)})
    assert (done.stdout, done.stderr, done.returncode) == ("3\n", "", 0)


def test_examples_of_models_that_refer_to_each_other_stay_short(made: Path) -> None:
    text = (made / "docs/reference/Web0.md").read_text("utf-8")
    assert "Web0.from_dict(" in text
    assert len(text) < 50_000
