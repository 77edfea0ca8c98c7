"""The code in pages of the docs, as all tests read it: one form of fence, and no other."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    path.relative_to(ROOT).as_posix()
    for path in (
        *sorted(ROOT.glob("*.md")),
        *sorted((ROOT / ".github").rglob("*.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    )
)
"""All pages of the repository that readers see, generated ones included."""

PROGRAM, COMMANDS, OUTPUT = "python", "sh", "text"
LANGUAGES = {PROGRAM, COMMANDS, OUTPUT, "diff", "json", "pyi", "toml", "yaml"}

_OPENING = re.compile(
    r"(?P<indent> *)```(?P<language>[a-z]+)(?P<attributes>(?: [a-z]+=\"[^\"]*\")*)"
)
_ATTRIBUTE = re.compile(r"([a-z]+)=\"([^\"]*)\"")
_OTHER_FORM = re.compile(
    r"`{3}|^\s*(?:[>*+-] *|\d+\. *)*~{3}|<pre\b"  # fences and blocks that this does not read
    r"|^(?: {4}|\t)\s*(?:\$ |>>> |from \w+ import |import \w|(?:telnyx-recordings|pip|python3?) )"
)


@dataclass(frozen=True)
class Fence:
    """A block of code of a page."""

    language: str
    code: str
    line: int
    """Where the code begins in the page, counted from 1."""
    title: str
    before: str
    """The paragraph above."""
    output: str = ""
    """What the page shows that the code prints: the block of text just below."""


def fences(text: str) -> list[Fence]:
    """Return the blocks of code of a page; raise ValueError for any that is written otherwise."""
    lines = text.splitlines()
    found: list[Fence] = []
    end = 0  # the line after the last block
    at = 0
    while at < len(lines):
        opening = _OPENING.fullmatch(lines[at])
        if opening is None:
            if _OTHER_FORM.search(lines[at]):
                raise ValueError(f"line {at + 1} is no fence that tests can read: {lines[at]!r}")
            at += 1
            continue
        begin, indent, language = at + 1, opening["indent"], opening["language"]
        attributes = dict(_ATTRIBUTE.findall(opening["attributes"]))
        if language not in LANGUAGES or not attributes.keys() <= {"title"}:
            raise ValueError(f"line {begin}: unknown language or attribute: {lines[at]!r}")
        try:
            at = lines.index(f"{indent}```", begin)
        except ValueError:
            raise ValueError(f"line {begin}: the fence is not closed: {lines[at]!r}") from None
        code = lines[begin:at]
        if any("```" in each or (each and not each.startswith(indent)) for each in code):
            raise ValueError(f"line {begin}: the fence does not end where its code ends")
        content = "".join(f"{each.removeprefix(indent)}\n" for each in code)
        above = lines[end : begin - 1]
        if language == OUTPUT and found and not any(above):
            last = found.pop()
            found.append(replace(last, output=content))
        paragraph = "\n".join(above).strip("\n").rpartition("\n\n")[2]
        found.append(
            Fence(language, content, begin + 1, attributes.get("title", ""), dedent(paragraph))
        )
        at += 1
        end = at
    return found


def of_page(page: str, *languages: str) -> list[Fence]:
    """Return the blocks of a page of this repository in the given languages, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [each for each in fences(text) if each.language in languages]
