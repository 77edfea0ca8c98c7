"""Ways to download audio to a folder: this package, curl with other tools, and simple loops."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peers import KEY, PAGE_SIZE

if TYPE_CHECKING:
    from telnyx_recordings.models import RecordingResponseData as Recording

Fetcher = Callable[[str, Sequence["Recording"], Path], object]
"""Takes a base URL, the recordings that it lists, and an empty folder for their audio."""

WORKERS = 16
CURL = f"curl -Z --parallel-max {WORKERS}, sha256sum"


def listed(base_url: str) -> list[Recording]:
    """Return all recordings, with fresh links."""
    from telnyx_recordings import Client

    with Client(api_key=KEY, base_url=base_url) as client:
        return list(client.recordings.list(page_size=PAGE_SIZE))


def threads(base_url: str, recordings: Sequence[Recording], folder: Path) -> None:
    """Download with a client that 16 threads share."""
    from telnyx_recordings import Client

    with Client(api_key=KEY, base_url=base_url) as client, ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(lambda each: client.download(each, f"{folder}/"), recordings):
            pass


def tasks(base_url: str, recordings: Sequence[Recording], folder: Path) -> None:
    """Download from asyncio, 16 at a time."""
    asyncio.run(_tasks(base_url, recordings, folder))


async def _tasks(base_url: str, recordings: Sequence[Recording], folder: Path) -> None:
    from telnyx_recordings import AsyncClient

    left = iter(recordings)

    async def work() -> None:
        for each in left:  # shared: each is taken once
            await client.download(each, f"{folder}/")

    async with AsyncClient(api_key=KEY, base_url=base_url) as client:
        await asyncio.gather(*(work() for _ in range(WORKERS)))


def archive(base_url: str, recordings: Sequence[Recording], folder: Path) -> None:
    """Archive: list, download, describe, read again, and note everything in the manifest."""
    from telnyx_recordings import Client

    with Client(api_key=KEY, base_url=base_url) as client:
        result = client.archive(folder, workers=WORKERS, report=None)
    if result.stored.count != len(recordings):
        raise RuntimeError(f"the archive has {result.stored.count} of {len(recordings)} recordings")


def httpx_loop(_base_url: str, recordings: Sequence[Recording], folder: Path) -> None:
    """Download in a simple loop: sequentially, without checks, hashes or sync."""
    import httpx

    with httpx.Client() as client:
        for each in recordings:
            content = client.get(_link(each)).raise_for_status().content
            (folder / f"{each.id}.wav").write_bytes(content)


def httpx_stream(_base_url: str, recordings: Sequence[Recording], folder: Path) -> None:
    """Download large files in a simple loop: in pieces, without checks, hashes or sync."""
    import httpx

    for each in recordings:
        with (
            httpx.stream("GET", _link(each)) as response,
            (folder / f"{each.id}.wav").open("wb") as file,
        ):
            for piece in response.iter_bytes():
                file.write(piece)


def curl(_base_url: str, recordings: Sequence[Recording], folder: Path) -> None:
    """Download all files with curl, 16 at a time, then read them with sha256sum."""
    lines = (f'url="{_link(each)}"\noutput="{folder / str(each.id)}.wav"\n' for each in recordings)
    options = ["--silent", "--show-error", "--fail", "--no-progress-meter"]
    if len(recordings) > 1:
        options += ["--parallel", "--parallel-max", str(WORKERS)]
    run("curl", *options, "--config", "-", given="".join(lines))
    run("sha256sum", *map(str, folder.iterdir()))


def curl_and_sync(base_url: str, recordings: Sequence[Recording], folder: Path) -> None:
    """Do the same, then wait until everything is on disk."""
    curl(base_url, recordings, folder)
    run("sync", *map(str, folder.iterdir()))


def run(program: str, *arguments: str, given: str = "") -> None:
    """Run a program, and discard its output."""
    path = shutil.which(program) or program
    command = [path, *arguments]
    subprocess.run(command, input=given, stdout=subprocess.DEVNULL, check=True, text=True)


def _link(recording: Recording) -> str:
    links = recording.download_urls
    if links is None or links.wav is None:
        raise RuntimeError(f"recording {recording.id} has no link")
    return links.wav
