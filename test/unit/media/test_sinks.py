"""Holds that each byte is handed on once, in order, whatever starts over meanwhile."""

from __future__ import annotations

import io

import pytest

from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media.sinks import OpenFile, Relay
from telnyx_recordings.media.steps import Version

CHANGED = r"^the audio changed while it was read$"


def test_bytes_come_once() -> None:
    """What was given already is compared, and only what follows is given."""
    given: list[bytes] = []
    relay = Relay(given.append)
    assert (relay.target, relay.existing, relay.version) == (None, None, Version())
    relay.write([b"ab", b"cd"])
    relay.write([b"ef"])
    for _ in range(2):
        relay.restart(Version())
        relay.write([b"a"])
        relay.restart(Version("1"))
        relay.write([b"abc", b"de"])
    assert given == [b"ab", b"cd", b"ef"]
    relay.write([b"fgh", b"i"])
    assert given[3:] == [b"gh", b"i"]
    relay.restart(Version())
    relay.write([b"abcdefghij"])
    assert given[5:] == [b"j"]
    assert relay.publish() is False
    assert not relay.is_open


def test_other_bytes_are_an_error() -> None:
    """As soon as as many came as were given; before anything more is given."""
    given: list[bytes] = []
    relay = Relay(given.append)
    relay.write([b"abc"])
    relay.restart(Version())
    with pytest.raises(MediaIntegrityError, match=CHANGED):
        relay.write([b"abXd"])
    assert given == [b"abc"]


def test_fewer_bytes_are_an_error() -> None:
    """More was given than the audio has by now."""
    relay = Relay(list[bytes]().append)
    relay.write([b"abc"])
    relay.restart(Version())
    relay.write([b"ab"])
    with pytest.raises(MediaIntegrityError, match=CHANGED):
        relay.publish()


def test_an_open_file_gets_the_bytes_from_where_it_stands() -> None:
    """It is flushed in the end and stays open; nothing was there before."""

    class Flushed(io.BytesIO):
        """Counts how often it is flushed."""

        count = 0

        def flush(self) -> None:
            self.count += 1

    file = Flushed(b"xyz")
    file.seek(2)
    relay = OpenFile(file)
    relay.write([b"ab", b"c"])
    assert file.count == 0
    assert relay.publish() is False
    relay.close()
    assert (file.getvalue(), file.count, file.closed) == (b"xyabc", 1, False)
