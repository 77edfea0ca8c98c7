"""Tests what users get from a download to an open file, sync and async."""

import errno
import io
import os
from typing import Any

import pytest

from downloads import AUDIO
from fakes import Server
from fakes_media import Download, Telnyx
from stores import EndsAfter, Store
from telnyx_recordings.errors import MediaStorageError


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_an_open_file_that_fails_is_a_storage_error(
    download: Download, store: Server, number: int
) -> None:
    class Full(io.BytesIO):
        """Takes nothing."""

        def write(self, data: Any, /) -> int:
            del data
            raise OSError(number, os.strerror(number))

    class Unflushed(io.BytesIO):
        """Cannot be flushed."""

        def flush(self) -> None:
            raise OSError(number, os.strerror(number))

    for file in (Full(), Unflushed()):
        error = download(Telnyx(store), file).error
        assert isinstance(error, MediaStorageError)
        assert error.errno == number
        why = f"the open file cannot be written: {os.strerror(number)}"
        assert str(error) == f"recording rec-1: {why}"


def test_an_open_file_may_write_fewer_bytes_at_once(download: Download, store: Server) -> None:
    taken = bytearray()

    class Narrow(io.RawIOBase):
        """Takes a thousand bytes at a time."""

        def write(self, data: Any, /) -> int:
            taken.extend(data[:1000])
            return min(len(data), 1000)

    assert download(Telnyx(store), Narrow()).got.size == len(AUDIO)
    assert taken == AUDIO


def test_an_open_file_that_returns_no_count_is_supported(download: Download) -> None:
    pieces: list[bytes] = []

    class Bare:
        """Has a `write`."""

        def write(self, data: bytes) -> None:
            pieces.append(data)

    with Server(EndsAfter(AUDIO, size=300_000), Store(AUDIO)) as store:
        assert download(Telnyx(store), Bare()).got.size == len(AUDIO)
    assert b"".join(pieces) == AUDIO
