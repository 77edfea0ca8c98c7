"""The exceptions: one tree, chosen by status, and whole after pickling and copying."""

import copy
import pickle

import pytest

import telnyx_recordings
from telnyx_recordings import errors
from telnyx_recordings.core.errors import class_for_status
from telnyx_recordings.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    ConfigError,
    MissingExtraError,
    ModelError,
    RateLimitError,
    TelnyxRecordingsError,
)
from telnyx_recordings.models import ErrorResponse

CLASSES = [each for each in vars(errors).values() if isinstance(each, type)]


def test_one_base_class_catches_all_errors() -> None:
    assert all(issubclass(each, TelnyxRecordingsError) for each in CLASSES)
    assert all(getattr(telnyx_recordings, each.__name__) is each for each in CLASSES)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "InternalServerError"),
        (503, "InternalServerError"),
        (599, "InternalServerError"),
        (302, "APIStatusError"),
        (402, "APIStatusError"),
        (418, "APIStatusError"),
    ],
)
def test_the_status_decides_the_class_of_an_error(status: int, name: str) -> None:
    assert class_for_status(status).__name__ == name
    assert issubclass(class_for_status(status), APIStatusError)


def test_the_tree_is_that_of_the_official_sdk() -> None:
    assert issubclass(APIStatusError, APIError)
    assert issubclass(APIConnectionError, APIError)
    assert issubclass(APITimeoutError, APIConnectionError)
    assert not issubclass(APIResponseError, APIConnectionError)
    assert issubclass(ConfigError, ValueError)
    assert issubclass(ModelError, ValueError)
    assert issubclass(MissingExtraError, ImportError)


def status_error() -> APIStatusError:
    """An error with all its attributes set."""
    error = RateLimitError(
        "GET /recordings: 429 Too many requests",
        method="GET",
        path="/recordings",
        status_code=429,
        code="10011",
        title="Too many requests",
        detail="Slow down",
        pointer="/page",
        request_id="req-1",
        errors=[{"code": "10011", "meta": {"url": "https://x.example"}}],
        body='{"errors": []}',
    )
    error.retry_after = 7.5
    error.parsed = ErrorResponse.from_dict({"errors": [{"code": "10011", "title": "x"}]})
    error.ambiguous = True
    error.outcomes = {"r1": "deleted"}
    error.add_note("a note")
    return error


def samples() -> list[TelnyxRecordingsError]:
    """An error of each kind that carries something."""
    lost = APITimeoutError("GET /x: no response in time", method="GET", path="/x")
    misfit = ModelError("$.data: expected an object", place="$.data")
    return [status_error(), lost, misfit, MissingExtraError("AsyncClient", "async")]


@pytest.mark.parametrize("error", samples(), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", [*range(pickle.HIGHEST_PROTOCOL + 1), "copy", "deepcopy"])
def test_errors_are_whole_after_pickling_and_copying(
    error: TelnyxRecordingsError, protocol: int | str
) -> None:
    if isinstance(protocol, int):
        again = pickle.loads(pickle.dumps(error, protocol))
    else:
        again = copy.copy(error) if protocol == "copy" else copy.deepcopy(error)
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.args == error.args
    assert vars(again) == vars(error)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_class_survives_pickling(cls: type[TelnyxRecordingsError]) -> None:
    error = cls.__new__(cls)
    error.args = ("a message",)
    vars(error)["mark"] = 1
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, vars(again)) == (cls, ("a message",), {"mark": 1})


def test_missing_details_of_an_error_are_none() -> None:
    error = APIStatusError("GET /x: 500", status_code=500)
    assert (error.code, error.title, error.detail, error.pointer) == (None, None, None, None)
    assert (error.request_id, error.retry_after, error.errors, error.body) == (None, None, [], "")
    assert (error.ambiguous, error.outcomes) == (False, {})


def test_an_error_has_its_message() -> None:
    assert ModelError("no such thing").message == "no such thing"
    assert APIError("why").message == "why"
