"""Holds, releases and exports that are killed at any step leave a certain state."""

import os
import subprocess
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archiving import OLD, archive, leftovers
from buckets import s3
from killing import comes_to
from telnyx_recordings.archive import export, hold, holds, purge, release, verify
from telnyx_recordings.errors import DestinationError
from telnyx_recordings.sandbox import Sandbox

_EACH = int(os.environ.get("TORTURE_EVERY_STEP", "6"))
"""Every so many steps are tried: all of them with 1."""
_ONE, _OTHER = "+12125550101", "+12125550102"


@contextmanager
def _archived(where: str, tmp_path: Path) -> Generator[tuple[Sandbox, str]]:
    """Archive two recordings in a folder or bucket; yield the sandbox and the destination."""
    with Sandbox(recordings=0) as box, s3(tmp_path / "state") as bucket:
        for number in (_ONE, _OTHER):
            box.add_recording(id=number[1:], created_at=OLD, duration_millis=60, from_=number)
        destination = bucket.url if where == "bucket" else str(tmp_path / "calls")
        archive(box, destination)
        yield box, destination


def _held(destination: str) -> set[str]:
    return {f"+{id_}" for id_ in purge(destination, ids=[_ONE[1:], _OTHER[1:]]).held}


def _check(box: Sandbox, destination: str) -> None:
    """The next run tidies up, and the archive has nothing that does not belong there."""
    archive(box, destination)
    found = verify(destination)
    assert (found.ok, found.recordings, found.strangers) == (True, 2, ())
    if "://" not in destination:
        assert leftovers(Path(destination)) == []


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_a_killed_hold_is_placed_as_a_whole_or_not_at_all(where: str, tmp_path: Path) -> None:
    """Whoever is not sure that it was placed places it again."""
    step = 1
    with _archived(where, tmp_path) as (box, destination):
        while comes_to(destination, step, "hold", _ONE):
            assert _held(destination) <= {_ONE}, step
            assert len(holds(destination).holds) == len(_held(destination)), step
            hold(destination, numbers=[_ONE], reason="case 7")
            assert _held(destination) == {_ONE}, step
            _check(box, destination)
            release(destination, numbers=[_ONE])
            step += _EACH
        assert _held(destination) == {_ONE}
    assert step > 1


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_a_killed_release_releases_nothing_else(where: str, tmp_path: Path) -> None:
    """The same release again finishes it, and leaves one hold."""
    step = 1
    with _archived(where, tmp_path) as (box, destination):
        hold(destination, numbers=[_ONE, _OTHER], reason="case 7")
        while comes_to(destination, step, "release", _ONE):
            assert _held(destination) >= {_OTHER}, step
            if any(_ONE in each.numbers for each in holds(destination).holds):
                release(destination, numbers=[_ONE])
            [left] = holds(destination).holds
            assert (left.numbers, left.reason) == ((_OTHER,), "case 7")
            assert _held(destination) == {_OTHER}, step
            _check(box, destination)
            release(destination, numbers=[_OTHER])
            hold(destination, numbers=[_ONE, _OTHER], reason="case 7")
            step += _EACH
        assert _held(destination) == {_OTHER}
    assert step > 1


@pytest.mark.parametrize(("where", "name"), [("folder", "out"), ("bucket", "out.zip")])
def test_a_killed_export_leaves_a_whole_bag_or_none(where: str, name: str, tmp_path: Path) -> None:
    """The next export to the same place succeeds, and replaces what was left."""
    step, out = 1, tmp_path / "exports" / name
    with _archived(where, tmp_path) as (box, destination):
        came_so_far = True
        while came_so_far:
            came_so_far = comes_to(destination, step, "export", str(out))
            if out.exists():
                assert _is_whole(out), step
                with pytest.raises(DestinationError, match="exists already"):
                    export(destination, out, vcon=True)
                out = out.with_name(f"{step}-{name}")
            result = export(destination, out, vcon=True)
            assert (result.recordings, result.files) == (2, 8)
            assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []
            out = out.with_name(f"{step}-again-{name}")
            _check(box, destination)
            step += _EACH
    assert step > _EACH


def _is_whole(out: Path) -> bool:
    """Return whether a bag has everything that its list names, unchanged."""
    if out.suffix == ".zip":
        with zipfile.ZipFile(out) as bag:
            last = f"{out.stem}/tagmanifest-sha256.txt"
            return bag.testzip() is None and last in bag.namelist()
    command = ["sha256sum", "--check", "--strict", "--quiet", "manifest-sha256.txt"]
    return subprocess.run(command, cwd=out, check=False, timeout=60).returncode == 0
