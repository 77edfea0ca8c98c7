"""What tests of downloads share: audio, clients of a sandbox, and how a download should end."""

from operator import methodcaller
from pathlib import Path
from typing import Any

from clients import Run
from fakes import Server
from fakes_media import Download, Telnyx, fails, left_in, wav
from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.sandbox import Sandbox

AUDIO = wav(40_000)  # 640 KB
OTHER = wav(40_000, seed=1)
HALF = 300_000
PART, SIDE = ".a.wav.part", ".a.wav.part.json"


def succeeds(download: Download, folder: Path, *script: Any, **options: Any) -> Server:
    """Download from a store with this script, and find the right bytes, and nothing else."""
    with Server(*script) as store:
        telnyx = Telnyx(store, duration_millis=40_000)
        got = download(telnyx, folder / "a.wav", **options).got
    assert (folder / "a.wav").read_bytes() == AUDIO
    assert left_in(folder) == ["a.wav"]
    assert got.size == len(AUDIO)
    return store


def refused(download: Download, folder: Path, *script: Any, **options: Any) -> None:
    """Download from a store with this script; find it refused, and nothing kept."""
    assert isinstance(fails(download, folder, *script, **options), MediaIntegrityError)
    assert left_in(folder) == []


def recording_at(link: str, name: str = "r1") -> RecordingResponseData:
    """Return a recording whose WAV is at this link."""
    return RecordingResponseData.from_dict({"id": name, "download_urls": {"wav": link}})


def downloaded(
    run: Run, link: str, folder: Path, base_url: str = "https://api.example.com", **settings: Any
) -> Any:
    """Download from a link with a client that has these settings."""
    return run(base_url, methodcaller("download", recording_at(link), folder / "a.wav"), **settings)


class Person:
    """A client of a sandbox, used in one of both ways."""

    def __init__(self, box: Sandbox, run: Run) -> None:
        self.box = box
        self._run = run

    def download(self, recording: Any, path: Any, **options: Any) -> Any:
        """Download with a client of its own."""
        download = methodcaller("download", recording, path, **options)
        return self._run(self.box.base_url, download)
