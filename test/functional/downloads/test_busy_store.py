"""Tests stores that are busy or refuse a request, and what the error says."""

from pathlib import Path

import pytest

from behaviours import Raw, Reply, head
from downloads import AUDIO
from fakes import Behaviour, Server
from fakes_media import Download, Telnyx, fails
from stores import Refuses, Store
from telnyx_recordings.errors import MediaAccessError


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (Refuses(404, "NoSuchKey"), "NoSuchKey"),
        (Reply(404, "gone"), None),
        (Raw(head(404, {"content-length": 500}) + b"<Error>"), None),
    ],
    ids=["XML", "text", "truncated"],
)
def test_a_404_is_an_error_at_once(
    download: Download, tmp_path: Path, response: Behaviour, code: str | None
) -> None:
    error = fails(download, tmp_path, response)
    assert isinstance(error, MediaAccessError)
    assert (error.status_code, error.code) == (404, code)
    reason = f"the store returned 404{f' {code}' if code else ''} for http://127.0.0.1:"
    assert str(error).startswith(f"recording rec-1: {reason}")
    assert "fresh link" not in str(error)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_after_of_a_busy_store_is_obeyed(
    download: Download, tmp_path: Path, status: int
) -> None:
    with Server(Refuses(status, headers={"retry-after": 7}), Store(AUDIO)) as store:
        outcome = download(Telnyx(store), tmp_path / "a.wav")
    assert outcome.got.size == len(AUDIO)
    assert outcome.waits == [7.0]
