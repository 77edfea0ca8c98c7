"""What an archive tells: its progress, and the reconciliation at the end."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, json, to_builtins

from telnyx_recordings.archive.manifest import Tally

NOTHING = Tally(0, 0)


class Progress(Struct, frozen=True, kw_only=True):
    """How far a run is.

    Attributes:
        phase: ``recovering``, ``listing``, ``copying``, ``transcripts``, ``deleting`` or
            ``finishing``; listing and copying go on at the same time. Of `verify`, ``verifying``.
        listed: recordings listed so far in this run.
        todo: recordings of these that are to be copied, as far as is known; in `verify` the
            objects to read.
        done: how many of them were copied, or could not be, so far; in `verify` were read.
        bytes: bytes of audio copied so far.
        failed: recordings that could not be copied so far.
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
    """A recording that is not safe in the archive: its id, its state, and why."""

    id: str
    state: str
    reason: str


class Reconciliation(Struct, frozen=True, kw_only=True):
    """What became of every recording that was listed; ``print`` shows it as a table.

    ``listed = stored + already_there + quarantined + failed``, in recordings and in bytes.

    Attributes:
        destination: the folder or bucket.
        stored: copied and verified in this run; for a dry run what would be, with an estimate.
        already_there: verified by earlier runs.
        quarantined: cannot be archived; problems says why.
        failed: could not be copied this time; the next run tries again.
        erased: purged from the archive earlier, and passed over; not among the listed.
        deleted: recordings deleted at the source in this run; for a dry run, that would be.
        awaiting_transcripts: recordings that were not deleted because a transcript of theirs was
            still being made.
        deletion_stopped: why nothing more was deleted, None when all was well.
        transcripts: transcripts written in this run.
        problems: the quarantined and the failed, at most 1,000 of them.
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
        """All recordings that were listed, in this run or in earlier ones."""
        parts = (self.stored, self.already_there, self.quarantined, self.failed)
        return Tally(sum(each.count for each in parts), sum(each.bytes for each in parts))

    @property
    def ok(self) -> bool:
        """Whether every recording is safe and no deletion was stopped."""
        return not (self.quarantined.count or self.failed.count or self.deletion_stopped)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``json.dumps`` takes; tallies as ``{"count": …, "bytes": …}``."""
        fields: dict[str, Any] = to_builtins(self)
        return fields | {"listed": to_builtins(self.listed), "ok": self.ok}

    def to_json(self) -> str:
        """Return it as JSON text."""
        return json.encode(self.to_dict()).decode()

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
            "not deleted, their transcripts are still being made": self.awaiting_transcripts,
            "transcripts written": self.transcripts,
            "erased earlier, passed over": self.erased,
        }
        lines += [f"  {name}: {count:,}" for name, count in also.items() if count]
        if self.deletion_stopped:
            lines.append(f"  deletion stopped: {self.deletion_stopped}")
        lines += [f"  {each.id}: {each.state}: {each.reason}" for each in self.problems[:_SHOWN]]
        more = self.quarantined.count + self.failed.count - min(len(self.problems), _SHOWN)
        if self.problems and more > 0:
            lines.append(f"  and {more:,} more")
        return "\n".join(lines)


_SHOWN = 10
_STEP = 1024


def size(count: float) -> str:
    """Return a number of bytes as people read it: ``1.5 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < _STEP:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= _STEP
    return f"{count:,.1f} TiB"
