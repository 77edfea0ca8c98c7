"""What the two drivers of a transfer share: where it stands, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from telnyx_recordings.core.flow import World
from telnyx_recordings.errors import DownloadInterruptedError, MediaError, TelnyxRecordingsError
from telnyx_recordings.media.asking import Limits
from telnyx_recordings.media.flow import Transfer
from telnyx_recordings.media.job import Downloaded, Job, Progress
from telnyx_recordings.media.steps import Sink, Step, Told


class Drive:
    """A transfer under way.

    Attributes:
        result: what came of it, None until it is complete.
        told: what came of the last step.
    """

    def __init__(
        self,
        job: Job,
        sink_for: Callable[[Job], Sink],
        world: World,
        limits: Limits,
        progress: Progress | None,
    ) -> None:
        """Begin; nothing is asked for yet."""
        self.result: Downloaded | None = None
        self.told: Told = None
        self._job = job
        self._transfer = Transfer(job, sink_for, world, limits, progress)
        self._steps = self._transfer.run()
        self._broken: TelnyxRecordingsError | None = None

    @property
    def sink(self) -> Sink | None:
        """Where the audio goes, once that is settled."""
        return self._transfer.sink

    def next(self) -> Step | None:
        """Return the next step, None after the last."""
        if self.result is None:
            try:
                return self._steps.send(self.told)
            except StopIteration as stop:
                self.result = stop.value
        return None

    @contextmanager
    def step(self) -> Generator[None]:
        """Note how a step fails: a transfer that was left in the middle must not look complete."""
        if self._broken is not None:
            raise self._broken
        try:
            yield
        except TelnyxRecordingsError as error:
            if isinstance(error, MediaError):
                error.recording_id = self._job.recording_id
            self._broken = error
            raise
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """End the transfer here."""
        self._steps.close()
        if self.result is None and self._broken is None:
            self._broken = DownloadInterruptedError("reading the audio was ended before it was all")
            self._broken.recording_id = self._job.recording_id
