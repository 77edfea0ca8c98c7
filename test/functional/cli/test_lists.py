"""Tests the options that arrange lists: fields, ids, order, text, and CSV as it is."""

import json

import pytest

from cli_caller import Caller
from telnyx_recordings.sandbox import Sandbox


@pytest.fixture
def three(box: Sandbox) -> Sandbox:
    """A sandbox with three recordings of one number: long, short, and of unknown length."""
    for name, millis, hour in (("long", 100_000, 3), ("short", 9_000, 1), ("odd", None, 2)):
        box.add_recording(
            id=name,
            from_="+12125550999",
            duration_millis=millis,
            created_at=f"2026-02-01T0{hour}:00:00.000Z",
            transcript=f"The  {name}\nstory of Zoë" if name != "odd" else None,
        )
    return box


MINE = ("--from", "+12125550999")


def test_only_chosen_fields_are_printed(three: Sandbox, cli: Caller) -> None:
    assert three.recordings
    fields = ("list", *MINE, "--limit", "1", "--fields", "id,duration_millis,from", "--format")
    row = json.loads(cli(*fields, "json").out)
    assert list(row.items()) == [
        ("id", "long"),
        ("duration_millis", 100_000),
        ("from", "+12125550999"),
    ]
    assert cli(*fields, "csv").out == "id,duration_millis,from\nlong,100000,'+12125550999\n"
    assert cli(*fields, "table").out.splitlines()[0].split() == ["id", "duration_millis", "from"]
    links = cli("list", *MINE, "--links", "--fields", "download_urls.wav", "--limit", "1")
    assert "X-Amz-Signature" in json.loads(links.out)["download_urls.wav"]


def test_a_number_is_found_in_both_directions(three: Sandbox, cli: Caller) -> None:
    """Each call once, in the order of the list; --from and --to are for one direction."""
    three.add_recording(
        id="back", to="+12125550999", created_at="2026-02-01T02:30:00.000Z", from_="+12125550000"
    )
    found = cli("list", "--number", "+1 (212) 555-0999", "--ids")
    assert found.out.split() == ["long", "back", "odd", "short"]
    refused = cli("list", "--number", "+12125550999", "--to", "+12125550000")
    assert (refused.code, "leave out --from and --to" in refused.err) == (2, True)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--fields", "id,dution_millis"], 1, "did you mean duration_millis?"),
        (["--sort", "creatd_at"], 1, "did you mean created_at?"),
        (["--fields", "xyz"], 1, "no row has the field 'xyz'"),
        (["--fields", "id,,from"], 2, "has an empty name"),
        (["--fields", "download_urls.wav"], 2, "needs --links"),
        (["--fields", "id", "--ids"], 2, "exclude each other"),
        (["--raw"], 2, "add --format csv"),
    ],
)
def test_a_mistake_in_the_options_is_reported(
    three: Sandbox, cli: Caller, options: list[str], code: int, words: str
) -> None:
    assert three.recordings
    ran = cli("list", *MINE, *options)
    assert (ran.code, ran.err.count("\n")) == (code, 1)
    assert words in ran.err


def test_a_field_that_this_package_does_not_know_can_be_chosen(three: Sandbox, cli: Caller) -> None:
    three.add_recording(id="new", from_="+12125550999", novelty={"deep": 7})
    ran = cli("list", *MINE, "--fields", "id,novelty.deep", "--sort", "novelty.deep")
    assert (ran.code, json.loads(ran.out.splitlines()[0])) == (0, {"id": "new", "novelty.deep": 7})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["long", "odd", "short"]),
        (["--reverse"], ["short", "odd", "long"]),
        (["--sort", "duration_millis"], ["short", "long", "odd"]),
        (["--sort", "duration_millis", "--reverse"], ["long", "short", "odd"]),
        (["--sort", "duration_millis", "--reverse", "--limit", "1"], ["long"]),
        (["--sort", "created_at"], ["short", "odd", "long"]),
        (["--sort", "id"], ["long", "odd", "short"]),
    ],
)
def test_ids_are_printed_in_the_chosen_order(
    three: Sandbox, cli: Caller, options: list[str], expected: list[str]
) -> None:
    assert three.recordings
    for form in ("json", "table", "csv"):
        ran = cli("list", *MINE, "--ids", *options, "--format", form)
        assert (ran.code, ran.out.splitlines()) == (0, expected)


def test_times_are_sorted_as_times(box: Sandbox, cli: Caller) -> None:
    for name, text in (("b", "2026-02-01T02:00:00+01:00"), ("a", "2026-02-01T00:30:00.000Z")):
        box.add_recording(id=name, from_="1", created_at=text)
    assert cli("list", "--from", "1", "--ids", "--sort", "created_at").out == "a\nb\n"


@pytest.mark.parametrize(
    ("text", "found"), [("LONG story", {"long"}), ("zoË", {"long", "short"}), ("st.ry", None)]
)
def test_transcripts_are_found_by_their_text(
    three: Sandbox, cli: Caller, text: str, found: set[str] | None
) -> None:
    assert three.recordings
    ran = cli("transcripts", "--grep", text, "--ids")
    assert ran.code == 0
    if found is None:
        assert ran.out == ""
    else:
        assert set(ran.out.split()) == found
    assert cli("transcripts", "--grep", "nobody said that", "--format", "table").err == (
        "nothing found\n"
    )


def test_csv_can_be_printed_as_it_is(three: Sandbox, cli: Caller) -> None:
    assert three.recordings
    raw = ("--format", "csv", "--raw")
    assert ",+12125550999," in cli("list", *MINE, *raw).out
    assert ",+12125550999," in cli("get", "long", *raw).out
    assert cli("get", "long", "--raw", "--format", "json").code == 2
