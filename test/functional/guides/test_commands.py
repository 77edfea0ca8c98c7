"""Every command in the docs runs against a sandbox, in the order of its page."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

import processes
from buckets import s3
from fences import COMMANDS, OUTPUT, PAGES, ROOT, Fence, of_page
from telnyx_recordings import cli
from telnyx_recordings.sandbox import Sandbox

WITH_COMMANDS = [page for page in PAGES if of_page(page, COMMANDS)]

NOT_RUN = {
    r"pip install .*": "it changes the environment; the tests of the wheel install it",
    r"python3 -m venv \.venv|\. \.venv/bin/activate": "the tests have an environment",
    r"make( demo .*| test .*| +#.*)": "it installs tools, or runs all tests",
    r"make generate SPEC=.*": "test/generated/test_packages.py generates a package",
    r"make (measure|spec-diff) .*": "tests in test/generated run both programs",
    r"make (generate|spec-diff|lint)|\.venv/bin/(mypy|pytest) .*": (
        "test/generated/test_contributing.py makes the change that this guide describes"
    ),
    r"export AWS_ENDPOINT_URL=https:.*": "it leads to a service of Telnyx",
    r"export (AWS_ACCESS_KEY_ID|TELNYX_PUBLIC_KEY)=….*": "readers put keys of their own here",
}
"""Commands that are not run here, and why."""

SERVER = re.compile(r"(python -m telnyx_recordings\.sandbox|telnyx-recordings browse)\b.*")
"""Commands that run until Ctrl-C; here they run in the background."""
START = """rm -f .url
PYTHONUNBUFFERED=1 {} > .url 2>&1 &
while ! grep -q http .url; do sleep 0.02; kill -0 $!; done
cat .url
"""
URL = "http://127.0.0.1:8010/v2"
"""The URL of a sandbox, where a page shows one."""
MARK = "----- block\n"
END = "\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"  # also where a command fails


def script(fence: Fence) -> str:
    """Return the commands of a block for bash, without those that are not run."""
    lines = [f"printf '%s' '{MARK}'\n"]
    for line in fence.code.splitlines():
        if SERVER.fullmatch(line):
            lines.append(START.format(line.replace("--port 8010", "--port 0")))
        elif not any(re.fullmatch(each, line) for each in NOT_RUN):
            lines.append(line.replace(URL, "$(head -n 1 .url)") + "\n")
    return "".join(lines)


def programs_for_bash(folder: Path) -> None:
    """Write the programs that pages name, for the Python of the tests."""
    folder.mkdir()
    for name, arguments in (
        ("telnyx-recordings", "-m telnyx_recordings.cli"),
        ("python", ""),
        ("python3", ""),
    ):
        path = folder / name
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        path.chmod(0o755)


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_the_commands_of_a_page_run(page: str, tmp_path: Path) -> None:
    blocks = of_page(page, COMMANDS)
    text = (ROOT / page).read_text(encoding="utf-8")
    programs_for_bash(tmp_path / "bin")
    folder = tmp_path / "folder"
    folder.mkdir()
    if rules := re.search(r"^```toml\n(\[\[rule\]\].*?)^```$", text, re.DOTALL | re.MULTILINE):
        (folder / "retention.toml").write_text(rules[1], encoding="utf-8")
    with ExitStack() as stack:
        box = stack.enter_context(Sandbox(recordings=40, seed=7))
        if "s3://my-bucket" in text:
            bucket = stack.enter_context(s3(tmp_path / "state")).url.removesuffix("/calls")
            blocks = [
                replace(each, code=each.code.replace("s3://my-bucket", bucket)) for each in blocks
            ]
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", END + "".join(map(script, blocks))],
            cwd=folder,
            env={
                **os.environ,
                "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "TELNYX_API_KEY": box.api_key,
                "TELNYX_BASE_URL": box.base_url,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=processes.PATIENCE,
            check=False,
        )
    assert done.returncode == 0, f"{page}\n{done.stdout[-2000:]}"
    assert "Traceback" not in done.stdout
    for block, printed in zip(blocks, done.stdout.split(MARK)[1:], strict=True):
        parts = (re.escape(part.strip()) for part in block.output.split("…"))
        assert re.search("(?:.|\\n)*?".join(parts), printed), f"{page}: {block.code}\n{printed}"


def test_commands_that_are_not_run_are_on_pages_and_are_not_ours() -> None:
    lines = [
        line
        for page in WITH_COMMANDS
        for block in of_page(page, COMMANDS)
        for line in block.code.splitlines()
    ]
    for pattern in NOT_RUN:
        found = [line for line in lines if re.fullmatch(pattern, line)]
        assert found, f"no page has a command like {pattern}"
        assert not [line for line in found if line.startswith("telnyx-recordings")]


@pytest.mark.parametrize("page", PAGES)
def test_commands_named_in_a_text_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`(?:[\w/.-]+/)?telnyx-recordings ([a-z]+)([^`\n]*)`", text)
    for block in of_page(page, OUTPUT):
        named += re.findall(r"(?:^|[ /])telnyx-recordings ([a-z]+)(.*)$", block.code, re.MULTILINE)
    for command, options in named:
        assert command in cli.COMMANDS, page
        known = {
            name for each in cli.load(command).params for name in (*each.opts, *each.secondary_opts)
        }
        assert {*re.findall(r"(?<!\S)--?[a-z][a-z-]*", options)} <= known | {"--help"}, command


def test_the_guide_names_every_command_and_shows_it() -> None:
    shown = "".join(each.code for each in of_page("docs/cli.md", COMMANDS))
    for name in cli.COMMANDS:
        assert f"| `{name}` |" in (ROOT / "docs/cli.md").read_text(encoding="utf-8")
        assert f"telnyx-recordings {name} " in shown
