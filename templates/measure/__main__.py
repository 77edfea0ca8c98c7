"""Measure what `make generate` makes of a contract: `make measure SPEC=path`.

A package is made in a temporary folder; all of it is imported; mypy checks it; and every example in
the contract is read by from_dict and written by to_dict. A table says how it went.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from jsonschema.validators import extend  # type: ignore[import-untyped]  # it has no stubs
from openapi_schema_validator import (
    OAS30Validator,
    OAS31Validator,
    oas30_format_checker,
    oas31_format_checker,
)
from referencing.exceptions import Unresolvable

from contract.build import Builder
from contract.bundle import read_file
from contract.examples import Examples
from contract.places import Places
from contract.references import COMPONENT, Schema, as_list, as_object, followed, is_object
from generate import generate_package
from generator import ROOT, SCRIPTS, GenerateError

PACKAGE = "measured"
_CONTRARY, _NOT_JUDGED = "contradicts its schema", "cannot be judged"
_CONTRARY_TO_SUBTYPE = "contradicts its subtype"
_SHOWN = 20

T = TypeVar("T")


class Example(NamedTuple):
    """One example of the contract.

    Attributes:
        place: where it stands.
        annotation: the type that it is of, as Python's annotations have it.
        value: the example.
        schema: what the contract says of it.
        made: whether it was put together from the examples of its parts.
    """

    place: str
    annotation: str
    value: Any
    schema: Any
    made: bool


def main() -> int:
    """Measure, and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description="Measure what is made of a contract.")
    parser.add_argument("spec", type=Path, help="the contract, OpenAPI 3.0 to 3.2")
    spec: Path = parser.parse_args().spec
    with tempfile.TemporaryDirectory(prefix="measure-") as temporary:
        folder = Path(temporary)
        try:
            rows, failures, _, _ = measured(spec, folder)
        except GenerateError as error:
            print(f"measure: {error}", file=sys.stderr)
            return 1
    for name, figure in rows.items():
        print(f"{name:<44}{figure:>12}")
    reasons = Counter(re.sub(r"[`'\d].*", "…", each.reason) for each in failures)
    for reason, count in reasons.items():
        print(f"{count:>6}  {reason}")
    for each in failures[:_SHOWN]:
        print(f"- {each.place}: {each.reason}")
    return 0


class Failure(NamedTuple):
    """An example that a round trip changed, and why."""

    place: str
    reason: str


def measured(
    spec: Path, folder: Path
) -> tuple[dict[str, str], list[Failure], list[Example], Builder]:
    """Return the rows of the table, what failed, all examples, and the builder of the contract.

    Raises:
        GenerateError: the contract cannot be used.
    """
    (folder / "made").mkdir()
    out = folder / "out"
    _, seconds = _timed(lambda: generate_package(str(spec), str(out), PACKAGE, folder / "made"))
    contract = read_file(spec)
    schemas = len(as_object(as_object(contract.get("components")).get("schemas")))
    builder = Builder(contract)
    operations = builder.api().operations
    examples = list(every_example(builder))
    (folder / "examples.json").write_text(json.dumps([(e.annotation, e.value) for e in examples]))
    program = ("-m", "measure.round_trips", PACKAGE, str(folder / "examples.json"))
    trips, took = _timed(lambda: _python(out, *program))
    told: Schema = json.loads(trips)
    complaints, of_mypy = _timed(lambda: _mypy(out))
    failures = [
        Failure(each.place, reason_of(each, reason, contract))
        for each, reason in zip(examples, told["reasons"], strict=True)
        if reason
    ]
    exact = told["reasons"].count("")
    whole = sum(not each.made for each in examples)
    contrary, unjudged = (
        sum(each.reason.startswith(word) for each in failures)
        for word in ("contradicts", _NOT_JUDGED)
    )
    judged = len(examples) - contrary - unjudged
    rows = {
        "schemas in the contract": str(schemas),
        "operations": str(len(operations)),
        "models, enums and choices": str(told["classes"]),
        "modules imported": str(told["modules"]),
        "modules that cannot be imported": str(len(told["broken"])),
        "seconds to generate": f"{seconds:.1f}",
        "milliseconds to import the package": f"{told['package_ms']:.0f}",
        "seconds to import all of it": f"{told['import_s']:.1f}",
        "seconds of mypy --strict": f"{of_mypy:.1f}",
        "errors of mypy": str(len(complaints)),
        "examples": str(len(examples)),
        "  of them written in the contract as a whole": str(whole),
        "contrary to their own schema": str(contrary),
        "whose schema leads nowhere": str(unjudged),
        "exact round trips": str(exact),
        "  per cent of the others": f"{100 * exact / max(1, judged):.2f}",
        "the same time, spelt otherwise": str(sum(map(_is_time, told["reasons"]))),
        "seconds of round trips": f"{took:.1f}",
    }
    for broken in (*told["broken"][:_SHOWN], *complaints[:_SHOWN]):
        print(f"- {broken}")
    return rows, failures, examples, builder


def every_example(builder: Builder) -> Iterator[Example]:
    """Yield each example of a contract: of schemas and what is in them, and beside them."""
    contract, schemas, examples = builder.contract, builder.schemas, builder.examples
    named = as_object(as_object(contract.get("components")).get("schemas"))
    for name, schema in named.items():
        yield from _of_schema(name, schemas.component(name).annotation, schema, examples)
    found: list[tuple[Schema, str]] = []
    places = Places(contract, lambda holder, hint: found.append((holder, hint)))
    places.named()
    places.of_paths()
    places.of_webhooks()
    for holder, place in found:
        schema = holder["schema"]
        annotation = schemas.known(schema, place)
        if annotation is None:  # a body whose fields became arguments has no class
            continue
        for value in _written(contract, holder):
            plain = value if "str" in annotation else _as_json(value)
            yield Example(place, annotation, plain, schema, made=False)
        if "$ref" not in as_object(schema):
            yield from _of_schema(place, annotation, schema, examples)
    known = {id(each) for each in (*named.values(), *(holder["schema"] for holder, _ in found))}
    for schema, type_ in schemas.inline.values():
        if id(schema) not in known:
            yield from _of_schema(type_.name, type_.annotation, schema, examples)


def _written(contract: Schema, holder: Schema) -> Iterator[Any]:
    """Yield the examples that stand beside a schema."""
    if "example" in holder:
        yield holder["example"]
    for each in as_object(holder.get("examples")).values():
        example = followed(contract, each) if is_object(each) else {}
        if "value" in example:
            yield example["value"]


def _as_json(value: Any) -> Any:
    """Return what an example of an object is that is written as a text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        with suppress(json.JSONDecodeError):
            return json.loads(value)
    return value


def _of_schema(place: str, annotation: str, schema: Any, examples: Examples) -> Iterator[Example]:
    found = as_object(schema)
    values = [found["example"]] if "example" in found else []
    values += as_list(found.get("examples"))
    for value in values:
        yield Example(place, annotation, value, schema, made=False)
    parts = {key: each for key, each in found.items() if key not in ("example", "examples")}
    yield Example(place, annotation, examples.of(parts), schema, made=True)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def _python(folder: Path, *arguments: str) -> str:
    command = [sys.executable, *arguments]
    path = os.environ | {"PYTHONPATH": str(ROOT / "templates")}
    done = subprocess.run(
        command, cwd=folder, env=path, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise GenerateError(done.stderr.strip().splitlines()[-1])
    return done.stdout


def _mypy(folder: Path) -> list[str]:
    command = (SCRIPTS / "mypy", "--strict", "--no-error-summary", "--cache-dir=.mypy", PACKAGE)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if ": error:" in line]


def _is_time(reason: str) -> bool:
    return reason.startswith("time")


def reason_of(example: Example, reason: str, contract: Schema) -> str:
    """Return why an example failed; that of the contract if it contradicts itself."""
    if _is_time(reason) or not is_object(example.schema):
        return reason
    schema = {**example.schema, "components": contract.get("components")}
    is_old = str(contract.get("openapi")) < "3.1"
    base = OAS30Validator if is_old else OAS31Validator
    checker = oas30_format_checker if is_old else oas31_format_checker
    judges: dict[str, Any] = {
        _CONTRARY: base,
        _CONTRARY_TO_SUBTYPE: extend(base, {"discriminator": partial(_check_subtype, set())}),
    }
    for why, kind in judges.items():
        validator: Any = kind(schema, format_checker=checker)
        try:
            error = next(iter(validator.iter_errors(example.value)), None)
        except (Unresolvable, RecursionError):
            return f"{_NOT_JUDGED}: its schema leads nowhere ({reason})"
        if error:
            return f"{why}: {error.message[:80]} ({reason})"
    return reason


def _check_subtype(
    begun: set[tuple[int, str]], validator: Any, rule: Any, instance: Any, _schema: Any
) -> Iterator[Any]:
    """Yield what is wrong with an object by the subtype that the discriminator of its base names.

    JSON Schema ignores discriminators. A subtype includes its base class, so each is checked once.
    """
    mapping = as_object(as_object(rule).get("mapping"))
    name = as_object(instance).get(str(as_object(rule).get("propertyName")))
    ref = str(mapping.get(str(name), ""))
    place = (id(instance), ref)
    if ref and place not in begun:
        begun.add(place)
        ref = ref if ref.startswith("#/") else COMPONENT + ref
        yield from validator.descend(instance, {"$ref": ref})
        begun.discard(place)


if __name__ == "__main__":
    sys.exit(main())
