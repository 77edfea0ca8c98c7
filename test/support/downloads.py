"""What tests of downloads share: audio, clients of a sandbox, and how a download should end."""

import asyncio
from pathlib import Path
from typing import Any

from fakes import Server
from fakes_media import Download, Telnyx, fails, left_in, wav
from telnyx_recordings import AsyncClient, Client, Downloaded
from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media import DownloadedToFile
from telnyx_recordings.media.sinks import Destination
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


class Person:
    """A client of a sandbox, used in one of both ways."""

    def __init__(self, box: Sandbox, *, is_async: bool) -> None:
        self.box = box
        self._is_async = is_async

    def download(
        self, recording: Any, path: Destination, **options: Any
    ) -> Downloaded | DownloadedToFile:
        """Download with a client of its own."""
        if not self._is_async:
            with Client(self.box.api_key, self.box.base_url) as client:
                return client.download(recording, path, **options)

        async def main() -> Downloaded | DownloadedToFile:
            async with AsyncClient(self.box.api_key, self.box.base_url) as client:
                return await client.download(recording, path, **options)

        return asyncio.run(main())
