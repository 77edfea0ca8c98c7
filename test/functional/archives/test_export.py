"""Exports: bags that others can check, read and listen to, and what the archive notes of them."""

import csv
import hashlib
import json
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import processes
from archiving import archive, flip, holding
from buckets import Bucket
from telnyx_recordings.archive import export, purge, verify
from telnyx_recordings.errors import ArchiveError, ConfigError, DestinationError
from telnyx_recordings.sandbox import Sandbox

SAID = 'Good morning, <script>alert("x")</script> & goodbye.'


box = holding(
    {
        "id": "spoken",
        "recording_started_at": "2026-02-01T08:59:00Z",
        "duration_millis": 1_500,
        "channels": "dual",
        "from_": "+12125550100",
        "to": "sip:desk@example.com",
        "transcript": SAID,
    },
    {"id": "silent", "created_at": "2026-02-02T09:00:00Z", "duration_millis": 300},
)


@pytest.fixture
def folder(box: Sandbox, tmp_path: Path) -> Path:
    """Return an archive of the sandbox, in a folder."""
    archive(box, tmp_path / "calls", formats=("wav", "mp3"))
    return tmp_path / "calls"


def check_bag(bag: Path) -> None:
    """Check a bag with the programs that archivists use."""
    for command in (
        [sys.executable, "-W", "ignore", "-m", "bagit", "--validate", "--quiet", str(bag)],
        ["sha256sum", "--check", "--strict", "--quiet", "manifest-sha256.txt"],
        ["sha256sum", "--check", "--strict", "--quiet", "tagmanifest-sha256.txt"],
    ):
        done = processes.run(*command, cwd=bag)
        assert (done.returncode, done.stderr) == (0, "")


def test_other_programs_accept_the_bag(box: Sandbox, folder: Path, tmp_path: Path) -> None:
    result = export(folder, tmp_path / "out")
    check_bag(tmp_path / "out")
    data = tmp_path / "out" / "data"
    copies = {path.name: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    for id_ in ("spoken", "silent"):
        assert copies[f"{id_}.wav"] == box.audio(id_, "wav")
        assert copies[f"{id_}.mp3"] == box.audio(id_, "mp3")
        assert json.loads(copies[f"{id_}.json"])["id"] == id_
    assert SAID in copies["spoken.transcript.txt"].decode()
    assert set(copies) - {"index.csv", "index.html"} == {
        *("spoken.wav", "spoken.mp3", "spoken.json", "silent.wav", "silent.mp3", "silent.json"),
        *("spoken.transcript.txt", "spoken.transcript.json"),
    }
    assert (result.recordings, result.files) == (2, len(copies))
    assert result.bytes == sum(map(len, copies.values()))
    manifest = (tmp_path / "out" / "manifest-sha256.txt").read_bytes()
    assert result.manifest_sha256 == hashlib.sha256(manifest).hexdigest()
    everything = b"".join(copies.values())
    assert b"X-Amz" not in everything
    assert box.api_key.encode() not in everything


def test_a_zip_file_has_the_same_bag(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "case-7.zip", ids=["silent"])
    with zipfile.ZipFile(tmp_path / "case-7.zip") as file:
        assert file.testzip() is None
        file.extractall(tmp_path / "unpacked")
    assert [path.name for path in (tmp_path / "unpacked").iterdir()] == ["case-7"]
    check_bag(tmp_path / "unpacked" / "case-7")


def test_the_list_for_spreadsheets_has_a_row_for_each_recording(
    folder: Path, tmp_path: Path
) -> None:
    export(folder, tmp_path / "out", zone=UTC)
    data = tmp_path / "out" / "data"
    with (data / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["id"], second["id"]) == ("spoken", "silent")
    assert first["start_utc"] == first["start_local"] == "2026-02-01T08:59:00+00:00"
    assert (first["duration_seconds"], first["channels"]) == ("1.5", "dual")
    assert (first["from"], first["to"]) == ("'+12125550100", "sip:desk@example.com")
    audio = (data / first["file"]).read_bytes()
    assert (int(first["bytes"]), first["sha256"]) == (len(audio), hashlib.sha256(audio).hexdigest())
    assert SAID in (data / first["transcript"]).read_text()
    assert second["transcript"] == ""


def test_the_page_escapes_what_was_said(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "out")
    page = (tmp_path / "out" / "data" / "index.html").read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert 'src="recordings/2026/02/01/spoken.wav"' in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "-hash" not in page


def test_a_vcon_states_the_parties_and_the_audio_of_a_call(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "out", vcon=True)
    check_bag(tmp_path / "out")
    documents = tmp_path / "out" / "data" / "vcon"
    assert {path.name for path in documents.iterdir()} == {"spoken.vcon", "silent.vcon"}
    found: dict[str, Any] = json.loads((documents / "spoken.vcon").read_bytes())
    assert found["vcon"] == "0.4.0"
    assert found["parties"] == [{"tel": "+12125550100"}, {"sip": "sip:desk@example.com"}]
    [dialog] = found["dialog"]
    assert dialog.pop("body")
    assert dialog == {
        "type": "recording",
        "start": "2026-02-01T08:59:00+00:00",
        "duration": 1.5,
        "parties": [0, 1],
        "mediatype": "audio/x-wav",
        "filename": "spoken.wav",
        "encoding": "base64url",
    }


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"ids": ["silent", "silent"]}, {"silent"}),
        ({"filter": {"from": "+12125550100"}}, {"spoken"}),
        ({"filter": {"created_at": {"gte": "2026-02-02"}}}, {"silent"}),
        ({}, {"spoken", "silent"}),
    ],
)
def test_a_filter_selects_what_is_exported(
    folder: Path, tmp_path: Path, choice: dict[str, Any], expected: set[str]
) -> None:
    assert export(folder, tmp_path / "out", **choice).recordings == len(expected)
    names = {path.stem for path in (tmp_path / "out" / "data" / "metadata").iterdir()}
    assert names == expected


def test_a_damaged_object_stops_the_export(folder: Path, tmp_path: Path) -> None:
    path = next(folder.rglob("silent.wav"))
    flip(path)
    before = set(tmp_path.rglob("*"))
    for out in ("out", "out.zip"):
        with pytest.raises(ArchiveError, match=r"2026/02/02/silent\.wav is damaged"):
            export(folder, tmp_path / out)
    path.unlink()
    with pytest.raises(ArchiveError, match=r"2026/02/02/silent\.wav cannot be read"):
        export(folder, tmp_path / "out")
    assert set(tmp_path.rglob("*")) == before - {path}


def test_what_cannot_be_exported_is_refused(folder: Path, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ArchiveError, match=r"not in this archive: nobody, none; nothing was"):
        export(folder, tmp_path / "out", ids=["silent", "none", "nobody"])
    with pytest.raises(ArchiveError, match="no recording of this archive matches the filter"):
        export(folder, tmp_path / "out", filter={"from": "+1"})
    with pytest.raises(ConfigError, match="ids must be a list"):
        export(folder, tmp_path / "out", ids="silent")
    with pytest.raises(DestinationError, match="there is no archive at"):
        export(tmp_path / "none", tmp_path / "out")
    with pytest.raises(DestinationError, match="exists already"):
        export(folder, folder)
    for inside in (folder / "out", folder / "2026" / "out.zip"):
        with pytest.raises(ConfigError, match="is inside the archive: choose another place"):
            export(folder, inside)
    assert set(tmp_path.rglob("*")) == before


def test_each_export_is_noted_in_the_archive(folder: Path, tmp_path: Path) -> None:
    result = export(folder, tmp_path / "out", ids=["silent"])
    note = json.loads((folder / result.log).read_text())
    assert note["ids"] == ["silent"]
    assert note["manifest_sha256"] == result.manifest_sha256
    assert "@" in note["by"]
    assert datetime.fromisoformat(note["at"]).tzinfo is not None
    assert verify(folder).strangers == ()
    purge(folder, ids=["silent"], dry_run=False)
    assert (folder / result.log).exists()


def test_an_export_that_was_killed_leaves_nothing_that_looks_complete(
    folder: Path, tmp_path: Path
) -> None:
    part = tmp_path / ".out.part"
    part.mkdir()
    (part / "bagit.txt").write_text("BagIt")
    export(folder, tmp_path / "out")
    check_bag(tmp_path / "out")
    assert not part.exists()


def test_an_archive_in_a_bucket_is_exported(box: Sandbox, bucket: Bucket, tmp_path: Path) -> None:
    archive(box, bucket.url)
    result = export(bucket.url, tmp_path / "out")
    assert result.recordings == 2
    assert result.log in bucket.objects()
    check_bag(tmp_path / "out")
