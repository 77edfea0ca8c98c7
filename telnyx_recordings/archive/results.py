"""What a run reports: its progress, and the reconciliation at the end."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, json, to_builtins

from telnyx_recordings.archive.records import Tally
from telnyx_recordings.core.text import printable, printable_json

NOTHING = Tally(0, 0)


class Progress(Struct, frozen=True, kw_only=True):
    """The progress of a run.

    Attributes:
        phase: ``recovering``, ``listing``, ``copying``, ``transcripts``, ``deleting`` or
            ``finishing``; listing and copying go on at the same time. Of `verify`, ``verifying``.
        listed: recordings listed so far in this run.
        todo: recordings to copy, as far as known; in `verify`, objects to read.
        done: recordings that were copied or failed so far; in `verify`, objects read.
        bytes: bytes of audio copied, or read, so far.
        failed: recordings that could not be copied so far; in `verify`, damaged objects.
        deleted: recordings deleted at the source so far.
        seconds: since the run began.
    """

    phase: str
    listed: int = 0
    todo: int = 0
    done: int = 0
    bytes: int = 0
    failed: int = 0
    deleted: int = 0
    seconds: float = 0.0


class Problem(Struct, frozen=True):
    """A recording that is not archived: its id, its state, and the reason."""

    id: str
    state: str
    reason: str


class Reconciliation(Struct, frozen=True, kw_only=True):
    """The outcome for every recording that was listed; ``print`` shows it as a table.

    ``listed = stored + already_there + quarantined + failed``, in recordings and in bytes.

    Attributes:
        destination: the folder or bucket.
        stored: copied and verified in this run; in a dry run, an estimate of what would be.
        already_there: archived by earlier runs.
        quarantined: cannot be archived; `problems` has the reasons.
        failed: could not be copied this time; the next run tries again.
        erased: purged from the archive earlier, and skipped; not counted as listed.
        deleted: deleted at the source in this run; in a dry run, what would be.
        awaiting_transcripts: not deleted, because a transcript is still in progress.
        deletion_stopped: why deletion stopped early; None if it did not.
        transcripts: number of transcripts written in this run.
        problems: the recordings quarantined or failed, at most 1,000.
        dry_run: nothing was written or deleted.
        seconds: how long the run took.
    """

    destination: str
    stored: Tally = NOTHING
    already_there: Tally = NOTHING
    quarantined: Tally = NOTHING
    failed: Tally = NOTHING
    erased: int = 0
    deleted: int = 0
    awaiting_transcripts: int = 0
    deletion_stopped: str | None = None
    transcripts: int = 0
    problems: tuple[Problem, ...] = ()
    dry_run: bool = False
    seconds: float = 0.0

    @property
    def listed(self) -> Tally:
        """All recordings of the filter, listed in this run or earlier ones."""
        parts = (self.stored, self.already_there, self.quarantined, self.failed)
        return Tally(sum(each.count for each in parts), sum(each.bytes for each in parts))

    @property
    def ok(self) -> bool:
        """Whether every recording is archived and deletion was not stopped."""
        return not (self.quarantined.count or self.failed.count or self.deletion_stopped)

    def to_dict(self) -> dict[str, Any]:
        """Return a dict for ``json.dumps``; tallies are ``{"count": …, "bytes": …}``."""
        fields: dict[str, Any] = to_builtins(self)
        return fields | {"listed": to_builtins(self.listed), "ok": self.ok}

    def to_json(self) -> str:
        """Return the same as a JSON string."""
        return printable_json(json.encode(self.to_dict()).decode())

    def __str__(self) -> str:
        """Return it as a table, with the first problems under it."""
        rows = [
            ("listed", self.listed),
            ("would be stored (estimated)" if self.dry_run else "stored", self.stored),
            ("already there", self.already_there),
            ("quarantined", self.quarantined),
            ("failed", self.failed),
        ]
        width = max(len(name) for name, _ in rows)
        lines = [f"Archive {self.destination}" + (" (dry run)" if self.dry_run else "")]
        lines += [f"  {name:<{width}}  {t.count:>9,}  {size(t.bytes):>10}" for name, t in rows]
        also = {
            "would be deleted at the source" if self.dry_run else "deleted at the source": (
                self.deleted
            ),
            "not deleted, transcripts still in progress": self.awaiting_transcripts,
            "transcripts written": self.transcripts,
            "erased earlier, skipped": self.erased,
        }
        lines += [f"  {name}: {count:,}" for name, count in also.items() if count]
        if self.deletion_stopped:
            lines.append(f"  deletion stopped: {self.deletion_stopped}")
        lines += [f"  {each.id}: {each.state}: {each.reason}" for each in self.problems[:_SHOWN]]
        more = self.quarantined.count + self.failed.count - min(len(self.problems), _SHOWN)
        if self.problems and more > 0:
            lines.append(f"  and {more:,} more")
        return "\n".join(map(printable, lines))


_SHOWN = 10
_STEP = 1024


def size(count: float) -> str:
    """Format a number of bytes: ``1.5 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < _STEP:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= _STEP
    return f"{count:,.1f} TiB"
