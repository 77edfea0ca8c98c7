"""Where an archive is stored: a folder or a bucket."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from telnyx_recordings.archive.stores.folder import FolderStore
from telnyx_recordings.archive.stores.store import Store
from telnyx_recordings.errors import ConfigError, MissingExtraError

BUCKETS = ("s3", "gs", "az")


def open_store(destination: str | PathLike[str]) -> Store:
    """Return the store of a destination: a folder's path, or ``s3://``, ``gs://``, ``az://``.

    Raises:
        ConfigError: the destination is neither.
        MissingExtraError: it is a bucket, and obstore is not installed.
    """
    text = fspath(destination)
    scheme, separator, _ = text.partition("://")
    if not separator:
        if not text:
            raise ConfigError("the destination is empty: name a folder or a bucket")
        return FolderStore(Path(text))
    if scheme not in BUCKETS:
        raise ConfigError(
            f"the destination must be a folder, s3://, gs:// or az://, not {scheme}://"
        )
    try:
        from telnyx_recordings.archive.stores.bucket import BucketStore  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        raise MissingExtraError(f"archiving to {scheme}://", "archive") from error
    return BucketStore(text)
