"""A webhook about a recording of a conference."""

from telnyx_recordings.models import ConferenceRecordingSaved
from telnyx_recordings.models import ConferenceRecordingSavedPayload as Payload
from telnyx_recordings.models import RecordingUrls as PayloadPublicRecordingURLs
from telnyx_recordings.models import RecordingUrls as PayloadRecordingURLs

__all__ = [
    "ConferenceRecordingSaved",
    "Payload",
    "PayloadPublicRecordingURLs",
    "PayloadRecordingURLs",
]
