"""Tests the tree: where files are, how they begin, and what they must not contain."""

import ast
import re
import runpy
from pathlib import Path

import pytest

from builds import ROOT, committed

TOP_LEVEL = {
    *(
        ".ci",
        ".github",
        ".gitignore",
        ".pre-commit-config.yaml",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
    ),
    *("benchmarks", "docs", "generator-config.yaml", "openapi.yaml", "pyproject.toml"),
    *("telnyx_recordings", "templates", "test", "zensical.toml"),
}
GENERATED = ("telnyx_recordings/models/", "telnyx_recordings/api/", "docs/reference/")
LONGEST = {".py": 600, ".mustache": 80}
"""Lines; a longer hand-written file is more than one thing."""

FORBIDDEN = {
    "unfinished work": r"\b(?:T[O]DO|F[I]XME|X{3}|H[A]CK)\b",
    "a test that does not run": r"(?:mark|pytest|unittest)\.(?:skip|xfail)|[i]mportorskip",
    "a package registry": r"(?:pypi|pythonhosted|npmjs|crates)\.(?:org|com|io)\b|repo1?\.maven\b",
    "a path of one machine": r"(?<![\w.{}/])/(?:work|tmp|root|home|Users|opt)/\w",
}


FILES = committed()


def _text(name: str) -> str | None:
    """The file's text, or None if it is binary."""
    content = (ROOT / name).read_bytes()
    return None if b"\0" in content else content.decode("utf-8")


def _says_what_it_is_for(name: str) -> bool:
    """Whether its first line, after a shebang, is a docstring, a comment or a heading."""
    text = _text(name) or ""
    match Path(name).suffix:
        case ".py":
            return bool(ast.get_docstring(ast.parse(text)))
        case ".yaml" | ".yml" | ".toml":
            return text.startswith("# ")
        case ".md":
            return re.sub(r"\A---\n.*?^---\n", "", text, flags=re.MULTILINE | re.DOTALL).startswith(
                ("# ", "<!-- ")
            )
        case "" if name != "LICENSE":
            return re.match(r"(#!.*\n)?# ", text) is not None
        case _:
            return True


def test_the_top_level_contains_only_listed_entries() -> None:
    assert {name.partition("/")[0] for name in FILES} - TOP_LEVEL == set()


def test_every_file_begins_with_its_purpose() -> None:
    assert [name for name in FILES if not _says_what_it_is_for(name)] == []


def test_hand_written_files_stay_short() -> None:
    own = [n for n in FILES if Path(n).suffix in LONGEST and not n.startswith(GENERATED)]
    lengths = {name: len((_text(name) or "").splitlines()) for name in own}
    assert {n: length for n, length in lengths.items() if length > LONGEST[Path(n).suffix]} == {}


def _findings(what: str, text: str) -> list[str]:
    return [line for line in text.splitlines() if re.search(FORBIDDEN[what], line)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_contains(what: str) -> None:
    texts = {name: _text(name) or "" for name in FILES}
    found = {name: lines for name, text in texts.items() if (lines := _findings(what, text))}
    assert found == {}


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("unfinished work", "x = 1  # TO" + "DO: more"),
        ("a test that does not run", "@pytest.mark." + "skip"),
        ("a package registry", "see https://py" + "pi.org/project/x"),
        ("a path of one machine", 'open("/ho' + 'me/me/x")'),
    ],
)
def test_forbidden_text_is_found(what: str, line: str) -> None:
    assert _findings(what, line) == [line]


def test_every_supported_python_is_tested_in_ci() -> None:
    supported = re.findall(r"Python :: (3\.\d+)", _text("pyproject.toml") or "")
    tested = re.findall(r"python: \[(.*)\]", _text(".github/workflows/ci.yml") or "")
    assert set(supported) <= set(re.findall(r"'(3\.\d+)'", " ".join(tested)))


def test_mutation_groups_name_existing_files() -> None:
    """A group that names a moved file would change and check less, and nobody would notice."""
    groups = runpy.run_path(str(ROOT / "test" / "mutation" / "run.py"))["GROUPS"]
    named = {f"telnyx_recordings/{name}" for group in groups for name in group.files}
    named |= {f"test/{name.partition('::')[0]}" for g in groups for name in (*g.tests, *g.but)}
    assert named - set(FILES) == set()
