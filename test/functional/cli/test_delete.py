"""Tests `delete`: recordings are deleted at Telnyx, only after a confirmation."""

import io
import json
import sys

import pytest

from archiving import deletions
from cli_caller import Caller, Terminal
from telnyx_recordings.sandbox import Sandbox


def test_recordings_are_deleted_and_each_is_reported(box: Sandbox, cli: Caller) -> None:
    first, second, third = (row.id for row in box.recordings[:3])
    ran = cli("delete", first, "nothing", second, "--yes")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [(row["id"], row["deleted"]) for row in rows] == [(first, True), (second, True)]
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "nothing" in ran.err
    left = {row.id for row in box.recordings}
    assert not left & {first, second}
    assert third in left
    assert cli("delete", first, "--yes").code == 1


def test_a_dry_run_deletes_nothing(
    box: Sandbox, cli: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [row.id for row in box.recordings[:2]]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(ids)))
    ran = cli("delete", "-", "--dry-run", "--format", "table")
    assert ran.code == 0
    assert ran.out.count("would be deleted") == 2
    assert (deletions(box), len(box.recordings)) == ({}, 30)


def test_nothing_is_deleted_where_nobody_can_be_asked(box: Sandbox, cli: Caller) -> None:
    ran = cli("delete", box.recordings[0].id)
    assert (ran.code, ran.out, ran.err.count("\n"), box.requests) == (2, "", 1, [])
    assert "--yes" in ran.err


@pytest.mark.parametrize(("answer", "code", "left"), [("n", 1, 30), ("", 1, 30), ("y", 0, 28)])
def test_the_question_states_what_would_be_lost(
    box: Sandbox, answer: str, code: int, left: int
) -> None:
    ids = [box.recordings[0].id, box.recordings[-1].id]
    with Terminal("delete", *ids) as running:
        running.until("[y/N]")
        running.type(f"{answer}\n")
        assert running.finish() == code
    question = "Delete 2 recordings (0:07 of audio, created 2026-02-28 to 2026-03-01) at Telnyx"
    assert question in running.shown
    assert len(box.recordings) == left


def test_a_deletion_that_is_refused_is_not_reported_as_done(box: Sandbox, cli: Caller) -> None:
    first, second = (row.id for row in box.recordings[:2])
    cli("get", first)
    box.fail_next(403, times=1)
    ran = cli("delete", first, second, "--yes")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert len(box.recordings) == 30


def test_no_other_recording_than_the_named_one_is_deleted(box: Sandbox, cli: Caller) -> None:
    first, other = (row.id for row in box.recordings[:2])
    box.fail_next(200, body=f'{{"data": {{"id": "{other}"}}}}')
    ran = cli("delete", first, "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert other in ran.err
    assert deletions(box) == {}
