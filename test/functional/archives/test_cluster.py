"""Archives that an executor copies: any executor, and a real Dask cluster of processes."""

import os
import pickle
import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest
from distributed import Client as Dask
from distributed import LocalCluster

import processes
from archiving import OLD, StopsAfter, archive, checksums, deletions, stored
from buckets import s3
from telnyx_recordings import Client
from telnyx_recordings.archive import Progress, verify
from telnyx_recordings.archive.context import Account, RemoteContext, WorkerContext, registered
from telnyx_recordings.archive.layout import LAYOUT
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.core.messages import Request
from telnyx_recordings.errors import ArchiveError, ConfigError
from telnyx_recordings.sandbox import Sandbox

KEY = "KEY_canary_that_must_stay_here"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox whose key workers find in their environment."""
    monkeypatch.setenv("WORKERS_KEY", KEY)
    with Sandbox(recordings=0, api_key=KEY, at="2026-03-01T12:00:00Z") as box:
        for n in range(12):
            box.add_recording(id=f"call-{n}", created_at=OLD, duration_millis=100)
        yield box


class Twice(Executor):
    """Runs every task twice, as a cluster does when it thinks that a worker is gone.

    It keeps what would be sent to the workers, pickled.
    """

    def __init__(self, inner: Executor) -> None:
        self.sent: list[bytes] = []
        self._inner = inner

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sent.append(pickle.dumps((fn, args, kwargs)))
        self._inner.submit(fn, *args, **kwargs).exception(processes.PATIENCE)
        return self._inner.submit(fn, *args, **kwargs)


def test_a_task_that_runs_twice_gives_one_object_and_one_row(box: Sandbox, tmp_path: Path) -> None:
    """Fault 43: tasks that are sent to workers contain neither the key nor a signed link."""
    with ThreadPoolExecutor(4) as pool:
        twice = Twice(pool)
        result = archive(box, tmp_path, executor=twice, api_key_env="WORKERS_KEY", delete=True)
    assert (result.stored.count, result.deleted, result.ok) == (12, 12, True)
    assert set(deletions(box).values()) == {1}
    assert verify(tmp_path).recordings == 12
    sent = b"".join(twice.sent)
    assert KEY.encode() not in sent
    assert b"X-Amz" not in sent
    assert b"WORKERS_KEY" in sent


def test_processes_copy_to_a_folder(box: Sandbox, tmp_path: Path) -> None:
    sums = checksums(box)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        result = archive(box, tmp_path, executor=pool, api_key_env="WORKERS_KEY")
    assert result.ok
    assert stored(tmp_path) == sums


def test_workers_without_the_key_name_the_missing_variable(box: Sandbox, tmp_path: Path) -> None:
    spawn = get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as pool, pytest.raises(ConfigError, match="NO_SUCH_KEY"):
        archive(box, tmp_path, executor=pool, api_key_env="NO_SUCH_KEY")


def test_workers_of_the_same_process_need_no_key_of_their_own(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TELNYX_API_KEY", raising=False)
    seen: list[str] = []

    def note(request: Request) -> None:
        seen.append(request.path)

    with ThreadPoolExecutor(2) as pool, Client(KEY, box.base_url, before_request=note) as client:
        with pytest.raises(KeyboardInterrupt):
            client.archive(tmp_path, executor=pool, workers=1, report=None, progress=StopsAfter(1))
        assert client.archive(tmp_path, executor=pool, report=None).ok
    assert stored(tmp_path) == checksums(box)
    assert {f"/recordings/call-{n}" for n in range(12)} <= set(seen)


def test_a_forked_worker_does_not_use_its_parents_connections(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It inherits all objects of its parent, but must create its own client."""
    store = open_store(tmp_path)
    with Client(KEY, box.base_url) as parents, Client(KEY, box.base_url) as own:
        account, another = (cast("Account", each) for each in (parents, own))
        with registered(WorkerContext(account, store, LAYOUT, Event())) as name:
            remote = RemoteContext((lambda: another, ()), str(tmp_path), LAYOUT, name)
            assert remote.here()[:2] == (account, store)
            monkeypatch.setattr(os, "getpid", lambda: -1)
            assert remote.here().account is another
            assert remote.here().store is not store
        monkeypatch.undo()
        assert remote.here().account is another  # the run is over


def test_a_broken_executor_ends_the_run(box: Sandbox, tmp_path: Path) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        pool.submit(os.getpid).result(processes.PATIENCE)
        for worker in list(pool._processes.values()):  # noqa: SLF001 - to kill one
            worker.kill()
        with pytest.raises(ArchiveError, match="executor"):
            archive(box, tmp_path, executor=pool, api_key_env="WORKERS_KEY")
    assert archive(box, tmp_path).ok


@contextmanager
def _cluster(workers: int) -> Generator[Any]:
    """A cluster of processes on this machine; typed as anything, since Dask is not typed."""
    make: Any = LocalCluster
    connect: Any = Dask
    with (
        make(
            n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        connect(cluster) as dask,
    ):
        yield dask


class KillsAWorker:
    """A progress callback that kills a worker after the first copy."""

    def __init__(self, pid: int) -> None:
        self.pid: int | None = pid

    def __call__(self, progress: Progress) -> None:
        if self.pid is not None and progress.done >= 2:
            os.kill(self.pid, signal.SIGKILL)
            self.pid = None


def test_a_cluster_archives_to_a_bucket_and_survives_a_killed_worker(
    box: Sandbox, tmp_path: Path
) -> None:
    """Fault 43, with real Dask processes."""
    audio = {each.id: box.audio(each.id, "wav") for each in box.recordings}
    with s3(tmp_path / "state") as bucket, _cluster(2) as dask:
        kill = KillsAWorker(next(iter(dask.run(os.getpid).values())))
        result = archive(
            box, bucket.url, executor=dask.get_executor(), api_key_env="WORKERS_KEY", progress=kill
        )
        assert kill.pid is None
        assert (result.stored.count, result.ok) == (12, True)
        assert bucket.audio() == audio
        assert verify(bucket.url).ok
