"""Holds that the docs site works as its readers see it: in a Chromium, on desk and phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, expect

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@dataclass
class Visit:
    """A page that is open, and all that went wrong since."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.page.url}: {error}"))
        self.page.on("requestfailed", lambda request: self._complain(request, "failed"))
        self.page.on("response", self._on_response)
        self.page.on("request", lambda request: self.requests.append(request.url))

    def go(self, path: str) -> Page:
        """Open a page of the site, and wait until it loads nothing more."""
        self.page.goto(self.url + path, wait_until="networkidle")
        return self.page

    def foreign(self) -> list[str]:
        """What was asked of another host."""
        own = (self.url, "data:", "blob:")
        return [request for request in self.requests if not request.startswith(own)]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{self.page.url}: {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(response.request, str(response.status))

    def _complain(self, request: Request, what: str) -> None:
        self.wrong.append(f"{self.page.url}: {what}: {request.url}")


@contextmanager
def visit(browser: Browser, url: str, size: dict[str, int], scheme: str = "light") -> Iterator[Visit]:
    """Give an empty page of the given size, for a reader who likes it light or dark."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    yield Visit(context.new_page(), url)
    context.close()


@pytest.fixture(scope="session")
def paths(url: str) -> list[str]:
    """Every page of the sitemap, and the one for what is not there."""
    with urlopen(f"{url}sitemap.xml") as answer:  # noqa: S310 - our own server
        text = answer.read().decode()
    found = re.findall(r"<loc>https://[^/]+/([^<]*)</loc>", text)
    assert len(found) > 60
    return [*found, "404.html"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_loads(browser: Browser, url: str, paths: list[str], size: dict[str, int]) -> None:
    """Without an error, a failed request, or a request to another host."""
    with visit(browser, url, size) as reader:
        for path in paths:
            reader.go(path)
        assert reader.wrong == []
        assert reader.foreign() == []


ANCHORS = """() => [...document.querySelectorAll('a[href]')].map(a => a.href)"""
IDS = """() => [...document.querySelectorAll('[id], a[name]')].map(e => e.id || e.name)"""


def test_every_link_leads_somewhere(browser: Browser, url: str, paths: list[str]) -> None:
    """To a page and to a place on it, as the browser itself resolves them once scripts have run."""
    links: dict[str, list[str]] = {}
    places: dict[str, set[str]] = {}
    with visit(browser, url, DESK) as reader:
        for path in paths:
            page = reader.go(path)
            links[path] = page.evaluate(ANCHORS)
            places[path] = set(page.evaluate(IDS))
    places[""] = places["index.html"] if "index.html" in places else places[""]
    broken = []
    for path, targets in links.items():
        for target in {each for each in targets if each.startswith(url)}:
            name, _, anchor = target.removeprefix(url).partition("#")
            if name not in places or (anchor and anchor not in places[name]):
                broken.append(f"{path}: {target}")
    assert broken == []


WIDER = """() => {
    const wide = [...document.querySelectorAll('article *, h1')].filter(element => {
        if (element.getBoundingClientRect().right <= window.innerWidth + 1) return false;
        for (let box = element; box; box = box.parentElement)
            if (/auto|scroll|hidden/.test(getComputedStyle(box).overflowX)) return false;
        return getComputedStyle(element).position !== 'fixed';
    });
    if (document.documentElement.scrollWidth > window.innerWidth) wide.push(document.body);
    return wide.map(element => element.tagName + ' ' + element.textContent.trim().slice(0, 40));
}"""
SMALLER = """() => [...document.querySelectorAll('article :is(p, li, td, th, code, h1, h2, h3, h4)')]
    .filter(element => element.offsetParent && parseFloat(getComputedStyle(element).fontSize) < 11)
    .map(element => element.tagName + ' ' + element.textContent.trim().slice(0, 40))"""


def test_every_page_can_be_read_on_a_phone(browser: Browser, url: str, paths: list[str]) -> None:
    """Nothing sticks out but what scrolls in a box of its own, and no text is tiny."""
    found: list[tuple[str, str]] = []
    with visit(browser, url, PHONE) as reader:
        for path in paths:
            page = reader.go(path)
            found += [(path, each) for each in page.evaluate(WIDER)]
            found += [(path, each) for each in page.evaluate(SMALLER)]
    assert found == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("RecordingResponseData", "reference/RecordingResponseData.html"),
        ("duration_millis", "reference/RecordingResponseData.html"),
        ("split_channels", "downloading.html"),
        ("RateLimitError", "api/errors.html"),
    ],
)
def test_the_search_finds(
    browser: Browser, url: str, size: dict[str, int], word: str, path: str
) -> None:
    """What a reader types, and leads there."""
    with visit(browser, url, size) as reader:
        page = reader.go("index.html")
        page.get_by_role("button", name="Search").first.click()
        page.keyboard.type(word)
        result = page.locator(f'a[href*="{path}"]:visible').filter(has_text=word).first
        expect(result).to_be_visible()
        result.click()
        page.wait_for_url(f"**/{path}*")
        expect(page.locator("article")).to_contain_text(word)
        assert reader.wrong == []


BACKGROUND = "() => getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_site_follows_the_system_and_can_be_switched(
    browser: Browser, url: str, scheme: str
) -> None:
    """To the other of light and dark; the choice lasts from page to page."""
    with visit(browser, url, DESK, scheme) as reader:
        page = reader.go("index.html")
        first = _lightness(page)
        assert (first > 0.5) == (scheme == "light")
        seen = {first}
        for _ in range(3):
            page.locator("form[data-md-component=palette] label:visible").click()
            chosen = _lightness(page)
            seen.add(chosen)
            assert _lightness(reader.go("archiving.html")) == chosen
        assert len(seen) == 2
        assert reader.wrong == []


def _lightness(page: Page) -> float:
    """Of the background, from 0 to 1."""
    red, green, blue = map(int, re.findall(r"\d+", page.evaluate(BACKGROUND))[:3])
    return (red + green + blue) / 765


def test_the_diagram_can_be_read_in_the_dark(browser: Browser, url: str) -> None:
    """Its texts have another colour there than in the light."""
    colours = set()
    for scheme in ("light", "dark"):
        with visit(browser, url, DESK, scheme) as reader:
            page = reader.go("architecture.html")
            colours.add(page.locator("article svg text").first.evaluate("e => getComputedStyle(e).fill"))
    assert len(colours) == 2
