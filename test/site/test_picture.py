"""The picture of the README and the home page shows what the commands print today."""

import re

import make_picture


def test_the_picture_shows_what_the_commands_print() -> None:
    """Run `make picture` after a change to the command line."""
    assert make_picture.PICTURE.read_text(encoding="utf-8") == make_picture.picture()


def test_the_picture_loads_nothing_from_another_host() -> None:
    picture = make_picture.PICTURE.read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\s\"')]+", picture))
    assert addresses == {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
