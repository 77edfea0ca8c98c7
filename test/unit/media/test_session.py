"""Holds what is known of a transfer under way: where it stands, and how it ended."""

from __future__ import annotations

import io

import pytest

from manual_transfer import AUDIO, ManualTransfer, whole
from telnyx_recordings.errors import DownloadInterruptedError, MediaIntegrityError, NotFoundError
from telnyx_recordings.media.job import Job
from telnyx_recordings.media.object_store import Limits
from telnyx_recordings.media.session import TransferSession
from telnyx_recordings.media.sinks import OpenFile
from telnyx_recordings.media.steps import Open

ENDED = "recording rec-1: reading the audio was ended before it was all"


class Driven:
    """A transfer to an open file, with what it tells of its progress."""

    def __init__(self) -> None:
        self.hand = ManualTransfer([whole(AUDIO)])
        self.progress: list[tuple[int, int]] = []
        self.sink = OpenFile(io.BytesIO())
        self.session = TransferSession(
            self.hand.job(),
            self._sink_for,
            self.hand.held.environment(),
            Limits(),
            lambda done, total: self.progress.append((done, total)),
        )

    def _sink_for(self, job: Job) -> OpenFile:
        assert job.recording_id == "rec-1"
        return self.sink

    def go_on(self) -> bool:
        """Take one step; False when there is none left."""
        with self.session.step():
            step = self.session.next()
            if step is not None:
                self.session.told = self.hand.take(step)
        return step is not None


def test_a_transfer_to_its_end() -> None:
    """It has a sink from its first step, a result after its last, and then no more steps."""
    driven = Driven()
    session = driven.session
    assert (session.sink, session.result, session.told) == (None, None, None)
    while driven.go_on():
        assert session.sink is driven.sink
        assert session.result is None
    assert session.result is not None
    assert session.result.size == len(AUDIO)
    assert driven.progress[-1] == (len(AUDIO), len(AUDIO))
    assert not driven.go_on()
    session.end()
    with session.step():
        assert session.next() is None


def test_what_failed_stays_failed() -> None:
    """Whoever goes on is told again why, and which recording it is about."""
    driven = Driven()
    error = MediaIntegrityError("bad audio")
    with pytest.raises(MediaIntegrityError) as raised, driven.session.step():
        raise error
    assert raised.value is error
    assert str(error) == "recording rec-1: bad audio"
    driven.session.end()
    for _ in range(2):
        with pytest.raises(MediaIntegrityError) as raised, driven.session.step():
            pytest.fail("a step was taken")
        assert raised.value is error
    assert driven.hand.asked == []


def test_errors_of_calls_are_left_as_they_are() -> None:
    """They say themselves what they are about."""
    driven = Driven()
    error = NotFoundError("no such recording", status_code=404)
    with pytest.raises(NotFoundError), driven.session.step():
        raise error
    assert not hasattr(error, "recording_id")
    with pytest.raises(NotFoundError), driven.session.step():
        pytest.fail("a step was taken")


@pytest.mark.parametrize("why", [KeyboardInterrupt, ValueError])
def test_a_step_that_was_broken_off(why: type[BaseException]) -> None:
    """What stopped it comes out; after it the transfer is over, and does not look complete."""
    driven = Driven()
    assert driven.go_on()
    with pytest.raises(why), driven.session.step():
        raise why
    for _ in range(2):
        with pytest.raises(DownloadInterruptedError) as raised:
            driven.go_on()
        assert str(raised.value).startswith(ENDED)


def test_a_transfer_that_is_ended() -> None:
    """In the middle, or before it began: then nothing more is asked for."""
    for steps in range(3):
        driven = Driven()
        for _ in range(steps):
            driven.go_on()
        driven.session.end()
        asked = len(driven.hand.asked)
        with pytest.raises(DownloadInterruptedError) as raised:
            driven.go_on()
        assert str(raised.value).startswith(ENDED)
        assert driven.session.result is None
        assert len(driven.hand.asked) == asked


def test_a_step_is_told_what_came_of_the_last() -> None:
    """Its link is asked for with the limits and the time that the client has."""
    driven = Driven()
    step = driven.session.next()
    while not isinstance(step, Open):
        assert step is not None
        driven.session.told = driven.hand.take(step)
        step = driven.session.next()
    driven.session.told = driven.hand.take(step)
    assert driven.session.next() is not None
    assert driven.hand.fetches == 0
