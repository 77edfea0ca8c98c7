"""Erasing from an archive: a dry run first, everything of a recording, and a log that stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archiving import archive, stored
from telnyx_recordings.archive import purge, verify
from telnyx_recordings.errors import ConfigError
from telnyx_recordings.sandbox import Sandbox

NUMBER = "+12125550177"


@pytest.fixture
def archived(tmp_path: Path) -> Iterator[tuple[Sandbox, Path]]:
    """A sandbox and its archive: an old call, one of a number, one of both kinds, one of none."""
    with Sandbox(recordings=0) as box:
        for id_, created, number in [
            ("old", "2025-01-01T00:00:00Z", "+13125550100"),
            ("theirs", "2026-02-01T00:00:00Z", NUMBER),
            ("both", "2025-01-02T00:00:00Z", NUMBER),
            ("other", "2026-02-01T00:00:00Z", "+13125550100"),
        ]:
            box.add_recording(
                id=id_, created_at=created, from_=number, duration_millis=50, transcript="Hello."
            )
        archive(box, tmp_path)
        yield box, tmp_path


YEAR_START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"older_than": YEAR_START}, {"old", "both"}),
        ({"older_than": datetime(2026, 1, 1)}, {"old", "both"}),  # noqa: DTZ001 - taken as UTC
        ({"older_than": timedelta(days=36_500)}, frozenset[str]()),
        ({"numbers": [NUMBER]}, {"theirs", "both"}),
        ({"ids": ["other", "unknown"]}, {"other"}),
        ({"numbers": [NUMBER], "older_than": YEAR_START}, {"both"}),
        ({"ids": ["old", "theirs"], "numbers": [NUMBER]}, {"theirs"}),
    ],
    ids=["moment", "moment without a zone", "age", "number", "id", "number and age", "id, number"],
)
def test_what_meets_all_conditions_is_erased_whole(
    archived: tuple[Sandbox, Path], conditions: dict[str, object], expected: set[str]
) -> None:
    """A dry run tells the same and changes nothing; what is left verifies."""
    _, folder = archived
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


def test_a_log_outlives_the_audio_and_names_nobody(archived: tuple[Sandbox, Path]) -> None:
    """It says what was erased, when, and on which condition; the number is nowhere any more."""
    box, folder = archived
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


def test_a_purge_without_a_condition_is_refused(archived: tuple[Sandbox, Path]) -> None:
    """And so is a text where a list belongs, whose letters would be taken for ids."""
    _, folder = archived
    with pytest.raises(ConfigError, match="needs a condition"):
        purge(folder)
    with pytest.raises(ConfigError, match="are lists"):
        purge(folder, ids="old")


def test_what_was_done_is_shown(archived: tuple[Sandbox, Path]) -> None:
    """As a table for people, and as JSON."""
    _, folder = archived
    told = purge(folder, ids=["old"])
    assert "would be erased" in str(told)
    assert json.loads(told.to_json())["erased"][0]["id"] == "old"
    shown = verify(folder)
    assert str(shown).splitlines()[1].split() == ["recordings", "4"]
    assert json.loads(shown.to_json())["ok"] is True


def test_verify_names_every_object_that_is_damaged(archived: tuple[Sandbox, Path]) -> None:
    """Missing, changed, or with another description beside it."""
    _, folder = archived
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
