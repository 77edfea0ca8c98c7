"""What goes wrong at the very moment of deleting, and what is noted then."""

from datetime import timedelta
from pathlib import Path

import pytest

from archiving import (
    OLD,
    BeforeDelete,
    archive,
    deletions,
    entry_of,
    holding,
    listed,
    manifest_of,
    set_state,
)
from telnyx_recordings.archive import Progress
from telnyx_recordings.archive.records import State
from telnyx_recordings.archive.stores.store import incoming_name
from telnyx_recordings.core.messages import Request
from telnyx_recordings.errors import AuthenticationError, PermissionDeniedError
from telnyx_recordings.sandbox import Sandbox

box = holding(*({"id": id_, "duration_millis": 50} for id_ in ("a", "b", "c")))


def states(folder: Path) -> dict[str, State]:
    """The state of each recording in the manifest."""
    return {id_: entry_of(folder, id_).state for id_ in ("a", "b", "c")}


def left(box: Sandbox) -> set[str]:
    """The ids of the recordings that are still at the source."""
    return {each.id for each in box.recordings}


def test_a_recording_that_is_already_gone_counts_as_deleted(box: Sandbox, tmp_path: Path) -> None:
    hook = BeforeDelete(box.delete_recording)
    result = archive(box, tmp_path, delete=True, before_request=hook)
    assert (result.deleted, result.ok, left(box)) == (3, True, set())
    assert set(states(tmp_path).values()) == {State.DELETED}


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthenticationError), (403, PermissionDeniedError)]
)
def test_a_refused_key_ends_the_run_and_finished_deletions_are_noted(
    box: Sandbox, tmp_path: Path, status: int, error: type[Exception]
) -> None:
    hook = BeforeDelete(lambda _: box.fail_next(status))
    with pytest.raises(error):
        archive(box, tmp_path, delete=True, before_request=hook)
    [refused] = left(box)
    gone = {"a", "b", "c"} - {refused}
    assert states(tmp_path) == {refused: State.DELETE_INTENT} | dict.fromkeys(gone, State.DELETED)
    assert archive(box, tmp_path).ok
    assert states(tmp_path)[refused] is State.VERIFIED
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, left(box)) == (1, set())


def test_a_source_that_fails_at_a_deletion_stops_the_rest(box: Sandbox, tmp_path: Path) -> None:
    hook = BeforeDelete(lambda _: box.fail_next(503))
    result = archive(box, tmp_path, delete=True, before_request=hook)
    [failed] = left(box)
    assert (result.deleted, result.ok) == (2, False)
    assert str(result.deletion_stopped).startswith(
        f"InternalServerError: DELETE /recordings/{failed}: "
    )
    assert states(tmp_path)[failed] is State.DELETE_INTENT
    assert archive(box, tmp_path, delete=True).deleted == 1
    assert set(states(tmp_path).values()) == {State.DELETED}


def test_the_first_of_several_failures_is_reported(box: Sandbox, tmp_path: Path) -> None:
    hook = BeforeDelete(lambda _: box.fail_next(503, times=3))
    result = archive(box, tmp_path, delete=True, before_request=hook)
    assert (result.deleted, left(box)) == (0, {"a", "b", "c"})
    with manifest_of(tmp_path) as manifest:
        meant = [entry.id for entry in manifest.in_state(State.DELETE_INTENT)]
    assert len(meant) == 3
    assert f"DELETE /recordings/{meant[0]}: " in str(result.deletion_stopped)


def test_a_damaged_copy_with_an_interrupted_deletion_is_downloaded_again(
    box: Sandbox, tmp_path: Path
) -> None:
    hook = BeforeDelete(lambda _: box.fail_next(503, times=3))
    archive(box, tmp_path, delete=True, before_request=hook)
    next(tmp_path.rglob("b.wav")).write_bytes(b"damaged")
    result = archive(box, tmp_path)
    assert (result.ok, result.stored.count) == (True, 1)
    assert next(tmp_path.rglob("b.wav")).read_bytes() == box.audio("b", "wav")
    assert set(states(tmp_path).values()) == {State.VERIFIED}


def test_a_dry_run_does_not_change_interrupted_deletions(box: Sandbox, tmp_path: Path) -> None:
    hook = BeforeDelete(lambda _: box.fail_next(503, times=3))
    archive(box, tmp_path, delete=True, before_request=hook)
    archive(box, tmp_path, delete=True, dry_run=True)
    assert set(states(tmp_path).values()) == {State.DELETE_INTENT}
    assert left(box) == {"a", "b", "c"}


def order(folder: Path) -> list[str]:
    """The ids in the order in which the archive deletes."""
    with manifest_of(folder) as manifest:
        return [entry.id for entry in manifest.in_state(State.VERIFIED)]


def test_every_copy_is_inspected_even_if_an_earlier_recording_is_gone(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path)
    first, second, third = order(tmp_path)
    box.delete_recording(first)
    next(tmp_path.rglob(f"{third}.wav")).unlink()
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, left(box)) == (0, {second, third})
    assert str(result.deletion_stopped).startswith(f"{third}: ")


def test_copies_that_a_killed_run_left_unverified_are_read(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    set_state(tmp_path, State.STORED, "a", "b")
    next(tmp_path.rglob("b.wav")).write_bytes(b"half")
    seen: list[Progress] = []
    result = archive(box, tmp_path, progress=seen.append)
    assert (result.ok, result.stored.count, seen[0].phase) == (True, 1, "recovering")
    assert next(tmp_path.rglob("b.wav")).read_bytes() == box.audio("b", "wav")
    assert set(states(tmp_path).values()) == {State.VERIFIED}
    assert {each["state"] for each in listed(tmp_path)} == {"verified"}


def test_a_damaged_unverified_copy_is_kept_if_the_source_has_no_other(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path)
    set_state(tmp_path, State.STORED, "b")
    damaged = next(tmp_path.rglob("b.wav"))
    damaged.write_bytes(b"half")
    box.delete_recording("b")
    assert not archive(box, tmp_path).ok
    assert damaged.read_bytes() == b"half"
    entry = entry_of(tmp_path, "b")
    assert entry.state is State.QUARANTINED
    why = "its copy is damaged, and it is gone at the source: "
    assert str(entry.reason).startswith(f"{why}{damaged.relative_to(tmp_path)}: ")


def test_only_unfinished_files_of_the_archive_are_swept(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    folder = next(tmp_path.rglob("b.wav")).parent
    others = [folder / ".b.wav.part", folder / ".partners.csv", tmp_path / ".hidden" / ".x.part"]
    others.append(tmp_path / "another" / ".archive" / "incoming" / "x.wav")
    own = tmp_path / ".archive" / "incoming"
    part, old = own / f".{incoming_name('later.wav')}.part", own / incoming_name("b.wav")
    for path in (*others, part, old):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    there: dict[str, set[Path]] = {}

    def look(progress: Progress) -> None:
        there[progress.phase] = set(own.glob("*"))

    archive(box, tmp_path, progress=look)
    first, second, *_ = there
    assert first == "recovering"
    assert there[second] == {part}
    assert not own.exists()
    assert all(path.read_bytes() == b"half" for path in others)


class FailsOnce:
    """A hook of a client that fails the first request for a recording, by its id."""

    def __init__(self, box: Sandbox, id_: str) -> None:
        self._box = box
        self._id = id_
        self.left = 1

    def __call__(self, request: Request) -> None:
        if self.left and request.path.endswith(f"/{self._id}"):
            self.left -= 1
            self._box.fail_next(503)


def test_every_copy_is_inspected_even_if_an_earlier_one_is_unreadable(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path, workers=1)
    first, _, third = order(tmp_path)
    next(tmp_path.rglob(f"{third}.wav")).unlink()
    hook = FailsOnce(box, first)
    result = archive(box, tmp_path, delete=True, workers=1, before_request=hook)
    assert (result.deleted, hook.left) == (0, 0)
    assert str(result.deletion_stopped).startswith("InternalServerError: ")
    assert states(tmp_path)[third] is State.DISCOVERED
    result = archive(box, tmp_path)
    assert (result.ok, result.stored.count) == (True, 1)


def test_a_damaged_copy_found_later_stops_only_the_remaining_deletions(
    box: Sandbox, tmp_path: Path
) -> None:
    for n in range(63):
        box.add_recording(id=f"n{n}", created_at=OLD, duration_millis=10)
    archive(box, tmp_path)
    ids = order(tmp_path)
    next(tmp_path.rglob(f"{ids[65]}.wav")).unlink()
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, left(box)) == (64, {ids[64], ids[65]})


def test_more_recordings_than_one_group_are_all_deleted(box: Sandbox, tmp_path: Path) -> None:
    for n in range(70):
        box.add_recording(id=f"n{n}", created_at=OLD, duration_millis=10)
    result = archive(box, tmp_path, delete=True, min_age=timedelta(0), max_delete=73)
    assert (result.deleted, result.ok, left(box)) == (73, True, set())
    assert set(deletions(box).values()) == {1}
