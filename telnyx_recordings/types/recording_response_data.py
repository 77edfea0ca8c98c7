"""A recording."""

from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.models import RecordingResponseDataDownloadUrls as DownloadURLs

__all__ = [
    "DownloadURLs",
    "RecordingResponseData",
]
