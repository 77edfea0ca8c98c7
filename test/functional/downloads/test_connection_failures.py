"""Tests broken and stalled connections, wrong ranges, and replaced audio."""

from pathlib import Path
from typing import Any

import pytest

from behaviours import RESET, Silence
from callers import Held
from downloads import AUDIO, HALF, OTHER, refused, succeeds
from fakes import Behaviour, Server, closed_port
from fakes_media import DOWNLOADS, Download, Telnyx, fails, left_in, wav
from stores import (
    Drips,
    DripsHead,
    EndsAfter,
    GivesLittle,
    InChunks,
    Refuses,
    ResetsAfter,
    SaysRange,
    SaysTooMuch,
    Store,
    WithoutLength,
    md5_etag,
)
from telnyx_recordings.errors import DownloadInterruptedError
from telnyx_recordings.media.object_store import Limits


def ranges(store: Server) -> list[str]:
    """The Range headers of requests; empty if there was none."""
    return [each.headers.get("range", "") for each in store.requests]


def test_a_reliable_store_needs_one_request(download: Download, tmp_path: Path) -> None:
    store = succeeds(download, tmp_path, Store(AUDIO))
    [request] = store.requests
    assert set(request.headers) == {"host", "accept", "accept-encoding", "user-agent"}
    assert request.headers["accept-encoding"] == "identity"


def test_a_refused_connection_is_retried_then_an_error(download: Download, tmp_path: Path) -> None:
    """Row 1: six attempts, then an error that explains how to continue."""
    telnyx = Telnyx()
    telnyx.link = lambda: f"http://127.0.0.1:{closed_port()}/x.wav"  # type: ignore[method-assign]  # a fake
    outcome = download(telnyx, tmp_path / "a.wav", held=Held(chance=0.5))
    assert isinstance(outcome.error, DownloadInterruptedError)
    assert outcome.waits == [0.1, 0.2, 0.4, 0.8, 1.6]
    assert left_in(tmp_path) == []


def test_a_store_that_does_not_respond_times_out(download: Download, tmp_path: Path) -> None:
    """Row 2."""
    options = {"timeout": 0.1, "limits": Limits(attempts=2)}
    assert isinstance(fails(download, tmp_path, Silence(), **options), DownloadInterruptedError)


def test_slow_headers_time_out(download: Download, tmp_path: Path) -> None:
    options = {"timeout": 0.1, "limits": Limits(attempts=2)}
    error = fails(download, tmp_path, DripsHead(AUDIO), **options)
    assert isinstance(error, DownloadInterruptedError)


def test_a_reset_before_the_headers_is_retried(download: Download, tmp_path: Path) -> None:
    """Row 3."""
    succeeds(download, tmp_path, RESET, Store(AUDIO))


@pytest.mark.parametrize("broken", [ResetsAfter, EndsAfter])
def test_a_broken_connection_is_resumed(
    download: Download, tmp_path: Path, broken: type[ResetsAfter]
) -> None:
    """Rows 4 and 5."""
    store = succeeds(download, tmp_path, broken(AUDIO, size=HALF), Store(AUDIO))
    assert [bool(each) for each in ranges(store)] == [False, True]
    assert store.requests[1].headers["if-range"] == md5_etag(AUDIO)


def test_resuming_transfers_few_bytes_twice(download: Download, tmp_path: Path) -> None:
    audio = wav(500_000)
    with Server(EndsAfter(audio, size=5_000_000), Store(audio)) as store:
        got = download(Telnyx(store), tmp_path / "a.wav").got
    assert len(audio) <= got.fetched <= len(audio) + (1 << 20)
    assert int(ranges(store)[1].removeprefix("bytes=").removesuffix("-")) > 5_000_000 - (1 << 20)


def test_a_response_without_length_is_refused(download: Download, tmp_path: Path) -> None:
    """Row 6: the body could be truncated."""
    refused(download, tmp_path, WithoutLength(AUDIO))


@pytest.mark.parametrize("size", [HALF, 1 << 40])
def test_chunked_responses_without_end_are_not_complete(
    download: Download, tmp_path: Path, size: int
) -> None:
    """Row 7: the download is resumed, and the next response states the length."""
    store = succeeds(download, tmp_path, InChunks(AUDIO, size=size, ends=False), Store(AUDIO))
    assert len(store.requests) == 2


def test_chunked_responses_are_confirmed_by_another_request(
    download: Download, tmp_path: Path
) -> None:
    store = succeeds(download, tmp_path, InChunks(AUDIO), Store(AUDIO))
    assert ranges(store) == ["", f"bytes={len(AUDIO)}-"]


def test_chunked_responses_that_cannot_be_confirmed_are_refused(
    download: Download, tmp_path: Path
) -> None:
    refused(download, tmp_path, InChunks(AUDIO, etag=None))
    refused(download, tmp_path, InChunks(AUDIO, ranges="ignored"))


def test_bytes_after_the_content_length_are_ignored(download: Download, tmp_path: Path) -> None:
    """Row 8: they belong neither to the audio nor to the next response."""
    succeeds(download, tmp_path, SaysTooMuch(AUDIO))


def test_a_stalled_response_is_no_progress(download: Download, tmp_path: Path) -> None:
    """Row 10: less than 1 KiB/s for 30 s is a stall."""
    options = {"held": Held(speed=200.0, chance=0.0), "limits": Limits(attempts=2)}
    error = fails(download, tmp_path, Drips(AUDIO), **options)
    assert isinstance(error, DownloadInterruptedError)
    assert "stalled" in str(error)


@pytest.mark.parametrize(
    "wrong",
    [
        SaysRange(AUDIO, first=1),
        SaysRange(AUDIO, first=-1),
        SaysRange(AUDIO, total=1),
        SaysRange(AUDIO, total=-1),
        Store(OTHER, ranges="unconditional"),
    ],
    ids=["later", "earlier", "longer", "shorter", "other etag"],
)
def test_an_unexpected_range_restarts_the_download(
    download: Download, tmp_path: Path, wrong: Store
) -> None:
    """Rows 11, 12 and 14."""
    store = succeeds(download, tmp_path, ResetsAfter(AUDIO, size=HALF), wrong, Store(AUDIO))
    assert [bool(each) for each in ranges(store)] == [False, True, False]


def test_shorter_ranges_than_requested_are_continued(download: Download, tmp_path: Path) -> None:
    store = succeeds(
        download, tmp_path, EndsAfter(AUDIO, size=HALF), GivesLittle(AUDIO, size=200_000)
    )
    assert len(store.requests) == 3


def test_a_200_in_response_to_a_range_is_used_from_its_start(
    download: Download, tmp_path: Path
) -> None:
    """Row 13."""
    script = ResetsAfter(AUDIO, size=HALF), Store(AUDIO, ranges="ignored")
    store = succeeds(download, tmp_path, *script)
    assert len(store.requests) == 2


def test_audio_replaced_during_the_download_is_never_mixed(
    download: Download, tmp_path: Path
) -> None:
    """Row 14: all bytes are of the new version."""
    succeeds(download, tmp_path, ResetsAfter(OTHER, size=HALF), Store(AUDIO))


@pytest.mark.parametrize("etag", [None, 'W/"weak"', "bare"])
def test_audio_without_a_strong_etag_is_not_resumed(
    download: Download, tmp_path: Path, etag: str | None
) -> None:
    script = ResetsAfter(AUDIO, size=HALF, etag=etag), Store(AUDIO, etag=etag)
    store = succeeds(download, tmp_path, *script)
    assert ranges(store) == ["", ""]


def test_sync_and_async_make_the_same_decisions(tmp_path: Path) -> None:
    script: list[Behaviour] = [
        RESET,
        ResetsAfter(AUDIO, size=HALF),
        Refuses(503),
        SaysRange(AUDIO, first=1),
        EndsAfter(AUDIO, size=HALF),
        Refuses(),
        Store(AUDIO),
    ]
    traces: list[Any] = []
    for download in DOWNLOADS:
        folder = tmp_path / str(len(traces))
        folder.mkdir()
        with Server(*script) as store:
            outcome = download(Telnyx(store), folder / "a.wav", held=Held(chance=0.5))
        # Where a part begins may differ: aiohttp forgets what it holds when a connection breaks.
        heads = [sorted({**each.headers, "range": ""}) for each in store.requests]
        parts = [bool(each) for each in ranges(store)]
        traces.append((heads, parts, outcome.waits, outcome.got.sha256))
    assert traces[0] == traces[1]
