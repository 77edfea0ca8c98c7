"""The arguments of ``custom_storage_credentials.create``, as a dict."""

from __future__ import annotations

from typing import Literal, Required, TypeAlias, TypedDict

from telnyx_recordings.types.configuration_data_params import (
    AzureConfigurationDataParam,
    GcsConfigurationDataParam,
    S3ConfigurationDataParam,
    S3GenericConfigurationDataParam,
)
from telnyx_recordings.types.custom_storage_configuration import Configuration as _Configuration

Configuration: TypeAlias = (
    _Configuration
    | GcsConfigurationDataParam
    | S3ConfigurationDataParam
    | S3GenericConfigurationDataParam
    | AzureConfigurationDataParam
)


class CustomStorageCredentialCreateParams(TypedDict, total=False):
    """The arguments of ``custom_storage_credentials.create``."""

    backend: Required[Literal["gcs", "s3", "s3-generic", "azure"]]
    configuration: Required[Configuration]
