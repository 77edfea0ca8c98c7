"""The page of an export, opened from a folder without a server."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from archiving import OLD, archive
from telnyx_recordings.archive import export
from telnyx_recordings.sandbox import Sandbox


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_call_is_found_by_a_word_and_played(
    browser: Browser, tmp_path: Path, scheme: str
) -> None:
    with Sandbox(recordings=0) as box:
        for n, said in enumerate(("Your bicycle is ready.", "Wrong number.")):
            box.add_recording(id=f"r{n}", created_at=OLD, duration_millis=3_000, transcript=said)
        archive(box, tmp_path / "calls")
    export(tmp_path / "calls", tmp_path / "out")
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto((tmp_path / "out" / "data" / "index.html").as_uri())
    assert page.locator("tbody:visible").count() == 2
    page.fill("#search", "BICYCLE ready")
    assert page.locator("tbody:visible").count() == 1
    assert page.text_content("#count") == "1 of 2"
    player = page.locator("audio:visible")
    at = player.evaluate(
        """player => new Promise((resolve) => {
            player.muted = true;
            player.addEventListener("timeupdate", () => {
                if (player.currentTime > 0.2) resolve(player.currentTime);
            });
            player.play();
        })"""
    )
    assert at > 0.2
    assert problems == []
    page.close()
