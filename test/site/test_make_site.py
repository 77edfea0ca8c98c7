"""Tests what `make docs` promises: a site without a broken link, and without other hosts."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from os.path import normpath
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from make_site import breakable, labelled, problems, read

import telnyx_recordings
from builds import ROOT
from docs_site import SiteProject
from telnyx_recordings import archive, errors, media, models, sandbox, webhooks

pytestmark = pytest.mark.xdist_group("docs site")  # built once


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as committed, built."""
    project = SiteProject(tmp_path_factory.mktemp("project"))
    built = project.build()
    assert (built.returncode, built.stderr) == (0, "")
    return project.site


def pages(site: Path) -> dict[str, str]:
    """The pages of a site, by their path."""
    found = sorted(site.rglob("*.html"))
    return {str(path.relative_to(site)): path.read_text(encoding="utf-8") for path in found}


def test_every_page_of_the_docs_is_there(site: Path) -> None:
    sources = sorted((ROOT / "docs").rglob("*.md"))
    expected = {str(path.relative_to(ROOT / "docs").with_suffix(".html")) for path in sources}
    assert expected | {"404.html"} == set(pages(site))


def test_every_page_can_be_reached_from_the_first(site: Path) -> None:
    names = set(pages(site))
    found, pending = {"404.html"}, {"index.html"}
    while pending:
        name = pending.pop()
        found.add(name)
        links = {urlsplit(link).path for link in read(site / name).links}
        targets = {normpath(f"{Path(name).parent}/{link}") for link in links if link}
        pending |= (targets & names) - found
    assert names - found == set()


def test_no_page_is_twice_in_the_navigation() -> None:
    nav = (ROOT / "docs" / ".nav.yml").read_text("utf-8")
    named = re.findall(r"[\w/-]+\.md$", nav, re.MULTILINE)
    assert sorted(named) == sorted(set(named))


def test_the_search_knows_what_the_reference_describes(site: Path) -> None:
    index = json.loads((site / "search.json").read_text(encoding="utf-8"))
    said = {item["location"]: item["text"] for item in index["items"]}
    page = "reference/RecordingResponseData.html"
    assert said[page].startswith("<p>RecordingResponseData</p>")
    assert "duration_millis" in said[f"{page}#properties"]
    assert "created_at" in said["reference/Recordings.html#parameters-of-list"]
    assert "retry budget" in said["api/client.html#telnyx_recordings.client.Client.with_options"]


def test_the_search_lists_no_text_of_a_page_twice(site: Path) -> None:
    index = json.loads((site / "search.json").read_text(encoding="utf-8"))
    found = [(i["location"].split("#")[0], i["title"], i["text"]) for i in index["items"]]
    assert len(set(found)) == len(found)


def test_every_class_and_function_for_users_is_on_a_page(site: Path) -> None:
    read_pages = [read(path) for path in sorted((site / "api").glob("*.html"))]
    shown = {anchor.rpartition(".")[2] for page in read_pages for anchor in page.anchors}
    modules = (telnyx_recordings, archive, errors, media, sandbox, webhooks)
    public = {
        name
        for module in modules
        for name in dir(module)
        if callable(each := getattr(module, name))
        and each.__module__.startswith("telnyx_recordings.")
        and name not in models.__all__
        and not name.startswith("_")
    }
    assert len(public) > 50
    assert public - shown == set()


def test_a_link_to_no_page_or_anchor_fails_the_build(tmp_path: Path) -> None:
    project = SiteProject(tmp_path / "project")
    page = project.folder / "docs/tracing.md"
    line = len(page.read_text(encoding="utf-8").splitlines()) + 2
    project.append("docs/tracing.md", "\n[one](nowhere.md), [two](cli.md#nowhere)\n")
    built = project.build()
    assert built.returncode == 1
    assert f"tracing.md:{line}:" in built.stderr
    assert "[one](nowhere.md), [two](cli.md#nowhere)" in built.stderr
    assert "page does not exist" in built.stderr
    assert "anchor does not exist" in built.stderr
    assert "Traceback" not in built.stderr


def test_a_docstring_that_is_gone_fails_the_build(tmp_path: Path) -> None:
    project = SiteProject(tmp_path / "project")
    project.append("docs/api/client.md", "\n::: telnyx_recordings.client.NoSuchClient\n")
    built = project.build()
    assert built.returncode == 1
    assert "Could not collect 'telnyx_recordings.client.NoSuchClient'" in built.stderr
    assert "Traceback" not in built.stderr


def test_a_bad_link_where_the_generator_does_not_look_fails_the_build(tmp_path: Path) -> None:
    project = SiteProject(tmp_path / "project")
    module = project.folder / "telnyx_recordings/strange.py"
    module.write_text('class Strange:\n    """See [this](gone.html)."""\n', "utf-8")
    project.append("docs/api/client.md", "\n::: telnyx_recordings.strange.Strange\n")
    project.append("CHANGELOG.md", "\n[later](reference/index.html#gone)\n")
    project.append("docs/tracing.md", '\n<img src="https://example.org/x.png" alt="x">\n')
    project.append("docs/stylesheets/extra.css", '\n@import "https://example.org/x.css";\n')
    built = project.build()
    assert built.returncode == 1
    assert built.stderr.splitlines() == [
        "docs: api/client.html links to gone.html: there is no such page or file",
        "docs: changelog.html links to reference/index.html#gone: there is no such anchor",
        "docs: tracing.html loads https://example.org/x.png, from another host",
        "docs: stylesheets/extra.css loads https://example.org/x.css, from another host",
    ]


def test_links_that_are_good_are_not_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/index.html").write_text('<h1 id="ü">x</h1><a href="../a.html#x">', "utf-8")
    (tmp_path / "a.html").write_text(
        '<a id="x" href="#x"><a href="sub/#%C3%BC"><a href="https://example.org"><a href="/sub/">'
        '<link rel="canonical" href="https://example.org"><img src="data:image/png;base64,AA==">',
        "utf-8",
    )
    assert list(problems(tmp_path)) == []


class _Outline(HTMLParser):
    """The parts of a page that readers with a screen reader, and search engines, go by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language: str | None = None
        self.description: str | None = None
        self.levels: list[int] = []
        self.nameless: list[str] = []
        self.title = ""
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang")
        elif tag == "meta" and given.get("name") == "description":
            self.description = given.get("content")
        elif re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        elif tag == "img" and not given.get("alt"):
            self.nameless.append(str(given.get("src")))
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data


def _complaints(outline: _Outline) -> Iterator[str]:
    if outline.language != "en":
        yield "has no language"
    if not outline.description:
        yield "has no description"
    if outline.levels.count(1) != 1 or outline.levels[0] != 1:
        yield "has no main heading, or several"
    for above, below in zip(outline.levels, outline.levels[1:], strict=False):
        if below > above + 1:
            yield f"has a heading of level {below} below one of level {above}"
    for image in outline.nameless:
        yield f"has an image without a text: {image}"


def test_every_page_is_marked_up_for_all_readers(site: Path) -> None:
    outlines = {name: _Outline(text) for name, text in pages(site).items() if name != "404.html"}
    assert [(name, each) for name, o in outlines.items() for each in _complaints(o)] == []
    titles = [outline.title.strip() for outline in outlines.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_the_front_pages_lead_to_files(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_diagram_of_a_call_names_files_that_are_there() -> None:
    diagram = (ROOT / "docs/architecture/call.svg").read_text(encoding="utf-8")
    lines = re.findall(r'class="file"[^>]*>([^<]*)<', diagram)
    assert len(lines) >= 8
    for line in lines:
        first, *others = line.split(", ")
        beside = first.rpartition("/")[0]
        names = [first, *(name if "/" in name else f"{beside}/{name}" for name in others)]
        assert [n for n in names if not (ROOT / "telnyx_recordings" / n).exists()] == []


def test_blocks_of_code_are_not_broken_and_scroll() -> None:
    block = "<pre><code>from telnyx_recordings import RecordingResponseData</code></pre>"
    assert breakable(block) == block
    assert breakable("<code>client.recordings.list(page_size=1)</code>") == (
        "<code>client.<wbr>recordings.<wbr>list(<wbr>page_<wbr>size=<wbr>1)</code>"
    )


def test_cells_of_tables_have_their_headings() -> None:
    table = "<table><tr><th>Name</th><th><b>Type</b></th></tr><tr><td>id</td><td>str</td></tr>"
    rows = '<tr><td data-label="Name">id</td><td data-label="Type">str</td></tr>'
    assert labelled(table) == table.replace("<tr><td>id</td><td>str</td></tr>", rows)


def test_the_reason_for_missing_figures_has_their_cells() -> None:
    right = '<td style="text-align: right;">'
    row = f"<tr>{right}none: exit code 1</td>\n{right}</td>\n{right}</td></tr>"
    table = f"<table><tr><th>a</th><th>b</th><th>c</th></tr>{row}</table>"
    assert '<tr><td colspan="3">none: exit code 1</td></tr>' in labelled(table)
