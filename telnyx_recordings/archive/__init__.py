"""Archives of recordings in a folder or a bucket: copied, verified, repaired, and purged.

`Client.archive` creates and updates one, `verify` checks it, `repair` repairs what is damaged, and
`purge` erases from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telnyx_recordings._lazy import lazy

if TYPE_CHECKING:
    from telnyx_recordings.archive.commands.export import export as export
    from telnyx_recordings.archive.commands.hold import hold as hold
    from telnyx_recordings.archive.commands.hold import holds as holds
    from telnyx_recordings.archive.commands.hold import release as release
    from telnyx_recordings.archive.commands.purge import purge as purge
    from telnyx_recordings.archive.commands.repair import repair as repair
    from telnyx_recordings.archive.commands.verify import verify as verify
    from telnyx_recordings.archive.holding import Hold as Hold
    from telnyx_recordings.archive.results import Damage as Damage
    from telnyx_recordings.archive.results import Deletion as Deletion
    from telnyx_recordings.archive.results import Erasure as Erasure
    from telnyx_recordings.archive.results import Export as Export
    from telnyx_recordings.archive.results import Holds as Holds
    from telnyx_recordings.archive.results import Problem as Problem
    from telnyx_recordings.archive.results import Progress as Progress
    from telnyx_recordings.archive.results import Purge as Purge
    from telnyx_recordings.archive.results import Reconciliation as Reconciliation
    from telnyx_recordings.archive.results import Verification as Verification

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(
        globals(),
        {
            "Damage": ".results",
            "Deletion": ".results",
            "Erasure": ".results",
            "Export": ".results",
            "Hold": ".holding",
            "Holds": ".results",
            "Problem": ".results",
            "Progress": ".results",
            "Purge": ".results",
            "Reconciliation": ".results",
            "Verification": ".results",
            "export": ".commands.export",
            "hold": ".commands.hold",
            "holds": ".commands.hold",
            "release": ".commands.hold",
            "purge": ".commands.purge",
            "repair": ".commands.repair",
            "verify": ".commands.verify",
        },
    )
