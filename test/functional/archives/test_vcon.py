"""Exported vCons conform to the working group's schema, for all that a recording may state."""

import base64
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from msgspec import Meta, Struct, json

from archiving import OLD, archive
from telnyx_recordings.archive import export
from telnyx_recordings.sandbox import Sandbox

Time = Annotated[datetime, Meta(tz=True)]
Index = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(min_length=1)]


class Party(Struct, forbid_unknown_fields=True):
    """A party: where it can be reached, as far as that is known."""

    tel: Annotated[str, Meta(pattern=r"^\+?[0-9A-Za-z*#-]+$")] | None = None
    sip: Text | None = None
    name: Text | None = None


class Dialog(Struct, forbid_unknown_fields=True):
    """What was said: inline, with its encoding."""

    type: Literal["recording", "text", "transfer", "incomplete"]
    start: Time
    parties: list[Index]
    mediatype: Annotated[str, Meta(pattern=r"^audio/x-(wav|mp3)$")]
    filename: Text
    body: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]+$")]
    encoding: Literal["base64url"]
    duration: Annotated[float, Meta(ge=0)] | None = None


class Document(Struct, forbid_unknown_fields=True, kw_only=True):
    """What belongs to a dialog, as text: a body in JSON is text, too."""

    dialog: Index
    mediatype: Annotated[str, Meta(pattern=r"^[a-z]+/[a-z]+$")]
    body: str
    encoding: Literal["base64url", "json", "none"]


class Analysis(Document, forbid_unknown_fields=True, kw_only=True):
    """What was made of a dialog, by whom."""

    type: Text
    vendor: Text
    product: Text | None = None


class Attachment(Document, forbid_unknown_fields=True, kw_only=True):
    """What a party contributed."""

    start: Time
    party: Index
    purpose: Text | None = None


class VCon(Struct, forbid_unknown_fields=True):
    """An unsigned vCon: the rules of the schema in draft-ietf-vcon-vcon-core for what we write."""

    vcon: Literal["0.4.0"]
    uuid: UUID
    created_at: Time
    parties: list[Party]
    dialog: Annotated[list[Dialog], Meta(min_length=1)]
    analysis: list[Analysis]
    attachments: list[Attachment]


_ROWS: dict[str, dict[str, Any]] = {
    "spoken": {
        "from_": "+12125550100",
        "to": "sip:desk@example.com",
        "recording_started_at": "2026-02-01T08:59:00Z",
        "transcript": 'Good morning, "quoted" \\ \n und grüß Gott \U0001f600.',
    },
    "conference": {"from_": None, "to": None, "source": "conference", "conference_id": "room-7"},
    "unfinished": {"recording_started_at": None, "recording_ended_at": None},
    "empty words": {"to": "", "transcript": ""},
}


@pytest.fixture(scope="module", params=["wav", "mp3"])
def documents(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sandbox, Path, str]]:
    """Yield a sandbox, the folder with the vCon of each of its recordings, and their format."""
    folder, form = tmp_path_factory.mktemp("vcon"), str(request.param)
    with Sandbox(recordings=0) as box:
        for name, fields in _ROWS.items():
            id_ = name.replace(" ", "-")
            box.add_recording(id=id_, created_at=OLD, duration_millis=1_500, **fields)
        archive(box, folder / "calls", formats=(form,))
        export(folder / "calls", folder / "out", vcon=True)
        yield box, folder / "out" / "data" / "vcon", form


@pytest.mark.parametrize("name", _ROWS)
def test_an_exported_vcon_is_valid(documents: tuple[Sandbox, Path, str], name: str) -> None:
    """Its types and formats, and what refers to parties and dialogs."""
    box, folder, form = documents
    id_ = name.replace(" ", "-")
    found = json.decode((folder / f"{id_}.vcon").read_bytes(), type=VCon)
    assert found.uuid.version == 8
    [dialog] = found.dialog
    assert dialog.mediatype == f"audio/x-{form}"
    assert {*dialog.parties} <= {*range(len(found.parties))}
    audio = base64.urlsafe_b64decode(dialog.body + "=" * (-len(dialog.body) % 4))
    assert audio == box.audio(id_, "wav" if form == "wav" else "mp3")
    assert dialog.duration == 1.5
    assert {each.dialog for each in found.analysis} <= {0}
    said = _ROWS[name].get("transcript")
    assert [each.body for each in found.analysis] == ([] if said is None else [said])
    facts = {(each.type, each.vendor, each.encoding) for each in found.analysis}
    assert facts <= {("transcript", "Telnyx", "none")}
    [attachment] = found.attachments
    assert (attachment.dialog, attachment.party < len(found.parties)) == (0, True)
    assert attachment.purpose
    assert (attachment.encoding, json.decode(attachment.body)["id"]) == ("json", id_)
