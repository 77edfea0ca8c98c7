"""Tests text that is made safe to print."""

import json
import unicodedata

import pytest

from telnyx_recordings.core.text import printable, printable_json

EVERYTHING = "".join(map(chr, range(0x11_0000)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoë \N{GRINNING FACE} نص", "Zoë \N{GRINNING FACE} نص"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\nb\tc\rd\x7f\x9b", "a\\nb\\tc\\rd\\x7f\\x9b"),
        ("exe.\u202egpj", "exe.\\u202egpj"),
        ("\u2028\U000e0041", "\\u2028\\U000e0041"),
    ],
)
def test_characters_that_control_a_terminal_are_escaped(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_no_control_direction_or_surrogate_is_left() -> None:
    left = printable(EVERYTHING)
    assert not {unicodedata.category(each) for each in left} & {"Cc", "Cs", "Zl", "Zp"}
    overrides = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(each) for each in left} & overrides
    assert "\u200c" in left
    assert "\u200d" in left


def test_chosen_control_characters_are_kept() -> None:
    assert printable("a\nb\x1b", kept="\n") == "a\nb\\x1b"


def test_json_is_the_same_value_with_escapes() -> None:
    text = printable_json(json.dumps(EVERYTHING, ensure_ascii=False))
    assert json.loads(text) == json.loads(json.dumps(EVERYTHING))
    assert printable(text) == text
