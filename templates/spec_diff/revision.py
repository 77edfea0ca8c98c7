"""Where a contract comes from: a file, standard input, or a revision of git."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

from contract.bundle import Files
from contract.check import version_error
from contract.read import read
from contract.references import ContractError, Schema

CONTRACT = "openapi.yaml"
_VERSIONED = ("telnyx_recordings/_version.py", "telnyx_recordings/__init__.py")
"""Where the version is: the second in revisions before the first existed."""


class RevisionError(Exception):
    """A contract cannot be found or read; the message says why, in one line."""


def load(name: str, root: Path) -> Schema:
    """Return a contract as plain data, with what it refers to in files beside its own.

    Args:
        name: a file; or ``-`` for what comes in; or a revision of git, such as ``v0.1.0`` or
            ``HEAD~3``, for the contract as it was then; or ``revision:path`` for another file.
        root: the folder of the project, in whose repository revisions are looked up.

    Raises:
        RevisionError: there is no such file or revision, or it holds no OpenAPI 3 contract.
        ContractError: the contract refers to something that does not exist.
    """
    try:
        contract = read(_text(name, root))
    except ContractError as error:
        why = "an object is wanted, not a list or a text"
        raise RevisionError(f"{name} holds no contract: {why}") from error
    except (yaml.YAMLError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise RevisionError(f"{name} is neither YAML nor JSON: {why}") from error
    if why := version_error(contract):
        raise RevisionError(f"{name} {why}")
    Files(_file(name, root) or root / CONTRACT, contract).gather()
    return contract


def _text(name: str, root: Path) -> str:
    path = _file(name, root)
    try:
        if name == "-":
            return sys.stdin.read()
        if path is not None:
            return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RevisionError(f"{name} cannot be read: {why}") from error
    revision, _, file = name.partition(":")
    text = _committed(f"{revision}:{file or CONTRACT}", root)
    if text is None:
        what = file or CONTRACT
        raise RevisionError(f"{name} is neither a file nor a revision of git that has {what}")
    return text


def version_of(name: str, root: Path) -> str:
    """Return the package's version at a revision; for what is none, the one that it has now."""
    revision = name.partition(":")[0]
    is_revision = name != "-" and _file(name, root) is None
    texts = [_committed(f"{revision}:{each}", root) for each in _VERSIONED] if is_revision else []
    if not any(texts):
        files = [root / each for each in _VERSIONED]
        texts = [each.read_text(encoding="utf-8") if each.exists() else None for each in files]
    found = re.search(r'^__version__ = "(.+)"$', "\n".join(filter(None, texts)), re.MULTILINE)
    return found[1] if found else "0.0.0"


def _file(name: str, root: Path) -> Path | None:
    return next((each for each in (Path(name), root / name) if each.exists()), None)


def _committed(what: str, root: Path) -> str | None:
    """Return the text of `revision:path`; None if git does not have it."""
    try:
        shown = subprocess.run(
            ["git", "show", "--end-of-options", what],  # noqa: S607 - the user's own git
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return shown.stdout.decode("utf-8") if shown.returncode == 0 else None
    except (OSError, UnicodeError) as error:
        raise RevisionError(f"{what} is no file, and git cannot show it: {error}") from error
