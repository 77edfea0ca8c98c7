"""A reader of the docs site: what they open, what goes wrong there, and what they see."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, ViewportSize

import processes

DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}

LINKS = "() => [...document.querySelectorAll('a[href]')].map(a => a.href)"
PLACES = "() => [...document.querySelectorAll('[id], a[name]')].map(e => e.id || e.name)"

# What is wider than the window, unless it scrolls in a box of its own or is cut off on purpose.
STICKING_OUT = """() => {
    const boxed = element => {
        for (let box = element; box && box !== document.body; box = box.parentElement)
            if (getComputedStyle(box).overflowX !== 'visible') return true;
        return false;
    };
    const wide = [...document.querySelectorAll('main *')].filter(element =>
        element.getBoundingClientRect().right > window.innerWidth + 1 && !boxed(element));
    if (document.documentElement.scrollWidth > window.innerWidth) wide.push(document.body);
    return wide.map(element => element.tagName + ' ' + element.textContent.trim().slice(0, 40));
}"""
# Words of a table that are out of the window until a reader scrolls it. Figures are set right.
ASIDE = """() => [...document.querySelectorAll('article :is(td, th):not([style])')]
    .filter(cell => !cell.closest('table').querySelector('[style]'))
    .filter(cell => cell.getBoundingClientRect().right > window.innerWidth + 1)
    .map(cell => cell.textContent.trim().slice(0, 40))"""
# Words that go on in the next line without a hyphen, which make_site.py allows between words only.
BROKEN = """() => {
    const found = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const text = words.currentNode;
        if (!text.parentElement.checkVisibility() || text.parentElement.closest('pre')) continue;
        for (const word of text.textContent.matchAll(/[\\p{L}\\d]+/gu)) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
            if (lines.size > 1) found.push(word[0]);
        }
    }
    return found;
}"""
CUT_OFF = """() => [...document.querySelectorAll('.md-sidebar--secondary .md-ellipsis')]
    .filter(name => name.scrollWidth > name.clientWidth + 1).map(name => name.textContent.trim())"""
TINY = """() => [...document.querySelectorAll('article :is(p, li, td, th, code, h1, h2, h3, h4)')]
    .filter(element => element.offsetParent && parseFloat(getComputedStyle(element).fontSize) < 12)
    .map(element => element.tagName + ' ' + element.textContent.trim().slice(0, 40))"""

# How far the brightness of its title, at the top of a picture, is from that of the page: 0 to 1.
CONTRAST = """async picture => {
    const answer = await fetch('data:image/png;base64,' + picture);
    const image = await createImageBitmap(await answer.blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const {data} = canvas.getImageData(0, 0, image.width, 22);
    const brightness = at => (data[at] + data[at + 1] + data[at + 2]) / 765;
    let most = 0;
    for (let at = 4; at < data.length; at += 4)
        most = Math.max(most, Math.abs(brightness(at) - brightness(0)));
    return most;
}"""


@dataclass
class Reader:
    """A page that is open, and all that went wrong there."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list[str])
    foreign: list[str] = field(default_factory=list[str])
    """What was asked of another host."""
    loading: set[Request] = field(default_factory=set[Request])
    """What was requested, and is not there yet."""

    def __post_init__(self) -> None:
        self.page.set_default_timeout(15_000)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("request", self._on_request)
        self.page.on("requestfinished", self._on_end)
        self.page.on("requestfailed", self._on_failure)
        self.page.on("response", self._on_response)

    def go(self, path: str) -> Page:
        """Open a page of the site, and wait until it loads nothing more."""
        self.page.goto(self.url + path, wait_until="networkidle")
        # Idle for the browser is also a page whose icon or worker is on its way.
        processes.wait_until(self._is_loaded)
        return self.page

    def ask(self, script: str) -> list[str]:
        """Return what a script finds on the page."""
        found: list[str] = self.page.evaluate(script)
        return found

    def lightness(self) -> float:
        """Of the background, from 0 to 1."""
        script = "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)"
        red, green, blue = map(int, self.ask(script)[:3])
        return (red + green + blue) / 765

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complain(message.text)

    def _is_loaded(self) -> bool:
        self.page.wait_for_timeout(1)  # events arrive only during calls
        return not self.loading

    def _on_end(self, request: Request) -> None:  # a set's own method cannot be a handler
        self.loading.discard(request)

    def _on_failure(self, request: Request) -> None:
        self._on_end(request)
        self._complain(f"failed: {request.url}")

    def _on_request(self, request: Request) -> None:
        self.loading.add(request)
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.foreign.append(request.url)

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self._complain(f"{response.status}: {response.url}")

    def _complain(self, what: str) -> None:
        self.wrong.append(f"{self.page.url}: {what}")


@contextmanager
def reading(
    browser: Browser, url: str, size: ViewportSize, scheme: Literal["light", "dark"] = "light"
) -> Generator[Reader]:
    """Give an empty page, for someone whose system is set to light or dark."""
    context = browser.new_context(viewport=size, color_scheme=scheme)
    yield Reader(context.new_page(), url)
    context.close()
