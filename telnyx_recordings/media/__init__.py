"""Audio: downloading as a state machine without I/O, its drivers, checks and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telnyx_recordings._lazy import lazy

if TYPE_CHECKING:
    from telnyx_recordings.media.aio import AsyncReader as AsyncReader
    from telnyx_recordings.media.duration import Format as Format
    from telnyx_recordings.media.split import Legs as Legs
    from telnyx_recordings.media.split import split_channels as split_channels
    from telnyx_recordings.media.transfer import Downloaded as Downloaded
    from telnyx_recordings.media.transfer import DownloadedAudio as DownloadedAudio
    from telnyx_recordings.media.transfer import DownloadedToFile as DownloadedToFile
    from telnyx_recordings.media.transfer import Progress as Progress

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(
        globals(),
        {
            "AsyncReader": ".aio",
            "Downloaded": ".transfer",
            "DownloadedAudio": ".transfer",
            "DownloadedToFile": ".transfer",
            "Format": ".duration",
            "Legs": ".split",
            "Progress": ".transfer",
            "split_channels": ".split",
        },
    )
