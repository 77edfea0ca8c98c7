"""Tests that the sandbox's timeline keeps its order through additions and removals."""

import random

import pytest

from telnyx_recordings.sandbox import Transcription
from telnyx_recordings.sandbox.clock import parse, spell
from telnyx_recordings.sandbox.rows import Bounds, Timeline

NOON = parse("2026-01-01T12:00:00Z")


def row(name: str, micros: int | None) -> Transcription:
    """Write a row with an id and a time."""
    return Transcription(
        {"id": name, "created_at": None if micros is None else spell(micros, "microseconds")}
    )


def ids(rows: list[Transcription]) -> list[str]:
    return [one.id for one in rows]


def test_newest_first_is_the_reverse_of_oldest_first() -> None:
    rows = [row("b", NOON), row("a", NOON), row("c", NOON - 1), row("d", NOON + 1)]
    assert [one.id for one in Timeline(rows, "oldest")] == ["c", "a", "b", "d"]
    assert [one.id for one in Timeline(rows, "newest")] == ["d", "b", "a", "c"]


def test_bounds_are_inclusive_to_the_microsecond() -> None:
    line = Timeline([row(str(step), NOON + step) for step in range(5)], "oldest")
    assert ids(line.select(Bounds(gte=NOON + 1, lte=NOON + 3))) == ["1", "2", "3"]
    assert ids(line.select(Bounds(gte=NOON + 4))) == ["4"]
    assert ids(line.select(Bounds(lte=NOON))) == ["0"]
    assert ids(line.select(Bounds(gte=NOON + 3, lte=NOON + 1))) == []


def test_rows_without_a_time_are_listed_but_within_no_bounds() -> None:
    line = Timeline([row("x", None), row("y", NOON)], "oldest")
    assert ids(line.select()) == ["x", "y"]
    assert ids(line.select(Bounds(lte=NOON))) == ["y"]
    assert ids(line.select(Bounds(gte=0))) == ["y"]


def test_order_survives_random_additions_and_removals() -> None:
    choices = random.Random(5)
    line: Timeline[Transcription] = Timeline([], "oldest")
    kept: dict[str, Transcription] = {}
    for step in range(400):
        if kept and choices.random() < 0.4:
            name = choices.choice(sorted(kept))
            assert line.remove(name) == kept.pop(name)
        else:
            new = row(f"{step:03}", NOON + choices.randrange(50))
            kept[new.id] = new
            line.add(new)
        assert len(line) == len(kept)
    assert ids(list(line)) == ids(sorted(kept.values(), key=lambda one: (one.created or 0, one.id)))


def test_a_second_row_with_the_same_id_is_refused() -> None:
    line = Timeline([row("a", NOON)], "newest")
    with pytest.raises(ValueError, match="already a row with id 'a'"):
        line.add(row("a", NOON + 1))
    assert line.remove("b") is None
    assert line.get("a") == line[0] == line.newest()


def test_an_iteration_is_not_affected_by_changes() -> None:
    line = Timeline([row("a", NOON), row("b", NOON + 1)], "newest")
    seen: list[str] = []
    for one in line:
        line.remove("a")
        seen.append(one.id)
    assert seen == ["b", "a"]
    assert ids(line[:5]) == ["b"]
