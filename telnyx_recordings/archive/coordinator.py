"""The coordinator's desk: the manifest, the workers, and the one place where results are noted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from msgspec import Struct, field

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.conditions import Conditions
from telnyx_recordings.archive.layout import LAYOUT
from telnyx_recordings.archive.manifest import Found, Manifest, Selection, State, Stored
from telnyx_recordings.archive.pipeline import Handler, Pipeline
from telnyx_recordings.archive.report import Progress
from telnyx_recordings.archive.sites import Account, Here, Site, StoppedError
from telnyx_recordings.archive.store import Store
from telnyx_recordings.archive.tasks import Outcome
from telnyx_recordings.archive.walk import FULL, Answer, Ask, Window, bounds, millis
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.media.checks import Format

AHEAD = 2
"""Tasks a worker that are begun before the first of them ends, so that none waits for work."""


def now() -> datetime:
    """Return the time, for runs that are not given another clock."""
    return datetime.now(UTC)


class Options(Struct, frozen=True, kw_only=True):
    """What an archive is asked to do; `Client.archive` says what each means."""

    conditions: Conditions
    formats: tuple[Format, ...] = ("wav",)
    transcripts: bool = True
    workers: int = 16
    delete: bool = False
    min_age: timedelta = timedelta(hours=24)
    max_delete: int | None = None
    dry_run: bool = False
    retry_quarantined: bool = False
    progress: Callable[[Progress], None] | None = None
    clock: Callable[[], datetime] = now
    stopping: Event = field(default_factory=Event)
    """Set from any thread to have the run stop as Ctrl-C does, with `StoppedError`."""


class Desk:
    """One run's state. Only the thread that made it may use it: it alone commits and deletes."""

    def __init__(
        self, options: Options, here: Here, site: Site, manifest: Manifest, executor: Executor
    ) -> None:
        """Begin a run in the manifest, which says the layout; tasks get their things of a site."""
        self.options = options
        self.account: Account = here.account()
        self.store: Store = here.store()
        self.site = site
        self.manifest = manifest
        self.template: str = manifest.setting("layout") or LAYOUT
        self._executor = executor
        self.pipeline: Pipeline = Pipeline(executor, options.workers * AHEAD)
        self.started: float = time.monotonic()
        self.phase: str = "recovering"
        self.listed = self.deleted = self.transcripts = self.awaited = 0
        self.todo: int = 0
        self.done: int = 0
        self.failed: int = 0
        self.bytes: int = 0
        self.deletion_stopped: str | None = None
        self.under_way: set[str] = set()
        self._later: list[tuple[Handler, Callable[..., Any], tuple[Any, ...]]] = []
        with manifest.commit():
            self.run: int = manifest.begin_run()
            self.scope: int = manifest.scope(options.conditions.name)
        self.now: int = millis(options.clock())

    def selection(self, high: int) -> Selection:
        """Return the recordings that this run is about, up to a time."""
        return Selection(self.scope, Window(self.options.conditions.low(), high))

    def tell(self, phase: str | None = None) -> None:
        """Tell the caller how far the run is.

        Raises:
            StoppedError: it is to stop here.
        """
        if self.options.stopping.is_set():
            raise StoppedError
        self.phase = phase or self.phase
        if self.options.progress is not None:
            self.options.progress(
                Progress(
                    phase=self.phase,
                    listed=self.listed,
                    todo=self.todo,
                    done=self.done,
                    bytes=self.bytes,
                    failed=self.failed,
                    deleted=self.deleted,
                    seconds=time.monotonic() - self.started,
                )
            )

    def begin(self, handler: Handler, task: Callable[..., Any], *arguments: Any) -> None:
        """Have a worker do a task, as soon as one will be free."""
        while self.pipeline.is_full:
            self.settle()
        self.pipeline.begin(handler, task, *arguments)

    def submit(self, task: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a worker do a task whose result is not noted by the desk."""
        return self._executor.submit(task, *arguments)

    def later(self, handler: Handler, task: Callable[..., Any], *arguments: Any) -> None:
        """Have a worker do a task once the commit that a handler runs in is durable."""
        self._later.append((handler, task, arguments))

    def settle(self) -> None:
        """Wait for results, note all that are there in one durable commit, and follow them up."""
        done = self.pipeline.take()
        self.store.assert_locked()
        self._note(done)
        following, self._later = self._later, []
        for handler, task, arguments in following:
            self.pipeline.begin(handler, task, *arguments)
        self.tell()

    def drain(self) -> None:
        """Settle until no task is left."""
        while self.pipeline.is_busy:
            self.settle()

    def abandon(self) -> None:
        """Note what was done and begin nothing more."""
        self._later = []
        self._note(self.pipeline.abandon())

    def _note(self, done: Sequence[tuple[Handler, Any]]) -> None:
        trouble: BaseException | None = None
        with self.manifest.commit():
            for handler, future in done:
                error = future.exception()
                if error is None:
                    handler(future.result())
                elif not isinstance(error, StoppedError):
                    trouble = trouble or error
        if trouble is not None:
            raise trouble

    # What becomes of copies.

    def copied(self, outcome: Outcome) -> None:
        """Note a copy; it is read again once that is durable."""
        self.under_way.discard(outcome.id)
        if outcome.state is State.STORED and outcome.found is not None:
            self.manifest.copied(outcome.found, outcome.objects, self.run)
            self.later(
                self._checker(outcome.found, outcome.objects),
                tasks.confirm,
                self.site,
                outcome.id,
                outcome.objects,
            )
            return
        self.manifest.add_objects(outcome.id, outcome.objects)
        self.manifest.set_state(outcome.id, outcome.state, outcome.reason, self.run)
        self._count(failed=True)

    def _checker(self, found: Found, objects: tuple[Stored, ...]) -> Handler:
        def checked(result: tuple[str, str | None]) -> None:
            self._checked(found.id, objects, result[1])

        return checked

    def _checked(self, id_: str, objects: tuple[Stored, ...], wrong: str | None) -> None:
        if wrong is None:
            self.manifest.set_state(id_, State.VERIFIED)
            self._count(failed=False, size=sum(each.size for each in objects))
        else:
            self.refetch(id_, objects, wrong, run=self.run)
            self._count(failed=True)

    def refetch(self, id_: str, objects: Sequence[Stored], wrong: str, *, run: int) -> None:
        """Throw copies away that are not what was sent: they are made anew by a run after `run`.

        What is gone at the source is kept as it is: a damaged copy is better than none.
        """
        if self.is_gone(id_):
            reason = f"its copy is damaged, and it is gone at the source: {wrong}"
            self.manifest.set_state(id_, State.QUARANTINED, reason, run)
            return
        self.manifest.set_state(id_, State.DISCOVERED, wrong, run)
        for each in objects:
            if self.store.differs(each.key, each.size, each.sha256, each.etag):
                self.store.remove(each.key)
                self.manifest.forget_object(id_, each.name)

    def _count(self, *, failed: bool, size: int = 0) -> None:
        self.done += 1
        self.failed += failed
        self.bytes += size

    # What is asked of the source.

    def is_gone(self, id_: str) -> bool:
        """Ask whether a recording is deleted."""
        try:
            self.account.recordings.retrieve(id_)
        except NotFoundError:
            return True
        return False

    def recordings_page(self, ask: Ask) -> Answer[Any]:
        """Ask for a page of recordings."""
        filter_ = {**self.options.conditions.others, "created_at": bounds(ask.window)}
        page = self.account.recordings.list(filter=filter_, page_number=ask.page, page_size=FULL)
        return Answer(page.data, more=page.has_next_page())

    def transcriptions_page(self, ask: Ask) -> Answer[Any]:
        """Ask for a page of transcriptions."""
        page = self.account.recording_transcriptions.list(
            filter={"created_at": bounds(ask.window)}, page_number=ask.page, page_size=FULL
        )
        return Answer(page.data, more=page.has_next_page())
