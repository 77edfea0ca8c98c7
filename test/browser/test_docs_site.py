"""Tests that the docs site works as its readers see it: in a Chromium, on desk and phone."""

import re
from base64 import b64encode
from typing import Literal

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from browser_reader import (
    ASIDE,
    BROKEN,
    CONTRAST,
    CUT_OFF,
    DESK,
    LINKS,
    PHONE,
    PLACES,
    STICKING_OUT,
    TINY,
    reading,
)
from builds import ROOT


@pytest.fixture(scope="module")
def paths() -> list[str]:
    """Every page of the docs, and the one for what is not there."""
    docs = ROOT / "docs"
    sources = sorted(docs.rglob("*.md"))
    found = [each.relative_to(docs).with_suffix(".html").as_posix() for each in sources]
    assert len(found) > 60
    return [*found, "404.html"]


def test_every_page_loads_and_its_links_lead_somewhere(
    browser: Browser, url: str, paths: list[str]
) -> None:
    links: dict[str, set[str]] = {}
    places: dict[str, set[str]] = {}
    with reading(browser, url, DESK) as reader:
        for path in paths:
            reader.go(path)
            links[path] = {link for link in reader.ask(LINKS) if link.startswith(url)}
            places[path] = {"", *reader.ask(PLACES)}
        assert reader.wrong == []
        assert reader.foreign == []
    first = "index.html" if "index.html" in places else ""
    places |= {"": places[first], "index.html": places[first]}
    broken = [
        (path, link)
        for path, targets in links.items()
        for link in sorted(targets)
        for name, _, anchor in [link.removeprefix(url).partition("#")]
        if anchor not in places.get(name, ())
    ]
    assert broken == []


def test_every_page_can_be_read_on_a_phone(browser: Browser, url: str, paths: list[str]) -> None:
    with reading(browser, url, PHONE) as reader:
        found: list[tuple[str, str]] = []
        for path in paths:
            reader.go(path)
            for question in (STICKING_OUT, TINY, ASIDE, BROKEN):
                found += [(path, each) for each in reader.ask(question)]
        assert found == []
        assert reader.wrong == []
        assert reader.foreign == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("RecordingResponseData", "reference/RecordingResponseData.html"),
        ("split_channels", "api/media.html"),
        ("RateLimitError", "api/errors.html"),
    ],
)
def test_the_search_finds_the_page_for_typed_words(
    browser: Browser, url: str, size: ViewportSize, word: str, path: str
) -> None:
    with reading(browser, url, size) as reader:
        page = reader.go("index.html")
        page.locator(".md-search__button:visible, label[for=__search]:visible").first.click()
        page.get_by_role("combobox", name="Search").fill(word)
        page.locator(f'a[href*="{path}?h="]').filter(has_text=word).first.click()
        page.wait_for_url(f"**/{path}*")
        expect(page.locator("article")).to_contain_text(word)
        assert reader.wrong == []
        assert reader.foreign == []


@pytest.mark.parametrize(
    ("word", "page_found"),
    [
        ("archive", "archiving.html"),
        ("delete", "archiving.html"),
        ("export", "archiving.html"),
        ("gdpr", "archiving.html"),
        ("pagination", "listing.html"),
        ("signature", "webhooks.html"),
        ("download", "downloading.html"),
        ("proxy", "network.html"),
        ("pandas", "analysis.html"),
        ("timeout", "errors.html"),
        ("transcript", "listing.html"),
        ("migrate", "migrating.html"),
        ("resume", "downloading.html"),
        ("retry", "errors.html"),
        ("s3", "archiving.html"),
    ],
)
def test_the_search_shows_the_guide_first(
    browser: Browser, url: str, word: str, page_found: str
) -> None:
    """The reference has each of these words in the names of operations and classes."""
    with reading(browser, url, DESK) as reader:
        page = reader.go("faq.html")
        page.locator(".md-search__button:visible, label[for=__search]:visible").first.click()
        page.get_by_role("combobox", name="Search").fill(word)
        results = page.locator('a[href*="?h="]')
        expect(results.first).to_have_attribute("href", re.compile(f"{page_found}\\?h="))
        assert reader.wrong == []


def test_nothing_shines_through_the_panel_of_the_search(browser: Browser, url: str) -> None:
    with reading(browser, url, DESK) as reader:
        page = reader.go("index.html")
        page.locator(".md-search__button:visible, label[for=__search]:visible").first.click()
        box = page.get_by_role("combobox", name="Search")
        colours = """box => {
            const found = [];
            for (; box; box = box.parentElement) found.push(getComputedStyle(box).backgroundColor);
            return found;
        }"""
        assert any(colour.startswith("rgb(") for colour in box.evaluate(colours))


def test_no_name_in_a_table_of_contents_is_cut_off(browser: Browser, url: str) -> None:
    with reading(browser, url, {"width": 1440, "height": 900}) as reader:
        reader.go("api/client.html")
        assert reader.ask(CUT_OFF) == []


def test_the_page_for_a_bad_address_leads_to_the_guides(browser: Browser, url: str) -> None:
    with reading(browser, url, PHONE) as reader:
        page = reader.go("no/such/page.html")
        page.get_by_role("main").get_by_role("link", name="Quick start").last.click()
        page.wait_for_url("**/quick-start.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_site_follows_the_system_and_can_be_switched(
    browser: Browser, url: str, scheme: Literal["light", "dark"]
) -> None:
    with reading(browser, url, DESK, scheme) as reader:
        page = reader.go("index.html")
        seen = [reader.lightness() > 0.5]
        for _ in range(3):
            page.locator("form[data-md-component=palette] label:visible").click()
            chosen = reader.lightness() > 0.5
            reader.go("archiving.html")
            assert (reader.lightness() > 0.5) == chosen
            seen.append(chosen)
        assert seen == [scheme == "light", True, False, scheme == "light"]
        assert reader.wrong == []


@pytest.mark.parametrize("path", ["architecture.html", "benchmarks.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_diagrams_can_be_read_in_light_and_dark(
    browser: Browser, url: str, scheme: Literal["light", "dark"], path: str
) -> None:
    with reading(browser, url, DESK, scheme) as reader:
        page = reader.go(path)
        for _ in range(3):
            for image in page.locator("article img").all():
                image.scroll_into_view_if_needed()
                shot = b64encode(image.screenshot(animations="disabled")).decode()
                assert page.evaluate(CONTRAST, shot) > 0.7
            page.locator("form[data-md-component=palette] label:visible").click()
