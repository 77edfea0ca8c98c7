"""The storage of a connection."""

from typing import TypeAlias

from telnyx_recordings.models import (
    AzureConfigurationData,
    CustomStorageConfiguration,
    GcsConfigurationData,
    S3ConfigurationData,
    S3GenericConfigurationData,
)

__all__ = ["Configuration", "CustomStorageConfiguration"]

Configuration: TypeAlias = (
    GcsConfigurationData | S3ConfigurationData | S3GenericConfigurationData | AzureConfigurationData
)
