"""A bucket that tests of archives share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from buckets import Bucket, s3


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    """A bucket that is empty."""
    with s3(tmp_path / "state") as bucket:
        yield bucket
