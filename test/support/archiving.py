"""What the archive's tests share: runs, checks of a whole archive, and fakes that do one thing."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from telnyx_recordings import Client
from telnyx_recordings.archive import Progress, Reconciliation, Verification
from telnyx_recordings.archive import repair as repair_with
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.records import Entry, State
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


def repair(box: Sandbox, destination: str | Path, key: str | None = None) -> Verification:
    """Repair an archive, with a client of its own."""
    with Client(key or box.api_key, box.base_url, max_retries=0) as client:
        return repair_with(destination, client)


def holding(*rows: dict[str, Any]) -> Any:
    """Return the fixture `box`: a sandbox with these recordings, and no others."""

    @pytest.fixture(name="box")
    def running() -> Iterator[Sandbox]:
        with Sandbox(recordings=0) as box:
            for row in rows:
                fields: dict[str, Any] = {"created_at": OLD, "duration_millis": 100, **row}
                box.add_recording(**fields)
            yield box

    return running


def manifest_of(folder: Path) -> Manifest:
    """Open the manifest of a folder."""
    return Manifest(folder / ".archive" / "manifest.sqlite")


def entry_of(folder: Path, id_: str) -> Entry:
    """Return what the manifest of a folder states of a recording."""
    with manifest_of(folder) as manifest:
        found = manifest.get(id_)
    assert found is not None
    return found


def set_state(folder: Path, state: State, *ids: str) -> None:
    """Change the state of recordings, as a killed run would leave them."""
    with manifest_of(folder) as manifest, manifest.commit():
        for id_ in ids:
            manifest.set_state(id_, state)


def listed(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of `manifest.jsonl`."""
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def flip(path: Path) -> bytes:
    """Change a bit of a file; return its new content."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return bytes(content)


def restate(box: Sandbox, id_: str, **fields: object) -> None:
    """Change what the source states of a recording or a transcription; audio stays as it is."""
    [row] = [each for each in (*box.recordings, *box.transcriptions) if each.id == id_]
    cast("dict[str, object]", row.fields).update(fields)
    row.__dict__.pop("json", None)


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
        if request.method == "DELETE" and not self.done:
            self.done = True
            self.action(request.path.rpartition("/")[2])
