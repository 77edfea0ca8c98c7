"""Nothing that an archive did not write is replaced, removed, or waited for."""

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from archiving import OLD, archive, checksums, holding, repair, stored
from buckets import Bucket
from telnyx_recordings.archive import purge, verify
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import ArchiveError, ConfigError, ObjectConflictError
from telnyx_recordings.sandbox import Sandbox

box = holding(*({"id": id_, "transcript": "Hello."} for id_ in ("a", "b")))


@pytest.mark.parametrize("content", [b"my notes\n", b'{"my": "notes"}\n', b"[1, 2]", b'{"id": 1}'])
def test_a_foreign_manifest_is_never_replaced(
    box: Sandbox, bucket: Bucket, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "manifest.jsonl").write_bytes(content)
    with pytest.raises(ObjectConflictError, match="not the list of an archive"):
        archive(box, tmp_path)
    assert (tmp_path / "manifest.jsonl").read_bytes() == content
    assert stored(tmp_path) == {}
    bucket.put("manifest.jsonl", content)
    with pytest.raises(ObjectConflictError, match="not the list of an archive"):
        archive(box, bucket.url)
    assert bucket.objects()["manifest.jsonl"] == content
    assert bucket.audio() == {}


@pytest.mark.parametrize("content", [b"my notes\n", b'{"my": "notes"}', b'{"id": "other"}'])
def test_a_foreign_file_in_the_place_of_a_sidecar_is_never_replaced(
    box: Sandbox, tmp_path: Path, content: bytes
) -> None:
    layout = "{id}.{format}"
    (tmp_path / "a.wav.json").write_bytes(content)
    result = archive(box, tmp_path, layout=layout)
    assert (result.quarantined.count, result.stored.count) == (1, 1)
    assert "a.wav.json already exists" in result.problems[0].reason
    assert (tmp_path / "a.wav.json").read_bytes() == content


def test_recordings_never_share_a_key(box: Sandbox, tmp_path: Path) -> None:
    """Even if their audio is the same: one is archived, the other is quarantined."""
    with pytest.raises(ConfigError, match="right beside another field"):
        archive(box, tmp_path / "x", layout="{from}{id}.{format}")
    for from_, id_ in (("x_a", "b"), ("x", "a_b")):
        fields: dict[str, Any] = {"from": from_}
        box.add_recording(id=f"{id_}1", created_at=OLD, duration_millis=100, **fields)
    layout = "{from}_{id}.{format}"
    result = archive(box, tmp_path, layout=layout, filter={"created_at": {"gte": "2026-01-01"}})
    assert (result.stored.count, result.quarantined.count, result.failed.count) == (3, 1, 0)
    [problem] = result.problems
    found = verify(tmp_path)
    assert (found.ok, found.recordings) == (True, 3)
    [other] = {"b1", "a_b1"} - {problem.id}
    purge(tmp_path, ids=[problem.id], dry_run=False)
    assert (verify(tmp_path).ok, verify(tmp_path).recordings) == (True, 3)
    assert other not in {each.id for each in archive(box, tmp_path).problems}


@pytest.mark.parametrize(
    "name", ["manifest.jsonl", "a.wav", "a.wav.json", "a.transcript.json", "pipe", ".archive/lock"]
)
def test_a_named_pipe_is_never_opened(box: Sandbox, tmp_path: Path, name: str) -> None:
    """Opening one would block forever."""
    layout = "{id}.{format}"
    archive(box, tmp_path, layout=layout)
    path = tmp_path / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    for command in (
        partial(archive, box),
        verify,
        partial(repair, box),
        partial(purge, ids=["a"], dry_run=False),
    ):
        with suppress(ArchiveError):
            command(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} >= {"b.wav", "b.wav.json"}


def _no_links(_: object, _old: Path, _new: Path) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_a_destination_without_hard_links_works_throughout(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT, for example, has none."""
    monkeypatch.setattr(Files, "link", _no_links)
    assert archive(box, tmp_path).transcripts == 2
    assert stored(tmp_path) == checksums(box)
    next(tmp_path.rglob("a.wav")).write_bytes(b"damaged")
    assert len(repair(box, tmp_path).repaired) == 1
    log = purge(tmp_path, ids=["a"], dry_run=False).log
    assert log is not None
    assert (tmp_path / log).exists()
    assert verify(tmp_path).ok
