"""The arguments of ``custom_storage_credentials.update``, as a dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Required, TypeAlias, TypedDict

from telnyx_recordings.types.custom_storage_configuration import (
    Configuration as ConfigurationModel,
)

Configuration: TypeAlias = ConfigurationModel | Mapping[str, Any]


class CustomStorageCredentialUpdateParams(TypedDict, total=False):
    """The arguments of ``custom_storage_credentials.update``."""

    backend: Required[Literal["gcs", "s3", "s3-generic", "azure"]]
    configuration: Required[Configuration]
