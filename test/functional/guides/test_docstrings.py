"""Every example in the docstrings of the package runs as it stands, against the sandbox."""

import ast
import asyncio
import doctest
import inspect
from importlib import import_module
from pkgutil import walk_packages
from types import SimpleNamespace
from typing import Any

import pytest

import telnyx_recordings
from telnyx_recordings.sandbox import Sandbox


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
