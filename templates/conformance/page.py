"""The page of a run: docs/conformance.md."""

from __future__ import annotations

import os
import platform
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance.tools import LIMIT, PEERS
from contract.texts import cell

if TYPE_CHECKING:
    from conformance.__main__ import Document, Result

_SHOWN = 3
_REASONS = 6

_HEAD = """\
<!-- Written by `make conformance CONTRACTS=folder`: do not edit. -->

# What becomes of real contracts?

`make generate` made a package from each of {count} OpenAPI documents of public services, and
everything that came of it was tried: imported, type-checked, and called. So were packages that two
other generators made of the same documents. The run was on {day} (UTC), on {machine}{busy}.
{versions}

Each step of each document had {limit:.0f} s. The documents are not part of this project; their
names and versions are in the tables. To repeat it with your own, run
`make conformance CONTRACTS=folder`.
"""

_OWN = """
## What does `make generate` make of them?

- **Modules** are the Python files of the package. How many of them cannot be imported, if any, is
  behind the slash.
- **Type errors** are those of `mypy --strict` in the whole package.
- **Examples exact** are those of the document, and ones that are put together from its parts,
  that `from_dict` reads and `to_dict` writes back unchanged, beside all that were tried. Those
  that contradict their own schema were tried, too.
- **Calls accepted** are methods, called with an example of each required argument, whose requests
  [Prism](https://github.com/stoplightio/prism) accepts. It checks paths, parameters, bodies and
  keys against the document, which it gets without examples and without header parameters that
  OpenAPI says to ignore (`Accept`, `Authorization`, `Content-Type`).
- **Seconds** are those of generating, **MB** is the size of all Python in the package.

"""

_LEFT = """
## What is left?

Most of it is in the documents themselves: examples that contradict the schema beside them. Where
Prism does not accept a call, the words behind it are the keyword of the schema that the request
violates and the part of the request, or the name of Prism's error. Calls are made with examples,
which may violate a `pattern` or a length that is not easily met. Where an object in the style
`deepObject` is left out, Prism takes it for an empty one and misses its required fields. The client
itself does not send an example with a field that looks misspelled (`ModelError`).

"""

_KINDS = {
    "contradicts its subtype": "the subtype that the discriminator names forbids the value",
    "contradicts": "the schema forbids the value",
    "cannot be judged": "the schema leads nowhere",
    "time:": "a time is spelled in another way",
    "it came back": "the value comes back changed",
}
"""Why examples are not exact, by how the reason begins."""

_COLUMNS = ("Modules", "Operations", "Type errors", "Examples exact", "Calls accepted")
_BESIDE = """
## How do other generators do?

These are packages of the same documents, from the same run. **Imports** says whether all modules
can be imported. Examples are here those of named schemas that are objects and that the schema
allows, sent through `from_dict` and `to_dict` of the class that the package has for the schema;
where it has no such class, the example is not counted. mypy stops at a file that is no Python, so
that a package with such files has few type errors.

"""


def page(documents: Iterable[Document], tools: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        documents: what became of each contract.
        tools: the versions of other generators and of Prism; empty without them.
    """
    documents = sorted(documents, key=lambda each: each.name)
    versions = [f"{name} {version}" for name, version in tools.items()]
    beside = f"Beside it: {', '.join(versions)}." if versions else "No other tool was installed."
    busy = ", which other programs used as well" if os.getloadavg()[0] > _BUSY else ""
    text = _HEAD.format(
        count=len(documents),
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=_machine(),
        busy=busy,
        versions=beside,
        limit=LIMIT,
    )
    text += _OWN + _head("Document", "Version", "OpenAPI", *_COLUMNS, "Seconds", "MB", texts=3)
    text += "".join(_row(each) for each in documents)
    text += _totals(documents)
    if tools:
        columns = ("Document", "Generator", "Imports", *_COLUMNS[:-1], "Seconds", "MB")
        text += _BESIDE + _head(*columns, texts=3)
        text += "".join(_rows_beside(documents)) + _totals_beside(documents)
    return text + _left(documents)


_BUSY = 2.5


def _head(*columns: str, texts: int) -> str:
    """Return the head of a table, whose first columns are texts and the others figures."""
    lines = ["---" if number < texts else "--:" for number in range(len(columns))]
    return f"| {' | '.join(columns)} |\n| {' | '.join(lines)} |\n"


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()} with {cores} cores and Python {python}"


def _row(document: Document) -> str:
    result = document.results[""]
    head = f"| {cell(document.name)} | {cell(document.version)[:24]} | {cell(document.openapi)} "
    if result.failure:
        return f"{head}| none: {cell(result.failure)} | | | | | | |\n"
    rows = document.rows
    return (
        f"{head}| {_modules(result)} | {result.operations} | {result.type_errors} "
        f"| {rows['exact round trips']}/{rows['examples']} | {_calls(document)} "
        f"| {result.seconds:.0f} | {result.size / 1e6:.1f} |\n"
    )


def _modules(result: Result) -> str:
    return f"{result.modules}/{len(result.broken)} broken" if result.broken else f"{result.modules}"


def _calls(document: Document) -> str:
    calls = document.calls
    if not calls:
        return "not run"
    tried = "" if calls["tried"] == calls["calls"] else f" of {calls['calls']}"
    return f"{calls['outcomes'].get('accepted', 0)}/{calls['tried']}{tried}"


def _totals(documents: list[Document]) -> str:
    good = [each for each in documents if not each.results[""].failure]
    exact = sum(int(each.rows["exact round trips"]) for each in good)
    examples = sum(int(each.rows["examples"]) for each in good)
    contrary = sum(int(each.rows["contrary to their own schema"]) for each in good)
    called = [each.calls for each in good if each.calls]
    accepted = sum(each["outcomes"].get("accepted", 0) for each in called)
    errors = sum(each.results[""].type_errors or 0 for each in good)
    broken = sum(len(each.results[""].broken) for each in good)
    text = (
        f"\n{len(good)} of {len(documents)} documents give a package: {broken} modules cannot be"
        f" imported, and there are {errors} type errors. {exact:,} of {examples:,} examples are"
        f" exact ({_percent(exact, examples)}); {contrary:,} others contradict their own schema.\n"
    )
    if called:
        tried = sum(each["tried"] for each in called)
        text += (
            f"Prism accepted {accepted:,} of {tried:,} calls of {len(called)} documents"
            f" ({_percent(accepted, tried)}).\n"
        )
    return text


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.2f} %"


def _rows_beside(documents: list[Document]) -> Iterable[str]:
    for document in documents:
        for name, result in document.results.items():
            label = name or "make generate"
            head = f"| {cell(document.name)} | {label} "
            if result.failure:
                yield f"{head}| none: {cell(result.failure)} | | | | | | |\n"
                continue
            errors = "not in time" if result.type_errors is None else result.type_errors
            exact = "" if result.broken else f"{result.exact}/{result.tried}"
            imports = "no" if result.broken else "yes"
            yield (
                f"{head}| {imports} | {_modules(result)} | {result.operations} | {errors} "
                f"| {exact} | {result.seconds:.0f} | {result.size / 1e6:.1f} |\n"
            )


def _totals_beside(documents: list[Document]) -> str:
    text = "\n"
    for name in ("", *PEERS):
        results = [each.results[name] for each in documents]
        text += (
            f"- {name or 'make generate'}: {sum(not each.failure for each in results)} of"
            f" {len(results)} documents give a package, and {sum(map(_is_whole, results))} packages"
            " can be imported.\n"
        )
    for name in PEERS:
        pairs = [(each.results[""], each.results[name]) for each in documents]
        alike = [pair for pair in pairs if all(map(_is_whole, pair))]
        own, other = (
            f"{sum(pair[side].exact for pair in alike):,} of"
            f" {sum(pair[side].tried for pair in alike):,}"
            for side in (0, 1)
        )
        text += (
            f"- Of {len(alike)} documents whose packages by {name} can be imported, as ours can,"
            f" {other} examples are exact with {name}, and {own} with `make generate`.\n"
        )
    return text


def _is_whole(result: Result) -> bool:
    return not result.failure and not result.broken


def _left(documents: list[Document]) -> str:
    """Return what does not work yet, by document."""
    text = _LEFT
    for document in documents:
        if found := [*_problems(document)]:
            text += f"- **{cell(document.name)}**: {cell(' '.join(found))}\n"
    return text


def _problems(document: Document) -> Iterator[str]:
    """Yield a sentence for each thing that does not work, without any text of the contract."""
    result = document.results[""]
    if result.failure:
        yield f"There is no package ({result.failure})."
        return
    for each in result.broken[:_SHOWN]:
        yield f"A module cannot be imported: {each}."
    if result.type_errors:
        yield f"mypy finds {_several(result.type_errors, 'error')}."
    for kind, number in Counter(map(_kind, document.reasons)).most_common():
        yield f"{_several(number, 'example')} not exact: {kind}."
    if not result.operations:
        yield f"The document has {_several(document.webhooks, 'webhook')} and no operations."
    elif document.calls:
        yield from _refused(document.calls["left"])
    elif document.why_no_calls:
        yield f"No calls were made: {document.why_no_calls}."


def _refused(left: list[str]) -> Iterator[str]:
    """Yield sentences for the calls that Prism did not accept, each with the names of some."""
    reasons: dict[str, list[str]] = {}
    for name, _, reason in (each.partition(": ") for each in left):
        reasons.setdefault(reason, []).append(f"`{name}`")
    for reason, names in sorted(reasons.items(), key=lambda each: -len(each[1]))[:_REASONS]:
        more = " and others" if names[_SHOWN:] else ""
        count = _several(len(names), "call")
        yield f"{count} not accepted, {reason}: {', '.join(names[:_SHOWN])}{more}."


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _kind(reason: str) -> str:
    """Return why an example is not exact."""
    for start, words in _KINDS.items():
        if reason.startswith(start):
            return words
    known = re.match(r"\w+(?=:)", reason)
    return f"`from_dict` raises {known[0]}" if known else "`from_dict` raises an error"
