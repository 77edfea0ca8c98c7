"""A disk that fails at any step of any command harms nothing, and the next run finishes it."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archiving import OLD, archive, leftovers
from buckets import Bucket, s3
from telnyx_recordings import Client
from telnyx_recordings.archive import purge, repair, verify
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import ArchiveError
from telnyx_recordings.sandbox import Sandbox

_STEPS = (
    *("open_new", "open_part", "write", "sync", "sync_content", "link", "rename", "unlink"),
    *("sync_folder", "make_folder"),
)
_NUMBERS = (errno.ENOSPC, errno.EIO)
_STRIDE = 1 if "TORTURE_KILLS" in os.environ else 5
"""Every step in `make torture`; some of them in `make test`."""


_Command = Callable[[Sandbox, Path | str], None]


class Disk:
    """A disk that counts its steps, and fails at one of them."""

    def __init__(self, patch: pytest.MonkeyPatch, step: int) -> None:
        """Put itself between the package and the disk."""
        self.count = 0
        self._step = step
        for name in _STEPS:
            patch.setattr(Files, name, self._counted(getattr(Files, name)))

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(this: Any, *arguments: Any) -> Any:
            self.count += 1
            if self.count == self._step:
                number = _NUMBERS[self._step // _STRIDE % len(_NUMBERS)]
                raise OSError(number, os.strerror(number))
            return real(this, *arguments)

        return called


def _box() -> Sandbox:
    box = Sandbox(recordings=0)
    box.add_recording(id="one", created_at=OLD, duration_millis=100, transcript="Hello.")
    return box


def _archive(box: Sandbox, destination: Path | str) -> None:
    archive(box, destination, delete=True, min_age=timedelta(), workers=1)


def _purge(_: Sandbox, destination: Path | str) -> None:
    purge(destination, ids=["one"], dry_run=False)


def _repair(box: Sandbox, destination: Path | str) -> None:
    with Client(box.api_key, box.base_url, max_retries=0) as client:
        repair(destination, client, workers=1)


def _fail(command: _Command, box: Sandbox, destination: Path | str, step: int) -> bool:
    """Run a command on a disk that fails at a step; return whether it came so far."""
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, step)
        with suppress(ArchiveError):
            command(box, destination)
    return disk.count >= step


def test_archiving_and_deleting_survive_a_failure_at_each_step(tmp_path: Path) -> None:
    step, came_so_far = 1, True
    while came_so_far:
        folder = tmp_path / str(step)
        with _box() as box:
            audio = box.audio("one", "wav")
            came_so_far = _fail(_archive, box, folder, step)
            copies = [path.read_bytes() for path in folder.rglob("one.wav")]
            assert copies in ([], [audio]), step
            assert box.recordings or copies, step
            _archive(box, folder)
            assert not box.recordings, step
        assert verify(folder).ok, step
        assert (verify(folder).objects, leftovers(folder)) == (3, []), step
        step += _STRIDE
    assert step > 1 + _STRIDE


def test_a_purge_survives_a_failure_at_each_step(tmp_path: Path) -> None:
    step, came_so_far = 1, True
    while came_so_far:
        folder = tmp_path / str(step)
        with _box() as box:
            archive(box, folder, workers=1)
            came_so_far = _fail(_purge, box, folder, step)
            _purge(box, folder)
            assert not [path for path in folder.rglob("*one*") if path.is_file()], step
            assert archive(box, folder, workers=1).erased == 1, step
        assert leftovers(folder) == [], step
        step += _STRIDE
    assert step > 1 + _STRIDE


def test_a_repair_survives_a_failure_at_each_step(tmp_path: Path) -> None:
    step, came_so_far = 1, True
    while came_so_far:
        folder = tmp_path / str(step)
        with _box() as box:
            archive(box, folder, workers=1)
            for name in ("one.wav", "one.transcript.json"):
                path = next(folder.rglob(name))
                path.write_bytes(path.read_bytes()[:-1])
            came_so_far = _fail(_repair, box, folder, step)
            assert {path.name for path in folder.rglob("one.wav*")} & {"one.wav", "one.wav.damaged"}
            _repair(box, folder)
        assert verify(folder).ok, step
        assert leftovers(folder) == [], step
        step += _STRIDE
    assert step > 1 + _STRIDE


def _copies(bucket: Bucket, under: str) -> list[bytes]:
    """Return the audio of a recording below a prefix."""
    found = bucket.objects().items()
    return [content for key, content in found if under in key and key.endswith("one.wav")]


@pytest.mark.parametrize("command", [_archive, _purge, _repair])
def test_a_bucket_survives_a_failure_of_the_local_disk_at_each_step(
    command: _Command, tmp_path: Path
) -> None:
    step, came_so_far = 1, True
    with s3(tmp_path / "state") as bucket:
        while came_so_far:
            destination = f"{bucket.url}/step-{step}"
            with _box() as box:
                audio = box.audio("one", "wav")
                if command is not _archive:
                    archive(box, destination, workers=1)
                came_so_far = _fail(command, box, destination, step)
                copies = _copies(bucket, f"step-{step}/")
                assert copies in ([], [audio]), step
                assert box.recordings or copies or command is _purge, step
                command(box, destination)
            assert verify(destination).ok, step
            assert verify(destination).strangers == (), step
            assert bool(_copies(bucket, f"step-{step}/")) == (command is not _purge), step
            step += _STRIDE
