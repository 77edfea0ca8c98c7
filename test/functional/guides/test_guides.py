"""Every program in the README and in the guides runs, alone and in the order of its page."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

import processes
from buckets import s3
from fences import PAGES, PROGRAM, ROOT, Fence, of_page
from telnyx_recordings.sandbox import Sandbox

ELSEWHERE = {
    "docs/generating.md": "generated/test_constructs.py",
    "docs/reference/": "functional/guides/test_reference.py",
}
"""Pages whose programs take more than a sandbox to run, and the tests that run them."""
GUIDES = [
    page for page in PAGES if not page.startswith(tuple(ELSEWHERE)) and of_page(page, PROGRAM)
]
NEED_THE_FIRST = {"docs/analysis.md": "The programs on this page use an archive in the folder"}
"""Pages whose first program is needed by all others, and where they say so."""
RECORDINGS = {"docs/quick-start.md": 500, "docs/archiving.md": 40, "docs/scaling.md": 40}
"""How many there are at Telnyx, where they are not 120."""


class Place:
    """An empty folder, a Telnyx and a bucket, which only the programs of one page use."""

    def __init__(self, page: str, folder: Path) -> None:
        self._page = page
        self._files = folder / "files"
        self._programs = folder / "programs"
        self._stack = ExitStack()
        self._bucket = ""
        self._environment: dict[str, str] = {}
        for each in (folder, self._files, self._programs):
            each.mkdir()

    def __enter__(self) -> Self:
        text = (ROOT / self._page).read_text(encoding="utf-8")
        count = RECORDINGS.get(self._page, 120)
        box = Sandbox(recordings=count, seed=7, at="2026-03-01T12:00:00Z")
        self._box = self._stack.enter_context(box)
        if "s3://" in text:
            bucket = self._stack.enter_context(s3(self._files.parent / "state"))
            self._bucket = bucket.url.removesuffix("/calls")
        self._environment = {
            **os.environ,
            "TELNYX_API_KEY": "KEY_GUIDE",
            "TELNYX_BASE_URL": box.base_url,
        }
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def is_untouched(self) -> bool:
        """Return whether the programs so far have changed nothing."""
        only_read = all(each.method == "GET" for each in self._box.requests)
        return only_read and not any(self._files.iterdir())

    def run(self, program: Fence) -> None:
        """Run a program; check that it prints what its page shows."""
        where = f"{self._page}, line {program.line}"
        path = self._programs / f"program_{program.line}.py"
        path.write_text(self._with_bucket(program.code), encoding="utf-8")
        command = (sys.executable, "-X", "dev", "-W", "error", path)
        ran = processes.run(*command, cwd=self._files, env=self._environment)
        assert ran.returncode == 0, f"{where}\n{ran.stderr}"
        assert "Warning" not in ran.stderr, f"{where}\n{ran.stderr}"
        if shown := self._with_bucket(program.output):
            assert matches(shown, ran.stdout), f"{where} prints\n{ran.stdout}"
        else:
            assert not ran.stdout, f"{where}: the page does not show the output\n{ran.stdout}"

    def _with_bucket(self, text: str) -> str:
        return re.sub("s3://[a-z-]+", self._bucket, text)


def matches(shown: str, printed: str) -> bool:
    """Return whether a program printed what its guide shows, where … stands for anything."""
    pattern = re.escape(shown.rstrip()).replace("…", ".*")
    return re.fullmatch(pattern, printed.rstrip(), re.DOTALL) is not None


def places(page: str, folder: Path) -> Iterator[Place]:
    """Yield places for a page, as many as are needed."""
    number = 0
    while True:
        number += 1
        yield Place(page, folder / str(number))


@pytest.mark.parametrize("page", GUIDES)
def test_the_programs_of_a_page_run_in_order_and_alone(page: str, tmp_path: Path) -> None:
    found = [each for each in of_page(page, PROGRAM) if not each.title.endswith(".py")]
    setup = found[:1] if page in NEED_THE_FIRST else []
    fresh = places(page, tmp_path)
    with next(fresh) as shared:
        for program in found:
            is_alone = shared.is_untouched()
            shared.run(program)
            if is_alone or program in setup:
                continue
            with next(fresh) as own:
                for each in (*setup, program):
                    own.run(each)


def test_no_page_with_a_program_is_left_out() -> None:
    assert {"README.md", "docs/index.md", "docs/quick-start.md", "docs/webhooks.md"} <= {*GUIDES}
    for page, test in ELSEWHERE.items():
        text = (ROOT / "test" / test).read_text(encoding="utf-8")
        assert page.strip("/") in text
    for page, words in NEED_THE_FIRST.items():
        assert words in (ROOT / page).read_text(encoding="utf-8")


def test_the_tests_of_the_sandbox_guide_pass(tmp_path: Path) -> None:
    for file in of_page("docs/sandbox.md", PROGRAM):
        if file.title.endswith(".py"):
            (tmp_path / file.title).write_text(file.code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ran = processes.run(*command, cwd=tmp_path)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
