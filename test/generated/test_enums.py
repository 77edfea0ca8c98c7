"""Pins each enum's exact names and values, so that a change of the contract is seen."""

import pytest

from telnyx_recordings import OpenEnum, models

ENUMS: dict[type[OpenEnum], dict[str, str]] = {
    models.ActionDeleteStatusEnum: {"OK": "ok"},
    models.CallbackMethodEnum: {"GET": "GET", "POST": "POST"},
    models.CallingPartyTypeEnum: {"PSTN": "pstn", "SIP": "sip"},
    models.ChannelsEnum: {"SINGLE": "single", "DUAL": "dual"},
    models.ConferenceRegionEnum: {
        "AUSTRALIA": "Australia",
        "EUROPE": "Europe",
        "MIDDLE_EAST": "Middle East",
        "US": "US",
    },
    models.CredentialsRecordTypeEnum: {"CUSTOM_STORAGE_CREDENTIALS": "custom_storage_credentials"},
    models.DeleteOutcomeEnum: {"DELETED": "deleted", "PRESENT": "present", "UNKNOWN": "unknown"},
    models.DialRecordEnum: {"RECORD_FROM_ANSWER": "record-from-answer"},
    models.OutboundCallRecordingTypeEnum: {
        "ALL": "all",
        "NONE": "none",
        "BY_CALLER_PHONE_NUMBER": "by_caller_phone_number",
    },
    models.RecordTypeEnum: {"RECORDING": "recording"},
    models.RecordingEventTypeEnum: {
        "CALL_RECORDING_SAVED": "call.recording.saved",
        "CALL_RECORDING_ERROR": "call.recording.error",
        "CALL_RECORDING_TRANSCRIPTION_SAVED": "call.recording.transcription.saved",
        "CONFERENCE_RECORDING_SAVED": "conference.recording.saved",
        "CALL_ANSWERED": "call.answered",
        "CALL_HANGUP": "call.hangup",
        "CALL_TRANSCRIPTION": "call.transcription",
        "CALL_ANALYZED": "call.analyzed",
        "CALL_CONVERSATION_INSIGHTS_GENERATED": "call.conversation_insights.generated",
    },
    models.RecordingFormatEnum: {"WAV": "wav", "MP3": "mp3"},
    models.RecordingTrackEnum: {"BOTH": "both", "INBOUND": "inbound", "OUTBOUND": "outbound"},
    models.RecordingTranscriptionRecordTypeEnum: {
        "RECORDING_TRANSCRIPTION": "recording_transcription"
    },
    models.RecordingTrimEnum: {"TRIM_SILENCE": "trim-silence"},
    models.RoomRecordingStatusEnum: {"COMPLETED": "completed", "PROCESSING": "processing"},
    models.RoomRecordingTypeEnum: {"AUDIO": "audio", "VIDEO": "video"},
    models.SourceEnum: {"CONFERENCE": "conference", "CALL": "call"},
    models.StatusEnum: {"COMPLETED": "completed"},
    models.StorageBackendEnum: {
        "GCS": "gcs",
        "S3": "s3",
        "S3_GENERIC": "s3-generic",
        "AZURE": "azure",
    },
    models.TexmlRecordingCommandEnum: {
        "IN_PROGRESS": "in-progress",
        "PAUSED": "paused",
        "STOPPED": "stopped",
    },
    models.TimestampGranularityEnum: {"SEGMENT": "segment"},
    models.TranscriptionEngineEnum: {
        "GOOGLE": "A",
        "TELNYX": "B",
        "DEEPGRAM_NOVA_3": "deepgram/nova-3",
    },
    models.TranscriptionFormatEnum: {"JSON": "json", "VERBOSE_JSON": "verbose_json"},
    models.TranscriptionModelEnum: {
        "DISTIL_WHISPER_LARGE_V2": "distil-whisper/distil-large-v2",
        "WHISPER_LARGE_V3_TURBO": "openai/whisper-large-v3-turbo",
        "DEEPGRAM_NOVA_3": "deepgram/nova-3",
    },
    models.TranscriptionStatusEnum: {"IN_PROGRESS": "in-progress", "COMPLETED": "completed"},
    models.WebhookRecordTypeEnum: {"EVENT": "event"},
}


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_an_enum_has_these_names_and_values(enum: type[OpenEnum]) -> None:
    assert list(ENUMS[enum].items()) == [(member.name, member.value) for member in enum]


def test_no_enum_is_forgotten() -> None:
    every = {getattr(models, name) for name in models.__all__}
    assert {each for each in every if isinstance(each, type) and issubclass(each, OpenEnum)} == set(
        ENUMS
    )
