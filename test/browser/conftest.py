"""A Chromium of this machine, without a screen, and the docs site that it opens."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from docs_site import SiteProject, serving

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# It is not to ask anyone for anything: what a page loads from another host then fails, and is seen.
OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def program() -> str:
    """Return the browser's path."""
    given = os.environ.get("CHROME")
    found = next(filter(None, map(shutil.which, [given] if given else NAMES)), None)
    if found is None:
        looked_for = given or ", ".join(NAMES)
        pytest.exit(f"no Chromium ({looked_for}): install one, or name it in CHROME", returncode=1)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A fresh browser, with a profile of its own."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program(), args=OPTIONS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the site is served, with a slash at the end."""
    project = SiteProject(tmp_path_factory.mktemp("project"))
    built = project.build()
    assert (built.returncode, built.stderr) == (0, "")
    with serving(project.site) as base:
        yield base
