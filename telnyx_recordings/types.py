"""All models under the module name that programs written for the official SDK import from.

``from telnyx.types import RecordingResponseData`` becomes ``from telnyx_recordings.types import
RecordingResponseData``. In programs of your own, `telnyx_recordings.models` is the plain name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from telnyx_recordings import models

if TYPE_CHECKING:
    from telnyx_recordings.models import *  # noqa: F403 - every model

Params: TypeAlias = dict[str, Any]
"""What the official SDK types as one TypedDict a method: keyword arguments, as a dict."""

RecordingListParams: TypeAlias = Params
RecordingTranscriptionListParams: TypeAlias = Params
CustomStorageCredentialCreateParams: TypeAlias = Params
CustomStorageCredentialUpdateParams: TypeAlias = Params
ActionDeleteParams: TypeAlias = Params


def __getattr__(name: str) -> object:
    """Load a model."""
    return getattr(models, name)
