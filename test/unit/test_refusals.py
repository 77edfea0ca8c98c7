"""Refusals: commands that come too late, and what a 403 means at Telnyx."""

import json

import pytest

from callers import Drive, operation, reply
from telnyx_recordings.core.messages import Response
from telnyx_recordings.errors import CallEndedError, NotFoundError, UnprocessableEntityError
from telnyx_recordings.refusals import explain

COMMAND = operation(
    name="calls.actions.stop_recording",
    path="/calls/{call_control_id}/actions/record_stop",
    safe_to_retry=True,
    path_params={"call_control_id": "c1"},
)


def problem(status: int, code: str, title: str, detail: str = "") -> Response:
    """Return an error response."""
    body = {"errors": [{"code": code, "title": title, "detail": detail}]}
    return reply(status, json.dumps(body).encode())


@pytest.mark.parametrize(
    "response",
    [
        problem(422, "90018", "Call has already ended", "This call is no longer active."),
        problem(422, "90018", "Unprocessable"),
        problem(422, "10015", "Invalid state", "The call was hung up by the other party"),
        problem(422, "1", "Not possible", "the conference has ended"),
        problem(404, "10005", "Resource not found"),
        reply(404, b"<html>Not Found</html>"),
    ],
)
def test_a_command_that_comes_too_late_has_an_exception_of_its_own(response: Response) -> None:
    error = Drive(explain=explain).fails(COMMAND, response)
    assert isinstance(error, CallEndedError)
    assert isinstance(error, NotFoundError)
    assert isinstance(error, UnprocessableEntityError)
    never = ", or it never existed" if response.status == 404 else ""
    assert str(error).endswith(f"; the call has ended{never}, so it takes no more commands")


@pytest.mark.parametrize(
    "response",
    [
        problem(422, "10015", "Invalid value", "channels must be single or dual"),
        problem(422, "90034", "Call not answered yet", "The call has not been answered."),
        problem(422, "1", "Not recording", "The recording of this call has ended."),
        problem(422, "1", "Not recording", "The call's recording has already ended."),
        reply(422, b""),
    ],
)
def test_a_refused_command_is_not_taken_for_one_that_comes_too_late(response: Response) -> None:
    error = Drive(explain=explain).fails(COMMAND, response)
    assert isinstance(error, UnprocessableEntityError)
    assert not isinstance(error, CallEndedError)


def test_other_operations_have_no_such_exception() -> None:
    other = operation(path="/x/{id}", path_params={"id": "1"})
    for each in (problem(404, "90018", "x"), problem(422, "90018", "Call has already ended")):
        assert not isinstance(Drive(explain=explain).fails(other, each), CallEndedError)


def test_the_advice_for_a_403_names_the_balance() -> None:
    error = Drive(explain=explain).fails(COMMAND, reply(403))
    assert str(error).endswith(
        "; check the permissions of the API key and the balance of the account"
    )
