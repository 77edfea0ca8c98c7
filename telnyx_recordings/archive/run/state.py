"""The state of one archive run: it hands out tasks and commits their results to the manifest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from msgspec import Struct, field

from telnyx_recordings.archive.context import (
    Account,
    RemoteContext,
    StoppedError,
    WorkerContext,
    run_in_worker,
)
from telnyx_recordings.archive.filters import Conditions
from telnyx_recordings.archive.holding import Hold
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.records import AUDIO, Selection, State, Stored
from telnyx_recordings.archive.results import Deletion, Problem, Progress
from telnyx_recordings.archive.run.absence import Absence
from telnyx_recordings.archive.run.terms import Kept
from telnyx_recordings.archive.stores.store import Store
from telnyx_recordings.archive.windows import PAGE_SIZE, ListedPage, Window, millis, moment
from telnyx_recordings.core.model.base import Model
from telnyx_recordings.core.pages import Page, rows_in, unreadable
from telnyx_recordings.errors import ConfigError, ListingError, NotFoundError
from telnyx_recordings.media.duration import Format
from telnyx_recordings.models.recording_response_data import RecordingResponseData
from telnyx_recordings.models.recording_transcription import RecordingTranscription

Handler = Callable[[Any], None]
"""Takes the result of a task, in the coordinating thread."""
_ABANDON_TIMEOUT = 30.0
"""Seconds to wait for running tasks after an interruption: a foreign executor may not end them."""
DOUBTFUL = "the source reports that it does not exist, which is uncertain"
"""The reason for trying a recording again after a 404 that proves nothing."""
MOST_PROBLEMS = 1000
"""Maximum number of recordings that a reconciliation names per type of problem."""
_GIVEN = "ids"
"""Names the scope of recordings that are given by their ids."""
_ALWAYS = Window(-(1 << 60), 1 << 60)
_TOLERANCE = 60_000
"""Milliseconds by which a clock may be ahead: `Date` has whole seconds, and responses take time."""
TASKS_PER_WORKER = 2
"""Tasks in flight for each worker, so that none is ever idle."""


def now() -> datetime:
    """Return the current time; this is the default clock of runs."""
    return datetime.now(UTC)


def check_flag(name: str, value: object) -> None:
    """Reject what only counts as true or false, such as the text "no", which would delete.

    Raises:
        ConfigError: it is not a bool.
    """
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be True or False, not {value!r}")


class Options(Struct, frozen=True, kw_only=True):
    """The options of a run; `Client.archive` documents them."""

    conditions: Conditions
    ids: tuple[str, ...] = ()
    formats: tuple[Format, ...] = ("wav",)
    transcripts: bool = True
    workers: int = 16
    delete: bool = False
    min_age: timedelta = timedelta(hours=24)
    max_delete: int | None = None
    dry_run: bool = False
    retry_quarantined: bool = False
    wait: float = 0.0
    progress: Callable[[Progress], None] | None = None
    clock: Callable[[], datetime] = now
    service_time: Callable[[], datetime | None] = lambda: None
    """Returns the time by the service's clock, once it has stated that."""
    stopping: Event = field(default_factory=Event)
    """Set it, from any thread, to interrupt the run as Ctrl-C does."""


class Run:
    """One archive run. It belongs to the coordinating thread, which alone commits and deletes.

    Attributes:
        remote: what an executor's workers make their contexts from; None if they are threads.
        number: counts the runs of this archive, from 1.
        scope: stands for the run's filter in the manifest.
        now: when the run began, in milliseconds since 1970, by the service's clock if this
            machine's is ahead of it.
        in_flight: ids of the recordings that are being copied.
    """

    def __init__(
        self,
        options: Options,
        context: WorkerContext,
        remote: RemoteContext | None,
        manifest: Manifest,
        executor: Executor,
    ) -> None:
        """Note the beginning of a run in the manifest."""
        self.options = options
        self.account: Account = context.account
        self.store: Store = context.store
        self._context = context
        self.remote = remote
        self.manifest = manifest
        self._executor = executor
        self._handlers: dict[Future[Any], Handler] = {}
        self.started: float = time.monotonic()
        self.phase: str = "recovering"
        self.listed = self.deleted = self.transcripts = 0
        self.todo = self.deletable = 0
        self._totals: dict[Window, int | None] = {}
        self.done: int = 0
        self.failed: int = 0
        self.bytes: int = 0
        self.deletion_stopped: str | None = None
        self.to_delete: Deletion | None = None
        self.holds: list[Hold] = []
        self.not_deleted: Counter[str] = Counter()
        self.kept: list[Problem] = []
        self.missing: list[str] = []
        self.absence: Absence = Absence(self.account, manifest)
        self.in_flight: set[str] = set()
        self._follow_ups: list[tuple[Handler, Callable[..., Any], tuple[Any, ...]]] = []
        with manifest.commit():
            self.number: int = manifest.begin_run()
            self.scope: int = manifest.scope(_GIVEN if options.ids else options.conditions.name)
        self.now: int = millis(options.clock())

    def selection(self, latest: int) -> Selection:
        """Return the recordings of this run's filter that were created up to a time."""
        if self.options.ids:
            return Selection(self.scope, _ALWAYS)
        conditions = self.options.conditions
        return Selection(self.scope, Window(conditions.low(), conditions.high(latest)))

    def keep(self, id_: str, kept: Kept) -> None:
        """Note a recording that is not deleted at the source; name the first ones."""
        self.not_deleted[kept.reason] += 1
        if len(self.kept) < MOST_PROBLEMS:
            self.kept.append(Problem(id_, State.VERIFIED, f"{kept.reason}: {kept.found}"))

    def report_progress(self, phase: str | None = None) -> None:
        """Call the caller's progress callback.

        Raises:
            StoppedError: the run was interrupted.
        """
        if self.options.stopping.is_set():
            raise StoppedError
        self.phase = phase or self.phase
        if self.options.progress is not None:
            self.options.progress(
                Progress(
                    phase=self.phase,
                    listed=self.listed,
                    total=self._total(),
                    todo=self.todo,
                    done=self.done,
                    bytes=self.bytes,
                    failed=self.failed,
                    deleted=self.deleted,
                    to_delete=self.deletable,
                    seconds=time.monotonic() - self.started,
                )
            )

    def expect(self, windows: Sequence[Window]) -> None:
        """Take the windows to list; the first page of each states how many recordings it has."""
        self._totals = dict.fromkeys(windows)

    def _total(self) -> int | None:
        counts = [count for count in self._totals.values() if count is not None]
        return sum(counts) if counts and len(counts) == len(self._totals) else None

    def count(self, *, failed: bool, size: int = 0) -> None:
        """Count a recording whose copy succeeded or failed."""
        self.done += 1
        self.failed += failed
        self.bytes += size

    def start(self, handler: Handler, task: Callable[..., Any], *arguments: Any) -> None:
        """Start a task in a worker, once there is room for it; its result goes to the handler."""
        while len(self._handlers) >= self.options.workers * TASKS_PER_WORKER:
            self.commit_results()
        self._handlers[self.submit(task, *arguments)] = handler

    def submit(self, task: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Run a task in a worker; the caller takes its result from the future."""
        if self.remote is None:
            return self._executor.submit(task, self._context, *arguments)
        return self._executor.submit(run_in_worker, self.remote, task, *arguments)

    def after_commit(self, handler: Handler, task: Callable[..., Any], *arguments: Any) -> None:
        """Start a task once the commit that the calling handler is part of is durable."""
        self._follow_ups.append((handler, task, arguments))

    def commit_results(self) -> None:
        """Wait for results, commit all that are there at once, and start what follows from them."""
        wait(self._handlers, return_when=FIRST_COMPLETED)
        self.store.assert_locked()
        self._commit()
        following, self._follow_ups = self._follow_ups, []
        for handler, task, arguments in following:
            self._handlers[self.submit(task, *arguments)] = handler
        self.report_progress()

    def drain(self) -> None:
        """Commit results until no task is left in flight."""
        while self._handlers:
            self.commit_results()

    def abandon(self) -> None:
        """Cancel what has not started, wait for the rest, and commit the results that are there."""
        self._follow_ups = []
        self._handlers = {f: handler for f, handler in self._handlers.items() if not f.cancel()}
        wait(self._handlers, timeout=_ABANDON_TIMEOUT)
        self._commit()

    def _commit(self) -> None:
        done = [(self._handlers.pop(f), f) for f in list(self._handlers) if f.done()]
        first_error: BaseException | None = None
        with self.manifest.commit():
            for handler, future in done:
                error = future.exception()
                if error is None:
                    handler(future.result())
                elif not isinstance(error, StoppedError):
                    first_error = first_error or error
        if first_error is not None:
            raise first_error

    def requeue(self, id_: str, objects: Sequence[Stored], wrong: str, *, run: int) -> None:
        """Remove damaged copies, so that a run after `run` makes them again.

        If the source does not offer the audio any more they stay: a damaged copy is better than
        none.
        """
        damaged = [
            each
            for each in objects
            if self.store.differs(each.key, each.size, each.sha256, each.etag)
        ]
        try:
            is_offered = self._offers(id_, [each.name for each in damaged])
        except NotFoundError as error:
            is_offered = False
            if not self.is_gone(id_, error):
                reason = f"its copy is damaged ({wrong}), and {DOUBTFUL}"
                self.manifest.set_state(id_, State.STORED, reason, run)
                return
        if not is_offered:
            reason = f"its copy is damaged, and it is gone at the source: {wrong}"
            self.manifest.set_state(id_, State.QUARANTINED, reason, run)
            return
        self.manifest.set_state(id_, State.DISCOVERED, wrong, run)
        for each in damaged:
            self.store.remove(each.key)
            self.manifest.forget_object(id_, each.name)

    def _offers(self, id_: str, names: Sequence[str]) -> bool:
        """Return whether the source offers the audio of a recording in those formats."""
        recording = self.account.recordings.retrieve(id_).data
        if recording.id != id_:
            return False
        links = recording.download_urls
        return all(links is not None and getattr(links, name) for name in names if name in AUDIO)

    def is_gone(self, id_: str, error: NotFoundError) -> bool:
        """Return whether an error certainly means that a recording is gone at the source."""
        entry = self.manifest.get(id_)
        return entry is not None and self.absence.is_certain(entry.n, error)

    def recordings_page(self, window: Window, number: int) -> ListedPage[Any]:
        """Fetch a page of recordings; ListingError if the response has no list."""
        conditions = self.options.conditions.others
        page = self._page(self.account.recordings.list, window, number, conditions)
        if window in self._totals:
            total = getattr(page.meta, "total_results", None)
            self._totals[window] = total if isinstance(total, int) else None
            self.report_progress()
        return _all_of(page, RecordingResponseData)

    def transcriptions_page(self, window: Window, number: int) -> ListedPage[Any]:
        """Fetch a page of transcriptions; ListingError if the response has no list."""
        page = self._page(self.account.recording_transcriptions.list, window, number, {})
        return _all_of(page, RecordingTranscription)

    def _page(
        self,
        fetch: Callable[..., Page[Any, Any]],
        window: Window,
        number: int,
        conditions: dict[str, Any],
    ) -> Page[Any, Any]:
        """Fetch a page; use the service's time if this machine's clock is ahead of it."""
        page = fetch(
            filter={
                **conditions,
                "created_at": {"gte": moment(window.low), "lte": moment(window.high)},
            },
            page_number=number,
            page_size=PAGE_SIZE,
        )
        served = self.options.service_time()
        if served is not None and millis(served) < self.now - _TOLERANCE:
            self.now = millis(served)
        return page


def _all_of(page: Page[Any, Any], row: type[Model]) -> ListedPage[Any]:
    """Return all rows of a page; a value that is not an object becomes a field of an empty row."""
    if page.response.data is None and getattr(page.meta, "total_results", None) != 0:
        raise ListingError(
            "the response contains no list, not even an empty one, so nothing was archived or "
            "deleted because of it: check the base URL, and run it again"
        )
    odd = [
        row.from_dict({"unreadable": each}) for each in unreadable(page.operation, page.response)
    ]
    return ListedPage([*page.data, *odd], has_more=_has_more(page))


def _has_more(page: Page[Any, Any]) -> bool:
    """Return whether there are rows after a page; without a total, by requesting the next page."""
    if not page.has_next_page() or getattr(page.meta, "total_pages", None) is not None:
        return page.has_next_page()
    after = page.get_next_page()
    return rows_in(after.operation, after.response) > 0
