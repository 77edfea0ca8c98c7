"""The results of all commands, and the progress that they report.

Every result can be printed as a table, and converted to a dict or to JSON.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from msgspec import Struct, field, json, to_builtins

from telnyx_recordings.archive.holding import Hold
from telnyx_recordings.archive.records import Tally
from telnyx_recordings.core.text import printable, printable_json

NOTHING = Tally(0, 0)
_SHOWN = 10
"""Maximum number of lines of details in a table."""
_LABELS = {"transcript": "transcripts still in progress"}
"""Reasons that a table words differently from the JSON."""
_SETTLES_ITSELF = frozenset({"too_young", "transcript", "held"})
"""Reasons for not deleting a recording that a later run removes, or that a person decides on."""
_STEP = 1024


class Result(Struct, frozen=True, kw_only=True):
    """The result of a command on an archive; ``print`` shows it as a table."""

    derived: ClassVar[tuple[str, ...]] = ()
    """Properties that `to_dict` has as well."""

    def to_dict(self) -> dict[str, Any]:
        """Return a dict for ``json.dumps``; tallies are ``{"count": …, "bytes": …}``."""
        fields: dict[str, Any] = to_builtins(self)
        return fields | {name: to_builtins(getattr(self, name)) for name in self.derived}

    def to_json(self) -> str:
        """Return the same as a JSON string."""
        return printable_json(json.encode(self.to_dict()).decode())

    def __str__(self) -> str:
        """Return it as a table, in which control characters are escaped."""
        return "\n".join(map(printable, self._lines()))

    @abstractmethod
    def _lines(self) -> Iterable[str]:
        """Return the lines of the table."""


def size(count: float) -> str:
    """Format a number of bytes: ``1.5 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < _STEP:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= _STEP
    return f"{count:,.1f} TiB"


def _first(lines: Sequence[str], total: int | None = None) -> list[str]:
    """Return the first lines, and how many more there are."""
    more = (len(lines) if total is None else total) - min(len(lines), _SHOWN)
    return [*lines[:_SHOWN], *([f"  and {more:,} more"] if lines and more > 0 else [])]


def _second(moment: datetime | None) -> str:
    return "unknown" if moment is None else moment.isoformat(" ", "seconds")


class Progress(Struct, frozen=True, kw_only=True):
    """The progress of a run.

    Attributes:
        phase: ``recovering``, ``listing``, ``copying``, ``transcripts``, ``deleting`` or
            ``finishing``; listing and copying go on at the same time. Of `verify`, ``verifying``,
            and of `export`, ``exporting``.
        listed: recordings listed so far in this run.
        total: recordings to list, as the API states them on the first page; None if not known.
        todo: recordings to copy, as far as known; in `verify`, objects to read.
        done: recordings that were copied or failed so far; in `verify`, objects read.
        bytes: bytes of audio copied, or read, so far.
        failed: recordings that could not be copied so far; in `verify`, damaged objects.
        deleted: recordings deleted at the source so far.
        to_delete: recordings to delete there, as far as known.
        seconds: since the run began.
    """

    phase: str
    listed: int = 0
    total: int | None = None
    todo: int = 0
    done: int = 0
    bytes: int = 0
    failed: int = 0
    deleted: int = 0
    to_delete: int = 0
    seconds: float = 0.0


class Problem(Struct, frozen=True):
    """A recording that is not archived: its id, its state, and the reason."""

    id: str
    state: str
    reason: str


class Deletion(Struct, frozen=True, kw_only=True):
    """What a dry run found to delete at the source.

    Attributes:
        count: number of recordings.
        bytes: the size of their files; estimated where they are not in the archive yet.
        oldest: when the oldest was created; None if there is none.
        newest: when the newest was created; None if there is none.
    """

    count: int = 0
    bytes: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None


class Reconciliation(Result, frozen=True, kw_only=True):
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
        to_delete: in a dry run with `delete`, what would be deleted, also if `deletion_stopped`.
        not_deleted: archived and selected for deletion, but not deleted, by reason, such as
            ``{"too_young": 3}``; `kept` names them, except the young ones.
        kept: those recordings with the reason, at most 1,000.
        awaiting_transcripts: the same as ``not_deleted["transcript"]``.
        deletion_stopped: why deletion stopped early; None if it did not.
        transcripts: number of transcripts written in this run.
        problems: the recordings quarantined or failed, at most 1,000.
        missing: ids that were given, but exist neither at Telnyx nor in the archive.
        dry_run: nothing was written or deleted.
        seconds: how long the run took.
    """

    derived: ClassVar[tuple[str, ...]] = ("listed", "ok")

    destination: str
    stored: Tally = NOTHING
    already_there: Tally = NOTHING
    quarantined: Tally = NOTHING
    failed: Tally = NOTHING
    erased: int = 0
    deleted: int = 0
    to_delete: Deletion | None = None
    not_deleted: dict[str, int] = field(default_factory=dict[str, int])
    kept: tuple[Problem, ...] = ()
    awaiting_transcripts: int = 0
    deletion_stopped: str | None = None
    transcripts: int = 0
    problems: tuple[Problem, ...] = ()
    missing: tuple[str, ...] = ()
    dry_run: bool = False
    seconds: float = 0.0

    @property
    def listed(self) -> Tally:
        """All recordings of the filter, listed in this run or earlier ones."""
        parts = (self.stored, self.already_there, self.quarantined, self.failed)
        return Tally(sum(each.count for each in parts), sum(each.bytes for each in parts))

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should look: not all went well, or something may never be deleted."""
        return not self.ok or bool(self.not_deleted.keys() - _SETTLES_ITSELF)

    @property
    def ok(self) -> bool:
        """Whether every recording is archived and deletion was not stopped."""
        lacking = self.quarantined.count or self.failed.count or self.missing
        return not (lacking or self.deletion_stopped)

    def _lines(self) -> Iterable[str]:
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
            "transcripts written": self.transcripts,
            "erased earlier, skipped": self.erased,
        }
        lines += [f"  {name}: {count:,}" for name, count in also.items() if count]
        for reason, count in self.not_deleted.items():
            lines.append(
                f"  not deleted, {_LABELS.get(reason, reason.replace('_', ' '))}: {count:,}"
            )
        if self.deletion_stopped:
            lines.append(f"  deletion stopped: {self.deletion_stopped}")
        if self.missing:
            lines.append(f"  neither at the source nor here: {', '.join(self.missing)}")
        problems = [f"  {each.id}: {each.state}: {each.reason}" for each in self.problems]
        return lines + _first(problems, self.quarantined.count + self.failed.count)


class Damage(Struct, frozen=True):
    """A damaged or missing object: its recording's id, its key, and what is wrong."""

    id: str
    key: str
    reason: str


class Verification(Result, frozen=True, kw_only=True):
    """The result of verifying an archive; ``print`` shows it as a table.

    Attributes:
        destination: the folder or bucket.
        recordings: number of recordings with objects.
        objects: number of objects read, audio and transcripts.
        bytes: bytes read.
        damaged: the objects that are missing or differ from what was stored; after `repair` those
            that could not be repaired, with the reason.
        repaired: the objects that `repair` repaired, and what had been wrong with them.
        strangers: keys of unknown files: those that are not in the manifest.
        seconds: how long it took.
    """

    derived: ClassVar[tuple[str, ...]] = ("ok",)

    destination: str
    recordings: int = 0
    objects: int = 0
    bytes: int = 0
    damaged: tuple[Damage, ...] = ()
    repaired: tuple[Damage, ...] = ()
    strangers: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every object is there, unchanged."""
        return not self.damaged

    def _lines(self) -> Iterable[str]:
        lines = [
            f"Verify {self.destination}",
            f"  recordings  {self.recordings:>9,}",
            f"  objects     {self.objects:>9,}  {size(self.bytes):>10}",
            f"  damaged     {len(self.damaged):>9,}",
        ]
        if self.repaired:
            lines.append(f"  repaired    {len(self.repaired):>9,}")
        lines += _first([f"  {each.id}: {each.key}: {each.reason}" for each in self.damaged])
        if self.strangers:
            lines.append(f"  unknown     {len(self.strangers):>9,}")
            lines += _first([f"  not in the manifest: {key}" for key in self.strangers])
        return lines


class Erasure(Struct, frozen=True, kw_only=True):
    """A recording that was erased, or would be in a dry run.

    Attributes:
        id: of the recording.
        created_at: when it was created; None if that is not known.
        objects: number of its files, audio and transcripts.
        bytes: their size in total.
    """

    id: str
    created_at: datetime | None
    objects: int
    bytes: int


class Purge(Result, frozen=True, kw_only=True):
    """What was erased, or would be in a dry run; ``print`` shows it as a table.

    Attributes:
        destination: the folder or bucket.
        erased: the recordings.
        missing: ids that were given but were never in the archive, and numbers that match no
            recording in it.
        held: ids of recordings that were not erased, because they are on hold.
        locked: ids of recordings that were not erased, because the bucket forbids it.
        rules: of a policy: the number of recordings by rule.
        dry_run: nothing was erased.
        log: the key of the log; None if nothing was erased.
    """

    derived: ClassVar[tuple[str, ...]] = ("bytes",)

    destination: str
    erased: tuple[Erasure, ...] = ()
    missing: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    rules: dict[str, int] = field(default_factory=dict[str, int])
    dry_run: bool = True
    log: str | None = None

    @property
    def bytes(self) -> int:
        """The size of all files in total."""
        return sum(each.bytes for each in self.erased)

    def _lines(self) -> Iterable[str]:
        what = "would be erased" if self.dry_run else "erased"
        lines = [
            f"Purge {self.destination}" + (" (dry run)" if self.dry_run else ""),
            f"  {what}  {len(self.erased):>9,}  {size(self.bytes):>10}",
        ]
        lines += _first([f"  {each.id}  {_second(each.created_at)}" for each in self.erased])
        lines += [f"  by the rule {name!r}: {count:,}" for name, count in self.rules.items()]
        if self.held:
            lines.append(f"  on hold, not erased: {len(self.held):,}")
        if self.locked:
            lines.append(f"  locked by the bucket, not erased: {', '.join(self.locked)}")
        if self.missing:
            lines.append(f"  not in this archive: {', '.join(self.missing)}")
        if self.log:
            lines.append(f"  log: {self.log}")
        return lines


class Export(Result, frozen=True, kw_only=True):
    """What was exported; ``print`` shows it as a table.

    Attributes:
        destination: the archive: a folder or bucket.
        out: the bag: a folder or a zip file.
        recordings: number of recordings.
        files: number of files in the bag, without its own lists.
        bytes: their size in total.
        manifest_sha256: the SHA-256 of the bag's list of sums, which stands for the whole bag.
        log: the key of the note in the archive.
        seconds: how long it took.
    """

    destination: str
    out: str
    recordings: int = 0
    files: int = 0
    bytes: int = 0
    manifest_sha256: str = ""
    log: str = ""
    seconds: float = 0.0

    def _lines(self) -> Iterable[str]:
        return [
            f"Export {self.destination} to {self.out}",
            f"  recordings  {self.recordings:>9,}",
            f"  files       {self.files:>9,}  {size(self.bytes):>10}",
            f"  SHA-256 of the bag's manifest: {self.manifest_sha256}",
            f"  log: {self.log}",
        ]


class Holds(Result, frozen=True, kw_only=True):
    """Holds of an archive; ``print`` shows them as a table.

    Attributes:
        destination: the folder or bucket.
        holds: the holds, oldest first.
        recordings: of a new hold: the number of recordings in the archive that it applies to; None
            if it was not counted, because a run is writing or the manifest is on another machine.
    """

    destination: str
    holds: tuple[Hold, ...] = ()
    recordings: int | None = None

    def _lines(self) -> Iterable[str]:
        lines = [f"Holds of {self.destination}"]
        for each in self.holds:
            lines.append(f"  {each.id}  {each.at:%Y-%m-%d}  {each.by}  {each.reason}")
            for kind in ("numbers", "ids", "conferences"):
                values: tuple[str, ...] = getattr(each, kind)
                lines += [f"    {kind}: {', '.join(values)}"] if values else []
        if self.recordings is not None:
            lines.append(f"  recordings in the archive: {self.recordings:,}")
        return lines
