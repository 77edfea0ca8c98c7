"""All models, under the module name of the official SDK.

``from telnyx.types import RecordingResponseData`` becomes ``from telnyx_recordings.types import
RecordingResponseData``. New programs should use `telnyx_recordings.models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from telnyx_recordings import models

if TYPE_CHECKING:
    from telnyx_recordings.models import *  # noqa: F403 - every model

Params: TypeAlias = dict[str, Any]
"""Keyword arguments as a dict; the official SDK has a TypedDict per method."""

RecordingListParams: TypeAlias = Params
RecordingTranscriptionListParams: TypeAlias = Params
CustomStorageCredentialCreateParams: TypeAlias = Params
CustomStorageCredentialUpdateParams: TypeAlias = Params
ActionDeleteParams: TypeAlias = Params


def __getattr__(name: str) -> object:
    """Import a model."""
    return getattr(models, name)
