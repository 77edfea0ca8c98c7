"""A webhook about a transcription."""

from telnyx_recordings.models import CallRecordingTranscriptionSaved
from telnyx_recordings.models import CallRecordingTranscriptionSavedPayload as Payload

__all__ = [
    "CallRecordingTranscriptionSaved",
    "Payload",
]
