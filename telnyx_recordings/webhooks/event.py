"""Event: the type of a parsed delivery. Importing it imports the models of all events."""

from __future__ import annotations

from typing import TypeAlias

from telnyx_recordings.models import (
    CallAnalyzedWebhookEvent,
    CallAnsweredWebhookEvent,
    CallConversationInsightsGeneratedWebhookEvent,
    CallHangupWebhookEvent,
    CallRecordingErrorWebhookEvent,
    CallRecordingSavedWebhookEvent,
    CallRecordingTranscriptionSavedWebhookEvent,
    CallTranscriptionWebhookEvent,
    ConferenceRecordingSavedWebhookEvent,
)
from telnyx_recordings.webhooks.events import UnknownEvent

Event: TypeAlias = (
    CallAnalyzedWebhookEvent
    | CallAnsweredWebhookEvent
    | CallConversationInsightsGeneratedWebhookEvent
    | CallHangupWebhookEvent
    | CallRecordingErrorWebhookEvent
    | CallRecordingSavedWebhookEvent
    | CallRecordingTranscriptionSavedWebhookEvent
    | CallTranscriptionWebhookEvent
    | ConferenceRecordingSavedWebhookEvent
    | UnknownEvent
)
"""The result of `unwrap`; distinguish events with ``isinstance`` or ``match``."""
