"""A webhook about a recording that failed."""

from telnyx_recordings.models import CallRecordingError
from telnyx_recordings.models import CallRecordingErrorPayload as Payload

__all__ = [
    "CallRecordingError",
    "Payload",
]
