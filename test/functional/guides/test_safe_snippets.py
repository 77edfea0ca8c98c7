"""No program or command in the docs deletes or overwrites a reader's data without a warning."""

import ast
import re
from collections.abc import Iterator

import pytest

from fences import PAGES, PROGRAM, ROOT, fences

IN_COMMANDS = re.compile(r"--delete\b|\bpurge [\w./]|telnyx-recordings delete\b|\brm ")
IN_SANDBOX = """```python
with Sandbox(3) as box, Client(box.api_key, box.base_url) as client:
    client.recordings.delete(id)
```
"""
WARNING = "> **Warning:** "
SANDBOX = re.compile(r"with Sandbox\(.*\) as box\b")
OTHER_CLIENT = re.compile(r"Client\((?!box\.api_key, box\.base_url\b)")


def destructive_calls(code: str) -> Iterator[str]:
    """Yield the calls of a program that delete or overwrite something, but for dry runs."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            name = (
                node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            )
            options = {f"{each.arg}={ast.unparse(each.value)}" for each in node.keywords}
            final = {"dry_run=False", "delete=True", "replace=True"} & options
            deletes = re.match(r"delete|update$|unlink$|rmtree$|rmdir$|remove$", name)
            if (deletes or final) and "dry_run=True" not in options:
                yield ast.unparse(node)


def is_destructive(language: str, code: str) -> bool:
    """Return whether code deletes or overwrites data that is not in a sandbox."""
    if language == PROGRAM:
        in_sandbox = SANDBOX.search(code) and not OTHER_CLIENT.search(code)
        return not in_sandbox and any(destructive_calls(code))
    lines = code.replace("\\\n", " ").splitlines()
    return any(IN_COMMANDS.search(each) and "--dry-run" not in each for each in lines)


def unsafe_snippets(text: str) -> list[str]:
    """Return the snippets of a page that destroy data, and have no warning above them."""
    return [
        each.code
        for each in fences(text)
        if each.language not in {"diff", "pyi"}
        and is_destructive(each.language, each.code)
        and not each.before.startswith(WARNING)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_no_snippet_destroys_data_without_a_warning(page: str) -> None:
    assert unsafe_snippets((ROOT / page).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("```python\nclient.recordings.delete(id)\n```\n", 1),
        ('```python title="app.py"\nclient.recordings.actions.delete(ids=[id])\n```\n', 1),
        ('=== "Sync"\n\n    ```python\n    client.recordings.delete(id)\n    ```\n', 1),
        ("Careful.\n\n```sh\ntelnyx-recordings delete x --yes\n```\n", 1),
        ("```text\n15 2 * * * telnyx-recordings archive calls --delete --yes\n```\n", 1),
        ("```sh\ntelnyx-recordings purge calls \\\n  --yes\n```\n", 1),
        ("> **Warning:** it is final.\n\n```python\nclient.recordings.delete(id)\n```\n", 0),
        ("> **Warning:** it is final.\n\nText.\n\n```python\nx.recordings.delete(id)\n```\n", 1),
        ("```python\nwith Sandbox() as box, Client() as c:\n    c.recordings.delete(1)\n```\n", 1),
        (IN_SANDBOX, 0),
        ("```python\npurge(dry_run=True)\npurge(dry_run=False)\n```\n", 1),
        ("```python\nclient.archive('x', delete=True, dry_run=True)\n```\n", 0),
        ("```sh\ntelnyx-recordings purge calls --dry-run\n```\n", 0),
        ("```sh\ntelnyx-recordings purge calls --dry-run\nrm calls\n```\n", 1),
        ("```python\nclient.recordings.list()\n```\n", 0),
    ],
)
def test_a_snippet_that_destroys_data_is_found(text: str, count: int) -> None:
    assert len(unsafe_snippets(text)) == count
