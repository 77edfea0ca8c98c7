"""What the contract gains is typed, exported, documented and callable, without Python by hand."""

import json
from typing import Any

import pytest
import yaml

from generated_project import Project

pytestmark = pytest.mark.xdist_group("contract_changes")  # one run of the generator serves all

ADDED: dict[str, Any] = yaml.safe_load(r'''
fields:
  hold_millis:
    description: How long the call was on "hold".
    type: [integer, 'null']
    x-unit: milliseconds
    examples: [4200]
  class:
    description: How the call was routed.
    type: [string, 'null']
  score:
    description: |
      A "grade" | a number,
      or what \d and """ say\
    type: [string, integer, 'null']
filters:
  tag:
    description: A word that the recording has to be tagged with.
    type: string
schemas:
  Note:
    description: A remark on a recording.
    type: object
    required: [text]
    properties:
      kind:
        description: Why it was written.
        oneOf: [{$ref: '#/components/schemas/NoteKindEnum'}, {type: 'null'}]
      written_at:
        description: When it was written.
        type: string
        format: date-time
      text:
        description: What it says.
        type: string
        examples: [Call back on Monday.]
  NoteKindEnum:
    description: Why a note was written.
    type: string
    enum: [reminder, follow-up]
paths:
  /recordings/{recording_id}/notes:
    parameters:
      - $ref: '#/components/parameters/RecordingId'
    post:
      operationId: recording_notes_create
      tags: [RecordingNotes]
      summary: Write a note
      x-method: create
      parameters:
        - {name: X-Author, in: header, description: Who writes it., schema: {type: string}}
        - {name: timeout, in: query, schema: {type: integer}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}
      responses:
        '201':
          description: The note.
          content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}
        '409': {description: There | is one already., x-raises: ConflictError}
    put:
      tags: [RecordingNotes]
      summary: replace "all" | some
      x-method: import
      operationId: recording_notes_import
      requestBody:
        content: {application/json: {schema: {type: array, items: {type: string}}}}
      responses:
        '204': {description: Done.}
''')

PROGRAM = """
import asyncio, inspect, json, typing
import telnyx_recordings
from telnyx_recordings import api, models

class Caller:
    def run(self, operation):
        return operation

class AsyncCaller:
    async def run(self, operation):
        return operation

arguments = dict(text="later", kind=models.NoteKindEnum.FOLLOW_UP, x_author="me")
call = api.Resources(Caller()).recording_notes.create("r1", **arguments)
coroutine = api.AsyncResources(AsyncCaller()).recording_notes.create("r1", **arguments)
builder = api.Resources(Caller()).recording_notes.create
replaced = api.Resources(Caller()).recording_notes.import_("r1", body=["a"])
scores = [models.RecordingResponseData.from_dict({"score": each}).score for each in ("a", 7)]
recording = models.RecordingResponseData.from_dict({"hold_millis": 7, "class": "gold"})
hints = typing.get_type_hints(models.RecordingResponseData)
print(json.dumps({
    "recording": [recording.hold_millis, recording.class_, recording.to_dict()],
    "types": [str(hints["hold_millis"]), str(hints["class_"])],
    "member": models.StatusEnum.ARCHIVED,
    "enum": {each.name: each for each in models.NoteKindEnum},
    "exported": [telnyx_recordings.Note is models.Note, "NoteKindEnum" in dir(models)],
    "note": models.Note(text="x").to_dict(),
    "filter": models.RecordingListFilter(tag="urgent").to_dict(),
    "call": [call.method, call.path, call.path_params, call.body, call.headers],
    "result": call.result.__name__,
    "retry": call.safe_to_retry,
    "async": asyncio.run(coroutine).body,
    "parameters": str(inspect.signature(builder)),
    "docstring": inspect.getdoc(builder),
    "replaced": [replaced.name, replaced.method, replaced.body],
    "scores": scores,
}))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The package, generated anew from a contract with something more of each kind."""
    project = Project(tmp_path_factory.mktemp("grown"))
    project.copy("telnyx_recordings")
    with project.contract() as contract:
        schemas = contract["components"]["schemas"]
        schemas["RecordingResponseData"]["properties"] |= ADDED["fields"]
        schemas["RecordingListFilter"]["properties"] |= ADDED["filters"]
        schemas["StatusEnum"]["enum"].append("archived")
        del schemas["StatusEnum"]["x-enum-varnames"]
        schemas |= ADDED["schemas"]
        contract["paths"] |= ADDED["paths"]
        contract["tags"].append({"name": "RecordingNotes"})
    run = project.generate()
    assert run.returncode == 0, run.stderr
    return project


@pytest.fixture(scope="module")
def seen(project: Project) -> dict[str, Any]:
    """What a program sees of the new package."""
    found: dict[str, Any] = json.loads(project.run(PROGRAM))
    return found


def page(project: Project, name: str) -> str:
    return (project.folder / "docs/reference" / name).read_text(encoding="utf-8")


def test_a_field_is_an_attribute(project: Project, seen: dict[str, Any]) -> None:
    assert seen["recording"] == [7, "gold", {"hold_millis": 7, "class": "gold"}]
    assert seen["types"] == ["int | None", "str | None"]
    text = page(project, "RecordingResponseData.md")
    assert (
        '| **hold_millis** | **int** | How long the call was on "hold". '
        "| [optional], nullable, in milliseconds |"
    ) in text
    assert "| **class_** (`class` on the wire) | **str** | How the call was routed." in text
    assert '"hold_millis": 4200,' in text
    assert seen["scores"] == ["a", 7]
    about = 'A "grade" \\| a number, or what \\d and """ say\\'
    assert f"| **score** | **str** or **int** | {about} |" in text


def test_an_enum_member_has_a_name(project: Project, seen: dict[str, Any]) -> None:
    assert seen["member"] == "archived"
    for name in ("StatusEnum.md", "RecordingResponseData.md"):
        assert "| ARCHIVED | `archived` |" in page(project, name)


def test_an_enum_and_a_schema_are_classes(project: Project, seen: dict[str, Any]) -> None:
    assert seen["enum"] == {"REMINDER": "reminder", "FOLLOW_UP": "follow-up"}
    assert seen["exported"] == [True, True]
    assert seen["note"] == {"text": "x"}
    note = page(project, "Note.md")
    assert "| **kind** | [**NoteKindEnum**](#enum-notekindenum) |" in note
    assert "| **text** | **str** | What it says. | required |" in note
    index = page(project, "index.md")
    assert "| [Note](Note.md) | A remark on a recording. |" in index
    assert "| [NoteKindEnum](NoteKindEnum.md) |" in index


def test_a_filter_can_be_set(project: Project, seen: dict[str, Any]) -> None:
    assert seen["filter"] == {"tag": "urgent"}
    assert "| **filter[tag]** | **str** | A word that" in page(project, "Recordings.md")


def test_an_operation_is_a_method(project: Project, seen: dict[str, Any]) -> None:
    assert seen["call"] == [
        "POST",
        "/recordings/{recording_id}/notes",
        {"recording_id": "r1"},
        {"kind": "follow-up", "written_at": None, "text": "later"},
        {"X-Author": "me"},
    ]
    assert seen["result"] == "Note"
    assert seen["retry"] is False
    assert seen["async"] == seen["call"][3]
    assert "kind: 'NoteKindEnum | str | None' = None" in seen["parameters"]
    assert "written_at: 'datetime | date | str | None' = None" in seen["parameters"]
    assert "timeout_: 'int | None' = None" in seen["parameters"]
    assert "ConflictError: There | is one already." in seen["docstring"]
    assert seen["replaced"] == ["recording_notes.import_", "PUT", ["a"]]
    text = page(project, "RecordingNotes.md")
    assert "| 409 | `ConflictError` | There \\| is one already. |" in text
    assert '"b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951",\n        text="Call back on Monday.",' in text
    assert "`POST /recordings/{recording_id}/notes`" in page(project, "index.md")
    nothing = "with Client() as client:\n    client.recording_notes.import_(\n"
    assert nothing in text
    assert '    )\n    print("Done.")\n' in text


def test_all_of_it_is_lint_free(project: Project) -> None:
    project.copy("pyproject.toml")
    assert project.ruff("check", "telnyx_recordings/models", "telnyx_recordings/api") == ""
