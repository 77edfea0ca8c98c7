"""Text from elsewhere, made safe to print: no character that controls a terminal."""

from __future__ import annotations

import re

_CONTROLS = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\xad\u061c\u180e\u200b\u200e\u200f"  # invisible, or marks of direction
    "\u2028-\u202e\u2060-\u206f"  # line breaks; embedding, override and isolation of direction
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # surrogates; invisible
    "]"
)
"""Not U+200C and U+200D, which some languages are spelled with."""


def printable(text: str, kept: str = "") -> str:
    """Return text with escapes for the characters that control a terminal, but for those kept."""
    return _CONTROLS.sub(
        lambda found: found[0] if found[0] in kept else ascii(found[0])[1:-1], text
    )


def printable_json(text: str) -> str:
    """Return the same JSON, with escapes for the characters that control a terminal."""
    return _CONTROLS.sub(lambda found: _json_escape(found[0]), text)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
