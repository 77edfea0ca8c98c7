"""Results of responses: errors with all details, and models without loss of data."""

import json
from typing import Any

import pytest

from callers import Drive, reply
from telnyx_recordings.api.calls_actions import OPERATIONS as CALLS_ACTIONS
from telnyx_recordings.api.custom_storage_credentials import (
    OPERATIONS as CUSTOM_STORAGE_CREDENTIALS,
)
from telnyx_recordings.api.recording_transcriptions import OPERATIONS as RECORDING_TRANSCRIPTIONS
from telnyx_recordings.api.recordings import OPERATIONS as RECORDINGS
from telnyx_recordings.api.room_recordings import OPERATIONS as ROOM_RECORDINGS
from telnyx_recordings.core.call.result import parse
from telnyx_recordings.core.messages import Response
from telnyx_recordings.core.model import Model
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.errors import APIResponseError, APIStatusError
from telnyx_recordings.models.recording_response_data import RecordingResponseData


def test_errors_are_parsed_from_telnyx_responses() -> None:
    told = {
        "code": 10015,
        "title": "Invalid value",
        "detail": "page size is too large",
        "source": {"pointer": "/page/size"},
        "meta": {"url": "https://x.example"},
    }
    answer = reply(422, {"errors": [told, {"code": "2"}]}, x_request_id="q1")
    error = Drive().fails(RECORDINGS.list(), answer)
    assert isinstance(error, APIStatusError)
    assert str(error) == (
        "GET /recordings: 422 Invalid value: page size is too large "
        "(code 10015, at /page/size, request id q1)"
    )
    assert (error.code, error.title, error.pointer) == ("10015", "Invalid value", "/page/size")
    assert error.errors == [told, {"code": "2"}]
    assert error.request_id == "q1"
    assert json.loads(error.body)["errors"][0]["code"] == 10015


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"<html><h1>Bad</h1></html>",
            b"null",
            b"[]",
            b"5",
            b'"x"',
            b"{}",
            b"\xff\xfe",
            b"{",
        ),
        *(b'{"errors": null}', b'{"errors": {}}', b'{"errors": []}', b'{"errors": [null, 5]}'),
        *(b'{"errors": [{"code": null, "title": 5, "source": "x"}]}', b"[" * 100_000),
        *(b'{"errors": [{"code": true, "detail": []}]}', b'{"error": "x"}', b"x" * 20_000_000),
    ],
    ids=lambda body: repr(body[:50]),
)
def test_any_body_makes_an_error(body: bytes) -> None:
    error = Drive().fails(RECORDINGS.list(), reply(400, body))
    assert isinstance(error, APIStatusError)
    assert error.status_code == 400
    assert str(error).startswith("GET /recordings: 400")
    assert len(str(error)) < 1000
    assert len(error.body) <= 65_536


def test_an_error_with_only_a_code_shows_it() -> None:
    error = Drive().fails(RECORDINGS.list(), reply(403, {"errors": [{"code": "20015"}]}))
    assert str(error).startswith(
        "GET /recordings: 403 (code 20015); check the permissions of the API key"
    )


def test_a_404_is_about_a_resource_or_the_base_url() -> None:
    error = Drive().fails(RECORDINGS.retrieve("r1"), reply(404))
    assert str(error).endswith("; it may have been deleted, or belong to another account")
    assert str(Drive().fails(RECORDINGS.list(), reply(404))) == (
        "GET /recordings: 404 Not Found; this path always exists in the API: check the base URL"
    )


def test_a_web_page_in_place_of_a_response_is_an_error() -> None:
    page = reply(200, b"<html>secret</html>", content_type="text/html; charset=utf-8")
    with pytest.raises(APIResponseError) as caught:
        parsed(RECORDINGS.list(), page)
    assert str(caught.value) == (
        "GET /recordings: the response (200) cannot be read: it is text/html; charset=utf-8, not "
        "from the API: check the base URL, and for a proxy in between"
    )


def test_a_message_is_one_line_of_some_length() -> None:
    """A server could otherwise forge, colour or fill a line of a log."""
    told = {"title": "a\nERROR forged\x1b[2J\u202e", "detail": "d" * 10_000}
    answer = reply(400, {"errors": [told]}, x_request_id="q\r\nx")
    message = str(Drive().fails(RECORDINGS.list(), answer))
    assert message.isprintable()
    assert "a ERROR forged?[2J?" in message
    assert len(message) < 1500


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error(status: int) -> None:
    """It would take the key elsewhere."""
    drive = Drive()
    error = drive.fails(RECORDINGS.list(), reply(status, location="https://evil.example/"))
    assert "redirects are not followed: check the base URL" in str(error)
    assert len(drive.requests) == 1


def parsed(operation: Operation[Any], answer: Response) -> Any:
    """Return the parsed response."""
    return parse(operation, Drive()(operation, answer))


def test_a_success_without_a_body_is_a_success() -> None:
    assert parsed(RECORDINGS.delete("r1"), reply(204)).data.to_dict() == {}
    assert parsed(RECORDINGS.delete("r1"), reply(200)).data.to_dict() == {}
    assert parsed(RECORDINGS.list(), reply(204)).data is None
    assert parsed(CUSTOM_STORAGE_CREDENTIALS.delete("5"), reply(204)) is None
    assert parsed(CUSTOM_STORAGE_CREDENTIALS.delete("5"), reply(200, b"<html>")) is None


@pytest.mark.parametrize(
    "body",
    ["{}", '{"data": null}', '{"data": "x"}', '{"data": [{}]}', '{"errors": [], "meta": {}}'],
)
@pytest.mark.parametrize(
    "operation",
    [
        RECORDINGS.retrieve("r1"),
        RECORDINGS.delete("r1"),
        RECORDING_TRANSCRIPTIONS.retrieve("r1"),
        CUSTOM_STORAGE_CREDENTIALS.retrieve("r1"),
        CALLS_ACTIONS.start_recording("r1", format="wav", channels="dual"),
        ROOM_RECORDINGS.retrieve("r1"),
    ],
    ids=lambda operation: operation.name,
)
def test_a_response_without_its_data_is_an_error(operation: Operation[Any], body: str) -> None:
    with pytest.raises(APIResponseError) as raised:
        parsed(operation, reply(200, body.encode(), x_request_id="q1"))
    error = raised.value
    assert f"{error}".startswith(f"{operation.method} {error.path}: the response (200, request ")
    assert f"{error}".endswith("id q1) has no `data`, or one with an unexpected shape")
    assert "/r1" in error.path
    assert error.ambiguous == (operation.method != "GET")


def test_only_responses_to_changes_may_lack_a_body() -> None:
    with pytest.raises(APIResponseError, match=r"^GET /recordings/r1: the response \(204\) has no"):
        parsed(RECORDINGS.retrieve("r1"), reply(204))
    started = parsed(CALLS_ACTIONS.start_recording("c", format="wav", channels="dual"), reply(200))
    assert (started.data.result, started.command_id is None) == (None, False)


class Shelf(Model, kw_only=True):
    """An envelope of another contract, with all that it may require."""

    item: RecordingResponseData
    rows: list[RecordingResponseData]
    counts: dict[str, int]
    number: int
    more: RecordingResponseData | None = None


FULL: dict[str, Any] = {"item": {}, "rows": [], "counts": {}}


def test_required_objects_and_lists_are_never_none() -> None:
    operation: Operation[Shelf] = Operation(
        name="shelves.create", method="POST", path="/shelves", result=Shelf, safe_to_retry=False
    )
    assert parsed(operation, reply(200, FULL)).number is None
    for name in FULL:
        less = {key: value for key, value in FULL.items() if key != name}
        with pytest.raises(APIResponseError, match=f"has no `{name}`"):
            parsed(operation, reply(200, less))
    empty = parsed(operation, reply(201))
    assert (empty.item.id, empty.rows, empty.counts) == (None, [], {})


def test_a_log_names_some_of_what_did_not_fit(caplog: pytest.LogCaptureFixture) -> None:
    parsed(RECORDINGS.list(), reply(200, {"data": [{"duration_millis": "x"}] * 250}))
    assert "$.data[9].duration_millis" in caplog.records[0].message
    assert caplog.records[0].message.endswith("; and 240 more")


@pytest.mark.parametrize(
    ("odd", "read"),
    [
        (b'"hi \\ud83d"', "hi \ufffd"),
        (b'"\\udc00\\ud83d\\ude00 \\\\ud83d"', "\ufffd\N{GRINNING FACE} \\ud83d"),
        (b'"caf\xe9"', "caf\ufffd"),
        (b"NaN", "NaN"),
        (b'{"\\ud800": [-Infinity, null]}', {"\ufffd": ["-Infinity", None]}),
    ],
)
def test_slightly_invalid_json_is_read(
    odd: bytes, read: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for more in (b"", b', "created_at": "2026-03-14T15:05:19"', b', "duration_millis": "x"'):
        body = b'{"data": [{"id": "r1", "note": ' + odd + more + b'}, {"id": "r2"}]}'
        first, second = parsed(RECORDINGS.list(), reply(200, body)).data
        assert (first.id, first.additional_properties["note"]) == ("r1", read)
        assert second.to_dict() == {"id": "r2"}
        assert first.to_json()
    assert sum("slightly invalid JSON" in record.message for record in caplog.records) == 3


def test_a_byte_order_mark_is_ignored() -> None:
    body = b'\xef\xbb\xbf{"data": {"id": "r1"}}'
    assert parsed(RECORDINGS.retrieve("r1"), reply(200, body)).data.id == "r1"


def test_integers_may_be_written_as_floats(caplog: pytest.LogCaptureFixture) -> None:
    for text in (b"12.0", b"1.2e1"):
        body = b'{"data": {"duration_millis": ' + text + b"}}"
        got = parsed(RECORDINGS.retrieve("r1"), reply(200, body)).data
        assert (got.duration_millis, got.to_dict()) == (12, {"duration_millis": 12})
    assert not caplog.records
    got = parsed(RECORDINGS.retrieve("r1"), reply(200, b'{"data": {"duration_millis": 12.5}}')).data
    assert (got.duration_millis, got.to_dict()) == (None, {"duration_millis": 12.5})
