"""Build the docs site into build/site, then follow every link of its pages: what `make docs` runs.

Zensical checks the links of the Markdown. What it cannot see are links in docstrings, in text that
is included from elsewhere, and in its own theme; and that nothing is loaded from another host.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build/site"
LOADED = {("img", "src"), ("script", "src"), ("source", "src"), ("iframe", "src"), ("link", "href")}
"""What a browser fetches by itself, unlike the links that a reader follows."""

# Their addresses are for machines that read the page, and no browser fetches them.
NOT_LOADED = {"canonical", "next", "prev", "alternate", "edit"}
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
IN_REFERENCE = ("api/", "benchmarks", "changelog", "reference/")
"""Where the pages are that readers look things up in, which the search shows after the guides."""

_BLOCK_OF_CODE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_LONG_NAME = re.compile(
    r"(?<=>)(?:\s|&nbsp;|\w+(?:: | of ))*[A-Za-z][\w.\[\]]{11,}\s*(?=<)"
    r"|(?<=<code>)[^<]{12,}(?=</code>)"
)
_BETWEEN_WORDS = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[_./=(,-])(?=\w)|(?=\[)")
_TRAILING_BLANKS = re.compile(r"<td[^>]*>(none: .*?)</td>((?:\s*<td[^>]*></td>)+)")
_TRANSLUCENT = "background-color:rgba(var(--color-background)/var(--alpha-light))"
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_WORD_JOINER = "\u2060"  # takes no room
IN_STYLES = re.compile(r"""(?:@import\s+|url\(\s*)["']?((?:https?:)?//[^"')\s]+)""")


def main() -> int:
    """Build and check; return the exit code."""
    built = subprocess.run(
        (Path(sysconfig.get_path("scripts")) / "zensical", "build", "--clean", "--strict"),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode != 0:
        print(_complaint(built.stdout + built.stderr), file=sys.stderr)
        return 1
    rank_guides_first(SITE / "search.json")
    for script in SITE.glob("assets/javascripts/bundle.*.js"):
        # The panel of the search has its styles there; what is behind it would shine through.
        text = script.read_text(encoding="utf-8")
        opaque = "background-color:rgb(var(--color-background))"
        script.write_text(text.replace(_TRANSLUCENT, opaque), encoding="utf-8")
    for page in SITE.rglob("*.html"):
        html = _TABLE.sub(lambda found: labelled(found[0]), page.read_text(encoding="utf-8"))
        page.write_text(breakable(html), encoding="utf-8")
    found = list(problems(SITE))
    for problem in found:
        print(f"docs: {problem}", file=sys.stderr)
    if found:
        return 1
    count = len(list(SITE.rglob("*.html")))
    print(f"docs: {count} pages; `python3 -m http.server -d build/site` shows them, with search")
    return 0


def _complaint(output: str) -> str:
    """Return what the generator has to say, without its own traceback."""
    plain = _COLOURS.sub("", output)  # it has no setting for them that it heeds
    said, _, trace = plain.partition("Traceback (most recent call last)")
    causes = re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception): .*$", trace, re.MULTILINE)
    return "\n".join([said.strip(), *causes[:1]])


def rank_guides_first(index: Path) -> None:
    """Rewrite the search index so that a word in a guide's heading leads to the guide.

    The search ranks matches in titles above those in texts, and has no weights for pages. So the
    title of a page of the reference is moved to its text; what is shown as its title begins each
    word with a character that has no width and that no query contains.
    """
    content = json.loads(index.read_text(encoding="utf-8"))
    # Members that several classes share, and pages with their first headings, are found once.
    distinct: dict[tuple[str, str, str], dict[str, Any]] = {}
    for item in content["items"]:
        page = item["location"].partition("#")[0]
        if item["level"] == 1:
            distinct[page, item["title"], ""] = item | {"location": page}
        else:
            distinct.setdefault((page, item["title"], item["text"]), item)
    content["items"] = list(distinct.values())
    for item in content["items"]:
        if item["location"].startswith(IN_REFERENCE):
            item["text"] = f"<p>{item['title']}</p> {item['text']}"
            item["title"] = _unmatched(item["title"])
            item["path"] = [_unmatched(each) for each in item["path"]]
    index.write_text(json.dumps(content), encoding="utf-8")


def breakable(html: str) -> str:
    """Return a page whose long names can be broken between their words, but not within one."""
    parts = _BLOCK_OF_CODE.split(html)  # a block of code scrolls instead
    parts[::2] = [
        _LONG_NAME.sub(lambda found: _BETWEEN_WORDS.sub("<wbr>", found[0]), part)
        for part in parts[::2]
    ]
    return "".join(parts)


def labelled(table: str) -> str:
    """Return a table whose cells have their headings, for phones, which show one cell per line."""
    headings = [re.sub(r"<[^>]+>", "", each) for each in re.findall(r"<th[^>]*>(.*?)</th>", table)]
    rows = table.split("<tr>")
    for at, row in enumerate(rows):
        cells = row.split("<td>")
        for number, heading in enumerate(headings[: len(cells) - 1], 1):
            cells[number] = f'<td data-label="{heading}">{cells[number]}'
        rows[at] = "".join(cells) if len(cells) > 1 else row
    return _TRAILING_BLANKS.sub(_spanning, "<tr>".join(rows))


def _spanning(cells: re.Match[str]) -> str:
    """Return a single cell for the reason why a row has no figures."""
    return f'<td colspan="{1 + cells[2].count("<td")}">{cells[1]}</td>'


def _unmatched(title: str) -> str:
    """Return a title that looks the same and that no query matches."""
    return re.sub(r"(?<![^\W_])(?=[^\W_])", _WORD_JOINER, title)


@dataclass
class Page(HTMLParser):
    """What a page offers to links, and where its own lead."""

    anchors: set[str] = field(default_factory=set[str])
    links: list[str] = field(default_factory=list[str])
    loads: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the anchor of an element, its link, and what it loads."""
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value or "")
            elif (tag, name) in LOADED and dict(attrs).get("rel") not in NOT_LOADED:
                self.loads.append(value or "")
            elif tag == "a" and name == "href":
                self.links.append(value or "")


def problems(site: Path) -> Iterator[str]:
    """Give a line for each link that leads nowhere, and for all that comes from another host."""
    pages = {path: read(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        for url in (*page.links, *page.loads):
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                if url in page.loads and parts.scheme != "data":
                    yield f"{name} loads {url}, from another host"
                continue
            target = _target(site, path, unquote(parts.path))
            anchor = unquote(parts.fragment)
            if not target.is_file():
                yield f"{name} links to {url}: there is no such page or file"
            elif anchor and target in pages and anchor not in pages[target].anchors:
                yield f"{name} links to {url}: there is no such anchor"
    for path in sorted(site.rglob("*.css")):
        for url in IN_STYLES.findall(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)} loads {url}, from another host"


def read(path: Path) -> Page:
    """Read a page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _target(site: Path, page: Path, path: str) -> Path:
    """Return the file that a link on a page leads to; 404.html is shown anywhere, so it has `/`."""
    base = site / path.lstrip("/") if path.startswith("/") else page.parent / path
    target = (base if path else page).resolve()
    return target / "index.html" if target.is_dir() else target


if __name__ == "__main__":
    sys.exit(main())
