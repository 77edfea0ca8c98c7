"""Tests that corrupt, truncated or wrong audio is refused, and that nothing of it is kept."""

import hashlib
import resource
from pathlib import Path

import pytest

from downloads import AUDIO, refused
from fakes import Server
from fakes_media import Download, Telnyx, wav
from stores import FlipsBit, InEndlessChunks, SaysAsManyAs, Store
from telnyx_recordings import split_channels
from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media.object_store import Limits
from wav_files import chunk, riff


@pytest.mark.parametrize("tags", [65_490, 500_000])
def test_the_duration_is_checked_if_samples_begin_late(
    download: Download, tmp_path: Path, tags: int
) -> None:
    plain = wav(5000, channels=2)
    audio = riff(chunk(b"LIST", bytes(tags)), plain[12:])
    with Server(Store(audio)) as server:
        download(Telnyx(server, duration_millis=5000), tmp_path / "a.wav")
        error = download(Telnyx(server, duration_millis=60_000), tmp_path / "b.wav").error
    assert (tmp_path / "a.wav").read_bytes() == audio
    assert "the audio lasts 5.0 s" in str(error)
    (tmp_path / "plain.wav").write_bytes(plain)
    both = split_channels(tmp_path / "a.wav"), split_channels(tmp_path / "plain.wav")
    assert [each.read_bytes() for each in both[0]] == [each.read_bytes() for each in both[1]]


def test_a_flipped_bit_in_a_large_file_is_refused(
    download: Download, large: Server, tmp_path: Path
) -> None:
    """Row 23, with digests that another thread computes."""
    damaged = bytearray(AUDIO)
    damaged[-1000] ^= 1
    etag = hashlib.md5(AUDIO, usedforsecurity=False).hexdigest()
    with Server(Store(bytes(damaged), etag=f'"{etag}"')) as server:
        error = download(Telnyx(server), tmp_path / "a.wav").error
    assert large.requests == []
    assert isinstance(error, MediaIntegrityError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lengths", [(len(AUDIO), len(AUDIO) - 1), (len(AUDIO), 5)])
def test_contradictory_lengths_are_refused(
    download: Download, tmp_path: Path, lengths: tuple[int, int]
) -> None:
    """Row 9."""
    refused(download, tmp_path, SaysAsManyAs(AUDIO, lengths=lengths))


@pytest.mark.parametrize(
    "kind", ["text/html", "text/html; charset=utf-8", "application/xml", "application/json",
             "text/xml", "application/problem+json", "image/svg+xml"]
)  # fmt: skip
def test_web_pages_and_documents_are_refused_by_their_type(
    download: Download, tmp_path: Path, kind: str
) -> None:
    """Row 20: the Content-Type decides, whatever the bytes."""
    if kind == "image/svg+xml":  # says nothing about pages: its bytes decide
        refused(download, tmp_path, Store(b"<svg>" * 1000, kind=kind))
    else:
        refused(download, tmp_path, Store(AUDIO, kind=kind))


@pytest.mark.parametrize("body", [b"<html>" * 1000, b"\xff\xfe<\0h\0t\0m\0l\0" * 99, b"", b"RIFF"])
def test_web_pages_labelled_as_audio_are_refused(
    download: Download, tmp_path: Path, body: bytes
) -> None:
    """Row 20: the first bytes decide."""
    refused(download, tmp_path, Store(body))


def test_compressed_audio_is_refused_unread(download: Download, tmp_path: Path) -> None:
    """Row 21."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Server(Store(AUDIO, more={"content-encoding": "gzip"})) as store:
        error = download(Telnyx(store), tmp_path / "a.wav").error
    assert isinstance(error, MediaIntegrityError)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_an_endless_body_is_refused(download: Download, tmp_path: Path) -> None:
    """Row 22: the recording's duration limits the number of bytes."""
    refused(download, tmp_path, InEndlessChunks(AUDIO), limits=Limits(largest=3_000_000))


def test_an_impossible_length_is_refused_unread(download: Download, tmp_path: Path) -> None:
    """Row 22."""
    refused(download, tmp_path, SaysAsManyAs(AUDIO, lengths=(10**15,)))


def test_a_flipped_bit_is_refused(download: Download, tmp_path: Path) -> None:
    """Row 23: the MD5 differs from the one that the store reports."""
    refused(download, tmp_path, FlipsBit(AUDIO, place=400_000))
