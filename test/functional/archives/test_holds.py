"""Holds and retention rules: what is kept, by whom it is erased, and what nothing overrides."""

import importlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from obstore.exceptions import PermissionDeniedError

from archiving import DoesOnce, archive, deletions, holding, leftovers
from buckets import Bucket, s3
from telnyx_recordings.archive import hold, holds, purge, release, verify
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.stores.folder import FolderStore
from telnyx_recordings.core.messages import Request
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import ArchiveError, ConfigError, DestinationError
from telnyx_recordings.sandbox import Sandbox

NUMBER = "+12125550100"
YEAR_AGO = datetime.now(UTC) - timedelta(days=366)


box = holding(
    {"id": "theirs", "created_at": YEAR_AGO, "from_": NUMBER},
    {"id": "meeting", "created_at": YEAR_AGO, "conference_id": "room-7", "source": "conference"},
    {"id": "other", "created_at": YEAR_AGO, "channels": "dual", "source": "call"},
)


def test_held_recordings_are_neither_erased_nor_deleted_until_released(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path)
    placed = hold(tmp_path, numbers=[NUMBER], conferences=["room-7"], reason="case 7")
    assert placed.recordings == 2
    ids = ["theirs", "meeting"]
    for done in (
        purge(tmp_path, older_than=timedelta(days=1)),
        purge(tmp_path, ids=[*ids, "other"], dry_run=False),
        purge(tmp_path, numbers=[NUMBER], dry_run=False),
    ):
        assert {each.id for each in done.erased} <= {"other"}
        assert {*done.held} <= {*ids}
    assert f"on hold, not erased: {len(done.held)}" in str(done)
    result = archive(box, tmp_path, delete=True)
    assert (result.not_deleted, deletions(box), result.ok) == ({"held": 2}, {}, True)
    assert verify(tmp_path).strangers == ()
    release(tmp_path, numbers=[NUMBER])
    assert archive(box, tmp_path, delete=True).not_deleted == {"held": 1}
    assert {each.id for each in purge(tmp_path, ids=ids, dry_run=False).erased} == {"theirs"}
    [left] = holds(tmp_path).holds
    assert (left.conferences, left.numbers, left.reason) == (("room-7",), (), "case 7")
    release(tmp_path, conferences=["room-7"])
    assert holds(tmp_path).holds == ()
    assert {each.id for each in purge(tmp_path, ids=ids, dry_run=False).erased} == {"meeting"}
    assert NUMBER.encode() not in b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    )


def test_a_hold_that_is_placed_during_a_run_applies_to_it(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    place = DoesOnce("deleting", lambda: hold(tmp_path, ids=["other"], reason="case 8"))
    result = archive(box, tmp_path, delete=True, progress=place)
    assert (result.deleted, result.not_deleted) == (2, {"held": 1})
    hold(tmp_path, numbers=["+15550001"], reason="case 9")
    recent = datetime.now(UTC) - timedelta(hours=1)
    box.add_recording(id="later", created_at=recent, duration_millis=50, to="+15550001")
    archive(box, tmp_path)
    assert purge(tmp_path, ids=["later"], dry_run=False).held == ("later",)


def test_a_hold_that_is_placed_during_a_purge_applies_to_it(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To everything that is not erased yet; the log says that it was kept."""
    archive(box, tmp_path)
    erase = Manifest.erase

    def place_then_erase(self: Manifest, id_: str) -> None:
        monkeypatch.undo()
        hold(tmp_path, ids=["other"], numbers=[NUMBER], reason="case 8")
        erase(self, id_)

    monkeypatch.setattr(Manifest, "erase", place_then_erase)
    done = purge(tmp_path, ids=["meeting", "theirs", "other"], dry_run=False)
    assert ([each.id for each in done.erased], {*done.held}) == (["meeting"], {"theirs", "other"})
    log = (tmp_path / str(done.log)).read_bytes()
    assert _erased_by(log) == {"meeting": True, "theirs": False, "other": False}
    assert verify(tmp_path).ok


def _erased_by(log: bytes) -> dict[str, bool]:
    """Whether each recording was erased, by the log of a purge."""
    return {line["id"]: line["erased"] for line in map(json.loads, log.splitlines())}


def test_a_hold_that_is_placed_just_before_a_deletion_applies_to_it(
    box: Sandbox, tmp_path: Path
) -> None:
    """Also while the copies are read back, which may take minutes."""
    archive(box, tmp_path)

    def place(request: Request) -> None:
        if "recording_transcriptions" in request.path and not holds(tmp_path).holds:
            hold(tmp_path, numbers=[NUMBER], reason="case 8")

    result = archive(box, tmp_path, delete=True, transcripts=False, workers=1, before_request=place)
    assert (result.not_deleted, deletions(box)) == ({"held": 1}, {"meeting": 1, "other": 1})


def test_a_hold_that_is_released_while_holds_are_read_leaves_the_others(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of it is a new object, which the list did not have yet."""
    archive(box, tmp_path)
    hold(tmp_path, ids=["theirs", "other"], reason="case 8")
    get = FolderStore.get

    def release_then_get(self: FolderStore, key: str) -> bytes | None:
        if key.startswith("holds/"):
            monkeypatch.undo()
            release(tmp_path, ids=["other"])
        return get(self, key)

    monkeypatch.setattr(FolderStore, "get", release_then_get)
    done = purge(tmp_path, ids=["theirs", "other"], dry_run=False)
    assert (done.held, [each.id for each in done.erased]) == (("theirs",), ["other"])


def test_a_hold_is_placed_although_a_run_that_ends_tidies_up(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It removes the unfinished file of the hold, and its folder."""
    archive(box, tmp_path)
    publish = Files.publish

    def tidy_then_publish(self: Files, part: Path, path: Path) -> None:
        monkeypatch.undo()
        archive(box, tmp_path)
        publish(self, part, path)

    monkeypatch.setattr(Files, "publish", tidy_then_publish)
    hold(tmp_path, ids=["theirs"], reason="case 8")
    assert purge(tmp_path, ids=["theirs"], dry_run=False).held == ("theirs",)
    assert leftovers(tmp_path) == []


def test_a_hold_is_placed_even_if_counting_is_interrupted(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(box, tmp_path)

    def interrupt(_: Manifest) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Manifest, "metadata", interrupt)
    with pytest.raises(KeyboardInterrupt):
        hold(tmp_path, ids=["theirs"], reason="case 8")
    assert purge(tmp_path, ids=["theirs"]).held == ("theirs",)


@pytest.mark.parametrize(
    "spelling", ["12125550100", "0012125550100", "+1 (212) 555-0100", "+1.212.555.0100"]
)
def test_a_number_is_held_however_it_is_spelled(
    box: Sandbox, tmp_path: Path, spelling: str
) -> None:
    """A hold that matched nothing would protect nothing."""
    archive(box, tmp_path)
    assert hold(tmp_path, numbers=[spelling], reason="case 8").recordings == 1
    assert purge(tmp_path, numbers=[NUMBER], dry_run=False).held == ("theirs",)


def test_holds_of_a_bucket_are_in_the_bucket(
    box: Sandbox, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(box, bucket.url)
    hold(bucket.url, ids=["theirs"], reason="case 7")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    assert hold(bucket.url, ids=["theirs"], reason="case 8").recordings is None
    done = purge(bucket.url, older_than=timedelta(days=1), dry_run=False)
    assert (done.held, len(done.erased)) == (("theirs",), 2)
    assert archive(box, bucket.url, delete=True).not_deleted == {"held": 1}


def test_an_unreadable_hold_stops_every_erasure(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    hold(tmp_path, ids=["theirs"], reason="case 7")
    [path] = (tmp_path / "holds").iterdir()
    path.write_text(path.read_text().replace("ids", "idz"))
    for dry_run in (True, False):
        with pytest.raises(ArchiveError, match="cannot be read, so nothing was erased"):
            purge(tmp_path, ids=["other"], dry_run=dry_run)
    with pytest.raises(ArchiveError, match="cannot be read"):
        archive(box, tmp_path, delete=True)
    assert len(box.recordings) == 3


def test_invalid_holds_and_releases_are_refused(box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match="there is no archive at"):
        hold(tmp_path / "none", ids=["theirs"], reason="case 7")
    archive(box, tmp_path)
    with pytest.raises(ConfigError, match="needs a reason"):
        hold(tmp_path, ids=["theirs"], reason=" ")
    with pytest.raises(ConfigError, match="give at least one number, id or conference"):
        hold(tmp_path, reason="case 7")
    nothing: Any = iter(())
    with pytest.raises(ConfigError, match="ids has nothing in it"):
        hold(tmp_path, ids=nothing, reason="case 7")
    with pytest.raises(ConfigError, match="must be lists"):
        hold(tmp_path, ids="theirs", reason="case 7")
    hold(tmp_path, ids=["theirs"], reason="case 7")
    with pytest.raises(ArchiveError, match="not on hold: other; nothing was released"):
        release(tmp_path, ids=["theirs", "other"])
    assert len(holds(tmp_path).holds) == 1
    assert json.loads(holds(tmp_path).to_json())["holds"][0]["reason"] == "case 7"


RULES = """
[[rule]]
name = "sales"
number = ["1 (212) 555-0100", "+1999"]
keep = "400d"

[[rule]]
source = "conference"
keep = "52w"

[[rule]]
name = "dual"
channels = "dual"
source = ["call", "conference"]
keep = "8000h"
"""


def test_a_policy_erases_what_its_first_matching_rule_no_longer_keeps(
    box: Sandbox, tmp_path: Path
) -> None:
    box.add_recording(id="unmatched", created_at=YEAR_AGO, duration_millis=50, channels="single")
    archive(box, tmp_path / "calls")
    policy = tmp_path / "retention.toml"
    policy.write_text(RULES)
    told = purge(tmp_path / "calls", policy=policy)
    assert ({each.id for each in told.erased}, told.dry_run) == ({"meeting", "other"}, True)
    assert told.rules == {"rule 2": 1, "dual": 1}
    assert "by the rule 'dual': 1" in str(told)
    hold(tmp_path / "calls", ids=["other"], reason="case 7")
    done = purge(tmp_path / "calls", policy=policy, dry_run=False)
    assert ([each.id for each in done.erased], done.held) == (["meeting"], ("other",))
    assert done.log is not None
    line = json.loads((tmp_path / "calls" / done.log).read_text())
    assert line["conditions"] == ["policy: rule 2"]
    told = purge(tmp_path / "calls", policy=policy, numbers=[NUMBER])
    assert told.erased == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keep = '1d'",
        "[[rule]]",
        "[[rule]]\nkeep = 365",
        "[[rule]]\nkeep = '365'",
        "[[rule]]\nkeep = '-1d'",
        "[[rule]]\nkeep = '1d'\nchanels = 'dual'",
        "[[rule]]\nkeep = '1d'\nnumber = 12125550100",
        "[[rule]]\nkeep = '1d'\nnumber = []",
        "[[rule]]\nkeep = '1d'\nname = 'a'\n[[rule]]\nkeep = '2d'\nname = 'a'",
        "[rule]\nkeep = '1d'",
        "other = 1\n[[rule]]\nkeep = '1d'",
        "not toml",
    ],
)
def test_an_invalid_policy_erases_nothing(box: Sandbox, tmp_path: Path, text: str) -> None:
    del box
    policy = tmp_path / "retention.toml"
    policy.write_text(text)
    with pytest.raises(ConfigError, match=r"retention\.toml"):
        purge(tmp_path, policy=policy, dry_run=False)


@pytest.mark.parametrize("lock", ["retention", "legal hold"])
def test_a_purge_keeps_a_recording_whole_if_one_of_its_objects_is_locked(
    box: Sandbox, tmp_path: Path, lock: str
) -> None:
    with s3(tmp_path / "state", locks=True) as bucket:
        archive(box, bucket.url)
        client, name = _client(bucket), bucket.url.split("/")[2]
        objects = bucket.objects()
        [key] = (f"calls/{key}" for key in objects if key.endswith("theirs.wav"))
        if lock == "retention":
            until = datetime.now(UTC) + timedelta(hours=1)
            client.put_object_retention(
                Bucket=name, Key=key, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until}
            )
        else:
            client.put_object_legal_hold(Bucket=name, Key=key, LegalHold={"Status": "ON"})
        done = purge(bucket.url, older_than=timedelta(days=1), dry_run=False)
        assert (done.locked, len(done.erased)) == (("theirs",), 2)
        assert "locked by the bucket, not erased: theirs" in str(done)
        left = bucket.objects()
        log = left[str(done.log)]
        assert _erased_by(log) == {"theirs": False, "meeting": True, "other": True}
        theirs = {key: content for key, content in objects.items() if "theirs" in key}
        assert {key: left.get(key) for key in theirs} == theirs
        assert verify(bucket.url).recordings == 1
        if lock == "legal hold":
            client.put_object_legal_hold(Bucket=name, Key=key, LegalHold={"Status": "OFF"})
            assert len(purge(bucket.url, ids=["theirs"], dry_run=False).erased) == 1


def test_objects_that_the_bucket_refuses_to_delete_are_reported_and_stay_in_the_manifest(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(box, tmp_path)
    remove = FolderStore.remove

    def refuse(self: FolderStore, key: str) -> None:
        if "theirs" in key:
            raise DestinationError("AccessDenied", key=key) from PermissionDeniedError("refused")
        remove(self, key)

    monkeypatch.setattr(FolderStore, "remove", refuse)
    done = purge(tmp_path, ids=["theirs", "other"], dry_run=False)
    assert (done.locked, [each.id for each in done.erased]) == (("theirs",), ["other"])
    assert _erased_by((tmp_path / str(done.log)).read_bytes()) == {"theirs": False, "other": True}
    monkeypatch.undo()
    assert [each.id for each in purge(tmp_path, ids=["theirs"], dry_run=False).erased] == ["theirs"]


def test_a_purge_erases_nothing_in_a_bucket_that_locks_by_default(
    box: Sandbox, tmp_path: Path
) -> None:
    with s3(tmp_path / "state", locks=True) as bucket:
        _client(bucket).put_object_lock_configuration(
            Bucket=bucket.url.split("/")[2],
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
            },
        )
        assert archive(box, bucket.url, delete=True).deleted == 3
        assert len(purge(bucket.url, older_than=timedelta(days=1), dry_run=False).locked) == 3
        assert verify(bucket.url).ok


def _client(bucket: Bucket) -> Any:
    boto3: Any = importlib.import_module("boto3")  # it has no types
    return boto3.client("s3", endpoint_url=bucket.endpoint)
