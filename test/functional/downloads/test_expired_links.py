"""Tests links that have expired, or are about to, also if the clock is wrong."""

import time
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import pytest

from behaviours import Reply
from callers import WALL, Held
from clients import Run, each_way
from downloads import AUDIO, HALF, Person, succeeds
from fakes import Server
from fakes_media import Download, Telnyx, left_in
from stores import SECRET, EndsAfter, Refuses, ResetsAfter, Store
from telnyx_recordings import Client
from telnyx_recordings.errors import MediaAccessError, MediaIntegrityError


def test_a_link_that_expires_during_the_download_is_renewed(
    download: Download, tmp_path: Path
) -> None:
    """Rows 17 and 19: a 403 leads to one fresh link, and the download continues."""
    script = ResetsAfter(AUDIO, size=HALF), Refuses(), Store(AUDIO)
    store = succeeds(download, tmp_path, *script)
    assert [each.target[-4:] for each in store.requests] == ["&n=1", "&n=1", "&n=2"]
    assert store.requests[2].headers["range"].startswith("bytes=")


@pytest.mark.parametrize("off", [-3600, 3600])
@pytest.mark.parametrize("dated", [True, False])
def test_links_are_used_and_renewed_although_the_clock_is_wrong(
    download: Download, tmp_path: Path, *, off: int, dated: bool
) -> None:
    """Row 48: the clock is an hour off."""
    with Server(ResetsAfter(AUDIO, size=HALF), Refuses(), Store(AUDIO)) as store:
        telnyx = Telnyx(store)
        telnyx.signed = WALL + off
        telnyx.date = telnyx.date if dated else None
        assert download(telnyx, tmp_path / "a.wav").got.size == len(AUDIO)
    assert telnyx.fetches <= 5


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_fresh_link_is_an_error(download: Download, tmp_path: Path, status: int) -> None:
    """Row 18."""
    with Server(Refuses(status)) as store:
        telnyx = Telnyx(store)
        error = download(telnyx, tmp_path / "a.wav").error
    assert isinstance(error, MediaAccessError)
    assert (error.status_code, error.code) == (status, "AccessDenied")
    link = f"http://127.0.0.1:{store.port}/rec-1.wav"
    told = f"the store returned {status} AccessDenied for {link}, with a fresh link too"
    assert str(error).startswith(f"recording rec-1: {told}")
    assert SECRET not in str(error)
    assert (telnyx.fetches, len(store.requests)) == (2, 2)
    assert left_in(tmp_path) == []


def test_expired_links_of_listed_recordings_are_renewed(person: Person, tmp_path: Path) -> None:
    with Client(person.box.api_key, person.box.base_url) as client:
        person.box.clock.advance(-590)
        old = client.recordings.retrieve("talk").data
        person.box.clock.advance(590)
        young = client.recordings.retrieve("talk").data
    person.box.expire_links()
    seen = len(person.box.requests)
    person.download(old, tmp_path / "old.wav")
    person.download(young, tmp_path / "young.wav")
    api, media = "/v2/recordings/talk", "/media/talk.wav"
    assert [each.path for each in person.box.requests[seen:]] == [api, media, media, api, media]


def test_the_expiry_is_checked_before_each_attempt(download: Download, tmp_path: Path) -> None:
    held = Held(chance=0.0)
    script = EndsAfter(AUDIO, size=300_000), Refuses(503, headers={"retry-after": 50}), Store(AUDIO)
    with Server(*script) as store:
        telnyx = Telnyx(store)
        telnyx.life = 100
        assert download(telnyx, tmp_path / "a.wav", held=held).got.size == len(AUDIO)
    assert held.waits[-1] == 50.0
    assert telnyx.fetches == 2


def test_a_fresh_link_of_another_recording_is_not_used(download: Download, tmp_path: Path) -> None:
    with Server(Refuses(), Store(AUDIO)) as store:
        listed = Telnyx(store).recording()
        error = download(Telnyx(store, id="rec-2"), tmp_path / "a.wav", listed).error
    assert isinstance(error, MediaIntegrityError)
    assert "Telnyx returned the recording 'rec-2' instead" in str(error)
    assert len(store.requests) == 1
    assert left_in(tmp_path) == []


@each_way
def test_a_wrong_clock_fetches_no_link_twice(run: Run, tmp_path: Path) -> None:
    """Row 48: the Date header of the response shows how old a link is."""
    hour_ago = time.time() - 3600
    signed = datetime.fromtimestamp(hour_ago, UTC)
    with Server(Store(AUDIO)) as store:
        link = (
            f"http://127.0.0.1:{store.port}/a.wav?X-Amz-Date={signed:%Y%m%dT%H%M%SZ}"
            "&X-Amz-Expires=600"
        )
        row = {"data": {"id": "talk", "download_urls": {"wav": link}}}
        with Server(Reply(200, row, {"date": formatdate(hour_ago, usegmt=True)})) as api:
            run(api.base_url, lambda client: client.download("talk", tmp_path / "a.wav"))
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert len(api.requests) == 1
