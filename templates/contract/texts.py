"""Texts: escape a contract's texts for Python and Markdown, so that none can break out."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from contract.api import Type
from contract.streams import STREAMS

GIVEN_AS = {
    "DateTime": "datetime | date | str",
    "Timestamp": "datetime | date | str",
    "date": "date | str",
    "TimeOfDay": "time | str",
    "MailDate": "datetime | str",
    "Seconds": "float",
    "Uuid": "UUID | str",
    "DecimalText": "Decimal | str",
    "Base64": "bytes",
    "Binary": "bytes",
    "Secret": "str",
    "int | float": "float",
}
"""What a user may give for a type of core. The reference calls that type by the first of these."""

SHOWN_AS = {name: types.partition(" | ")[0] for name, types in GIVEN_AS.items()}

_TAGS = (
    "a|abbr|address|article|aside|audio|b|base|blockquote|body|br|button|caption|center|code|col|dd"
    "|del|details|div|dl|dt|em|embed|figure|font|footer|form|frame|h[1-6]|head|header|hr|html|i"
    "|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|object|ol|option|p|pre|q|s|samp"
    "|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody"
    "|td|textarea|tfoot|th|thead|title|tr|tt|u|ul|var|video"
)
_TAG = re.compile(rf"<(/?)({_TAGS})\b[^<>]*>", re.IGNORECASE)
_OPENS = re.compile(rf"<(?=[/!?]?({_TAGS})\b|!--)", re.IGNORECASE)
_ENDS_LINE = re.compile(r"br|hr|p|li|div|tr|h[1-6]|ul|ol|table|blockquote|pre", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}|~{3,}")


def plain(text: str) -> str:
    """Return a text without HTML: lines, list items and code as Markdown has them."""
    return unescape(_TAG.sub(_as_markdown, text)) if _TAG.search(text) else text


def _as_markdown(found: re.Match[str]) -> str:
    word = found[2].lower()
    if word in ("code", "tt", "kbd"):
        return "`"
    if word == "li" and not found[1]:
        return "\n- "
    return "\n" if _ENDS_LINE.fullmatch(word) else ""


def markdown(text: str) -> str:
    """Return a text for a page of its own lines: no HTML, and no fence that ours could be in."""
    return _OPENS.sub("&lt;", _FENCE.sub("''", plain(text))).strip()


def literal(text: str) -> str:
    """Return a Python literal of a text, in double quotes."""
    return f'"{escaped(text)}"'


def docstring(text: str) -> str:
    """Return a docstring: one line, whatever the text has."""
    return f'"""{prose(text)}"""'


def prose(text: str) -> str:
    """Return a text as it stands on a line of a docstring."""
    return escaped(" ".join(plain(text).split()))


def cell(text: str) -> str:
    """Return a text as a cell of a Markdown table has it: on one line, without a bar of its own."""
    text = " ".join(_OPENS.sub("&lt;", plain(text)).split())
    return _FENCE.sub("''", text).replace("\\|", "|").replace("|", r"\|")


def code(value: Any) -> str:
    """Return a value as code in a cell of a Markdown table; its backticks end nothing."""
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split()).replace("\\|", "|").replace("|", r"\|")
    if "`" not in text:
        return f"`{text}`" if text else '`""`'
    ticks = "`" * max(2, 1 + max(map(len, re.findall("`+", text))))
    return f"{ticks} {text} {ticks}"


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
    if type_.name in ("list", *STREAMS):
        return rf"**{type_.name}**\[{type_in_docs(type_.items[0], here=here)}\]"
    if type_.name == "dict":
        return rf"**dict**\[**str**, {type_in_docs(type_.items[0], here=here)}\]"
    if type_.role == "enum" and here:
        return f"[**{type_.name}**](#enum-{type_.name.lower()})"
    if type_.role:
        return f"[**{type_.name}**]({type_.name}.md)"
    return f"**{SHOWN_AS.get(type_.name, type_.name)}**"
