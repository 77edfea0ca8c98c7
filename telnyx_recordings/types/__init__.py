"""The types of the official SDK's recordings, transcriptions and custom storage, by its names.

``from telnyx.types import RecordingResponseData`` becomes ``from telnyx_recordings.types import
RecordingResponseData``. New programs should use `telnyx_recordings.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telnyx_recordings._lazy import lazy

if TYPE_CHECKING:
    from telnyx_recordings.models import *  # noqa: F403 - every model
    from telnyx_recordings.types.configuration_data_params import *  # noqa: F403 - all four
    from telnyx_recordings.types.custom_storage_credential_create_params import (
        CustomStorageCredentialCreateParams as CustomStorageCredentialCreateParams,
    )
    from telnyx_recordings.types.custom_storage_credential_update_params import (
        CustomStorageCredentialUpdateParams as CustomStorageCredentialUpdateParams,
    )
    from telnyx_recordings.types.recording_list_params import (
        RecordingListParams as RecordingListParams,
    )
    from telnyx_recordings.types.recording_transcription_list_params import (
        RecordingTranscriptionListParams as RecordingTranscriptionListParams,
    )
    from telnyx_recordings.types.recordings import ActionDeleteParams as ActionDeleteParams
else:
    __getattr__, __dir__ = lazy(
        globals(),
        {
            "ActionDeleteParams": ".recordings.action_delete_params",
            "CustomStorageCredentialCreateParams": ".custom_storage_credential_create_params",
            "CustomStorageCredentialUpdateParams": ".custom_storage_credential_update_params",
            "RecordingListParams": ".recording_list_params",
            "RecordingTranscriptionListParams": ".recording_transcription_list_params",
        },
        whole=("telnyx_recordings.models", ".configuration_data_params"),
    )
