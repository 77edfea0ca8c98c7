"""Dates of e-mail and durations as text, which TeXML sends: typed, and written back unchanged."""

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from telnyx_recordings import ModelError
from telnyx_recordings.core.model import Model, decode
from telnyx_recordings.core.model.exact import MailDate, Seconds


class Call(Model, kw_only=True):
    """A model with both."""

    created: MailDate | None = None
    duration: Seconds | None = None


def read(**fields: Any) -> Call:
    """Read a model as responses are read."""
    return decode.from_builtins(Call, fields, lenient=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thu, 15 Jun 2023 09:56:45 +0000", datetime(2023, 6, 15, 9, 56, 45, tzinfo=UTC)),
        ("15 Jun 2023 09:56:45 GMT", datetime(2023, 6, 15, 9, 56, 45, tzinfo=UTC)),
        ("Thu, 15 Jun 2023 09:56:45 -0000", datetime(2023, 6, 15, 9, 56, 45, tzinfo=UTC)),
        (
            "Thu, 15 Jun 2023 09:56:45 -0530",
            datetime(2023, 6, 15, 9, 56, 45, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
        ),
        ("2023-08-11T19:12:11Z", datetime(2023, 8, 11, 19, 12, 11, tzinfo=UTC)),
    ],
)
def test_a_date_of_e_mail_is_an_aware_time(text: str, expected: datetime) -> None:
    call = read(created=text)
    for each in (call, copy.deepcopy(call), pickle.loads(pickle.dumps(call))):
        assert each.created == expected
        assert each.created is not None
        assert each.created.utcoffset() == expected.utcoffset()
        assert each.to_dict() == {"created": text}


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "Thu, 99 Jun 2023 09:56:45 +0000", "Thu, 15 Jun", "1 " * 40, "0:0:0"),
        f"Thu, 15 Jun 2023 09:56:45 +{'9' * 20}",
    ],
)
def test_invalid_dates_are_kept_as_text(text: str) -> None:
    call = read(created=text)
    assert call.created is None
    assert call.to_dict()["created"] in (text, None)
    if text:
        with pytest.raises(ModelError, match="created"):
            Call.from_dict({"created": text})


@pytest.mark.parametrize(("wire", "expected"), [("12", 12), ("0", 0), ("007.50", 7.5), (184, 184)])
def test_a_duration_as_text_is_a_number_of_seconds(wire: object, expected: float) -> None:
    call = read(duration=wire)
    assert call.duration == expected
    assert call.duration is not None
    assert call.duration + 1 == expected + 1
    assert repr(call.duration) in (repr(float(expected)), repr(expected))
    assert call.to_dict() == {"duration": wire}


@pytest.mark.parametrize("wire", ["-1", "1e3", "nan", "12 s", "1" * 30, []])
def test_invalid_durations_are_kept_as_text(wire: object) -> None:
    call = read(duration=wire)
    assert call.duration is None
    assert call.to_dict() == {"duration": wire}
