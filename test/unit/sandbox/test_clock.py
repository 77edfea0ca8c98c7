"""Tests that the sandbox's clock runs scheduled actions when they are due."""

from threading import Event

from telnyx_recordings.sandbox.clock import Clock


def test_an_action_waits_again_if_the_clock_is_set_back_before_it() -> None:
    clock = Clock()
    is_back = Event()
    late: list[int] = []

    def set_back(_moment: int) -> None:
        clock.advance(-60)
        is_back.set()

    now = clock.moment()
    clock.at(now, set_back)
    clock.at(now, late.append)
    clock.start()
    assert is_back.wait(30)
    clock.stop()
    assert not late
    assert clock.moment() < now
