"""Texts: a contract's texts as Python and Markdown take them: whole, and unable to break out."""

from __future__ import annotations

import re
from typing import Any

from contract.api import Type

_SHOWN_AS = {
    "DateTime": "datetime",
    "Timestamp": "datetime",
    "TimeOfDay": "time",
    "MailDate": "datetime",
    "Seconds": "float",
    "Uuid": "UUID",
    "DecimalText": "Decimal",
    "Base64": "bytes",
    "Binary": "bytes",
    "Secret": "str",
    "int | float": "float",
}
"""What the reference calls a type of core."""


def literal(text: str) -> str:
    """Return a Python literal of a text, in double quotes."""
    return f'"{escaped(text)}"'


def docstring(text: str) -> str:
    """Return a docstring: one line, whatever the text has."""
    return f'"""{prose(text)}"""'


def prose(text: str) -> str:
    """Return a text as it stands on a line of a docstring."""
    return escaped(" ".join(text.split()))


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


def type_in_docs(type_: Type, *, here: bool = False) -> str:
    """Return a type as a page of the reference has it, with links.

    Args:
        type_: the type.
        here: whether the page has the tables of the enums in it.
    """
    if type_.name == "|":
        return " or ".join(type_in_docs(each, here=here) for each in type_.items)
    if type_.name == "list":
        return rf"**list**\[{type_in_docs(type_.items[0], here=here)}\]"
    if type_.name == "dict":
        return rf"**dict**\[**str**, {type_in_docs(type_.items[0], here=here)}\]"
    if type_.role == "enum" and here:
        return f"[**{type_.name}**](#enum-{type_.name.lower()})"
    if type_.role:
        return f"[**{type_.name}**]({type_.name}.md)"
    return f"**{_SHOWN_AS.get(type_.name, type_.name)}**"
