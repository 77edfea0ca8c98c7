"""The local pages of an archive: search, audio, and who may open them."""

import http.client
import re
import sqlite3
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from starlette.types import Receive, Scope, Send

import processes
from archiving import archive
from buckets import s3
from telnyx_recordings.archive import purge
from telnyx_recordings.archive.manifest.manifest import SEARCH_INDEX
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.browse.app import Browser
from telnyx_recordings.browse.index import Index, Query
from telnyx_recordings.browse.server import open_pages
from telnyx_recordings.browse.updates import Updates
from telnyx_recordings.errors import DestinationError
from telnyx_recordings.sandbox import Sandbox
from telnyx_recordings.sandbox.server import ServerThread

TOKEN = "a-key"


@dataclass
class Visitor:
    """A browser that keeps the cookie and the last response."""

    origin: str
    cookie: str = ""

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Request a path; return status, headers and body."""
        parts = urlsplit(self.origin)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=processes.PATIENCE
        )
        try:
            method = headers.pop("method", "GET")
            given = {"Host": parts.netloc, "Cookie": self.cookie, **headers}
            connection.request(method, path, headers=given)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return response.status, found, response.read()
        finally:
            connection.close()

    def open(self, path: str) -> None:
        """Open the first address, as the command prints it."""
        status, headers, _ = self.get(path)
        assert status == 303
        self.cookie = headers["set-cookie"].partition(";")[0]

    def text(self, path: str) -> str:
        """Return the text of a page that exists."""
        status, _, body = self.get(path)
        assert status == 200, body
        return unescape(body.decode())

    def ids(self, **filters: str) -> list[str]:
        """Return the ids on the first page of a search, in order."""
        query = "&".join(f"{name}={quote(value)}" for name, value in filters.items())
        return re.findall(r'href="/recordings/([^"/]+)"', self.text(f"/?{query}"))


@contextmanager
def visited(destination: str | Path) -> Generator[tuple[Visitor, Index]]:
    """Serve an archive whose index is up to date, and open it."""
    store = open_store(destination)
    index = Index(store.manifest_path().with_name(SEARCH_INDEX))
    index.update(store)
    updates = Updates(store, index)
    updates.start()
    try:

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, send)

        server = ServerThread(serve, 0)
        port = urlsplit(server.origin).port or 0
        app = Browser(store, index, updates, UTC).app(TOKEN, port)
        try:
            visitor = Visitor(server.origin)
            visitor.open(f"/?token={TOKEN}")
            yield visitor, index
        finally:
            server.stop()
    finally:
        updates.close()


CALLS = [
    ("first", "2026-01-01T10:00:00Z", "+12125550100", "single", 1_000, "The parcel is late."),
    ("second", "2026-01-02T10:00:00Z", "+12125550111", "dual", 61_000, "Über <b>Rechnungen</b>."),
    ("third", "2026-01-03T23:30:00Z", "+12125550100", "dual", 5_000, ""),
]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with three calls."""
    with Sandbox(recordings=0) as made:
        for id_, created, number, channels, millis, text in CALLS:
            made.add_recording(
                id=id_,
                created_at=created,
                from_=number,
                to="+13125550199",
                channels=channels,
                duration_millis=millis,
                call_leg_id=f"leg-{id_}",
                transcript=text or None,
            )
        yield made


@pytest.fixture(scope="module")
def visit(box: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A visitor of the archive of these calls, which tests only read."""
    folder = tmp_path_factory.mktemp("archive")
    archive(box, folder)
    with visited(folder) as (visitor, _):
        yield visitor


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["third", "second", "first"]),
        ({"q": "parcel"}, ["first"]),
        ({"q": "parc"}, ["first"]),
        ({"q": "late PARCEL"}, ["first"]),
        ({"q": "uber"}, ["second"]),
        ({"q": "rechnungen"}, ["second"]),
        ({"q": 'parcel" OR text:* NEAR('}, []),
        ({"q": "absent"}, []),
        ({"number": "+12125550100"}, ["third", "first"]),
        ({"number": "1 (212) 555-0100"}, ["third", "first"]),
        ({"number": "+13125550199"}, ["third", "second", "first"]),
        ({"number": "555"}, []),
        ({"call": "leg-second"}, ["second"]),
        ({"call": "third"}, ["third"]),
        ({"channels": "dual"}, ["third", "second"]),
        ({"since": "2026-01-02"}, ["third", "second"]),
        ({"until": "2026-01-02"}, ["second", "first"]),
        ({"since": "2026-01-02", "until": "2026-01-02"}, ["second"]),
        ({"shortest": "5"}, ["third", "second"]),
        ({"longest": "5"}, ["third", "first"]),
        ({"number": "+12125550100", "q": "parcel", "channels": "single"}, ["first"]),
        ({"number": "+12125550111", "q": "parcel"}, []),
    ],
)
def test_filters_select_calls_and_the_newest_is_first(
    visit: Visitor, filters: dict[str, str], expected: list[str]
) -> None:
    assert visit.ids(**filters) == expected


@pytest.mark.parametrize(
    "filters",
    [
        *("since=yesterday", "until=9999-12-31", "shortest=-1", "longest=nan", "channels=three"),
        *("before=x", "before=99999999999999999999"),
    ],
)
def test_a_filter_that_cannot_be_understood_is_reported(visit: Visitor, filters: str) -> None:
    status, _, body = visit.get(f"/?{filters}")
    assert status == 400
    assert b'role="alert"' in body


def test_matches_are_highlighted_and_texts_are_escaped(visit: Visitor) -> None:
    body = visit.get("/?q=rechnungen")[2].decode()
    assert "<mark>Rechnungen</mark>" in body
    assert "&lt;b&gt;" in body
    assert "<b>" not in body


def test_an_empty_archive_is_not_a_search_without_matches(tmp_path: Path) -> None:
    with Sandbox(recordings=0) as empty:
        archive(empty, tmp_path)
    with visited(tmp_path) as (visitor, _):
        assert "There are no recordings here yet." in visitor.text("/?q=&number=")
        assert "No recording matches." in visitor.text("/?q=parcel")


def test_pages_follow_each_other_without_gaps_and_repeats(tmp_path: Path) -> None:
    """Several calls can be created in the same millisecond."""
    with Sandbox(recordings=0) as box:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        for n in range(120):
            at = start + timedelta(minutes=n // 5)
            box.add_recording(id=f"r{n:03}", created_at=at, duration_millis=10)
        archive(box, tmp_path)
    with visited(tmp_path) as (visitor, _):
        found: list[str] = []
        path = "/"
        while path:
            page = visitor.text(path)
            found += re.findall(r'href="/recordings/([^"/]+)"', page)
            more = re.search(r'href="(/\?[^"]*before=[^"]*)"', page)
            path = more[1] if more else ""
        assert len(found) == 120
        assert len(set(found)) == 120
        assert [each[1:] for each in found[-5:]] != found[:5]


def test_a_recording_shows_its_transcript_metadata_and_files(visit: Visitor) -> None:
    page = visit.text("/recordings/first")
    assert "The parcel is late." in page
    assert "leg-first" in page
    assert "verified" in page
    assert "Checked now" not in page
    assert visit.text("/recordings/first/check").count("as stored") == 3


def test_a_damaged_file_is_seen_when_it_is_checked(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    [audio] = tmp_path.rglob("first.wav")
    audio.write_bytes(audio.read_bytes()[:-2] + b"xx")
    with visited(tmp_path) as (visitor, _):
        assert "SHA-256 differs" in visitor.text("/recordings/first/check")


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("", 200, slice(None)),
        ("bytes=0-", 206, slice(None)),
        ("bytes=10-19", 206, slice(10, 20)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=5-99999999", 206, slice(5, None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=99999999-", 416, None),
        ("bytes=9-5", 416, None),
    ],
)
def test_audio_is_served_in_ranges(
    visit: Visitor, box: Sandbox, wanted: str, status: int, expected: slice | None
) -> None:
    content = box.audio("second", "wav")
    got, headers, body = visit.get("/audio/second.wav", **({"Range": wanted} if wanted else {}))
    assert got == status
    if expected is not None:
        assert body == content[expected]
        assert headers["content-length"] == str(len(body))
        assert headers["content-type"] == "audio/wav"


def test_the_waveform_has_every_channel(visit: Visitor) -> None:
    status, _, first = visit.get("/recordings/second/peaks/wav")
    assert (status, len(first)) == (200, 2 * 800)
    assert visit.get("/recordings/second/peaks/wav")[2] == first
    assert visit.get("/recordings/second/peaks/mp3")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        *("/recordings/none", "/audio/none.wav", "/audio/first.mp3", "/audio/first.json"),
        *("/static/app.py", "/static/..%2fapp.py", "/audio/..%2f..%2fmanifest.wav", "/elsewhere"),
    ],
)
def test_nothing_but_the_archive_is_served(visit: Visitor, path: str) -> None:
    assert visit.get(path)[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cookie": ""}, 403),
        ({"Cookie": "telnyx_recordings_1=a-key"}, 403),
        ({"Cookie": "garbage;;; = \x80"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": ""}, 421),
        ({"method": "POST"}, 405),
        ({"method": "DELETE"}, 405),
    ],
)
def test_requests_without_the_key_get_nothing(
    visit: Visitor, headers: dict[str, str], status: int
) -> None:
    got, _, body = visit.get("/", **headers)
    assert got == status
    assert b"2125550100" not in body


def test_a_wrong_key_opens_nothing(visit: Visitor) -> None:
    stranger = Visitor(visit.origin)
    assert stranger.get("/?token=wrong")[0] == 403
    assert stranger.get(f"/recordings/first?token={TOKEN}")[0] == 403


def test_every_response_forbids_what_it_does_not_need(visit: Visitor) -> None:
    for path in ("/", "/recordings/first", "/audio/first.wav", "/nowhere", "/static/player.js"):
        _, headers, _ = visit.get(path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
    stranger = Visitor(visit.origin)
    cookie = stranger.get(f"/?token={TOKEN}")[1]["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_new_recordings_are_added_and_old_rows_stay(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with Sandbox(recordings=0) as box:
        box.add_recording(id="old", created_at=now - timedelta(hours=2), duration_millis=5)
        archive(box, tmp_path)
        with visited(tmp_path) as (visitor, index):
            created = now - timedelta(hours=1)
            box.add_recording(id="new", created_at=created, duration_millis=5, transcript="Hi.")
            archive(box, tmp_path)
            index.update(open_store(tmp_path))
            assert visitor.ids() == ["new", "old"]
            assert visitor.ids(q="hi") == ["new"]
            assert len(index.find(Query())) == 2


def test_a_purge_leaves_nothing_in_the_index(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    with visited(tmp_path) as (visitor, index):
        assert visitor.ids(q="parcel") == ["first"]
        purge(tmp_path, ids=["first"], dry_run=False)
        assert not index.path.exists()
        index.update(open_store(tmp_path))
        assert visitor.ids() == ["third", "second"]
        assert visitor.get("/recordings/first")[0] == 404
    found = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in found if b"parcel" in path.read_bytes()] == []


def test_an_index_forgets_what_was_purged_on_another_machine(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    with visited(tmp_path) as (visitor, index):
        kept = tmp_path / "kept.sqlite"
        index.path.rename(kept)
        purge(tmp_path, ids=["first"], dry_run=False)
        kept.rename(index.path)
        index.update(open_store(tmp_path))
        assert visitor.ids() == ["third", "second"]
        found = index.path.parent.glob(f"{SEARCH_INDEX}*")
        assert [each for each in found if b"parcel" in each.read_bytes()] == []


def test_an_index_of_another_version_is_made_again(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    path = tmp_path / ".archive" / SEARCH_INDEX
    for content in (b"not a database" * 100, b""):
        path.write_bytes(content)
        with visited(tmp_path) as (visitor, _):
            assert len(visitor.ids()) == 3
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with visited(tmp_path) as (visitor, _):
        assert len(visitor.ids()) == 3


def test_pages_show_the_last_state_while_an_archive_runs(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    store = open_store(tmp_path)
    index = Index(store.manifest_path().with_name(SEARCH_INDEX))
    index.update(store)
    with store.lock():
        (tmp_path / ".archive" / "manifest.sqlite").touch()
        updates = Updates(store, index, seconds=0.05)
        updates.start()
        try:
            deadline = time.monotonic() + 10
            while "being changed" not in updates.status():
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            updates.close()
    assert len(index.find(Query())) == 3


def test_an_archive_in_a_bucket_is_browsed_likewise(box: Sandbox, tmp_path: Path) -> None:
    with s3(tmp_path / "state") as bucket:
        archive(box, bucket.url)
        with visited(bucket.url) as (visitor, _):
            assert visitor.ids(q="parcel") == ["first"]
            content = box.audio("second", "wav")
            _, _, body = visitor.get("/audio/second.wav", Range="bytes=100-1500099")
            assert body == content[100:1_500_100]


def test_a_folder_without_an_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match="no archive"), open_pages(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_command_prints_the_address_and_ends_with_ctrl_c(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    command = (sys.executable, "-m", "telnyx_recordings.cli", "browse", tmp_path)
    with processes.started(*command) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", url)
        origin, _, query = url.partition("/?")
        visitor = Visitor(origin)
        visitor.open(f"/?{query}")
        assert visitor.get("/")[0] == 200
        process.send_signal(2)
        _, errors = process.communicate(timeout=processes.PATIENCE)
    assert process.returncode in {0, 130}
    assert "Traceback" not in errors
