"""Finds credentials of S3 in profiles, ``~/.aws`` and SSO, through boto3."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from telnyx_recordings.errors import ConfigError

_IN_ENVIRONMENT = (
    *("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_SKIP_SIGNATURE"),
    *("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)
"""Variables by which obstore finds credentials itself."""


def aws_options() -> dict[str, Any]:
    """Return the options for obstore if the credentials are in a profile; else none.

    Raises:
        ConfigError: AWS_PROFILE is set, and boto3 is not installed or does not know the profile.
    """
    profile = os.environ.get("AWS_PROFILE")
    if not profile and (any(map(os.environ.get, _IN_ENVIRONMENT)) or not _has_files()):
        return {}
    try:
        import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 - optional, without types
        from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]  # noqa: PLC0415 - likewise
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415 - likewise
    except ImportError as error:
        if not profile:
            return {}
        raise ConfigError(
            f"AWS_PROFILE is {profile!r}, and reading profiles needs boto3: pip install boto3, or "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead"
        ) from error
    try:
        session: Any = boto3.Session(profile_name=profile or None)
        if session.get_credentials() is None:
            return {}
        options: dict[str, Any] = {"credential_provider": Boto3CredentialProvider(session)}
    except (BotoCoreError, ValueError) as error:
        raise ConfigError(f"the AWS profile {profile!r} cannot be used: {error}") from error
    named = any(map(os.environ.get, ("AWS_REGION", "AWS_DEFAULT_REGION")))
    if session.region_name and not named:
        options["region"] = session.region_name
    return options


def _has_files() -> bool:
    named = ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")
    if any(map(os.environ.get, named)):
        return True
    try:
        folder = Path.home() / ".aws"
    except RuntimeError:  # there is no home folder
        return False
    return (folder / "credentials").is_file() or (folder / "config").is_file()
