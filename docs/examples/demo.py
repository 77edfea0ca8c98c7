"""What `make demo` shows: a local Telnyx server, its recordings, audio, and an archive."""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from pathlib import Path

from telnyx_recordings import Client, DateTimeRange, RecordingResponseData
from telnyx_recordings.archive import Progress, verify
from telnyx_recordings.models import RecordingListFilter
from telnyx_recordings.sandbox import Sandbox

ENOUGH = 10
COLUMNS = "{:<38} {:<21} {:>8}  {:<8} {:<11} {:<15} {}"


def show(title: str, recordings: Iterable[RecordingResponseData]) -> None:
    """Print recordings as a table."""
    print(f"\n{title}\n")
    print(COLUMNS.format("id", "created", "seconds", "channels", "source", "from", "to"))
    for each in recordings:
        created = f"{each.created_at:%Y-%m-%d %H:%M:%S}Z" if each.created_at else "-"
        seconds = f"{each.duration_millis / 1000:.1f}" if each.duration_millis else "-"
        cells = (each.id, created, seconds, each.channels, each.source, each.from_, each.to)
        print(COLUMNS.format(*(cell or "-" for cell in cells)))


def main() -> None:
    """Start a sandbox, and use it like Telnyx."""
    with Sandbox(recordings=500, seed=7) as box, Client(box.api_key, box.base_url) as client:
        print(f"A local Telnyx server with {len(box.recordings)} recordings at {box.base_url}")
        recordings = client.recordings.list(page_size=250)
        show("The first ten:", islice(recordings, 10))

        newest = max(each.created_at for each in recordings if each.created_at)
        window = DateTimeRange(gte=newest - timedelta(days=2), lte=newest)
        found = client.recordings.list(filter={"created_at": window}, page_size=250)
        show(
            f"Ten dual-channel recordings from the two days up to {newest:%Y-%m-%d %H:%M}Z:",
            islice((each for each in found if each.channels == "dual"), 10),
        )
        folder = Path(tempfile.mkdtemp(prefix="telnyx-demo-"))
        wanted = next(each for each in found if each.download_urls and each.download_urls.wav)
        play(client, wanted, folder)
        keep(client, RecordingListFilter(created_at=window), folder / "archive")


def play(client: Client, recording: RecordingResponseData, folder: Path) -> None:
    """Download the audio of a recording and check that it can be played."""
    saved = client.download(recording, folder, format="wav")
    with wave.open(str(saved.path)) as audio:
        seconds = audio.getnframes() / audio.getframerate()
        heard = audio.readframes(audio.getnframes())
    promised = (recording.duration_millis or 0) / 1000
    playable = bool(heard.strip(b"\0")) and abs(seconds - promised) < 1
    if not playable:
        raise SystemExit(f"{saved.path} is not the audio of {recording.id}")
    print(f"\nThe audio of {recording.id}: {saved.path}")
    print(f"{saved.size:,} bytes, {seconds:.1f} s of sound, SHA-256 {saved.sha256[:16]}…, playable")


def keep(client: Client, condition: RecordingListFilter, folder: Path) -> None:
    """Archive recordings with an interruption, and verify the archive."""

    def interrupt(progress: Progress) -> None:
        if progress.done >= ENOUGH:
            raise KeyboardInterrupt

    print(f"\nAn archive, interrupted as by Ctrl-C once {ENOUGH} recordings or more are stored …")
    try:
        client.archive(folder, filter=condition, progress=interrupt, report=None)
    except KeyboardInterrupt:
        print("… and resumed:\n")
    client.archive(folder, filter=condition)
    print()
    report = verify(folder)
    print(report)
    if not report.ok:
        raise SystemExit(f"{folder} differs from its manifest")


if __name__ == "__main__":
    main()
