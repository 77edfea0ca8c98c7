"""The configuration of each kind of storage, as a dict."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telnyx_recordings.models.azure_configuration_data import (
        AzureConfigurationDataDict as AzureConfigurationDataParam,
    )
    from telnyx_recordings.models.gcs_configuration_data import (
        GcsConfigurationDataDict as GcsConfigurationDataParam,
    )
    from telnyx_recordings.models.s3_configuration_data import (
        S3ConfigurationDataDict as S3ConfigurationDataParam,
    )
    from telnyx_recordings.models.s3_generic_configuration_data import (
        S3GenericConfigurationDataDict as S3GenericConfigurationDataParam,
    )
else:  # at run time, each TypedDict is a dict
    AzureConfigurationDataParam = GcsConfigurationDataParam = dict
    S3ConfigurationDataParam = S3GenericConfigurationDataParam = dict

__all__ = [
    "AzureConfigurationDataParam",
    "GcsConfigurationDataParam",
    "S3ConfigurationDataParam",
    "S3GenericConfigurationDataParam",
]
