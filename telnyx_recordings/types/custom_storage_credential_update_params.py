"""The arguments of ``custom_storage_credentials.update``, as a dict."""

from telnyx_recordings.types.custom_storage_credential_create_params import (
    Configuration,
    CustomStorageCredentialCreateParams,
)

__all__ = ["Configuration", "CustomStorageCredentialUpdateParams"]


class CustomStorageCredentialUpdateParams(CustomStorageCredentialCreateParams, total=False):
    """The arguments of ``custom_storage_credentials.update``."""
