"""The state of a running transfer, shared by the sync and the async driver."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from telnyx_recordings.core.call.flow import Environment
from telnyx_recordings.errors import DownloadInterruptedError, MediaError, TelnyxRecordingsError
from telnyx_recordings.media.job import Downloaded, Job, Progress
from telnyx_recordings.media.object_store import Limits
from telnyx_recordings.media.steps import Sink, Step, StepResult
from telnyx_recordings.media.transfer import Transfer


class TransferSession:
    """A running transfer.

    Attributes:
        result: of the transfer; None until it is complete.
        told: the result of the last step.
    """

    def __init__(
        self,
        job: Job,
        sink_for: Callable[[Job], Sink],
        environment: Environment,
        limits: Limits,
        progress: Progress | None,
    ) -> None:
        """Set up the transfer; this sends no request."""
        self.result: Downloaded | None = None
        self.told: StepResult = None
        self._job = job
        self._transfer = Transfer(job, sink_for, environment, limits, progress)
        self._steps = self._transfer.run()
        self._broken: TelnyxRecordingsError | None = None

    @property
    def sink(self) -> Sink | None:
        """The sink of the audio; None until the format is chosen."""
        return self._transfer.sink

    def next(self) -> Step | None:
        """Return the next step; None after the last."""
        if self.result is None:
            try:
                return self._steps.send(self.told)
            except StopIteration as stop:
                self.result = stop.value
        return None

    @contextmanager
    def step(self) -> Generator[None]:
        """Remember how a step fails: an interrupted transfer must not look complete."""
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
        """End the transfer."""
        self._steps.close()
        if self.result is None and self._broken is None:
            self._broken = DownloadInterruptedError("reading the audio was ended before it was all")
            self._broken.recording_id = self._job.recording_id
