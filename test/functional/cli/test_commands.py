"""Tests what the commands print, download, archive and erase, on a sandbox."""

import csv
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archiving import deletions
from cli_caller import Caller, Terminal
from telnyx_recordings.sandbox import Sandbox


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def sheet(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_list_prints_every_recording_with_all_its_fields(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="odd", novelty={"deep": [1]})
    listed = {row["id"]: row for row in rows(cli("list").out)}
    assert listed.keys() == {row.id for row in box.recordings}
    assert listed["odd"]["novelty"] == {"deep": [1]}
    assert {"from", "to", "created_at", "duration_millis"} <= listed["odd"].keys()


def test_links_are_printed_only_on_request(cli: Caller) -> None:
    """Anyone with a link can listen."""
    assert "X-Amz-Signature" not in cli("list").out
    assert "X-Amz-Signature" not in cli("list", "--format", "csv").out
    assert "X-Amz-Signature" in cli("list", "--links", "--limit", 1).out
    with_links = sheet(cli("list", "--links", "--limit", 1, "--format", "csv").out)[0]
    assert "X-Amz-Signature" in with_links["download_urls.wav"]


def test_list_filters_by_number_id_time_and_channels(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="mine", from_="+12125550137", to="+17025550144", channels="dual")
    box.add_recording(id="other", from_="+12125550137", to="+13125550100", channels="single")
    box.add_recording(id="sip", from_="sip:anna@example.com", connection_id="77")

    def ids(*arguments: str) -> list[str]:
        return [row["id"] for row in rows(cli("list", *arguments).out)]

    assert {"mine", "other"} <= set(ids("--from", "+1 (212) 555-0137"))
    assert ids("--from", "+12125550137", "--to", "+1 702.555.0144") == ["mine"]
    assert ids("--from", "sip:anna@example.com") == ["sip"]
    assert ids("--connection-id", "77") == ["sip"]
    assert set(ids("--channels", "dual")) | set(ids("--channels", "single")) == {
        row.id for row in box.recordings
    }
    assert len(ids("--limit", "2")) == 2
    box.add_recording(id="old", created_at=datetime(2026, 2, 1, 0, tzinfo=UTC))
    box.add_recording(id="next", created_at=datetime(2026, 2, 2, 0, tzinfo=UTC))
    assert ids("--since", "2026-02-01", "--until", "2 February 2026") == ["next", "old"]
    assert ids("--since", "2026-02-01T01:00", "--until", "2026-02-02T01:00+01:00") == ["next"]


def test_verify_repairs_damage_on_request(
    box: Sandbox, cli: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("archive", "kept").code == 0
    bad = next(Path("kept").rglob("*.wav"))
    bad.write_bytes(b"RIFF")
    assert json.loads(cli("verify", "kept", "--repair").out)["ok"]
    assert bad.read_bytes() == box.audio(bad.stem, "wav")
    bad.write_bytes(b"RIFF")
    monkeypatch.delenv("TELNYX_API_KEY")
    assert cli("verify", "kept", "--repair").code == 2
    ran = cli("verify", "kept")
    assert (ran.code, len(json.loads(ran.out)["damaged"])) == (1, 1)
    assert bad.read_bytes() == b"RIFF"


def test_a_table_in_a_file_is_complete(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="esc", from_="\x1b[31mred\x07")
    for n in range(300):
        box.add_recording(id=f"more-{n}", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    shown = cli("list", "--format", "table").out
    assert shown.count("created (UTC)") == 1
    assert all(row.id in shown for row in box.recordings)
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_get_continues_after_an_id_that_is_missing_or_invalid(box: Sandbox, cli: Caller) -> None:
    first, second = (row.id for row in box.recordings[:2])
    ran = cli("get", first, "nothing", "../..", second)
    assert [row["id"] for row in rows(ran.out)] == [first, second]
    assert ran.code == 1
    missing, none = ran.err.splitlines()
    assert "404" in missing
    assert "'../..'" in none


def test_an_empty_response_is_a_failure(box: Sandbox, cli: Caller) -> None:
    box.fail_next(200, body='{"data": null}')
    ran = cli("get", box.recordings[0].id)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)


def test_ids_are_read_from_standard_input(
    box: Sandbox, cli: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (row.id for row in box.recordings[:2])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{first}\n{second}\n{first}\n"))
    assert [row["id"] for row in rows(cli("get", "-", second).out)] == [first, second]


def test_a_download_can_be_split_by_leg(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="dual", channels="dual")
    done = rows(cli("download", "dual", "--output", ".").out)[0]
    assert Path("dual.wav").read_bytes() == box.audio("dual", "wav")
    assert (done["size"], done["already_there"]) == (len(box.audio("dual", "wav")), False)
    assert rows(cli("download", "dual").out)[0]["already_there"]
    assert rows(cli("download", "dual", "-o", "x.mp3").out)[0]["format"] == "mp3"
    assert Path("x.mp3").read_bytes() == box.audio("dual", "mp3")

    legs = rows(cli("split", "dual.wav").out)[0]
    assert (legs["a"], legs["b"]) == ("dual.a.wav", "dual.b.wav")
    assert Path("dual.a.wav").stat().st_size == Path("dual.b.wav").stat().st_size
    ran = cli("split", "x.mp3", "dual.a.wav")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 2)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        (["x.ogg"], 2, "WAV and MP3, but not OGG: write x.wav or x.mp3"),
        (["x.mp3", "--audio", "wav"], 2, "leave --audio out, or write x.wav"),
        (["x.WAV", "--audio", "mp3"], 2, "leave --audio out, or write x.mp3"),
        (["x.mp3"], 1, "mp3"),
    ],
)
def test_the_name_of_a_file_states_the_format(
    box: Sandbox, cli: Caller, name: list[str], code: int, words: str
) -> None:
    box.add_recording(id="only", formats=["wav"])
    ran = cli("download", "only", "-o", *name)
    assert (ran.code, ran.err.count("\n")) == (code, 1)
    assert words in ran.err
    assert not list(Path().glob("x.*"))


def test_a_folder_whose_name_ends_with_a_slash_is_created(box: Sandbox, cli: Caller) -> None:
    first, second = (row.id for row in box.recordings[:2])
    assert cli("download", first, "-o", "one/").code == 0
    assert cli("download", first, second, "-o", "new/deep/").code == 0
    assert Path("one", f"{first}.wav").exists()
    assert {path.stem for path in Path("new/deep").iterdir()} == {first, second}
    ran = cli("download", first, second, "-o", "nowhere")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "write 'nowhere/' to create it" in ran.err


def test_transcripts_are_printed_with_their_text(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="said", transcript="=Hello there")
    assert len(rows(cli("transcripts").out)) == len(box.transcriptions)
    assert rows(cli("transcripts", "said").out)[0]["transcription_text"] == "=Hello there"
    assert "'=Hello there" in cli("transcripts", "said", "--format", "csv").out
    assert cli("transcripts", "--since", "2027-01-01").out == ""


def test_archive_and_verify_report_every_step(cli: Caller) -> None:
    rehearsed = rows(cli("archive", "kept", "--dry-run").out)[0]
    assert (rehearsed["stored"]["count"], rehearsed["dry_run"]) == (30, True)
    assert not list(Path("kept").rglob("*.wav"))
    made = cli("archive", "kept", "--audio", "wav", "--audio", "mp3", "--workers", 4)
    assert (made.code, rows(made.out)[0]["stored"]["count"]) == (0, 30)
    assert len(list(Path("kept").rglob("*.mp3"))) == 30
    again = sheet(cli("archive", "kept", "--audio", "wav", "--format", "csv").out)[0]
    assert (again["stored.count"], again["already_there.count"]) == ("0", "30")
    assert "already there" in cli("archive", "kept", "--format", "table").out
    assert cli("verify", "kept").code == 0

    next(Path("kept").rglob("*.wav")).write_bytes(b"gone bad")
    ran = cli("verify", "kept")
    assert (ran.code, len(rows(ran.out)[0]["damaged"])) == (1, 1)
    assert len(sheet(cli("verify", "kept", "--format", "csv").out)) == 1


def test_quiet_prints_only_what_needs_attention(box: Sandbox, cli: Caller) -> None:
    assert cli("archive", "kept", "--quiet") == (0, "", "")
    assert cli("verify", "kept", "--quiet") == (0, "", "")
    box.add_recording(id="without", formats=[])
    ran = cli("archive", "other", "--quiet")
    assert (ran.code, rows(ran.out)[0]["quarantined"]["count"]) == (1, 1)
    next(Path("kept").rglob("*.wav")).write_bytes(b"damaged")
    ran = cli("verify", "kept", "--quiet", "--format", "table")
    assert ran.code == 1
    assert "damaged" in ran.out
    with Terminal("archive", "other", "--quiet", "--retry-quarantined") as running:
        assert running.finish() == 1
    assert "━" not in running.shown


def test_an_archive_takes_filters_and_a_layout(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="mine", from_="+12125550999")
    made = cli("archive", "kept", "--from", "+1 212 555 0999", "--layout", "{id}.{format}")
    assert rows(made.out)[0]["listed"]["count"] == 1
    assert Path("kept/mine.wav").exists()


def test_archive_deletes_nothing_without_confirmation(box: Sandbox, cli: Caller) -> None:
    assert cli("archive", "kept", "--delete").code == 2
    assert cli("archive", "kept", "--delete", "--dry-run").code == 0
    assert (deletions(box), len(box.recordings)) == ({}, 30)
    done = cli("archive", "kept", "--delete", "--yes", "--max-delete", 30)
    assert done.code == 0
    assert rows(done.out)[0]["deleted"] == 30 - len(box.recordings) > 20


def test_a_purge_erases_what_matches_all_filters(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="mine", from_="+12125550999")
    cli("archive", "kept", "--layout", "{id}.{format}")
    assert cli("purge", "kept").code == 2
    ran = cli("purge", "kept", "--number", "+1 212 555 0999")
    assert (ran.code, ran.out) == (2, "")
    assert "would be erased" in ran.err
    conditions = ("--number", "+12125550999", "--format", "csv", "--older-than")
    assert sheet(cli("purge", "kept", *conditions, "2026-01-01", "--yes").out) == []
    found = sheet(cli("purge", "kept", *conditions, "1d", "--dry-run").out)
    assert [row["id"] for row in found] == ["mine"]
    assert Path("kept/mine.wav").exists()
    assert rows(cli("purge", "kept", "--id", "mine", "--yes").out)[0]["erased"][0]["id"] == "mine"
    assert not Path("kept/mine.wav").exists()
    assert len(list(Path("kept").rglob("*.wav"))) == 30
    assert cli("purge", "kept", "--id", "mine").code == 0  # nothing left: nothing to ask


def test_recordings_on_hold_are_kept_until_released(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="mine", from_="+12125550999")
    cli("archive", "kept")
    placed = cli("hold", "kept", "--number", "+1 212 555 0999", "--reason", "case 7")
    assert (placed.code, rows(placed.out)[0]["recordings"]) == (0, 1)
    assert "matches no recording" in cli("hold", "kept", "--id", "no", "--reason", "x").err
    held = cli("purge", "kept", "--id", "mine", "--yes")
    assert (held.code, rows(held.out)[0]["held"]) == (0, ["mine"])
    assert "1 on hold, not erased: mine" in held.err
    Path("retention.toml").write_text("[[rule]]\nnumber = '+12125550999'\nkeep = '1h'\n")
    policy = ("purge", "kept", "--policy", "retention.toml", "--yes")
    assert rows(cli(*policy).out)[0]["erased"] == []
    assert len(rows(cli("hold", "kept", "--list").out)[0]["holds"]) == 2
    assert cli("release", "kept", "--number", "+12125550999", "--id", "other").code == 1
    assert cli("release", "kept", "--number", "+12125550999").code == 0
    assert [row["id"] for row in rows(cli(*policy).out)[0]["erased"]] == ["mine"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("hold", "kept", "--reason", "x"),
        ("hold", "kept", "--id", "x"),
        ("hold", "kept", "--list", "--id", "x"),
        ("release", "kept"),
        ("purge", "kept", "--policy", "none.toml"),
    ],
)
def test_an_incomplete_hold_is_a_wrong_command(cli: Caller, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).code == 2


def test_export_writes_a_bag_of_what_matches_the_filters(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="mine", from_="+12125550999")
    cli("archive", "kept")
    done = cli("export", "kept", "bag", "--from", "+1 212 555 0999", "--vcon")
    assert (done.code, rows(done.out)[0]["recordings"]) == (0, 1)
    assert Path("bag/data/metadata/mine.json").exists()
    assert Path("bag/data/vcon/mine.vcon").exists()
    [row] = sheet(cli("export", "kept", "bag.zip", "--id", "mine", "--format", "csv").out)
    assert (row["out"], row["recordings"]) == ("bag.zip", "1")
    assert cli("export", "kept", "quiet", "--id", "mine", "--quiet").out == ""
    for arguments in (("other", "--id", "nobody"), ("other", "--from", "+1"), ("bag",)):
        ran = cli("export", "kept", *arguments)
        assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    ("option", "given", "hint"),
    [
        ("--id", "nobody", "check the id"),
        ("--id", "MINE", "did you mean mine?"),
        ("--id", "+12125550999", "use --number"),
        ("--number", "12125550999", "did you mean +12125550999?"),
        ("--number", "2125550999", "did you mean +12125550999?"),
        ("--number", "0012125550999", "did you mean +12125550999?"),
        ("--number", "+1 1001", "did you mean 11001?"),
        ("--number", "17025550100", "begin with + and the country code, as +17025550100"),
        ("--number", "+17025550100", "compared exactly"),
        ("--number", "sip:anna", "compared exactly"),
    ],
)
def test_a_purge_without_matches_fails_with_a_suggestion(
    box: Sandbox, cli: Caller, option: str, given: str, hint: str
) -> None:
    box.add_recording(id="mine", from_="+12125550999", to="11001")
    cli("archive", "kept", "--layout", "{id}.{format}")
    for how in ("--yes", "--dry-run"):
        ran = cli("purge", "kept", option, given, how)
        assert (ran.code, ran.err.count("\n")) == (1, 1)
        assert given.replace(" ", "") in ran.err
        assert hint in ran.err
    assert Path("kept/mine.wav").exists()


def test_a_number_of_a_recording_that_is_too_young_is_not_missing(
    box: Sandbox, cli: Caller
) -> None:
    box.add_recording(id="mine", from_="+12125550999")
    cli("archive", "kept", "--layout", "{id}.{format}")
    young = ("purge", "kept", "--number", "+12125550999", "--older-than", "2000-01-01", "--yes")
    assert cli(*young).code == 0
    ran = cli("purge", "kept", "--number", "+12125550999", "--number", "1", "--yes")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert not Path("kept/mine.wav").exists()


@pytest.mark.parametrize("command", [["verify"], ["purge", "--older-than", "1d", "--yes"]])
def test_a_missing_archive_is_reported(cli: Caller, command: list[str]) -> None:
    ran = cli(*command, "misspelt")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "there is no archive at" in ran.err
    assert not Path("misspelt").exists()
