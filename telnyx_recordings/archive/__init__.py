"""Archives of recordings in a folder or a bucket: copied, verified, repaired, and purged.

`Client.archive` creates and updates one, `verify` checks it, `repair` mends what is damaged, and
`purge` erases from it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telnyx_recordings.archive.purging import Erasure as Erasure
    from telnyx_recordings.archive.purging import Purge as Purge
    from telnyx_recordings.archive.purging import purge as purge
    from telnyx_recordings.archive.repairing import repair as repair
    from telnyx_recordings.archive.report import Problem as Problem
    from telnyx_recordings.archive.report import Progress as Progress
    from telnyx_recordings.archive.report import Reconciliation as Reconciliation
    from telnyx_recordings.archive.verification import Damage as Damage
    from telnyx_recordings.archive.verification import Verification as Verification
    from telnyx_recordings.archive.verification import verify as verify

_HOMES = {
    "Damage": "verification",
    "Erasure": "purging",
    "Problem": "report",
    "Progress": "report",
    "Purge": "purging",
    "Reconciliation": "report",
    "Verification": "verification",
    "purge": "purging",
    "repair": "repairing",
    "verify": "verification",
}


def __getattr__(name: str) -> object:
    """Import a public name."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return all public names."""
    return sorted({*globals(), *_HOMES})
