"""An erasure leaves nothing of a recording, wherever it is killed: a search for canaries."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import processes
from archiving import OLD, archive
from buckets import Bucket, s3
from killing import comes_to
from telnyx_recordings.archive import purge, verify
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.sandbox import Sandbox

NUMBER = "+15559990001"
SAID = "canary of what was said"
_EACH = int(os.environ.get("TORTURE_EVERY_STEP", "8"))
"""Every so many steps are tried: all of them with 1."""


def _fill(box: Sandbox) -> None:
    box.add_recording(
        id="canary",
        created_at=OLD,
        duration_millis=60,
        from_=NUMBER,
        call_leg_id="canary-of-a-leg",
        transcript=SAID,
    )
    box.add_recording(
        id="other",
        created_at=OLD,
        duration_millis=60,
        from_="+15550001",
        transcript="Something else.",
    )
    box.add_recording(
        id="quarantined", created_at=OLD, to=NUMBER, download_urls=None, transcript=SAID
    )
    box.add_recording(id="unlisted", created_at=OLD, from_="+15550002", transcript="canary outside")


def _archive(box: Sandbox, destination: str) -> None:
    """Archive what may leave traces: filters with the number, and a text outside the filters."""
    for filter_ in ({"from": NUMBER}, {"to": NUMBER}, {"from": "+15550001"}):
        archive(box, destination, filter=filter_)
    archive(box, destination, filter={"call_leg_id": "canary-of-a-leg"})


def _canaries(box: Sandbox) -> Iterator[bytes]:
    yield from (NUMBER.encode(), NUMBER[1:].encode(), SAID.encode(), b"canary-of-a-leg")
    yield from (b"canary outside", box.audio("canary", "wav")[200:400])


def _everything(*folders: Path) -> bytes:
    return b"".join(
        path.read_bytes() for each in folders for path in each.rglob("*") if path.is_file()
    )


def _kill_at_every_step(
    box: Sandbox, prepare: Callable[[int], str], read: Callable[[int], bytes]
) -> None:
    """Kill a purge at one step after another; then purge again and search for canaries."""
    step = 1
    while True:
        destination = prepare(step)
        came_so_far = comes_to(destination, step, "purge", NUMBER)
        purge(destination, numbers=[NUMBER], dry_run=False)
        left = read(step)
        assert [canary for canary in _canaries(box) if canary in left] == [], step
        assert verify(destination).ok
        assert verify(destination).strangers == ()
        if not came_so_far:
            break
        step += _EACH
    assert step > 20


def test_nothing_of_a_recording_is_left_in_a_folder(tmp_path: Path) -> None:
    with Sandbox(recordings=0) as box:
        _fill(box)
        original = tmp_path / "original"
        _archive(box, str(original))
        (original / ".archive" / "incoming").mkdir(exist_ok=True)
        (original / ".archive" / "incoming" / ".0123456789abcdef-canary.wav.part").write_bytes(
            box.audio("canary", "wav")
        )
        for name in ("canary.wav.damaged", ".canary.wav.part", "canary.mp3", "canary.mp3.json"):
            path = next(original.rglob("canary.wav")).with_name(name)
            path.write_bytes(box.audio("canary", "wav") + NUMBER.encode())

        def prepare(step: int) -> str:
            copy = tmp_path / str(step)
            processes.run("cp", "-a", original, copy, check=True)
            return str(copy)

        def read(step: int) -> bytes:
            folder = tmp_path / str(step)
            lines = [
                json.loads(line)
                for log in (folder / "erasures").iterdir()
                for line in log.read_text().splitlines()
            ]
            erased = {line["id"] for line in lines if line["erased"]}
            assert erased == {"canary", "quarantined"}
            return _everything(folder)

        _kill_at_every_step(box, prepare, read)


def test_nothing_of_a_recording_is_left_in_a_bucket(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with s3(state) as bucket, Sandbox(recordings=0) as box:
        _fill(box)

        def prepare(step: int) -> str:
            destination = f"{bucket.url}/{step}"
            _archive(box, destination)
            incoming = open_store(destination).manifest_path().parent / "incoming"
            (incoming / ".0123456789abcdef-canary.wav.part").write_bytes(box.audio("canary", "wav"))
            return destination

        _kill_at_every_step(box, prepare, lambda step: _bytes_of(bucket, step) + _everything(state))


def _bytes_of(bucket: Bucket, step: int) -> bytes:
    return b"".join(content for key, content in bucket.objects().items() if f"{step}/" in key)
