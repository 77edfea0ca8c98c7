"""An archive in a folder, with a sandbox: it is complete, resumes, and adds only what is new."""

import json
import signal
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import processes
from archiving import (
    OLD,
    DoesOnce,
    StopsAfter,
    archive,
    audio_requests,
    checksums,
    leftovers,
    listed,
    stored,
)
from telnyx_recordings import Client
from telnyx_recordings.archive import Progress, verify
from telnyx_recordings.archive.commands import archive as archiving
from telnyx_recordings.archive.manifest.database import Database
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.errors import (
    AuthenticationError,
    ConfigError,
    ListingError,
    ManifestError,
)
from telnyx_recordings.sandbox import Sandbox

VICTIM = Path(__file__).parents[2] / "torture" / "victim.py"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox with some recordings."""
    with Sandbox(recordings=12, at="2026-03-01T12:00:00Z") as box:
        yield box


def test_a_folder_stores_everything_and_the_counts_add_up(box: Sandbox, tmp_path: Path) -> None:
    result = archive(box, tmp_path)
    assert stored(tmp_path) == checksums(box)
    assert (result.listed.count, result.stored.count, result.ok) == (12, 12, True)
    assert result.listed.bytes == sum(len(box.audio(each.id, "wav")) for each in box.recordings)
    side = json.loads(next(tmp_path.rglob("*.wav.json")).read_text())
    assert side["object"]["sha256"] == stored(tmp_path)[side["id"]]
    assert side["metadata"]["id"] == side["id"]
    assert leftovers(tmp_path) == []


def test_files_are_named_by_date_and_id_and_private_to_the_owner(
    box: Sandbox, tmp_path: Path
) -> None:
    box.add_recording(id="mine", created_at="2026-02-03T23:59:59+00:00", duration_millis=100)
    archive(box, tmp_path)
    path = tmp_path / "2026" / "02" / "03" / "mine.wav"
    assert path.read_bytes() == box.audio("mine", "wav")
    assert path.stat().st_mode & 0o077 == 0


def test_transcripts_are_text_and_json(box: Sandbox, tmp_path: Path) -> None:
    box.add_recording(id="mine", created_at=OLD, duration_millis=100, transcript="Good morning.")
    result = archive(box, tmp_path)
    text = next(tmp_path.rglob("mine.transcript.txt"))
    assert text.read_text() == "Good morning.\n"
    assert json.loads(text.with_suffix(".json").read_text())["recording_id"] == "mine"
    finished = [each for each in box.transcriptions if each.fields["status"] == "completed"]
    assert result.transcripts == len(finished)


def test_a_second_run_downloads_no_audio(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    before = audio_requests(box)
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    box.add_recording(id="new", created_at=an_hour_ago, duration_millis=100)
    result = archive(box, tmp_path)
    assert (result.stored.count, result.already_there.count) == (1, 12)
    assert audio_requests(box) == before + 1


def test_progress_covers_only_the_remaining_work(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    box.add_recording(id="new", created_at=an_hour_ago, duration_millis=100)
    told: list[Progress] = []
    archive(box, tmp_path, progress=told.append)
    assert (told[-1].todo, told[-1].done) == (1, 1)
    verify(tmp_path, progress=told.append)
    assert told[-1].todo == told[-1].done > 13


def test_progress_has_a_total_from_the_first_page_of_the_list(tmp_path: Path) -> None:
    with Sandbox(recordings=300) as box:
        seen: list[Progress] = []
        archive(box, tmp_path, progress=seen.append)
    first = next(each for each in seen if each.phase == "listing" and each.total is not None)
    assert (first.listed, first.total) == (0, 300)
    assert {each.total for each in seen[seen.index(first) :]} == {300}
    assert seen[-1].listed >= 300


def test_progress_of_deletion_has_a_total(box: Sandbox, tmp_path: Path) -> None:
    seen: list[Progress] = []
    result = archive(box, tmp_path, delete=True, min_age=timedelta(), progress=seen.append)
    assert (seen[-1].deleted, seen[-1].to_delete) == (result.deleted, result.deleted)
    assert result.deleted > 1


def test_a_wider_filter_adds_the_new_recordings(box: Sandbox, tmp_path: Path) -> None:
    number = next(str(each.fields["from"]) for each in box.recordings if each.fields.get("from"))
    few = archive(box, tmp_path, filter={"from_": number})
    rest = archive(box, tmp_path)
    assert 0 < few.stored.count < 12
    assert (rest.already_there.count, rest.listed.count) == (few.stored.count, 12)
    assert archive(box, tmp_path, filter={"from": number}).listed == few.listed


def test_a_filter_on_time_is_exact(box: Sandbox, tmp_path: Path) -> None:
    for second in range(4):
        box.add_recording(
            id=f"r{second}", created_at=f"2026-01-01T00:00:0{second}Z", duration_millis=50
        )
    window = {"gte": "2026-01-01T00:00:01Z", "lte": "2026-01-01T00:00:02Z"}
    archive(box, tmp_path, filter={"created_at": window})
    assert set(stored(tmp_path)) == {"r1", "r2"}


def test_a_format_that_is_added_later_downloads_only_missing_files(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path)
    before = audio_requests(box)
    result = archive(box, tmp_path, formats=("wav", "mp3"))
    assert audio_requests(box) == before + 12
    assert stored(tmp_path, "mp3") == checksums(box, "mp3")
    assert (result.stored.count, result.ok) == (12, True)


def test_recordings_that_cannot_be_archived_are_quarantined_with_the_reason(
    box: Sandbox, tmp_path: Path
) -> None:
    box.add_recording(id="silent", created_at=OLD, formats=("mp3",))
    result = archive(box, tmp_path)
    assert (result.quarantined.count, result.stored.count, result.ok) == (1, 12, False)
    assert [(each.id, each.state) for each in result.problems] == [("silent", "quarantined")]
    before = audio_requests(box)
    again = archive(box, tmp_path, retry_quarantined=True)
    assert (again.quarantined.count, audio_requests(box)) == (1, before)


def test_failed_recordings_are_retried_by_the_next_run(box: Sandbox, tmp_path: Path) -> None:
    box.add_recording(id="later", created_at=OLD, duration_millis=100)
    box.fail_next(403, times=2, on="media")
    first = archive(box, tmp_path, workers=1)
    second = archive(box, tmp_path)
    assert (first.failed.count, first.stored.count) == (1, 12)
    assert (second.failed.count, second.stored.count, second.ok) == (0, 1, True)


def test_ctrl_c_keeps_the_work_so_far_and_explains_how_to_continue(
    box: Sandbox, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt) as caught:
        archive(box, tmp_path, workers=1, progress=StopsAfter(3))
    assert "run the same archive again" in caught.value.__notes__[0]
    kept = stored(tmp_path)
    assert kept.items() <= checksums(box).items()
    result = archive(box, tmp_path)
    assert (result.listed.count, result.ok) == (12, True)
    assert result.already_there.count >= 3
    assert stored(tmp_path) == checksums(box)
    assert leftovers(tmp_path) == []


def test_a_second_ctrl_c_still_explains_how_to_continue(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "abandon", _interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        archive(box, tmp_path, workers=1, progress=StopsAfter(2))
    assert "run the same archive again" in "".join(caught.value.__notes__)
    monkeypatch.undo()
    assert archive(box, tmp_path).listed.count == 12
    assert stored(tmp_path) == checksums(box)


def test_a_key_that_is_revoked_during_a_run_stops_it(box: Sandbox, tmp_path: Path) -> None:
    revoke = DoesOnce("copying", lambda: box.fail_next(401))
    with pytest.raises(AuthenticationError) as caught:
        archive(box, tmp_path, progress=revoke)
    assert "run the same archive again" in caught.value.__notes__[0]
    assert archive(box, tmp_path).ok
    assert stored(tmp_path) == checksums(box)


def test_a_list_that_ignores_the_filter_is_refused(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Client(box.api_key, box.base_url) as client:
        everything = client.recordings.list

        def unfiltered(_: object, **_filter: object) -> object:
            return everything(page_size=250)

        monkeypatch.setattr(type(client.recordings), "list", unfiltered)
        with pytest.raises(ListingError, match="filter was ignored"):
            client.archive(tmp_path, delete=True, report=None, filter={"created_at": {"lte": OLD}})
    assert len(box.recordings) == 12


def test_a_dry_run_writes_nothing_and_estimates(box: Sandbox, tmp_path: Path) -> None:
    destination = tmp_path / "new"
    result = archive(box, destination, dry_run=True)
    real = sum(len(box.audio(each.id, "wav")) for each in box.recordings)
    assert result.stored.count == 12
    assert result.stored.bytes == pytest.approx(real, rel=0.25)
    assert not destination.exists()
    archive(box, destination)
    before = sorted(destination.rglob("*"))
    again = archive(box, destination, dry_run=True)
    assert (again.stored.count, again.already_there.count) == (0, 12)
    assert sorted(destination.rglob("*")) == before


def test_the_reconciliation_is_a_table_and_json(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(box, tmp_path, report="table")
    table = capsys.readouterr().out.splitlines()
    assert table[0] == f"Archive {tmp_path}"
    assert table[1].split()[:2] == ["listed", "12"]
    result = archive(box, tmp_path, report="json")
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(result.to_json())
    assert told["listed"] == told["already_there"]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_run_after_a_killed_one_updates_manifest_jsonl(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = str(box.recordings[6].fields["created_at"])
    assert archive(box, tmp_path, filter={"created_at": {"gte": half}}).listed.count == 7
    with monkeypatch.context() as patch:
        patch.setattr(archiving, "write_lines", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            archive(box, tmp_path)
    result = archive(box, tmp_path)
    assert result.stored.count == 0
    lines = listed(tmp_path)
    assert len(lines) == result.listed.count
    assert {each["state"] for each in lines} == {"verified"}
    changed = (tmp_path / "manifest.jsonl").stat().st_ino
    archive(box, tmp_path)
    assert (tmp_path / "manifest.jsonl").stat().st_ino == changed


def test_a_database_of_another_program_is_not_used_as_a_manifest(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(ManifestError, match="not the manifest"):
        Database(path)


def test_no_secret_is_written(box: Sandbox, tmp_path: Path) -> None:
    """Neither the key nor what signs a link is in any file, name or journal.

    Not even where Telnyx may put a link one day; and what stands beside a link is kept.
    """
    said = "See https://example.com/a?b=c, please."
    note = {"play": ["https://s3.amazonaws.com/x.wav?X-Amz-Signature=1#t=2", "call me?"]}
    box.add_recording(id="linked", note=note, transcript=said)
    archive(box, tmp_path)
    side = json.loads(next(tmp_path.rglob("linked.wav.json")).read_text())
    kept = ["https://s3.amazonaws.com/x.wav#t=2", "call me?"]
    assert side["metadata"]["note"]["play"] == kept
    assert next(tmp_path.rglob("linked.transcript.txt")).read_text() == f"{said}\n"
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (box.api_key.encode(), b"X-Amz-", b"download_urls"):
        assert secret not in written


@pytest.mark.parametrize(
    ("choices", "complaint"),
    [
        ({"formats": ()}, "formats must be"),
        ({"formats": ("wav", "ogg")}, "formats must be"),
        ({"formats": "ogg"}, "formats must be"),
        ({"min_age": "30d"}, "min_age must be a timedelta such as timedelta\\(days=30\\)"),
        ({"min_age": 30}, "min_age must be a timedelta"),
        ({"delete": "no"}, "delete must be True or False, not 'no'"),
        ({"dry_run": 0}, "dry_run must be True or False, not 0"),
        ({"workers": 0}, "workers must be"),
        ({"max_delete": -1}, "max_delete must be"),
        ({"layout": "{id}"}, "end with .{format}"),
        ({"filter": {"created_at": {"since": "2026"}}}, "gte, lte or both"),
        ({"filter": {"created_at": {"gte": "soon"}}}, "instead of a time"),
    ],
)
def test_invalid_arguments_are_refused(
    box: Sandbox, tmp_path: Path, choices: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        archive(box, tmp_path, **choices)
    assert box.requests == []


def test_an_archive_keeps_its_layout(box: Sandbox, tmp_path: Path) -> None:
    layout = "{format}/{channels}/{id}.{format}"
    archive(box, tmp_path, layout=layout)
    assert archive(box, tmp_path).already_there.count == 12
    assert {path.parent.parent.name for path in tmp_path.rglob("*.wav")} == {"wav"}
    with pytest.raises(ConfigError, match="this archive has the layout"):
        archive(box, tmp_path, layout="{id}.{format}")


def test_ctrl_c_in_a_shell_explains_how_to_continue(box: Sandbox, tmp_path: Path) -> None:
    box.delay(0.2)
    command = (sys.executable, VICTIM, box.api_key, box.base_url, tmp_path)
    with processes.started(*command) as running:
        processes.wait_until(lambda: audio_requests(box) >= 5)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=processes.PATIENCE)
    box.delay(0)
    assert "KeyboardInterrupt" in said
    assert "run the same archive again" in said
    assert stored(tmp_path).items() <= checksums(box).items()
    assert archive(box, tmp_path).ok
    assert stored(tmp_path) == checksums(box)


def test_rows_added_and_removed_during_listing_hide_no_recording(tmp_path: Path) -> None:
    with Sandbox(recordings=0, at="2026-03-01T12:00:00Z") as box:
        for n in range(300):
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
            box.add_recording(id=f"r{n}", created_at=at, duration_millis=10)
        box.drift(insert=1, delete=1)
        result = archive(box, tmp_path, workers=8)
        box.drift()
        stayed = {each.id for each in box.recordings if each.id.startswith("r")}
        assert len(stayed) > 250
        assert stayed <= set(stored(tmp_path))
        assert result.stored.count == len(stored(tmp_path))
        again = archive(box, tmp_path)
        assert (again.failed.count, again.listed.count) == (0, result.listed.count)
        assert {each.reason for each in again.problems} == {
            "it was gone at the source before it was copied"
        }


def test_a_single_format_can_be_a_string(box: Sandbox, tmp_path: Path) -> None:
    with Client(box.api_key, box.base_url) as client:
        client.archive(tmp_path, formats="mp3", report=None)
    stored = {path.suffix for path in tmp_path.rglob("*") if path.suffix in (".wav", ".mp3")}
    assert stored == {".mp3"}
