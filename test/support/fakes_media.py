"""Audio, a Telnyx that gives links to it, downloads of both kinds, and disks that fail."""

import asyncio
import errno
import os
import random
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

from callers import WALL, Held, Outcome
from fakes import Server
from stores import SECRET
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import MediaError
from telnyx_recordings.media import Downloaded, DownloadedToFile, aio, sync
from telnyx_recordings.media.steps import Fetched
from telnyx_recordings.media.transfer import DownloadContext
from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.transport.media_aio import MediaSessions
from telnyx_recordings.transport.media_sync import MediaPool
from wav_files import chunk, form, riff

MP3_FRAME = b"\xff\xfb\x50\xc4" + bytes(204)
"""MPEG-1 layer III, 64 kbit/s, 44.1 kHz, mono: 1152 samples, 26.1 ms."""


def wav(
    millis: int = 1000, *, channels: int = 1, width: int = 2, kind: int = 1, seed: int = 0
) -> bytes:
    """A WAV file of noise, 8000 frames a second, always the same for the same arguments."""
    samples = random.Random(seed).randbytes(millis * 8 * channels * width)
    return riff(form(kind, channels=channels, bits=width * 8), chunk(b"data", samples))


def mp3(frames: int = 100) -> bytes:
    """An MP3 file of silence."""
    return MP3_FRAME * frames


class Telnyx:
    """Gives a recording with a fresh link, and counts how often; links carry that number."""

    def __init__(self, *stores: Server, form: str = "wav", **fields: Any) -> None:
        self._stores = stores
        self.form = form
        self.fields = fields
        self.fetches: int = 0
        self.life = 600
        self.signed: float = WALL
        self.date: str | None = formatdate(WALL, usegmt=True)

    def link(self) -> str:
        """The link that the next recording would have."""
        store = self._stores[min(self.fetches, len(self._stores)) - 1]
        moment = datetime.fromtimestamp(self.signed, UTC)
        return (
            f"http://127.0.0.1:{store.port}/rec-1.{self.form}?X-Amz-Date={moment:%Y%m%dT%H%M%SZ}"
            f"&X-Amz-Expires={self.life}&X-Amz-Signature={SECRET}&n={self.fetches}"
        )

    def recording(self) -> RecordingResponseData:
        fields = {"id": "rec-1", **self.fields}
        if "download_urls" not in fields:
            fields["download_urls"] = {self.form: self.link()}
        return RecordingResponseData.from_dict(fields)

    def fetch(self, recording_id: str) -> Fetched:
        assert recording_id == "rec-1"
        self.fetches += 1
        return Fetched(self.recording(), self.date)

    async def fetch_async(self, recording_id: str) -> Fetched:
        return self.fetch(recording_id)


Download = Callable[..., Outcome]


def context_of(pool: Any, fetch: Any, held: Held, changed: Mapping[str, Any]) -> Any:
    """What a client would give to a download, sync or async as its pool is."""
    given: dict[str, Any] = {
        "pool": pool,
        "fetch": fetch,
        "timeout": 5.0,
        "environment": held.environment(),
        "sleep": held.sleep_async if isinstance(pool, MediaSessions) else held.sleep,
    }
    return DownloadContext(**{**given, **changed})


@contextmanager
def downloading(
    telnyx: Telnyx, held: Held | None = None, **options: Any
) -> Generator[sync.SyncContext]:
    """What a sync download needs, with these options."""
    with closing(MediaPool()) as pool:
        yield context_of(pool, telnyx.fetch, held or Held(chance=0.0), options)


@asynccontextmanager
async def downloading_async(
    telnyx: Telnyx, held: Held | None = None, **options: Any
) -> AsyncGenerator[aio.AsyncContext]:
    pool = MediaSessions()
    try:
        yield context_of(pool, telnyx.fetch_async, held or Held(chance=0.0), options)
    finally:
        await pool.close()


def download_sync(
    telnyx: Telnyx,
    destination: Any,
    recording: Any = "rec-1",
    *,
    held: Held | None = None,
    call: Mapping[str, Any] | None = None,
    **options: Any,
) -> Outcome:
    held = held or Held(chance=0.0)
    try:
        with downloading(telnyx, held, **options) as context:
            found = sync.download(context, recording, destination, **call or {})
            return Outcome(found, None, held.trace)
    except BaseException as error:  # noqa: BLE001 - it is what the test asks about
        return Outcome(None, error, held.trace)


def download_async(
    telnyx: Telnyx,
    destination: Any,
    recording: Any = "rec-1",
    *,
    held: Held | None = None,
    call: Mapping[str, Any] | None = None,
    **options: Any,
) -> Outcome:
    held = held or Held(chance=0.0)

    async def main() -> Downloaded | DownloadedToFile:
        async with downloading_async(telnyx, held, **options) as context:
            return await aio.download(context, recording, destination, **call or {})

    try:
        return Outcome(asyncio.run(main()), None, held.trace)
    except BaseException as error:  # noqa: BLE001 - it is what the test asks about
        return Outcome(None, error, held.trace)


DOWNLOADS: list[Download] = [download_sync, download_async]


def fails(download: Download, folder: Path, *script: Any, **options: Any) -> MediaError:
    """Download from a store with this script; return why that fails."""
    with Server(*script) as store:
        outcome = download(Telnyx(store, duration_millis=40_000), folder / "a.wav", **options)
    assert isinstance(outcome.error, MediaError), outcome.error
    assert not (folder / "a.wav").exists()
    assert SECRET not in repr(outcome.error) + str(outcome.error)
    return outcome.error


def left_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


class FailingFiles(Files):
    """Fails with an errno when it is asked to do one of its things, once it was done so often."""

    def __init__(self, method: str, number: int = errno.EIO, after: int = 0) -> None:
        self._number = number
        self._after = after
        self._really: Callable[..., Any] = getattr(super(), method)
        setattr(self, method, self._fail)

    def _fail(self, *args: Any) -> Any:
        if self._after <= 0:
            raise OSError(self._number, os.strerror(self._number))
        self._after -= 1
        return self._really(*args)


class WithoutLinks(FailingFiles):
    """A file system that knows no second names, such as FAT; it fails in yet another way."""

    def link(self, old: Path, new: Path) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), old, None, new)
