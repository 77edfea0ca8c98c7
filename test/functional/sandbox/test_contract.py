"""Every operation of the contract is served, and every response fits the contract."""

import json
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator

from contract.api import Argument, Operation
from contract.build import build
from contract.read import read
from telnyx_recordings import APIStatusError, AuthenticationError, Client
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.sandbox import Sandbox

TEXT = (Path(__file__).parents[3] / "openapi.yaml").read_text(encoding="utf-8")
CONTRACT: dict[str, Any] = yaml.safe_load(TEXT)
API = build(read(TEXT))
OPERATIONS = [
    pytest.param(API.path_of(resource), operation, id=operation.id)
    for resource in API.resources
    for operation in resource.operations
]
CONNECTION = "2847519036274518093"
STORAGE: dict[str, Any] = {
    "backend": "gcs",
    "configuration": {"backend": "gcs", "bucket": "acme", "credentials": "not-a-real-key"},
}


class Caller:
    """Calls operations with the examples of the contract, and keeps the responses."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.seen: list[Response | Failure] = []
        self.client = Client(box.api_key, box.base_url, after_response=self.keep, max_retries=0)
        call = box.start_call(record=True)
        conference = box.start_conference("daily-standup")
        self.client.conferences.actions.record_start(conference.id, format="wav")
        box.add_recording(transcript="Hello.")
        box.add_phone_number("4051829364027715538")
        box.add_outbound_voice_profile("5172830461928374650")
        self.client.custom_storage_credentials.create(CONNECTION, **STORAGE)
        self.values: dict[str, object] = {
            "recording_sid": box.recordings[0].id,
            "recording_transcription_id": box.transcriptions[0].id,
            "recording_transcription_sid": box.transcriptions[0].id,
            "room_recording_id": self.client.room_recordings.list().data[0].id,
            "call_control_id": call.id,
            "call_sid": call.id,
            "recording_id": box.recordings[0].id,
            "PageToken": "MA",
        }
        self.live = {
            "calls.actions": {"recording_id": call.takes[0].id},
            "conferences.actions": {"id": conference.id, "recording_id": conference.takes[0].id},
            "texml.accounts.calls.recordings": {"recording_sid": call.takes[0].id},
        }

    def keep(self, _request: Request, outcome: Response | Failure, _seconds: float) -> None:
        """Keep the result of an attempt."""
        self.seen.append(outcome)

    def __call__(self, path: str, operation: Operation, *, everything: bool) -> Any:
        """Call an operation with the required arguments, or with all of them."""
        own = self.values | self.live.get(path, {})
        arguments: dict[str, Any] = {
            each.name: own.get(each.wire, each.example)
            for each in operation.arguments
            if each.required or (everything and not _is_alternative(each))
        }
        if path == "ai.audio":
            arguments["file"] = self.box.audio(self.box.recordings[0].id, "wav")
        if "configuration" in arguments:
            arguments |= STORAGE
        resource = reduce(getattr, path.split("."), self.client)
        method: Callable[..., Any] = getattr(resource, operation.name)
        return method(**arguments)


def _is_alternative(argument: Argument) -> bool:
    """Return whether it replaces other arguments, and so cannot be given with all of them."""
    return argument.wire in ("file", "file_url") or argument.name == "number"


@pytest.fixture
def call() -> Iterator[Caller]:
    """A sandbox that has an object for each operation."""
    with Sandbox(5) as box:
        caller = Caller(box)
        with caller.client:
            yield caller


def problems_of(operation: Operation, response: Response) -> list[str]:
    """Return where a response does not fit the contract."""
    item: dict[str, Any] = CONTRACT["paths"][operation.path][operation.method.lower()]
    found: dict[str, Any] = (
        item["responses"].get(str(response.status)) or item["responses"]["default"]
    )
    if "$ref" in found:
        found = CONTRACT["components"]["responses"][found["$ref"].rpartition("/")[2]]
    content = found.get("content")
    if not content:
        return ["a body"] if response.body else []
    schema = {**content["application/json"]["schema"], "components": CONTRACT["components"]}
    validator: Any = OAS31Validator(schema)
    return [
        f"{each.json_path}: {each.message[:200]}"
        for each in validator.iter_errors(json.loads(response.body))
    ]


@pytest.mark.parametrize("arguments", ["required", "all"])
@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
def test_the_response_to_an_operation_fits_the_contract(
    call: Caller, path: str, operation: Operation, arguments: str
) -> None:
    call(path, operation, everything=arguments == "all")
    response = call.seen[-1]
    assert isinstance(response, Response)
    assert (
        str(response.status)
        in CONTRACT["paths"][operation.path][operation.method.lower()]["responses"]
    )
    assert problems_of(operation, response) == []


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
def test_errors_fit_the_contract(call: Caller, path: str, operation: Operation) -> None:
    with Client("wrong", call.box.base_url, after_response=call.keep) as stranger:
        call.client, kept = stranger, call.client
        with pytest.raises(AuthenticationError):
            call(path, operation, everything=False)
        call.client = kept
    call.box.fail_next(422)
    with pytest.raises(APIStatusError):
        call(path, operation, everything=False)
    for response in call.seen[-2:]:
        assert isinstance(response, Response)
        assert problems_of(operation, response) == []
