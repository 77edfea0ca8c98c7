"""`Client.archive`: its parameters, and what each of them means; and the same for asyncio."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from os import PathLike

    from telnyx_recordings.archive import Progress, Reconciliation
    from telnyx_recordings.archive.sites import Account, Elsewhere
    from telnyx_recordings.media import Format
    from telnyx_recordings.models.recording_list_filter import RecordingListFilter


P = ParamSpec("P")
R = TypeVar("R")


class ArchiveMethod:
    """What a client inherits to be able to archive."""

    _stopping: Event | None = None
    """Has a run stop once it is set, by whoever cannot press Ctrl-C."""

    def archive(  # noqa: PLR0913 - one keyword a choice
        self,
        destination: str | PathLike[str],
        *,
        filter: RecordingListFilter | Mapping[str, Any] | None = None,  # noqa: A002 - as in `list`
        formats: Sequence[Format] = ("wav",),
        transcripts: bool = True,
        workers: int = 16,
        delete: bool = False,
        min_age: timedelta = timedelta(hours=24),
        max_delete: int | None = None,
        dry_run: bool = False,
        layout: str | None = None,
        retry_quarantined: bool = False,
        progress: Callable[[Progress], None] | None = None,
        report: Literal["table", "json"] | None = "table",
        executor: Executor | None = None,
        api_key_env: str = "TELNYX_API_KEY",
    ) -> Reconciliation:
        """Copy recordings to a folder or bucket, verified, and print what became of each.

        Running it again goes on where it was interrupted and adds only what is new. The audio of a
        recording is stored once it was checked and is on disk; beside it lies ``<key>.json`` with
        the metadata, and its transcripts as text and JSON. ``manifest.jsonl`` lists everything.

        Args:
            destination: a folder, or a bucket as ``s3://name/prefix``, ``gs://…`` or ``az://…``
                (extra ``archive``; credentials come from the environment).
            filter: which recordings, as for ``recordings.list``; all by default. Those of the last
                five minutes are left to the next run.
            formats: ``"wav"``, ``"mp3"`` or both.
            transcripts: write transcripts too.
            workers: how many recordings to copy at the same time.
            delete: delete at Telnyx what is verified: it is read again whole, must be unchanged at
                the source and have every format; the first that is not so stops all deletion.
            min_age: delete nothing that was created more recently.
            max_delete: delete nothing at all if it would be more recordings than this.
            dry_run: write and delete nothing; tell what would be, with estimated sizes.
            layout: where objects go, such as ``"{created:%Y/%m/%d}/{id}.{format}"``, the default;
                also ``started``, ``ended``, ``from``, ``to``, ``channels``, ``source``,
                ``initiated_by``, ``connection_id`` and the other ids. An archive keeps its first.
            retry_quarantined: try those again that earlier runs found cannot be archived.
            progress: called now and then with how far the run is.
            report: how to print the reconciliation to standard output; None prints nothing.
            executor: runs the copying elsewhere, such as Dask's ``Client.get_executor()``; its
                workers fetch fresh links, and in other processes make clients of their own. This
                client's headers and hooks stay here.
            api_key_env: the environment variable that holds the API key in those processes.

        Raises:
            ArchiveLockedError: another archive, verify or purge is at work on the destination.
            DestinationError: the destination is full, broken or not permitted; see ManifestError.
            ListingError: the API ignored the filter, so its list cannot be trusted.
            AuthenticationError, PermissionDeniedError: the key is not good, or no longer.
            ConfigError: an argument cannot be used.
            MissingExtraError: the destination is a bucket, and obstore is not installed.
            KeyboardInterrupt: after Ctrl-C; what was done is kept, a note says how to go on.
        """
        # Most programs archive nothing, and do not wait for what this needs.
        from telnyx_recordings.archive import conditions, coordinator, run, sites  # noqa: PLC0415

        stopping = self._stopping or Event()
        options = coordinator.Options(
            conditions=conditions.read_conditions(filter),
            formats=tuple(formats),
            transcripts=transcripts,
            workers=workers,
            delete=delete,
            min_age=min_age,
            max_delete=max_delete,
            dry_run=dry_run,
            retry_quarantined=retry_quarantined,
            progress=progress,
            stopping=stopping,
        )
        return run.archive(
            self._waiting(partial(sites.wait, stopping)),
            destination,
            options,
            layout=layout,
            executor=executor,
            elsewhere=lambda url, name: self._elsewhere(api_key_env, url, name),
            report=report,
        )

    @abstractmethod
    def _waiting(self, sleep: Callable[[float], object]) -> Account:
        """Return this client with another way to wait between attempts."""

    @abstractmethod
    def _elsewhere(self, api_key_env: str, url: str, name: tuple[int, str]) -> Elsewhere:
        """Return where an executor's workers get a client and a store."""


def _awaited(
    method: Callable[Concatenate[ArchiveMethod, P], R],
) -> Callable[
    [Callable[..., Coroutine[Any, Any, Any]]],
    Callable[Concatenate[AsyncArchiveMethod, P], Coroutine[Any, Any, R]],
]:
    """Return a decorator for what takes the same as a method, and returns the same when awaited."""

    def decorate(
        function: Callable[..., Coroutine[Any, Any, Any]],
    ) -> Callable[Concatenate[AsyncArchiveMethod, P], Coroutine[Any, Any, R]]:
        function.__dict__["__wrapped__"] = method  # whose parameters `help` and editors show
        return function

    return decorate


class AsyncArchiveMethod:
    """What an async client inherits to be able to archive."""

    @_awaited(ArchiveMethod.archive)
    async def archive(self, *args: Any, **kwargs: Any) -> Any:
        """Do what `Client.archive` does, with the same arguments, beside the event loop.

        One thread coordinates, with connections of its own; this client's pace and retry budget
        hold for it too. `progress` is called in the event loop, the client's hooks in threads. A
        cancellation stops it as Ctrl-C does, as soon as the requests under way have ended, and the
        same call goes on from there.
        """
        from telnyx_recordings.archive import aio  # noqa: PLC0415 - most programs archive nothing

        return await aio.run(self._sync_twin, ArchiveMethod.archive, *args, **kwargs)

    @abstractmethod
    def _sync_twin(self, stopping: Event) -> AbstractContextManager[Any]:
        """Return a sync client with the same settings, for a run that stops once that is set."""
