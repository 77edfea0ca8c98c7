"""A webhook about a recording of a call."""

from telnyx_recordings.models import CallRecordingSaved
from telnyx_recordings.models import CallRecordingSavedPayload as Payload
from telnyx_recordings.models import RecordingUrls as PayloadPublicRecordingURLs
from telnyx_recordings.models import RecordingUrls as PayloadRecordingURLs

__all__ = [
    "CallRecordingSaved",
    "Payload",
    "PayloadPublicRecordingURLs",
    "PayloadRecordingURLs",
]
