"""Processes that download the same recordings are killed at random moments: every file is right.

5 times in `make test`, 100 times in `make torture`.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import processes
from telnyx_recordings.sandbox import Sandbox

KILLS = int(os.environ.get("TORTURE_KILLS", "25")) // 5
_RECORDINGS = 4
_START_UP = 0.25
"""Seconds in which a process only starts."""
_DOWNLOADS = """
import sys
from telnyx_recordings import Client
key, url, *paths = sys.argv[1:]
with Client(key, url) as client:
    for number, path in enumerate(paths):
        client.download(f"rec-{number}", path, wait=60)
"""


def _begin(box: Sandbox, paths: list[Path]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", _DOWNLOADS, box.api_key, box.base_url, *map(str, paths)]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def test_killed_downloads_of_one_file_leave_it_to_the_others(tmp_path: Path) -> None:
    """One of the names is as long as the disk allows; the next download leaves no part or note.

    The survivor may have had a file before the victim was killed, which had just begun with it.
    """
    chance = random.Random(7)
    names = [*(f"{number}.wav" for number in range(1, _RECORDINGS)), "x" * 251 + ".wav"]
    paths = [tmp_path / name for name in names]
    with Sandbox(recordings=0) as box:
        for number in range(_RECORDINGS):
            box.add_recording(id=f"rec-{number}", duration_millis=120_000)
        audio = [box.audio(f"rec-{number}", "wav") for number in range(_RECORDINGS)]
        for _ in range(KILLS):
            victim, survivor = _begin(box, paths), _begin(box, paths)
            time.sleep(chance.uniform(_START_UP, 4 * _START_UP))
            victim.kill()
            victim.communicate(timeout=processes.PATIENCE)
            _, errors = survivor.communicate(timeout=processes.PATIENCE)
            assert survivor.returncode == 0, errors.decode()
            assert [path.read_bytes() for path in paths] == audio
            later = _begin(box, paths)
            _, errors = later.communicate(timeout=processes.PATIENCE)
            assert later.returncode == 0, errors.decode()
            assert [path.read_bytes() for path in paths] == audio
            assert sorted(tmp_path.iterdir()) == sorted(paths)
            for path in chance.sample(paths, 2):
                path.unlink()
