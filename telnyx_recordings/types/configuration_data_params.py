"""The configuration of each kind of storage, as a dict."""

from telnyx_recordings.models import AzureConfigurationDataDict as AzureConfigurationDataParam
from telnyx_recordings.models import GcsConfigurationDataDict as GcsConfigurationDataParam
from telnyx_recordings.models import S3ConfigurationDataDict as S3ConfigurationDataParam
from telnyx_recordings.models import (
    S3GenericConfigurationDataDict as S3GenericConfigurationDataParam,
)

__all__ = [
    "AzureConfigurationDataParam",
    "GcsConfigurationDataParam",
    "S3ConfigurationDataParam",
    "S3GenericConfigurationDataParam",
]
