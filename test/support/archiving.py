"""What the archive's tests share: runs, checks of a whole archive, and fakes that do one thing."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from telnyx_recordings import Client
from telnyx_recordings.archive import Progress, Reconciliation
from telnyx_recordings.core.messages import Request
from telnyx_recordings.sandbox import Sandbox

OLD = "2026-02-01T09:00:00.000Z"
"""A time at which nothing that a sandbox begins with was created."""


def archive(box: Sandbox, destination: str | Path, **choices: Any) -> Reconciliation:
    """Archive a sandbox, printing nothing, with a client of its own; it may have a hook."""
    hook: Callable[[Request], None] | None = choices.pop("before_request", None)
    with Client(box.api_key, box.base_url, max_retries=0, before_request=hook) as client:
        settings: dict[str, Any] = {"report": None, "workers": 4, **choices}
        return client.archive(destination, **settings)


def restate(box: Sandbox, id_: str, **fields: object) -> None:
    """Change what the source states of a recording, and leave its audio as it is."""
    [recording] = [each for each in box.recordings if each.id == id_]
    cast("dict[str, object]", recording.fields).update(fields)
    recording.__dict__.pop("json", None)


def audio_requests(box: Sandbox) -> int:
    """How often audio was asked for."""
    return sum("/media/" in each.path for each in box.requests)


def deletions(box: Sandbox) -> dict[str, int]:
    """How often each recording was asked to be deleted."""
    counts: dict[str, int] = {}
    for each in box.requests:
        if each.method == "DELETE":
            id_ = each.path.rpartition("/")[2]
            counts[id_] = counts.get(id_, 0) + 1
    return counts


def checksums(box: Sandbox, form: Any = "wav") -> dict[str, str]:
    """The SHA-256 of every recording's audio, by id."""
    return {
        each.id: hashlib.sha256(box.audio(each.id, form)).hexdigest() for each in box.recordings
    }


def stored(folder: Path, form: str = "wav") -> dict[str, str]:
    """The SHA-256 of every file of a format in a folder, by its name without the ending."""
    return {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob(f"*.{form}")
    }


def leftovers(folder: Path) -> list[Path]:
    """Files that a finished archive should not have."""
    return [path for path in folder.rglob(".*") if path.is_file()]


@dataclass
class StopsAfter:
    """A progress callback that does what Ctrl-C does once so many recordings are done."""

    done: int
    seen: list[Progress] = field(default_factory=list[Progress])

    def __call__(self, progress: Progress) -> None:
        """Take what a run tells."""
        self.seen.append(progress)
        if progress.done >= self.done:
            raise KeyboardInterrupt


@dataclass
class DoesOnce:
    """A progress callback that does something the first time that a phase is told."""

    phase: str
    action: Callable[[], object]
    done: bool = False

    def __call__(self, progress: Progress) -> None:
        """Take what a run tells."""
        if progress.phase == self.phase and not self.done:
            self.done = True
            self.action()


@dataclass
class BeforeDelete:
    """A client's hook that does something just before the first deletion is sent."""

    action: Callable[[str], object]
    """Called with the recording's id."""
    done: bool = False

    def __call__(self, request: Request) -> None:
        """Take what is about to be sent."""
        if request.method == "DELETE" and not self.done:
            self.done = True
            self.action(request.path.rpartition("/")[2])
