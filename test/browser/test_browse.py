"""The pages of an archive in a real browser: find a call by a word, see it, hear it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from starlette.types import Receive, Scope, Send

from archiving import archive
from telnyx_recordings.browse.server import open_pages
from telnyx_recordings.sandbox import Sandbox
from telnyx_recordings.sandbox.server import ServerThread

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
TIME = "document.querySelector('audio').currentTime"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a call of two channels and one of one."""
    found = tmp_path_factory.mktemp("archive")
    with Sandbox(recordings=0) as box:
        for id_, channels, text in (("two", "dual", "The parcel."), ("one", "single", "Hello.")):
            box.add_recording(
                id=id_,
                created_at="2026-01-01T10:00:00Z",
                channels=channels,
                duration_millis=20_000,
                transcript=text,
            )
        archive(box, found)
        archive(box, found, formats=("wav", "mp3"))
    return found


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """The address that opens the pages."""
    with open_pages(folder) as pages:

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await pages.app(scope, receive, send)

        port = pages.listener.getsockname()[1]
        pages.listener.close()
        server = ServerThread(serve, port)
        try:
            yield pages.url
        finally:
            server.stop()


@pytest.fixture(params=["desk in light", "phone in dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of a browser in which nothing may go wrong unnoticed."""
    scheme: Literal["light", "dark"] = "light" if "light" in request.param else "dark"
    context = browser.new_context(
        viewport=DESK if "desk" in request.param else PHONE, color_scheme=scheme
    )
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.on("request", lambda sent: None if "127.0.0.1" in sent.url else wrong.append(sent.url))
    yield opened
    context.close()
    assert wrong == []


def open_call(page: Page, url: str, word: str) -> None:
    """Find a call by a word that was said, and open it."""
    page.goto(url)
    search = page.get_by_label("Words in transcripts")
    search.fill(word)
    rows = page.locator(".rows a")
    for _ in range(50):  # the index is made while the page is open already
        page.get_by_role("button", name="Search").click()
        if rows.count():
            break
        page.wait_for_timeout(100)
    expect(page.locator("mark")).to_have_text(word)
    rows.first.click()


def wait_until(page: Page, condition: str) -> None:
    """Wait for a condition; the pages' policy forbids the browser to evaluate it by itself."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


def test_a_call_is_found_by_a_word_and_played(page: Page, url: str) -> None:
    open_call(page, url, "parcel")
    expect(page.locator("canvas")).to_have_count(2)
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    wait_until(page, f"{TIME} > 0.2")
    box = page.locator("canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    wait_until(page, f"{TIME} > 9.9")
    page.get_by_role("button", name="Mute channel 2").click()
    expect(page.get_by_role("button", name="Mute channel 2")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.get_by_role("button", name="Faster").click()
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.25
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    assert page.evaluate("document.querySelector('audio').paused")
    page.keyboard.press("ArrowLeft")
    wait_until(page, f"{TIME} < 9.9")


def test_no_archive_page_overflows_the_screen(page: Page, url: str) -> None:
    open_call(page, url, "Hello")
    expect(page.locator("canvas")).to_have_count(1)
    page.get_by_role("link", name="Read all files back").click()
    expect(page.locator(".good").first).to_have_text("as stored")
    page.wait_for_load_state()  # with its styles
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(width) <= 0
    page.goto(url)
    assert page.evaluate(width) <= 0
