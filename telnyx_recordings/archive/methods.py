"""The `archive` method of both clients, with its documentation."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from os import PathLike

    from telnyx_recordings.archive import Progress, Reconciliation
    from telnyx_recordings.archive.context import Account, Connector
    from telnyx_recordings.media import Format
    from telnyx_recordings.media.job import AnyRecording
    from telnyx_recordings.models.recording_list_filter import (
        RecordingListFilter,
        RecordingListFilterDict,
    )


_WAIT_WITH_IDS = 600.0
P = ParamSpec("P")
R = TypeVar("R")


class ArchiveMethods:
    """Gives a client the method `archive`."""

    _stopping: Event | None = None
    """Interrupts a run when set, for callers that cannot press Ctrl-C."""

    def archive(  # noqa: PLR0913 - one keyword a choice
        self,
        destination: str | PathLike[str],
        *,
        filter: RecordingListFilter | RecordingListFilterDict | None = None,  # noqa: A002 - as in `list`
        ids: Sequence[AnyRecording] = (),
        formats: Format | Sequence[Format] = ("wav",),
        transcripts: bool = True,
        workers: int = 16,
        delete: bool = False,
        min_age: timedelta = timedelta(hours=24),
        max_delete: int | None = None,
        dry_run: bool = False,
        layout: str | None = None,
        retry_quarantined: bool = False,
        wait: float | None = None,
        progress: Callable[[Progress], None] | None = None,
        report: Literal["table", "json"] | None = "table",
        executor: Executor | None = None,
        api_key_env: str = "TELNYX_API_KEY",
    ) -> Reconciliation:
        """Copy recordings to a folder or bucket, verify them, and print a reconciliation.

        Run it again to resume after an interruption, or to add new recordings. Audio counts as
        stored once it is checked and on disk. Beside it are ``<key>.json`` with the metadata, and
        its transcripts as text and JSON. ``manifest.jsonl`` lists everything.

        Args:
            destination: a folder, or a bucket as ``s3://name/prefix``, ``gs://…`` or ``az://…``
                (extra ``archive``; credentials come from the environment).
            filter: which recordings, as for ``recordings.list``; all by default. Those created in
                the last five minutes are left to the next run.
            ids: archive only these recordings, or those with these ids, without listing any: for a
                receiver of webhooks. Not with `filter` or `delete`.
            formats: ``"wav"``, ``"mp3"`` or both.
            transcripts: also write transcripts.
            workers: how many recordings to copy at the same time.
            delete: delete at Telnyx what this filter selects, or selected in an earlier run with
                `delete` whatever its times were. Each is read back in full first, and must be
                unchanged at the source; a mismatch stops all deletion. What cannot be checked is
                kept, and is in `Reconciliation.not_deleted`.
            min_age: do not delete recordings younger than this.
            max_delete: delete nothing at all if more recordings than this would be deleted.
            dry_run: write and delete nothing; report what would happen, with estimated sizes.
            layout: where objects go, such as ``"{created:%Y/%m/%d}/{id}.{format}"``, the default;
                also ``started``, ``ended``, ``from``, ``to``, ``channels``, ``source``,
                ``initiated_by``, ``connection_id`` and the other ids. An archive keeps the layout
                of its first run.
            retry_quarantined: try recordings again that earlier runs could not archive.
            wait: seconds to wait while another archive, verify, repair or purge is using the
                destination; by default 600 with `ids`, otherwise 0.
            progress: called from time to time with a `Progress`.
            report: how to print the reconciliation to standard output; None prints nothing.
            executor: runs the copying, such as Dask's ``Client.get_executor()``. Its workers fetch
                fresh links; in other processes they make clients of their own, without this
                client's headers and hooks.
            api_key_env: the environment variable that holds the API key in those processes.

        Raises:
            ArchiveLockedError: another archive, verify, repair or purge is using the destination.
            DestinationError: the destination is full, broken or not writable.
            ManifestError: the manifest is damaged, or of a later version of this package.
            ListingError: the API ignored the filter, so its list cannot be trusted.
            AuthenticationError, PermissionDeniedError: the API key is wrong, or was revoked.
            ConfigError, ModelError: an argument is invalid.
            MissingExtraError: the destination is a bucket, and obstore is not installed.
            KeyboardInterrupt: after Ctrl-C. Work so far is kept; a note states how to resume.
        """
        # Imported here, since most programs do not archive.
        from telnyx_recordings.archive import context, filters  # noqa: PLC0415
        from telnyx_recordings.archive.commands import archive  # noqa: PLC0415
        from telnyx_recordings.archive.run import state  # noqa: PLC0415

        stopping, service = self._stopping or Event(), context.ServiceClock()
        options = state.Options(
            conditions=filters.read_conditions(filter),
            ids=tuple(filters.read_ids((ids,) if isinstance(ids, str) else ids)),
            formats=(formats,) if isinstance(formats, str) else tuple(formats),
            transcripts=transcripts,
            workers=workers,
            delete=delete,
            min_age=min_age,
            max_delete=max_delete,
            dry_run=dry_run,
            retry_quarantined=retry_quarantined,
            wait=(_WAIT_WITH_IDS if ids else 0.0) if wait is None else wait,
            progress=progress,
            stopping=stopping,
            service_time=service,
        )
        return archive.archive(
            self._for_archive(partial(context.interruptible_sleep, stopping), service.hear),
            destination,
            options,
            layout=layout,
            executor=executor,
            connector=None if executor is None else self._connector(api_key_env),
            report=report,
        )

    @abstractmethod
    def _for_archive(
        self, sleep: Callable[[float], object], heard: Callable[[str | None], object]
    ) -> Account:
        """Return a client that shares everything with this one.

        Args:
            sleep: what it sleeps with.
            heard: called with the `Date` of each response.
        """

    @abstractmethod
    def _connector(self, api_key_env: str) -> Connector:
        """Return what makes the client of an executor's workers."""


def _awaited(
    method: Callable[Concatenate[ArchiveMethods, P], R],
) -> Callable[
    [Callable[..., Coroutine[Any, Any, Any]]],
    Callable[Concatenate[AsyncArchiveMethods, P], Coroutine[Any, Any, R]],
]:
    """Return a decorator that gives an async function the parameters and the result of a method."""

    def decorate(
        function: Callable[..., Coroutine[Any, Any, Any]],
    ) -> Callable[Concatenate[AsyncArchiveMethods, P], Coroutine[Any, Any, R]]:
        function.__dict__["__wrapped__"] = method  # `help` and editors show its parameters
        return function

    return decorate


class AsyncArchiveMethods:
    """Gives an async client the method `archive`."""

    @_awaited(ArchiveMethods.archive)
    async def archive(self, *args: Any, **kwargs: Any) -> Any:
        """Do what `Client.archive` does, with the same arguments, outside the event loop.

        A thread coordinates the run, with connections of its own; it shares this client's rate
        limit and retry budget. `progress` is called in the event loop, the client's hooks in
        threads. Cancelling it stops the run as Ctrl-C does, once the requests in flight have
        ended; the same call resumes it.
        """
        import asyncio  # noqa: PLC0415 - programs without asyncio need not import it
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - most programs do not archive

        from telnyx_recordings.media.waiting import wait_out  # noqa: PLC0415 - likewise

        loop = asyncio.get_running_loop()
        stopping = Event()
        progress = kwargs.get("progress")
        if progress is not None:
            kwargs["progress"] = partial(loop.call_soon_threadsafe, progress)

        def run() -> Any:
            with self._sync_client(stopping) as client:
                return client.archive(*args, **kwargs)

        with ThreadPoolExecutor(1, thread_name_prefix="telnyx-coordinator") as thread:
            # A cancelled run commits what was done and releases its lock before this returns.
            return await wait_out(loop.run_in_executor(thread, run), stopping.set)

    @abstractmethod
    def _sync_client(self, stopping: Event) -> AbstractContextManager[ArchiveMethods]:
        """Return a sync client with the same settings; its run stops once `stopping` is set."""
