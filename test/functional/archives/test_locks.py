"""Only one archive, verify, repair or purge uses a destination at a time."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

import processes
from archiving import archive, checksums, holding, stored
from telnyx_recordings import Client
from telnyx_recordings.archive import purge, repair, verify
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.errors import ArchiveLockedError
from telnyx_recordings.sandbox import Sandbox

_OTHER = """
import sys
from telnyx_recordings.archive import verify
try:
    verify(sys.argv[1])
except Exception as error:
    print(type(error).__name__)
else:
    print("ran")
"""


box = holding(*({"id": id_} for id_ in ("a", "b", "c")))


def test_reading_the_manifest_does_not_unlock_an_archive(box: Sandbox, tmp_path: Path) -> None:
    """Linux drops the locks of a file when a process closes it, so another file is locked."""
    archive(box, tmp_path)
    with open_store(tmp_path).lock():
        (tmp_path / ".archive" / "manifest.sqlite").read_bytes()
        command = [sys.executable, "-c", _OTHER, str(tmp_path)]
        other = processes.run(*command, check=True)
        assert other.stdout.strip() == "ArchiveLockedError"
        with Client(box.api_key, box.base_url) as client:
            for run in (
                partial(archive, box),
                verify,
                partial(repair, client=client),
                partial(purge, ids=["x"], dry_run=False),
            ):
                with pytest.raises(ArchiveLockedError, match="wait until it has ended"):
                    run(tmp_path)
    assert verify(tmp_path).ok


def test_one_of_several_concurrent_archives_runs_at_a_time(box: Sandbox, tmp_path: Path) -> None:
    def attempt(_: int) -> bool:
        try:
            return archive(box, tmp_path).ok
        except ArchiveLockedError:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert any(pool.map(attempt, range(8), timeout=processes.PATIENCE))
    assert stored(tmp_path) == checksums(box)


def test_a_lock_file_that_is_removed_is_noticed(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    store = open_store(tmp_path)
    with store.lock():
        (tmp_path / ".archive" / "lock").unlink()
        with pytest.raises(ArchiveLockedError, match="was removed while it was locked"):
            store.assert_locked()


def test_a_finished_run_leaves_only_the_manifest(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    assert [path.name for path in (tmp_path / ".archive").iterdir()] == ["manifest.sqlite"]
