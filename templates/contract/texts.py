"""Texts of the contract as Python and Markdown take them: whole, and unable to break out."""

from __future__ import annotations

import re
from typing import Any


def literal(text: str) -> str:
    """Return a Python literal of a text, in double quotes."""
    return f'"{escaped(text)}"'


def docstring(text: str) -> str:
    """Return a docstring: one line, whatever the text has."""
    return f'"""{escaped(" ".join(text.split()))}"""'


def cell(text: str) -> str:
    """Return a text as a cell of a Markdown table has it: on one line, without a bar of its own."""
    return " ".join(text.split()).replace("\\|", "|").replace("|", r"\|")


def code(value: Any) -> str:
    """Return a value as code in a cell of a Markdown table; its backticks end nothing."""
    text = cell(value if isinstance(value, str) else repr(value))
    if "`" in text or not text:
        return f"`` {text} ``" if text else '`""`'
    return f"`{text}`"


def escaped(text: str) -> str:
    """Return a text as it stands between double quotes."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return re.sub(r"[^\x20-\x7e]", _shown, text)


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    return char if char.isprintable() else repr(char)[1:-1]
