"""A transfer of audio, from its first request to its last check, as a generator without I/O.

It yields the steps of `telnyx_recordings.media.steps` and is sent their results. The drivers in
`sync` and `aio` differ only in ``await``; they also close everything, whatever happens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Final

from msgspec.structs import replace

from telnyx_recordings.core.call.body_limits import SLOWEST, BodyLimits, StalledError, TooLargeError
from telnyx_recordings.core.call.flow import Environment
from telnyx_recordings.core.call.retry import HINT_OBEYED_UP_TO, Wait, backoff
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import Conflict, DownloadInterruptedError, MediaIntegrityError
from telnyx_recordings.media import checks
from telnyx_recordings.media import response as responses
from telnyx_recordings.media.digests import HEAD, Digests
from telnyx_recordings.media.job import Downloaded, Job, Progress
from telnyx_recordings.media.object_store import AudioSource, Limits, Setback, Steps, setback_of
from telnyx_recordings.media.response import PARTIAL, UNSATISFIABLE
from telnyx_recordings.media.steps import READ, ExistingFile, Local, Sink, Version

log: Final = logging.getLogger("telnyx_recordings")

_BATCH = 262_144
"""Bytes that are collected before they are written; with the transport's buffers, under 1 MiB."""


class Transfer:
    """Transfers a recording's audio to a sink, which is set once `run` has chosen the format."""

    def __init__(
        self,
        job: Job,
        sink_for: Callable[[Job], Sink],
        environment: Environment,
        limits: Limits,
        progress: Progress | None = None,
    ) -> None:
        """Take the job, a function that makes its sink, and the environment."""
        self.sink: Sink | None = None
        self._job = job
        self._sink_for = sink_for
        self._environment = environment
        self._limits = limits
        self._progress = progress or _nothing
        self._source = AudioSource(job, environment, limits)
        self._fetched = 0
        self._length_hidden = False  # the whole body came, and nothing said how long it is
        self._looked = False  # at the beginning of this version
        self._is_about_bytes = False  # what is refused, and not about the head of an answer
        self._found: Digests | None = None  # of the file that is there already
        self._version: Version | None = None  # that this file is

    def run(self) -> Steps[Downloaded]:
        """Transfer the audio.

        Raises:
            MediaError: see its subclasses.
            APIError: the recording could not be retrieved.
        """
        job = self._job
        yield from self._source.find()
        self.sink = sink = self._sink_for(job)
        yield Local(sink.begin)
        may_be_spoilt = sink.digests.size > 0  # what lay on a disk is not above suspicion
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
                if not may_be_spoilt:
                    raise
                may_be_spoilt = False
        digests = self._found or sink.digests
        if self._found is not None:
            yield Local(sink.discard)
            already_there = True
        else:
            already_there = yield Local(sink.publish)
        return Downloaded(
            recording_id=job.recording_id,
            format=job.format,
            path=sink.target,
            size=digests.size,
            sha256=digests.sha256,
            etag=(self._version or sink.version).etag,
            fetched=self._fetched,
            already_there=already_there,
        )

    def _receive(self, sink: Sink) -> Steps[None]:
        """Make attempts until all bytes are there, or the file is found to exist already."""
        failures, best = 0, sink.digests.size
        while True:
            before = self._fetched
            setback = yield from self._attempt(sink)
            if setback is None:
                return
            done, total = sink.digests.size, sink.version.total
            enough = SLOWEST * self._limits.patience if setback.slow else 0
            if done > best and self._fetched - before > enough:
                failures = 0
            else:
                failures += 1
            best = max(best, done)
            asks_too_much = setback.hint is not None and setback.hint > HINT_OBEYED_UP_TO
            if failures >= self._limits.attempts or asks_too_much:
                why = (
                    f"and asks to wait {setback.hint:.0f} s"
                    if asks_too_much
                    else (f"and {failures} attempts in a row got no further")
                )
                whole = "an unknown number" if total is None else f"{total:,}"
                raise DownloadInterruptedError(
                    f"{setback.message}, {why}: {done:,} bytes of {whole} are there",
                    done=done,
                    total=total,
                )
            log.debug("audio of %s: %s", self._job.recording_id, setback.message)
            if not setback.at_once:
                chance = self._environment.chance()
                wait = backoff(max(failures, 1), chance, throttled=False)
                yield Wait(setback.hint + chance * 0.1 if setback.hint else wait)

    def _attempt(self, sink: Sink) -> Steps[Setback | None]:
        """Request the missing bytes once; return None when nothing is missing."""
        self._is_about_bytes = False
        size, had = sink.digests.size, sink.version
        reply = yield from self._source.ask(size if had.etag else 0, had.etag)
        if isinstance(reply, Setback):
            return reply
        found = responses.read(reply.status, reply.headers)
        if reply.status == UNSATISFIABLE:
            total = had.total if found.version.total is None else found.version.total
            if total == size and found.version.etag in (None, had.etag):
                sink.version = replace(had, total=total)
                return None
            return self._start_over(sink, "the store has another version by now")
        if reply.status == PARTIAL and not found.continues(had, size):
            why = "the store sent another part than was asked for"
            return self._start_over(sink, why)
        responses.refuse(reply.headers, found, self._largest)
        if self._length_hidden and found.version.total is None:
            self._is_about_bytes = True  # it cannot be told whether they are all
            raise MediaIntegrityError("the store does not say how long the audio is")
        if sink.existing is not None and (
            yield from self._is_already_there(sink, sink.existing, found.version)
        ):
            return None
        if reply.status == PARTIAL:
            sink.version = replace(had, total=found.version.total)
        else:
            self._looked = False
            sink.restart(found.version)
        self._is_about_bytes = True
        return (yield from self._body(sink, found.length))

    def _start_over(self, sink: Sink, why: str) -> Setback:
        sink.restart(Version())
        return Setback(f"{why}, so that all of it is asked for again")

    def _is_already_there(
        self, sink: Sink, existing: ExistingFile, version: Version
    ) -> Steps[bool]:
        """Tell whether the existing file is known to be this audio, before it is downloaded.

        Raises:
            Conflict: it is known to be something else.
        """
        if version.total is not None and version.total != existing.size:
            raise Conflict(
                f"{sink.target} is there already, with {existing.size:,} bytes: the audio has "
                f"{version.total:,}"
            )
        if version.md5 is None:
            return False
        found: Digests = yield Local(existing.examine)
        if found.md5 != version.md5:
            raise Conflict(f"{sink.target} is there already, with other content")
        self._version, self._found = version, found
        return True

    def _body(self, sink: Sink, length: int | None) -> Steps[Setback | None]:
        clock, patience = self._environment.clock, self._limits.patience
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
                raise MediaIntegrityError(f"the store sends more than {room:,} bytes") from None
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
            return Setback("the store has still to say how long the audio is", at_once=True)
        return Setback("the store sent less than all", at_once=True)

    def _store(self, sink: Sink, pieces: list[bytes]) -> Steps[None]:
        total = sink.version.total
        if not self._looked:
            head = b"".join((sink.digests.head, *(each[:HEAD] for each in pieces)))[:HEAD]
            if total is not None and len(head) == min(HEAD, total):
                checks.beginning(head, total, self._job.format, self._job.duration_millis)
                self._looked = True
            else:
                checks.magic(head, self._job.format)
        yield Local(partial(sink.write, pieces))
        self._fetched += sum(map(len, pieces))
        self._source.refused = False
        self._progress(sink.digests.size, total or 0)

    def _verify(self, sink: Sink) -> None:
        """Check the complete audio.

        Raises:
            MediaIntegrityError: it is not what the store has, or not audio.
        """
        digests, version = self._found or sink.digests, self._version or sink.version
        if digests.md5 != version.md5:
            raise MediaIntegrityError("the MD5 of what came is not the one that the store states")
        job = self._job
        head, scan = digests.head, digests.scan
        checks.content(head, scan, digests.size, job.format, job.duration_millis)

    @property
    def _largest(self) -> int:
        return checks.largest(self._job.duration_millis, self._limits.largest)


def _nothing(_done: int, _total: int) -> None:
    """Do nothing, in place of a progress callback."""
