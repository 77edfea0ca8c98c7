"""Names of unfinished files, which are in a folder of the archive's own."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

from telnyx_recordings.disk.files import PART

_DOWNLOAD = re.compile(r"\.[0-9a-f]{16}-.*" + re.escape(PART) + r"(\.json)?")
_KEPT = 86_400  # seconds


def incoming_name(key: str, owner: str = "") -> str:
    """Return the name of an object while it is downloaded: always the same, to be resumed."""
    text = f"{owner}/{key}" if owner else key
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}-{Path(key).name}"


def is_resumable(path: Path) -> bool:
    """Return whether a file is part of a recent download, or the note beside it."""
    is_part = _DOWNLOAD.fullmatch(path.name) is not None
    return is_part and time.time() - path.stat().st_mtime < _KEPT
