"""A repair that is killed at any step loses nothing, and the next one finishes it."""

import os
from pathlib import Path

from archiving import OLD, archive, repair
from buckets import Bucket, s3
from killing import comes_to
from telnyx_recordings.archive import verify
from telnyx_recordings.sandbox import Sandbox

_EACH = int(os.environ.get("TORTURE_EVERY_STEP", "8"))
"""Every so many steps are tried: all of them with 1."""


def _box() -> Sandbox:
    box = Sandbox(recordings=0)
    box.add_recording(id="one", created_at=OLD, duration_millis=60, transcript="Hello.")
    box.add_recording(id="two", created_at=OLD, duration_millis=60)
    return box


def _kill(box: Sandbox, destination: str, step: int) -> bool:
    """Repair an archive, and kill that at a step; return whether it came so far."""
    return comes_to(destination, step, "repair", box.api_key, box.base_url)


def _finish(box: Sandbox, destination: str) -> None:
    """Repair the archive again: it is whole then, and has no other file."""
    assert repair(box, destination).ok
    found = verify(destination)
    assert (found.ok, found.recordings, found.objects) == (True, 2, 4)
    assert found.strangers == ()


def test_a_killed_repair_of_a_folder_is_finished_by_the_next(tmp_path: Path) -> None:
    step, came_so_far = 1, True
    with _box() as box:
        while came_so_far:
            folder = tmp_path / str(step)
            archive(box, folder)
            [damaged] = folder.rglob("one.wav")
            damaged.write_bytes(damaged.read_bytes()[:-1])
            next(folder.rglob("one.transcript.json")).unlink()
            came_so_far = _kill(box, str(folder), step)
            assert {path.name for path in folder.rglob("one.wav*")} & {"one.wav", "one.wav.damaged"}
            [kept] = folder.rglob("two.wav")
            assert kept.read_bytes() == box.audio("two", "wav")
            _finish(box, str(folder))
            step += _EACH
    assert step > 2 * _EACH


def test_a_killed_repair_of_a_bucket_is_finished_by_the_next(tmp_path: Path) -> None:
    step, came_so_far = 1, True
    with s3(tmp_path / "state") as bucket, _box() as box:
        while came_so_far:
            destination = f"{bucket.url}/step-{step}"
            archive(box, destination)
            _damage(bucket, f"step-{step}/")
            came_so_far = _kill(box, destination, step)
            objects = bucket.objects()
            [kept] = (key for key in objects if key.endswith("two.wav") and f"step-{step}/" in key)
            assert objects[kept] == box.audio("two", "wav")
            _finish(box, destination)
            step += _EACH
    assert step > 2 * _EACH


def _damage(bucket: Bucket, under: str) -> None:
    keys = [key for key in bucket.objects() if under in key]
    [audio] = (key for key in keys if key.endswith("one.wav"))
    [text] = (key for key in keys if key.endswith("one.transcript.json"))
    bucket.put(audio, b"damaged")
    bucket.lose(text)
