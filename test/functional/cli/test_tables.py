"""Tests what a terminal shows: tables with one line per row, records, and wrapped transcripts."""

import io
import re
import sys

import pytest

from cli_caller import Caller, Terminal
from telnyx_recordings.archive import Progress
from telnyx_recordings.cli import progress
from telnyx_recordings.sandbox import Sandbox

_STYLES = re.compile(r"\x1b\[[0-9;]*m")


def screen(*arguments: object, columns: int = 80) -> list[str]:
    """Run a command on a terminal, and return the lines that it shows, without styles."""
    with Terminal(*arguments, columns=columns) as running:
        assert running.finish() == 0
    return _STYLES.sub("", running.shown).splitlines()


@pytest.mark.parametrize("columns", [20, 60, 80, 96, 120])
def test_a_row_is_one_line_on_every_terminal(box: Sandbox, columns: int) -> None:
    box.add_recording(id="long", from_="sip:" + "a" * 100 + "@example.com")
    box.add_recording(id="wide", from_="sip:" + "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 50)
    lines = screen("list", columns=columns)
    rows = [line for line in lines if not line.startswith("not shown")]
    assert len(rows) == 2 + len(box.recordings)
    assert all(len(line) <= columns for line in rows)


def test_eighty_columns_show_id_time_and_numbers(box: Sandbox) -> None:
    heading, _, *rows, note = screen("list")
    assert heading.split() == ["id", "created", "(UTC)", "from", "to"]
    assert rows[0].split()[0] == box.recordings[0].id
    assert note == "not shown, as the terminal is too narrow: length, channels"


@pytest.mark.parametrize(
    ("columns", "number", "headings"),
    [
        (80, "+12125559999", "id created (UTC) from to"),
        (80, "+4915123456789", "id created from to"),
        (90, "+12125559999", "id created (UTC) length from to"),
        (60, "+12125559999", "id created from"),
    ],
)
def test_numbers_are_never_shortened(
    box: Sandbox, columns: int, number: str, headings: str
) -> None:
    box.add_recording(id=f"{7:036}", from_=number, to=number)
    heading, _, row, note = screen("list", "--from", number, columns=columns)
    assert " ".join(heading.split()) == headings
    assert row.startswith(f"{7:036} 2026-03-01")
    assert row.count(number) == len({"from", "to"}.intersection(headings.split()))
    assert ("created is in UTC" in note) == ("(UTC)" not in headings)


def test_an_error_is_not_printed_into_a_progress_bar(box: Sandbox) -> None:
    with Terminal("download", "no-such-id", columns=80) as running:
        assert running.finish() == 1
    assert "\x1b[2Ktelnyx-recordings: GET /recordings/no-such-id" in running.shown
    assert box.recordings


def test_a_wide_terminal_shows_all_columns(box: Sandbox, cli: Caller) -> None:
    assert box.recordings
    whole = cli("list", "--format", "table").out.splitlines()
    assert screen("list", columns=len(whole[0]) + 20) == whole


def test_get_shows_a_record_with_its_transcript(box: Sandbox, cli: Caller) -> None:
    said = " ".join(f"word{n}" for n in range(60))
    box.add_recording(id="mine", from_="+12125550137", transcript=said, novelty={"deep": [1]})
    lines = screen("get", "mine")
    shown = {line.split()[0]: line for line in lines if line[0] != " "}
    assert {"id", "from", "created_at", "duration_millis", "transcript"} <= shown.keys()
    assert shown["novelty.deep"].split() == ["novelty.deep", "[1]"]
    assert " ".join(" ".join(lines).split()).endswith(said)
    assert all(len(line) <= 80 for line in lines if "v3:" not in line)
    assert "X-Amz" not in "".join(lines)
    links = cli("get", "mine", "--links", "--format", "table").out
    assert re.search(r"^download_urls.wav +http://\S+X-Amz-Signature=\w+", links, re.MULTILINE)


def test_links_in_a_list_are_whole_on_a_terminal(box: Sandbox) -> None:
    box.add_recording(id="mine", from_="+12125550999")
    shown = "".join(screen("list", "--links", "--from", "+12125550999"))
    assert re.search(r"X-Amz-Signature=[0-9a-f]{64}", shown)


def test_transcripts_are_wrapped_on_words(box: Sandbox) -> None:
    words = [f"word{n}" for n in range(60)]
    box.add_recording(id="said", transcript=" ".join(words))
    first, *rest = screen("transcripts", "said")
    assert first.startswith("said  2026-03-01")
    assert " ".join(rest).split() == words
    assert len(rest) > 1
    assert all(line.startswith("  ") and len(line) <= 80 for line in rest)


def test_times_are_shown_in_the_chosen_zone(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="mine", from_="1", created_at="2026-07-01T22:30:00.000Z")
    mine = ("list", "--from", "1", "--tz", "Asia/Kolkata", "--format")
    shown = cli(*mine, "table").out
    assert "created (Asia/Kolkata)" in shown
    assert "2026-07-02 04:00" in shown
    assert "2026-07-01T22:30:00Z" in cli(*mine, "json").out
    assert "2026-07-01T22:30:00Z" in cli(*mine, "csv").out


def test_dates_are_read_in_the_zone_of_the_machine(
    box: Sandbox, cli: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    box.add_recording(id="late", from_="1", created_at="2026-07-02T03:30:00.000Z")
    assert cli("list", "--from", "1", "--since", "2026-07-02").out == ""
    assert cli("list", "--from", "1", "--since", "2026-07-01").out != ""
    assert cli("list", "--from", "1", "--since", "2026-07-02", "--tz", "UTC").out != ""
    first = screen("list", "--from", "1", "--since", "2026-07-01")[0]
    assert first == "since 2026-07-01 00:00:00 America/New_York"


def test_nothing_found_is_stated_only_after_a_search(box: Sandbox, cli: Caller) -> None:
    assert cli("list", "--from", "+1", "--format", "table").err == "nothing found\n"
    for command in (["get", "nothing"], ["download", "nothing"]):
        ran = cli(*command, "--format", "table")
        assert ran.code == 1
        assert "nothing found" not in ran.err
    box.fail_next(401)
    assert "nothing found" not in cli("list", "--format", "table").err


def test_a_number_without_plus_that_finds_nothing_gets_a_hint(box: Sandbox, cli: Caller) -> None:
    assert box.recordings
    for command in ("list", "download"):
        ran = cli(command, "--from", "17025550166", "--format", "table")
        assert (ran.code, ran.out) == (0, "")
        assert ran.err == "nothing found: phone numbers begin with +, as +17025550166\n"


class _Screen(io.StringIO):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        return True


def test_the_time_left_is_that_of_copying_not_of_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _Screen()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(progress, "monotonic", iter([0.0, 10.0]).__next__)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")  # rich shows no progress in a dumb terminal
    with progress.of_run() as update:
        assert update
        update(Progress(phase="listing", total=100, listed=50, todo=40, done=0))
        update(Progress(phase="listing", total=100, listed=90, todo=80, done=20))
    assert "listing 90 of 100, 20 copied" in shown.getvalue()
    assert "0:00:35 left" in shown.getvalue()
