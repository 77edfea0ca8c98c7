"""Erasing from an archive: a dry run first, everything of a recording, and a log that stays."""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from archiving import OLD, archive, holding, listed, manifest_of, stored
from telnyx_recordings.archive import Erasure, Purge, purge, verify
from telnyx_recordings.archive.results import size
from telnyx_recordings.archive.stores.folder import FolderStore
from telnyx_recordings.errors import ConfigError, DestinationError
from telnyx_recordings.sandbox import Sandbox

NUMBER, OTHER = "+12125550177", "+13125550100"

box = holding(
    {"id": "old", "created_at": "2025-01-01T00:00:00Z", "from_": OTHER, "transcript": "Hello."},
    {"id": "theirs", "from_": NUMBER, "transcript": "Hello."},
    {"id": "both", "created_at": "2025-01-02T00:00:00Z", "from_": NUMBER, "transcript": "Hello."},
    {"id": "other", "from_": OTHER, "transcript": "Hello."},
)


@pytest.fixture
def folder(box: Sandbox, tmp_path: Path) -> Path:
    """The archive of the sandbox: an old call, one of a number, one of both kinds, one of none."""
    archive(box, tmp_path)
    return tmp_path


YEAR_START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"older_than": YEAR_START}, {"old", "both"}),
        ({"older_than": timedelta(days=36_500)}, frozenset[str]()),
        ({"numbers": [NUMBER]}, {"theirs", "both"}),
        ({"ids": ["other", "unknown"]}, {"other"}),
        ({"numbers": [NUMBER], "older_than": YEAR_START}, {"both"}),
        ({"ids": ["old", "theirs"], "numbers": [NUMBER]}, {"theirs"}),
    ],
    ids=["moment", "age", "number", "id", "number and age", "id, number"],
)
def test_recordings_that_match_all_filters_are_erased_completely(
    folder: Path, conditions: dict[str, object], expected: set[str]
) -> None:
    before = sorted(folder.rglob("*"))
    told = purge(folder, **conditions)  # type: ignore[arg-type]  # one of its ways to be called
    assert sorted(folder.rglob("*")) == before
    done = purge(folder, **conditions, dry_run=False)  # type: ignore[arg-type]  # likewise
    assert {each.id for each in told.erased} == {each.id for each in done.erased} == expected
    assert set(stored(folder)) == {"old", "theirs", "both", "other"} - expected
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    assert not [name for name in names if name.partition(".")[0] in expected]
    result = verify(folder)
    assert (result.ok, result.recordings) == (True, 4 - len(expected))


def test_the_log_of_a_purge_names_no_phone_number(box: Sandbox, folder: Path) -> None:
    done = purge(folder, numbers=[NUMBER], dry_run=False)
    assert done.log is not None
    lines = [json.loads(line) for line in (folder / done.log).read_text().splitlines()]
    assert {line["id"] for line in lines} == {"theirs", "both"}
    assert all(line["erased"] and line["conditions"] == ["numbers"] for line in lines)
    assert {each["name"] for each in lines[0]["objects"]} == {
        "wav",
        "transcript.json",
        "transcript.txt",
    }
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert NUMBER.encode() not in written
    assert archive(box, folder).erased == 2
    assert set(stored(folder)) == {"old", "other"}


def test_ids_that_were_never_archived_are_named(folder: Path) -> None:
    told = purge(folder, ids=["nobody", "old", "nobody", "none", "old"], dry_run=False)
    assert (told.missing, [each.id for each in told.erased]) == (("nobody", "none"), ["old"])
    assert "not in this archive: nobody, none\n" in str(told)


def test_erased_recordings_are_not_erased_again(folder: Path) -> None:
    purge(folder, ids=["old"], dry_run=False)
    again = purge(folder, ids=["old"], dry_run=False)
    assert (again.missing, again.erased, again.log) == ((), (), None)
    assert [each.id for each in purge(folder, older_than=YEAR_START).erased] == ["both"]


def test_an_interrupted_purge_logs_the_erased_recordings(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = FolderStore.remove

    def fail(self: FolderStore, key: str) -> None:
        if "both" in key:
            raise DestinationError("asked to fail", key=key)
        remove(self, key)

    monkeypatch.setattr(FolderStore, "remove", fail)
    with pytest.raises(DestinationError, match="asked to fail") as raised:
        purge(folder, numbers=[NUMBER], dry_run=False)
    note = "what was erased is logged: run the same purge again to continue"
    assert raised.value.__notes__ == [note]
    [log] = (folder / "erasures").iterdir()
    logged = {line["id"]: line["erased"] for line in map(json.loads, log.read_text().splitlines())}
    assert logged == {"theirs": True, "both": False}
    states = {each["id"]: (each["state"], each["metadata"] is None) for each in listed(folder)}
    assert states["theirs"] == ("erased", True)
    assert states["both"] == ("verified", False)
    monkeypatch.undo()
    assert [each.id for each in purge(folder, numbers=[NUMBER], dry_run=False).erased] == ["both"]


def test_the_next_purge_finishes_one_that_could_not_log_what_it_erased(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, replace = FolderStore.remove, FolderStore.replace

    def fail_to_remove(self: FolderStore, key: str) -> None:
        if "both" in key:
            raise DestinationError("asked to fail", key=key)
        remove(self, key)

    def fail_to_log(self: FolderStore, key: str, chunks: Iterable[bytes]) -> None:
        if key.startswith("erasures/"):
            raise DestinationError("asked to fail", key=key)
        replace(self, key, chunks)

    monkeypatch.setattr(FolderStore, "remove", fail_to_remove)
    monkeypatch.setattr(FolderStore, "replace", fail_to_log)
    with pytest.raises(DestinationError, match="asked to fail"):
        purge(folder, numbers=[NUMBER], dry_run=False)
    monkeypatch.undo()
    [log] = (folder / "erasures").iterdir()
    purge(folder, ids=["old"], dry_run=False)
    logged = {line["id"]: line["erased"] for line in map(json.loads, log.read_text().splitlines())}
    assert logged == {"theirs": True, "both": True}
    states = {each["id"]: each["state"] for each in listed(folder)}
    assert states == {"theirs": "erased", "both": "erased", "old": "erased", "other": "verified"}


@pytest.mark.parametrize("what", ["nothing", "a file", "an empty folder"])
def test_a_missing_archive_is_not_reported_as_intact(tmp_path: Path, what: str) -> None:
    place = tmp_path / "misspelt"
    if what == "a file":
        place.touch()
    elif what == "an empty folder":
        place.mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DestinationError, match="there is no archive at"):
        verify(place)
    for dry_run in (True, False):
        with pytest.raises(DestinationError, match="there is no archive at"):
            purge(place, ids=["x"], dry_run=dry_run)
    assert sorted(tmp_path.rglob("*")) == before


def test_verify_names_unknown_files(folder: Path) -> None:
    purge(folder, ids=["old"], dry_run=False)
    strangers = {"2026/02/01/stranger.wav", "notes.txt", "2026/02/01/other.wav.json.json"}
    for name in strangers:
        (folder / name).write_bytes(b"RIFF")
    result = verify(folder)
    assert (set(result.strangers), result.ok) == (strangers, True)
    assert "not in the manifest: notes.txt" in str(result)


def test_a_purge_without_a_condition_is_refused(folder: Path) -> None:
    """A string in place of a list would be read as one id per letter."""
    with pytest.raises(
        ConfigError, match=r"^a purge needs a condition: older_than, numbers or ids"
    ):
        purge(folder)
    wrong: dict[str, Any]
    for wrong in ({"ids": "old"}, {"numbers": NUMBER}, {"ids": "old", "numbers": [NUMBER]}):
        with pytest.raises(ConfigError, match=r"^numbers and ids must be lists, not a"):
            purge(folder, **wrong)


@pytest.mark.parametrize("what", ["ids", "numbers"])
@pytest.mark.parametrize("other", [{}, {"older_than": timedelta(0)}])
def test_a_purge_of_what_turns_out_to_be_nothing_is_refused(
    folder: Path, what: str, other: dict[str, Any]
) -> None:
    given: Any = {what: (each for each in ("old", NUMBER) if each.startswith("x"))}
    with pytest.raises(ConfigError, match=f"^{what} has nothing in it"):
        purge(folder, **given, **other, dry_run=False)
    assert verify(folder).recordings == 4


def test_a_purge_takes_numbers_from_a_generator(folder: Path) -> None:
    given: Any = (each for each in [NUMBER])
    assert {each.id for each in purge(folder, numbers=given).erased} == {"theirs", "both"}


@pytest.mark.parametrize("older_than", ["30d", 30, YEAR_START.date(), timedelta(days=-1)])
def test_a_purge_by_something_else_than_an_age_or_a_time_is_refused(
    folder: Path, older_than: Any
) -> None:
    with pytest.raises(ConfigError, match=r"^older_than must be an age such as timedelta\(days=30"):
        purge(folder, older_than=older_than, dry_run=False)


def test_a_purge_takes_a_time_without_a_zone_as_utc_with_a_warning(folder: Path) -> None:
    naive = YEAR_START.replace(tzinfo=None)
    with pytest.warns(UserWarning, match="has no time zone and is taken as UTC") as warned:
        found = purge(folder, older_than=naive)
    assert {each.id for each in found.erased} == {"old", "both"}
    assert warned[0].filename == __file__


@pytest.mark.parametrize("dry_run", [0, None, "", "yes"])
def test_a_purge_whose_dry_run_is_not_a_bool_is_refused(folder: Path, dry_run: Any) -> None:
    with pytest.raises(ConfigError, match=r"^dry_run must be True or False, not"):
        purge(folder, ids=["old"], dry_run=dry_run)


def test_a_dry_run_does_not_rebuild_the_manifest(folder: Path) -> None:
    shutil.rmtree(folder / ".archive")
    told = purge(folder, ids=["old"])
    assert ([each.id for each in told.erased], told.dry_run, told.log) == (["old"], True, None)
    assert not (folder / ".archive").exists()
    assert set(stored(folder)) == {"old", "theirs", "both", "other"}
    assert [each.id for each in purge(folder, ids=["old"], dry_run=False).erased] == ["old"]
    assert set(stored(folder)) == {"theirs", "both", "other"}


@pytest.fixture
def tokyo() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_the_log_of_a_purge_has_its_time_and_conditions(box: Sandbox, folder: Path) -> None:
    there = timezone(timedelta(hours=2))
    done = purge(
        folder,
        older_than=datetime(2025, 1, 1, 3, tzinfo=there),
        numbers=[OTHER],
        ids=["old", "other"],
        dry_run=False,
        clock=lambda: datetime(2026, 11, 25, 1, 30, tzinfo=there),
    )
    assert done.log is not None
    assert re.fullmatch(r"erasures/20261124T233000Z-[0-9a-f]{8}\.jsonl", done.log)
    [line] = [json.loads(line) for line in (folder / done.log).read_text().splitlines()]
    audio = box.audio("old", "wav")
    assert {"name": "wav", "size": len(audio), "sha256": hashlib.sha256(audio).hexdigest()} in line[
        "objects"
    ]
    assert {name: line[name] for name in line.keys() - {"objects"}} == {
        "id": "old",
        "created_at": "2025-01-01T00:00:00+00:00",
        "at": "2026-11-24T23:30:00+00:00",
        "conditions": ["older_than", "numbers", "ids"],
        "deleted_at_source": False,
        "erased": True,
    }


def test_the_log_of_a_purge_names_recordings_deleted_at_the_source(
    box: Sandbox, folder: Path
) -> None:
    archive(box, folder, delete=True)
    done = purge(folder, ids=["old"], dry_run=False)
    assert done.log is not None
    assert json.loads((folder / done.log).read_text())["deleted_at_source"] is True


def test_times_in_other_time_zones_are_compared_in_utc(folder: Path) -> None:
    assert purge(folder, ids=["old"], older_than=datetime(2025, 1, 1, tzinfo=UTC)).erased == ()
    vienna = timezone(timedelta(hours=1))
    assert purge(folder, older_than=datetime(2025, 1, 1, 0, 30, tzinfo=vienna)).erased == ()
    found = purge(folder, older_than=datetime(2025, 1, 1, 1, 30, tzinfo=vienna))
    assert [each.id for each in found.erased] == ["old"]


def test_a_recording_without_a_time_is_erased_by_its_id(folder: Path) -> None:
    with manifest_of(folder) as manifest, manifest.commit():
        manifest.database.execute("UPDATE recordings SET created = NULL WHERE id = ?", ("old",))
    told = purge(folder, ids=["old"], older_than=datetime(2100, 1, 1, tzinfo=UTC))
    assert told.erased == ()
    told = purge(folder, ids=["old"], dry_run=False)
    assert [(each.id, each.created_at) for each in told.erased] == [("old", None)]
    [log] = (folder / "erasures").iterdir()
    assert json.loads(log.read_text())["created_at"] is None


def test_the_result_of_a_purge_is_a_table_and_json(folder: Path) -> None:
    told = purge(folder, ids=["old"])
    done = purge(folder, ids=["old"], dry_run=False)
    assert told.bytes == done.bytes == told.erased[0].bytes > 800
    assert str(told) == (
        f"Purge {folder} (dry run)\n"
        f"  would be erased          1  {size(told.bytes):>10}\n"
        "  old  2025-01-01 00:00:00+00:00"
    )
    assert str(done) == (
        f"Purge {folder}\n"
        f"  erased          1  {size(told.bytes):>10}\n"
        "  old  2025-01-01 00:00:00+00:00\n"
        f"  log: {done.log}"
    )
    assert json.loads(done.to_json()) == {
        "destination": str(folder),
        "erased": [
            {"id": "old", "created_at": "2025-01-01T00:00:00Z", "objects": 3, "bytes": told.bytes}
        ],
        "missing": [],
        "held": [],
        "locked": [],
        "rules": {},
        "dry_run": False,
        "log": done.log,
        "bytes": told.bytes,
    }
    shown = verify(folder)
    assert str(shown).splitlines()[1].split() == ["recordings", "3"]
    assert json.loads(shown.to_json())["ok"] is True


@pytest.mark.parametrize(("number", "last"), [(10, "  r9  unknown"), (12, "  and 2 more")])
def test_a_long_list_of_erased_recordings_is_shortened(number: int, last: str) -> None:
    erased = tuple(Erasure(id=f"r{n}", created_at=None, objects=0, bytes=0) for n in range(number))
    lines = str(Purge(destination="there", erased=erased)).splitlines()
    assert (len(lines), lines[-1]) == (min(number, 11) + 2, last)


def test_the_table_of_a_purge_has_times_to_the_second() -> None:
    created = datetime(2026, 3, 1, 9, 30, 5, 123456, tzinfo=UTC)
    erased = Erasure(id="r", created_at=created, objects=0, bytes=0)
    lines = str(Purge(destination="there", erased=(erased,))).splitlines()
    assert lines[-1] == "  r  2026-03-01 09:30:05+00:00"


def test_verify_names_every_object_that_is_damaged(folder: Path) -> None:
    next(folder.rglob("old.wav")).unlink()
    path = next(folder.rglob("both.wav"))
    path.write_bytes(path.read_bytes()[::-1])
    next(folder.rglob("other.wav.json")).write_text("{}")
    result = verify(folder)
    found = {each.id: each.reason for each in result.damaged}
    assert found.keys() == {"old", "both", "other"}
    assert found["old"] == "it is missing"
    assert "SHA-256" in found["both"]
    assert not result.ok


def test_a_number_of_an_unexpected_type_is_found(tmp_path: Path) -> None:
    with Sandbox(recordings=0) as box:
        box.add_recording(id="odd", created_at=OLD, duration_millis=50, to=15559990001)
        archive(box, tmp_path)
    done = purge(tmp_path, numbers=["15559990001"], dry_run=False)
    assert [each.id for each in done.erased] == ["odd"]


def test_the_metadata_of_a_recording_without_audio_is_erased_by_age(tmp_path: Path) -> None:
    with Sandbox(recordings=0) as box:
        box.add_recording(id="bare", created_at=OLD, download_urls=None, from_=NUMBER)
        assert archive(box, tmp_path).quarantined.count == 1
    done = purge(tmp_path, older_than=timedelta(days=1), dry_run=False)
    assert [each.id for each in done.erased] == ["bare"]
    assert NUMBER.encode() not in (tmp_path / "manifest.jsonl").read_bytes()


@pytest.mark.parametrize("owner", ["bare", "another"])
def test_audio_that_the_manifest_does_not_have_is_erased_unless_it_is_of_another_recording(
    tmp_path: Path, owner: str
) -> None:
    with Sandbox(recordings=0) as box:
        box.add_recording(id="bare", created_at=OLD, download_urls=None)
        archive(box, tmp_path, layout="audio-{id}.{format}")
    audio = tmp_path / "audio-bare.mp3"
    audio.write_bytes(b"audio")
    sidecar = tmp_path / "audio-bare.mp3.json"
    sidecar.write_text(json.dumps({"id": owner}), encoding="utf-8")
    purge(tmp_path, ids=["bare"], dry_run=False)
    is_kept = owner == "another"
    assert (audio.exists(), sidecar.exists()) == (is_kept, is_kept)
