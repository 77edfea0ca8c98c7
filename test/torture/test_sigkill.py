"""Fault 40: an archive that deletes is killed at random moments, and nothing is ever lost.

25 times in `make test`, 500 times in `make torture`.
"""

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import processes
from archiving import deletions, leftovers
from buckets import Bucket, s3
from telnyx_recordings.archive import verify
from telnyx_recordings.sandbox import Sandbox

KILLS = int(os.environ.get("TORTURE_KILLS", "25"))
_VICTIM = Path(__file__).with_name("victim.py")
_NEW_A_ROUND = 6
_START_UP = 0.25
"""Seconds for which a victim only starts: no use killing it earlier."""


def _begin(box: Sandbox, destination: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(_VICTIM), box.api_key, box.base_url, destination]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def _finish(box: Sandbox, destination: str) -> float:
    """Let a victim live; return how many seconds it took."""
    started = time.monotonic()
    victim = _begin(box, destination)
    _, said = victim.communicate(timeout=processes.PATIENCE)
    assert victim.returncode == 0, said.decode()
    return time.monotonic() - started


def _add(box: Sandbox, wanted: dict[str, str], number: int) -> None:
    """Add recordings that a run has to copy and delete, and note what they must become."""
    two_hours_ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 7200))
    for n in range(_NEW_A_ROUND):
        id_ = f"r{number:04}-{n}"
        said = "Good morning." if n == 0 else None
        box.add_recording(id=id_, created_at=two_hours_ago, duration_millis=400, transcript=said)
        for form in ("wav", "mp3"):
            audio = box.audio(id_, form)
            wanted[f"{id_}.{form}"] = hashlib.sha256(audio).hexdigest()


def _torture(box: Sandbox, destination: str, kills: int) -> dict[str, str]:
    """Kill so many archives; return the SHA-256 that each file must have after the last one."""
    chance = random.Random(7)
    wanted: dict[str, str] = {}
    _add(box, wanted, 0)
    whole = _finish(box, destination)
    for number in range(1, kills + 1):
        _add(box, wanted, number)
        victim = _begin(box, destination)
        time.sleep(chance.uniform(_START_UP, max(whole, 2 * _START_UP)))
        victim.kill()
        victim.communicate(timeout=processes.PATIENCE)
    _finish(box, destination)
    return wanted


def _check(box: Sandbox, wanted: dict[str, str], found: dict[str, str], destination: str) -> None:
    """Nothing is lost, corrupt, deleted twice or left over."""
    assert {name: found.get(name) for name in wanted} == wanted
    assert [each.id for each in box.recordings] == []
    assert {id_: count for id_, count in deletions(box).items() if count != 1} == {}
    result = verify(destination)
    assert result.ok, str(result)
    assert result.recordings == len(wanted) / 2


def test_a_killed_archive_in_a_folder_loses_nothing(tmp_path: Path) -> None:
    with Sandbox(recordings=0) as box:
        wanted = _torture(box, str(tmp_path), KILLS)
        found = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in tmp_path.rglob("*")
            if path.suffix in (".wav", ".mp3")
        }
        _check(box, wanted, found, str(tmp_path))
    assert set(found) == set(wanted)
    assert leftovers(tmp_path) == []


def test_a_killed_archive_in_a_bucket_loses_nothing(tmp_path: Path) -> None:
    with s3(tmp_path / "state") as bucket, Sandbox(recordings=0) as box:
        wanted = _torture(box, bucket.url, KILLS // 5)
        found = _digests(bucket)
        _check(box, wanted, found, bucket.url)
    assert set(found) == set(wanted)
    assert [path for path in (tmp_path / "state").rglob("incoming/*") if path.is_file()] == []


def _digests(bucket: Bucket) -> dict[str, str]:
    return {
        f"{id_}.{form}": hashlib.sha256(content).hexdigest()
        for form in ("wav", "mp3")
        for id_, content in bucket.audio(form).items()
    }
