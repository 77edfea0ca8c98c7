"""A transfer of audio, from its first request to its last check, as a generator without I/O.

It yields the steps of `telnyx_recordings.media.steps` and is sent their results. The drivers in
`sync` and `aio` differ only in ``await``; they also close everything, even after errors.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from telnyx_recordings.core.call.body_limits import SLOWEST, BodyLimits, StalledError, TooLargeError
from telnyx_recordings.core.call.flow import Environment
from telnyx_recordings.core.call.retry import HINT_OBEYED_UP_TO, Wait, backoff
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import (
    Conflict,
    DownloadInProgressError,
    DownloadInterruptedError,
    MediaError,
    MediaIntegrityError,
    TelnyxRecordingsError,
)
from telnyx_recordings.media import checks, object_store
from telnyx_recordings.media.digests import HEAD, Digests
from telnyx_recordings.media.duration import Format
from telnyx_recordings.media.job import AnyRecording, DownloadJob
from telnyx_recordings.media.object_store import (
    PARTIAL,
    UNSATISFIABLE,
    AudioSource,
    Limits,
    Setback,
    Steps,
    Version,
    setback_of,
)
from telnyx_recordings.media.part_file import Part
from telnyx_recordings.media.sinks import Sink
from telnyx_recordings.media.steps import READ, Local, Step, StepResult
from telnyx_recordings.transport import ENVIRONMENT

if TYPE_CHECKING:
    from telnyx_recordings.media.own_storage import OwnStorage

log: Final = logging.getLogger("telnyx_recordings")

PoolT = TypeVar("PoolT")
FetchT = TypeVar("FetchT")

Progress = Callable[[int, int], object]
"""Called with the bytes downloaded so far, and in total (0 until that is known)."""

_BATCH = 262_144
"""Bytes that are collected before they are written; with the transport's buffers, under 1 MiB."""


_POLL = 0.2
"""Seconds between checks whether another download has ended."""


class DownloadedAudio(Struct, frozen=True, kw_only=True):
    """Audio that was downloaded completely and verified.

    Attributes:
        recording_id: of the recording.
        format: ``"wav"`` or ``"mp3"``.
        size: in bytes.
        sha256: of the file, in hexadecimal.
        etag: of this version in the object store; None if it has none.
        fetched: bytes that were transferred over the network by this call.
        already_there: whether the file already held the same audio, and was left unchanged.
    """

    recording_id: str
    format: Format
    size: int
    sha256: str
    etag: str | None
    fetched: int
    already_there: bool


class Downloaded(DownloadedAudio, frozen=True, kw_only=True):
    """Audio that was downloaded to a path or a folder; see also `DownloadedAudio`.

    Attributes:
        path: the file.
    """

    path: Path


class DownloadedToFile(DownloadedAudio, frozen=True, kw_only=True):
    """Audio that was written to an open file; see also `DownloadedAudio`.

    Attributes:
        path: None.
    """

    path: None = None


class DownloadContext(Struct, Generic[PoolT, FetchT], frozen=True, kw_only=True):
    """The parts of a client that downloads use; tests replace some of them.

    Attributes:
        pool: connections to stores; for asyncio, also threads for disk I/O and hashing.
        fetch: retrieves a recording by its id.
        sleep: sleeps for some seconds.
        timeout: seconds to wait for a connection, and for each chunk of audio.
        environment: clocks and randomness.
        hosts: hosts that audio may come from, in addition to Telnyx's stores.
        limits: of a transfer.
        files: the file system.
        own_storage: reads audio from the user's own storage; None if that is not wanted.
    """

    pool: PoolT
    fetch: Callable[[str], FetchT]
    sleep: Callable[[float], Any]
    timeout: float
    environment: Environment = ENVIRONMENT
    hosts: tuple[str, ...] = ()
    limits: Limits = Limits()
    files: Files = field(default_factory=Files)
    own_storage: OwnStorage | None = None

    def job(self, recording: AnyRecording, form: Format | None, wait: float | None) -> DownloadJob:
        """Return the job of a download; raise what `DownloadJob` raises."""
        own = self.own_storage is not None
        return DownloadJob(recording, form, hosts=self.hosts, own_storage=own, wait=wait)


class Transfer(Generic[PoolT, FetchT]):
    """Transfers a recording's audio to a sink.

    Attributes:
        context: the parts of the client.
        sink: the sink; None until the format is chosen.
        result: of the transfer; None until it is complete.
        step_result: the result of the last step, which the driver sets.
    """

    def __init__(
        self,
        context: DownloadContext[PoolT, FetchT],
        job: DownloadJob,
        sink_for: Callable[[DownloadJob], Sink],
        progress: Progress | None = None,
    ) -> None:
        """Take the job and a function that creates its sink; this sends no request."""
        self.context = context
        self.sink: Sink | None = None
        self.result: Downloaded | DownloadedToFile | None = None
        self.step_result: StepResult = None
        self._job = job
        self._sink_for = sink_for
        self._progress = progress
        self._source = AudioSource(job, context.environment, context.limits)
        self._steps = self._run()
        self._error: TelnyxRecordingsError | None = None
        self._fetched = 0
        self._length_hidden = False  # a whole body came, and its length was not reported
        self._is_checked = False  # the beginning of this version
        self._is_about_bytes = False  # an integrity error is about the bytes, not the headers
        self._is_there = False  # a file has this audio already

    @contextmanager
    def step(self) -> Generator[Step | None]:
        """Give the next step, None after the last, and remember how it fails.

        An interrupted transfer must not look complete: each later step fails too.

        Raises:
            MediaError: see its subclasses.
            APIError: the recording could not be retrieved.
        """
        if self._error is not None:
            raise self._error
        try:
            yield self._next()
        except TelnyxRecordingsError as error:
            if isinstance(error, MediaError):
                error.recording_id = self._job.recording_id
            self._error = error
            raise
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """End the transfer, complete or not."""
        self._steps.close()
        if self.result is None and self._error is None:
            self._error = DownloadInterruptedError(
                "the audio was closed before it was read to the end"
            )
            self._error.recording_id = self._job.recording_id

    def _next(self) -> Step | None:
        if self.result is None:
            try:
                return self._steps.send(self.step_result)
            except StopIteration as stop:
                self.result = stop.value
        return None

    def _run(self) -> Steps[Downloaded | DownloadedToFile]:
        job = self._job
        until = self.context.environment.clock() + job.patience
        yield from self._source.find(until)
        self.sink = sink = self._sink_for(job)
        yield from self._begin(sink, until)
        may_be_corrupt = sink.digests.size > 0  # bytes from an earlier run
        while True:
            try:
                yield from self._receive(sink)
                self._is_about_bytes = True
                self._verify(sink)
                break
            except Conflict:
                yield Local(sink.discard)
                raise
            except MediaIntegrityError:
                if not self._is_about_bytes:
                    raise
                yield Local(sink.discard)
                if not may_be_corrupt:
                    raise
                may_be_corrupt = False
        already_there = self._is_there or (yield Local(sink.publish))
        facts: dict[str, Any] = {
            "recording_id": job.recording_id,
            "format": job.format,
            "size": sink.digests.size,
            "sha256": sink.digests.sha256,
            "etag": sink.version.etag,
            "fetched": self._fetched,
            "already_there": already_there,
        }
        if isinstance(sink, Part):
            return Downloaded(path=sink.target, **facts)
        return DownloadedToFile(**facts)

    def _begin(self, sink: Sink, until: float) -> Steps[None]:
        """Prepare the sink; while another download is writing the file, wait for it."""
        while True:
            busy: DownloadInProgressError | None = yield Local(partial(_begun, sink))
            left = until - self.context.environment.clock()
            if busy is None:
                return
            if left <= 0:
                raise busy
            log.debug("audio of %s: another download is writing it", self._job.recording_id)
            yield Wait(min(left, _POLL * (1 + self.context.environment.chance())))

    def _receive(self, sink: Sink) -> Steps[None]:
        """Make attempts until all bytes have arrived, or the file is found to exist already."""
        failures, best = 0, sink.digests.size
        while True:
            before = self._fetched
            setback = yield from self._attempt(sink)
            if setback is None:
                return
            done, total = sink.digests.size, sink.version.total
            enough = SLOWEST * self.context.limits.patience if setback.slow else 0
            if done > best and self._fetched - before > enough:
                failures = 0
            else:
                failures += 1
            best = max(best, done)
            asks_too_much = setback.hint is not None and setback.hint > HINT_OBEYED_UP_TO
            if failures >= self.context.limits.attempts or asks_too_much:
                why = (
                    f"and asked to wait {setback.hint:.0f} s"
                    if asks_too_much
                    else f"and {failures} attempts in a row made no progress"
                )
                whole = "an unknown number of" if total is None else f"{total:,}"
                raise DownloadInterruptedError(
                    f"{setback.message}, {why}: {done:,} of {whole} bytes have arrived; download "
                    "again to continue",
                    done=done,
                    total=total,
                )
            log.debug("audio of %s: %s", self._job.recording_id, setback.message)
            if not setback.at_once:
                chance = self.context.environment.chance()
                wait = backoff(max(failures, 1), chance, throttled=False)
                yield Wait(setback.hint + chance * 0.1 if setback.hint else wait)

    def _attempt(self, sink: Sink) -> Steps[Setback | None]:
        """Request the missing bytes once; return None when nothing is missing."""
        self._is_about_bytes = self._is_there = False
        size, had = sink.digests.size, sink.version
        reply = yield from self._source.request(size if had.etag else 0, had.etag)
        if isinstance(reply, Setback):
            return reply
        head = object_store.parse_head(reply.status, reply.headers)
        if reply.status == UNSATISFIABLE:
            total = had.total if head.version.total is None else head.version.total
            if total == size and head.version.etag in (None, had.etag):
                sink.version = replace(had, total=total)
                return None
            return self._start_over(sink, "the audio in the store has changed")
        if reply.status == PARTIAL and not head.continues(had, size):
            return self._start_over(sink, "the store sent a different range than requested")
        object_store.check_head(reply.headers, head, self._largest)
        if self._length_hidden and head.version.total is None:
            self._is_about_bytes = True  # they may be incomplete
            raise MediaIntegrityError("the store does not report the length of the audio")
        if isinstance(sink, Part) and (yield from self._is_already_there(sink, head.version)):
            return None
        if reply.status == PARTIAL:
            sink.version = replace(had, total=head.version.total)
        else:
            self._is_checked = False
            sink.restart(head.version)
        self._is_about_bytes = True
        return (yield from self._body(sink, head.length))

    def _start_over(self, sink: Sink, why: str) -> Setback:
        sink.restart(Version())
        return Setback(f"{why}, so the download starts over")

    def _is_already_there(self, sink: Part, version: Version) -> Steps[bool]:
        """Return whether a file is known to have this audio already, before it is downloaded.

        Raises:
            Conflict: it is known to be something else.
        """
        if sink.existing is None:
            return False
        if version.total not in (None, sink.existing):
            raise Conflict(
                f"{sink.target} already exists with {sink.existing:,} bytes, but the audio has "
                f"{version.total:,}: choose another name, or remove the file"
            )
        if version.md5 is None:
            return False
        found: Digests = yield Local(sink.examine)
        if found.md5 != version.md5:
            raise Conflict(
                f"{sink.target} already exists with other content: choose another name, or remove "
                "the file"
            )
        yield Local(sink.discard)
        sink.version, sink.digests, self._is_there = version, found, True
        return True

    def _body(self, sink: Sink, length: int | None) -> Steps[Setback | None]:
        clock, patience = self.context.environment.clock, self.context.limits.patience
        room = self._largest if length is None else length  # a part has a length
        body_limits = BodyLimits(clock(), inf, limit=room, patience=patience)
        pieces: list[bytes] = []
        held, setback = 0, None
        while setback is None:
            result = yield READ
            if isinstance(result, Failure):
                setback = setback_of(result)
                break
            if not result:
                break
            pieces.append(result)
            held += len(result)
            try:
                body_limits.add(len(result), clock())
            except TooLargeError:
                raise MediaIntegrityError(f"the store sent more than {room:,} bytes") from None
            except StalledError as error:
                setback = Setback(str(error), slow=True)
            if held >= _BATCH:
                yield from self._store(sink, pieces)
                pieces, held = [], 0
        if pieces:
            yield from self._store(sink, pieces)
        if setback is not None or sink.digests.size == sink.version.total:
            return setback
        if sink.version.total is None:
            self._length_hidden = True
            return Setback("the store has not reported the length of the audio yet", at_once=True)
        return Setback("the store closed the connection early", at_once=True)

    def _store(self, sink: Sink, pieces: list[bytes]) -> Steps[None]:
        total = sink.version.total
        if not self._is_checked:
            head = b"".join((sink.digests.head, *(each[:HEAD] for each in pieces)))[:HEAD]
            if total is not None and len(head) == min(HEAD, total):
                checks.beginning(head, total, self._job.format, self._job.duration_millis)
                self._is_checked = True
            else:
                checks.magic(head, self._job.format)
        yield Local(partial(sink.write, pieces))
        self._fetched += sum(map(len, pieces))
        self._source.refused = False
        if self._progress is not None:
            self._progress(sink.digests.size, total or 0)

    def _verify(self, sink: Sink) -> None:
        """Check the complete audio.

        Raises:
            MediaIntegrityError: it differs from the object in the store, or is not audio.
        """
        if sink.digests.md5 != sink.version.md5:
            raise MediaIntegrityError(
                "the MD5 of the downloaded data does not match the one reported by the store"
            )
        job = self._job
        checks.content(sink.digests.head, sink.digests.meter, job.format, job.duration_millis)

    @property
    def _largest(self) -> int:
        return checks.largest(self._job.duration_millis, self.context.limits.largest)


def _begun(sink: Sink) -> DownloadInProgressError | None:
    """Prepare the sink; return the error if another download is writing the file."""
    try:
        sink.begin()
    except DownloadInProgressError as error:
        return error
    return None
