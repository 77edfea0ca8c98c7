"""Every program in the README and in the guides runs as it stands, against the sandbox."""

from __future__ import annotations

import ast
import asyncio
import doctest
import inspect
import re
import shlex
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import SimpleNamespace
from typing import Any

import pytest

import processes
import telnyx_recordings
from telnyx_recordings.sandbox import Sandbox

ROOT = Path(__file__).parents[3]
PROGRAM = re.compile(
    r"^```python\n(?P<program>.*?)^```$(?:\n\n^```text\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
"""A program, and what it prints if a block of text follows it; in that, … stands for anything."""

GUIDES = (
    "README.md",
    "docs/async.md",
    "docs/data.md",
    "docs/errors.md",
    "docs/index.md",
    "docs/listing.md",
    "docs/migrating.md",
    "docs/network.md",
    "docs/quick-start.md",
    "docs/recording-calls.md",
    "docs/sandbox.md",
    "docs/tracing.md",
)

ELSEWHERE = {
    "docs/analysis.md": "functional/guides/test_archiving.py",
    "docs/archiving.md": "functional/guides/test_archiving.py",
    "docs/scaling.md": "functional/guides/test_archiving.py",
    "docs/downloading.md": "functional/guides/test_downloading.py",
    "docs/webhooks.md": "functional/webhooks/test_receiver.py",
    "docs/generating.md": "generated/test_packages.py",
}
"""Pages whose programs take more than a sandbox to run, and the tests that run them."""


def programs(guide: str) -> list[tuple[str, str]]:
    """Return the programs of a guide in order, each with the output that the guide shows."""
    found = PROGRAM.findall((ROOT / guide).read_text(encoding="utf-8"))
    return [(program, output) for program, output in found]


def matches(shown: str, printed: str) -> bool:
    """Return whether a program printed what its guide shows."""
    pattern = re.escape(shown).replace("…", ".*")
    return not shown or re.fullmatch(pattern, printed, re.DOTALL) is not None


@pytest.mark.parametrize("guide", GUIDES)
def test_the_programs_of_a_guide_run(
    guide: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TELNYX_API_KEY", "KEY_GUIDE")
    found = programs(guide)
    assert found
    for program, output in found:
        if "pytest" in program:
            continue  # see below
        count = 500 if guide == "docs/quick-start.md" else 120  # what the page says
        with Sandbox(recordings=count, seed=7, at="2026-03-01T12:00:00Z") as box:
            monkeypatch.setenv("TELNYX_BASE_URL", box.base_url)
            ran = processes.run(
                sys.executable, "-X", "dev", "-W", "error", "-c", program, cwd=tmp_path
            )
        assert ran.returncode == 0, ran.stderr
        assert matches(output, ran.stdout), ran.stdout
        assert output or not ran.stdout, "the page does not show what this program prints"


def test_no_page_with_a_program_is_left_out() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/api").glob("*.md")]
    found = {each.relative_to(ROOT).as_posix() for each in pages if "```python" in each.read_text()}
    assert found == {*GUIDES, *ELSEWHERE}
    for page, test in ELSEWHERE.items():
        text = (ROOT / "test" / test).read_text(encoding="utf-8")
        assert page.removeprefix("docs/") in text


def docstring_examples() -> list[doctest.DocTest]:
    """Return the examples in the docstrings of all modules that are written by hand."""
    names = [each.name for each in walk_packages(telnyx_recordings.__path__, "telnyx_recordings.")]
    modules = [import_module(name) for name in names if not name.endswith("__main__")]
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [each for module in modules for each in finder.find(module) if each.examples]


@pytest.mark.parametrize("found", docstring_examples(), ids=lambda found: found.name)
def test_the_examples_of_a_docstring_run(
    found: doctest.DocTest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Sandbox(recordings=3) as box:
        monkeypatch.setenv("TELNYX_API_KEY", box.api_key)
        monkeypatch.setenv("TELNYX_BASE_URL", box.base_url)
        asyncio.run(
            _play(found, {"recording": box.recordings[0].id, "player": SimpleNamespace(feed=len)})
        )
    shown = capsys.readouterr().out
    assert shown.endswith("".join(each.want for each in found.examples))


async def _play(found: doctest.DocTest, names: dict[str, Any]) -> None:
    async with telnyx_recordings.AsyncClient() as client:
        public = {name: getattr(telnyx_recordings, name) for name in dir(telnyx_recordings)}
        known = {**public, **found.globs, "client": client, **names}
        for example in found.examples:
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(example.source, found.name, "single", flags=flags)
            result = eval(code, known)  # noqa: S307 - our own
            if inspect.isawaitable(result):
                await result


def test_the_commands_of_the_quick_start_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs/quick-start.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    serve, *commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert len(commands) >= 3
    options = " ".join(serve[1:]).replace("--port 8010", "--port 0").split()
    with processes.started(sys.executable, *options) as server:
        assert server.stdout
        monkeypatch.setenv("TELNYX_BASE_URL", server.stdout.readline().strip())
        monkeypatch.setenv("TELNYX_API_KEY", "KEY_ANY")
        for program, *arguments in commands:
            assert program == "telnyx-recordings"
            ran = processes.run(
                sys.executable, "-m", "telnyx_recordings.cli", *arguments, cwd=tmp_path
            )
            assert (ran.returncode, bool(ran.stdout)) == (0, True), ran.stderr


def test_the_tests_of_the_sandbox_guide_pass(tmp_path: Path) -> None:
    conftest, tests = (each for each, _ in programs("docs/sandbox.md") if "pytest" in each)
    (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(tests, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ran = processes.run(*command, cwd=tmp_path)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
