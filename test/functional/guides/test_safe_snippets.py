"""No program or command in the docs deletes or overwrites a reader's data without a warning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(?P<language>python|sh)\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)
IN_PROGRAMS = re.compile(
    r"\.delete\(|\.update\(|delete=True|dry_run=False|\.purge\(|unlink\(|rmtree\(|replace=True"
)
IN_COMMANDS = re.compile(r"--delete\b|\bpurge\b|^telnyx-recordings delete\b|\brm ", re.MULTILINE)
HARMLESS = re.compile(r"--dry-run|dry_run=True|Sandbox\(")
WARNING = "> **Warning:** "


def destructive_snippets(text: str) -> list[str]:
    """Return the snippets of a page that change data, without a sandbox, a dry run or a warning."""
    found: list[str] = []
    for block in BLOCK.finditer(text):
        content = block["content"]
        if block["language"] == "sh":
            lines = [each for each in content.splitlines() if not HARMLESS.search(each)]
            harmful = IN_COMMANDS.search("\n".join(lines)) is not None
        else:
            harmful = IN_PROGRAMS.search(content) is not None and not HARMLESS.search(content)
        before = text[: block.start()].rstrip().rpartition("\n\n")[2]
        if harmful and not before.startswith(WARNING):
            found.append(content)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_snippet_destroys_data_without_a_warning(page: Path) -> None:
    assert destructive_snippets(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("```python\nclient.recordings.delete(id)\n```\n", 1),
        ("Careful.\n\n```sh\ntelnyx-recordings delete x --yes\n```\n", 1),
        ("> **Warning:** it is final.\n\n```python\nclient.recordings.delete(id)\n```\n", 0),
        ("```python\nwith Sandbox() as box:\n    client.recordings.delete(id)\n```\n", 0),
        ("```sh\ntelnyx-recordings purge calls --dry-run\n```\n", 0),
        ("```python\nclient.recordings.list()\n```\n", 0),
    ],
)
def test_a_snippet_that_destroys_data_is_found(text: str, count: int) -> None:
    assert len(destructive_snippets(text)) == count
