"""Tests the import rule: which part of the package may use which, read from its source."""

import re
import sys
from pathlib import Path

import pytest

import processes
from package_source import Module, read_package

PACKAGE = Path(__file__).parents[2] / "telnyx_recordings"

PUBLIC = "the public names"  # what the package itself gives, except its submodules


def _table() -> dict[str, set[str]]:
    """Read the import table of docs/architecture.md."""
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    found: dict[str, set[str]] = {}
    for part, uses in re.findall(r"^\| `([\w.]+)` \|.*\| (.*) \|$", page, re.MULTILINE):
        public = {PUBLIC} if PUBLIC in uses else set[str]()
        found["" if part == PACKAGE.name else part] = {*re.findall(r"`([\w.]+)`", uses), *public}
    return found


MAY_USE = _table()
"""For each part of the package, the other parts that it may use; "" is the package's __init__.

A part is all that its name is a prefix of, without what has a row of its own: `core` is the module
`core/__init__.py` alone.
"""

COMPUTED = ("__init__.py", "_lazy.py")
"""Files that may import a module by a computed name."""

NOT_IN_CORE = (
    *("aiohttp", "asyncio", "http.client", "httpx", "requests", "select", "selectors", "socket"),
    *("ssl", "subprocess", "urllib.request", "urllib3", "builtins.open", "builtins.input"),
    *("builtins.print", "concurrent", "os", "pathlib", "shutil", "tempfile"),
    *("time", "datetime.date.today", "datetime.datetime.now", "datetime.datetime.today"),
    *("datetime.datetime.utcnow", "random", "secrets", "uuid.uuid1", "uuid.uuid4"),
    *("threading.Event", "threading.Thread", "threading.Timer", "threading.Condition"),
)
"""I/O, sleep, clock and chance: core is given them, and never reaches for them."""


def _within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def _strangers(modules: dict[str, Module], root: str) -> list[str]:
    """Every use of a part of the package by one that may not use it."""
    found: list[str] = []
    for module in modules.values():
        part = _part(module.name.partition(".")[2])
        if part is None:
            found.append(f"{module.name} has no row in MAY_USE")
            continue
        for use in module.uses:
            if use.name == "computed import" and module.path.name not in COMPUTED:
                found.append(f"{module.name}:{use.line} imports by a computed name")
            if not _within(use.name, root):
                continue
            name = use.name.removeprefix(root).removeprefix(".")
            if not _may_use(part, name, modules, root):
                found.append(f"{module.name}:{use.line} uses {use.name}")
    return found


def _part(name: str) -> str | None:
    """Return the part of the table that a name is in, which is the longest that contains it."""
    part = name
    while part and part not in MAY_USE:
        part = part.rpartition(".")[0]
    return part if part or not name else None


def _may_use(part: str, name: str, modules: dict[str, Module], root: str) -> bool:
    first = name.partition(".")[0]
    if PUBLIC in MAY_USE[part] and f"{root}.{first}" not in modules and not first.startswith("_"):
        return True
    used = _part(name)
    if used == part:
        return True
    return any(_within(name, allowed) for allowed in MAY_USE[part])


def _impurities(modules: dict[str, Module], root: str) -> list[str]:
    """Every use in core of what it must be given instead."""
    return [
        f"{module.name}:{use.line} uses {use.name}"
        for module in modules.values()
        if _within(module.name, f"{root}.core")
        for use in module.uses
        if any(_within(use.name, forbidden) for forbidden in NOT_IN_CORE)
    ]


def _circles(modules: dict[str, Module], root: str) -> list[str]:
    """Every import that closes a circle, those in functions included.

    Generated models may refer to each other: there, each import in the circle must be in a function
    or stand below the definitions, so that whichever module comes first is complete before it needs
    the next.
    """
    edges: dict[str, dict[str, bool]] = {name: {} for name in modules}
    for module in modules.values():
        for use in module.uses:
            target = _defining_module(use.name, modules)
            if use.is_import and target and target != module.name:
                late = use.at_bottom or not use.while_loading
                harmless = late and _within(module.name, f"{root}.models")
                edges[module.name][target] = edges[module.name].get(target, True) and harmless
    reached = {name: _reachable(name, edges) for name in edges}
    return [
        f"{source} imports {target}, which leads back to it"
        for source, targets in edges.items()
        for target, harmless in targets.items()
        if not harmless and source in reached[target]
    ]


def _defining_module(name: str, modules: dict[str, Module]) -> str | None:
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def _reachable(start: str, edges: dict[str, dict[str, bool]]) -> set[str]:
    seen: set[str] = set()
    pending = [start]
    while pending:
        for target in edges[pending.pop()]:
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return seen


def _violations(package: Path) -> list[str]:
    modules = read_package(package)
    rules = (_strangers, _impurities, _circles)
    found = [text for rule in rules for text in rule(modules, package.name)]
    names = [path.name for path in package.rglob("*")]
    return found + [f"{name}: say what it holds" for name in names if name in ("utils", "utils.py")]


def test_the_package_follows_the_import_table() -> None:
    assert _violations(PACKAGE) == []


FLOW = "core/call/flow.py"


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("errors.py", "from telnyx_recordings.core import pages", "uses"),
        (FLOW, "from telnyx_recordings.models import Recording", "uses"),
        (FLOW, "from ...models import Recording", "uses"),
        (FLOW, "from ... import client", "uses"),
        (FLOW, "import telnyx_recordings.client", "uses"),
        (FLOW, "import telnyx_recordings as t\nt.transport.sync.send()", "uses"),
        (FLOW, "def f():\n    from ...transport import sync", "uses"),
        (FLOW, "from importlib import import_module as i\ni('...api', __name__)", "uses"),
        (FLOW, "from importlib import import_module as i\ni('x' + 'y')", "computed"),
        (FLOW, "__import__('telnyx_recordings.api')", "uses"),
        (FLOW, "import time", "uses time"),
        (FLOW, "from time import sleep", "uses time.sleep"),
        (FLOW, "def f():\n    import urllib3", "uses urllib3"),
        (FLOW, "import http.client as h", "uses http.client"),
        (FLOW, "def f():\n    return open('x')", "uses builtins.open"),
        (FLOW, "import datetime as dt\ndt.datetime.now()", "datetime.now"),
        (FLOW, "from datetime import datetime\ndatetime.now()", "datetime.now"),
        (FLOW, "import threading\nthreading.Event().wait(1)", "threading.Event"),
        ("models/page.py", "from telnyx_recordings.core.call.flow import run", "uses"),
        ("models/page.py", "from telnyx_recordings.errors import ModelError", "uses"),
        ("api/recordings.py", "from telnyx_recordings.transport import sync", "uses"),
        ("api/recordings.py", "from telnyx_recordings import Client", "uses"),
        ("transport/sync.py", "from telnyx_recordings.models import Recording", "uses"),
        ("webhooks.py", "from telnyx_recordings.client import Client", "uses"),
        ("config.py", "from telnyx_recordings.transport import sync", "uses"),
        ("client.py", "from telnyx_recordings.sandbox import Sandbox", "uses"),
        ("sandbox/api.py", "from telnyx_recordings.core import pages", "uses"),
        ("sandbox/api.py", "from telnyx_recordings import core", "uses"),
        ("sandbox/api.py", "from telnyx_recordings import _secret", "uses"),
        ("sandbox/api.py", "from telnyx_recordings.client import Client", "uses"),
        ("helpers.py", "", "has no row"),
        ("core/utils.py", "", "say what it holds"),
        (FLOW, "from ... import __version__", "uses"),
        (FLOW, "from . import retry", "leads back"),
        (FLOW, "def f():\n    from . import retry", "leads back"),
        ("core/request/encode.py", "from ..call import flow", "uses"),
        ("core/model/base.py", "from ..request import encode", "uses"),
        (FLOW, "class C: ...\nfrom . import retry", "leads back"),
        ("models/page.py", "from .recording import Recording\nclass Page: ...", "leads back"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, file: str, line: str, complaint: str) -> None:
    package = _small_package(tmp_path, {file: line})
    assert [text for text in _violations(package) if complaint in text] != []


def test_imports_that_the_rules_allow_are_not_reported(tmp_path: Path) -> None:
    bottom = "class Page: ...\nfrom .recording import Recording"
    checking = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import retry"
    sandbox = "from telnyx_recordings import Client\nfrom telnyx_recordings.models import Page"
    lock = "import threading\nfrom datetime import datetime\nthreading.Lock(), datetime.max"
    files = {"models/page.py": bottom, "core/call/flow.py": checking, "sandbox/api.py": sandbox}
    assert _violations(_small_package(tmp_path, {**files, "core/pages.py": lock})) == []


def _small_package(folder: Path, files: dict[str, str]) -> Path:
    package = folder / "telnyx_recordings"
    allowed = {
        "_version.py": "__version__ = '1'",
        "__init__.py": "from ._version import __version__\ndef f():\n    from . import client",
        "base.py": "from .transport import sync\nclass BaseClient: ...",
        "client.py": "from .base import BaseClient\nclass Client: ...",
        "errors.py": "from .core import errors",
        "core/__init__.py": "",
        "core/errors.py": "",
        "core/model/base.py": "from telnyx_recordings.core import errors",
        "core/request/encode.py": "from telnyx_recordings.core.model import base",
        "core/call/retry.py": "from telnyx_recordings.core.call.flow import run",
        "core/call/flow.py": "from telnyx_recordings.core import errors",
        "models/__init__.py": "",
        "models/page.py": "from telnyx_recordings.core.model.base import Model",
        "models/recording.py": "class Recording: ...\nfrom .page import Page",
        "transport/sync.py": "from ..core.call.flow import run\nimport time",
    }
    for name, text in {**allowed, **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return package


def test_every_module_can_be_the_first_one_imported() -> None:
    names = [name for name in read_package(PACKAGE) if not name.endswith("__main__")]
    program = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    for loaded in [n for n in sys.modules if n.split('.')[0] == 'telnyx_recordings']:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    command = [sys.executable, "-W", "error", "-c", program, *names]
    done = processes.run(*command, cwd=PACKAGE.parent)
    assert done.stderr == ""
