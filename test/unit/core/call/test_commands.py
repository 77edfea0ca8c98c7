"""Commands: their id, which makes them safe to retry."""

import json
import logging
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from callers import Drive, operation, reply
from telnyx_recordings.core.call.result import parse
from telnyx_recordings.core.messages import Failure, Response
from telnyx_recordings.core.model.base import Model
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.core.responses import RawResponse

OK = Response(status=200, headers={}, body=b'{"data": {"result": "ok"}}')
LOST = Failure(kind="reset", message="the connection was lost")
GIVEN = "9d5be0c3-7a14-4f28-b6e1-0c83a2f7d495"


class Accepted(Model):
    """The result of a command."""

    data: dict[str, Any] | None = None
    command_id: str | None = None


def command(
    command_id: str | None = None, extra_body: Mapping[str, object] | None = None
) -> Operation[Accepted]:
    """Return a command on a call."""
    return operation(
        name="calls.actions.stop_recording",
        path="/calls/{call_control_id}/actions/record_stop",
        result=Accepted,
        safe_to_retry=True,
        path_params={"call_control_id": "c1"},
        body={"client_state": None, "command_id": command_id},
        is_body_optional=True,
        options={"extra_body": extra_body},
        idempotency_field="command_id",
    )


def sent(drive: Drive) -> list[Any]:
    """Return the ids that were sent."""
    return [json.loads(each.body or b"{}").get("command_id") for each in drive.requests]


def test_a_command_without_an_id_gets_one_that_all_attempts_share() -> None:
    drive = Drive()
    drive(command(), LOST, reply(503), OK)
    drive(command(), OK)
    assert sent(drive) == ["command-1"] * 3 + ["command-2"]


@pytest.mark.parametrize(
    "operation",
    [
        command(GIVEN),
        command(extra_body={"command_id": GIVEN}),
        command("x", {"command_id": GIVEN}),
    ],
)
def test_the_id_that_the_caller_gives_is_kept(operation: Operation[Accepted]) -> None:
    drive = Drive()
    done = drive(operation, LOST, OK)
    assert sent(drive) == [GIVEN, GIVEN]
    assert parse(operation, done).command_id == GIVEN


def test_an_empty_id_is_replaced() -> None:
    drive = Drive()
    drive(command(""), OK)
    assert sent(drive) == ["command-1"]


def test_a_command_whose_id_the_caller_suppresses_is_not_retried() -> None:
    """It might be carried out twice."""
    drive = Drive()
    error = drive.fails(command(extra_body={"command_id": None}), LOST)
    assert sent(drive) == [None]
    assert error.idempotency_key is None


def test_the_id_is_in_the_result_the_error_and_the_log(caplog: pytest.LogCaptureFixture) -> None:
    drive = Drive()
    with caplog.at_level(logging.DEBUG, logger="telnyx_recordings"):
        done = drive(command(), OK)
    assert parse(command(), done).command_id == "command-1"
    assert RawResponse(command(), done, None).idempotency_key == "command-1"
    assert caplog.messages[-1].endswith("request_id=None idempotency_key=command-1")
    error = drive.fails(command(), *[LOST] * 4)
    assert (error.ambiguous, error.idempotency_key) == (True, "command-2")
    assert pickle.loads(pickle.dumps(error)).idempotency_key == "command-2"


def test_a_result_without_a_field_for_the_id_is_unchanged() -> None:
    class Bare(Model):
        data: dict[str, Any] | None = None

    bare = operation(result=Bare, safe_to_retry=True, body={}, idempotency_field="command_id")
    assert parse(bare, Drive()(bare, OK)).to_dict() == {"data": {"result": "ok"}}
