"""Values that keep the text they came as: typed as Python has them, and written as they were."""

import copy
import pickle
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from telnyx_recordings.core.model import Model, OpenIntEnum
from telnyx_recordings.core.model.exact import Base64, DecimalText, TimeOfDay, Timestamp, Uuid
from telnyx_recordings.errors import ModelError


class Box(Model, kw_only=True):
    """A field of each kind."""

    at: Timestamp | None = None
    time_of_day: TimeOfDay | None = None
    id: Uuid | None = None
    price: DecimalText | None = None
    raw: Base64 | None = None
    ids: list[Uuid] | None = None


class Level(OpenIntEnum):
    """An enum of integers."""

    LOW = 1


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("at", "2026-03-01T12:00:00Z", NOON),
        ("at", "2026-03-01T12:00:00.000Z", NOON),
        ("at", "2026-03-01T12:00:00", NOON),
        ("at", "2026-03-01T13:00:00.000000000+01:00", NOON),
        ("at", "2026-W09-7T12:00:00Z", NOON),
        ("at", "2026-03-01t12:00:00z", NOON),
        ("time_of_day", "10:00", time(10)),
        ("time_of_day", "10:00:00Z", time(10, tzinfo=UTC)),
        ("id", "00000000-0000-0000-0000-00000000000A", UUID(int=10)),
        ("id", "{0000000000000000000000000000000a}", UUID(int=10)),
        ("price", "+1.50", Decimal("1.5")),
        ("price", "1.50", Decimal("1.5")),
        ("raw", "-_8", b"\xfb\xff"),
        ("raw", "+/8=\n", b"\xfb\xff"),
        ("raw", "", b""),
    ],
)
def test_texts_are_typed_and_written_back_unchanged(field: str, text: str, expected: Any) -> None:
    box = Box.from_dict({field: text})
    value = getattr(box, field)
    assert value == expected
    assert isinstance(value, type(expected))
    assert repr(value) == repr(type(expected)(value) if field == "price" else value.plain())
    for each in (box, copy.deepcopy(box), pickle.loads(pickle.dumps(box))):
        assert each.to_dict() == {field: text}
    assert Box.from_json(box.to_json()) == box


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("at", "yesterday"),
        ("at", ""),
        ("time_of_day", "noon"),
        ("id", "1234"),
        ("price", "dear"),
        ("raw", "?"),
        ("raw", 7),
        ("ids", ["x"]),
    ],
)
def test_invalid_texts_are_refused_with_their_location(field: str, wrong: Any) -> None:
    with pytest.raises(ModelError, match=rf"\$\.{field}"):
        Box.from_dict({field: wrong})


def test_computed_values_are_written_in_the_standard_form() -> None:
    box = Box.from_dict({"at": "2026-03-01T12:00:00.000+00:00", "time_of_day": "10:00"})
    assert box.at is not None
    assert box.time_of_day is not None
    later = Box(at=box.at + timedelta(hours=1), time_of_day=box.time_of_day.replace(hour=11))
    assert later.to_dict() == {"at": "2026-03-01T13:00:00Z", "time_of_day": "11:00:00"}


def test_plain_python_values_can_be_assigned() -> None:
    naive = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - what this is about
    with pytest.warns(UserWarning, match="no time zone"):
        box = Box(at=naive, id=UUID(int=10), price=Decimal("1.50"), raw=b"text", ids=[UUID(int=1)])
    plain = {
        "at": "2026-03-01T12:00:00Z",
        "id": "00000000-0000-0000-0000-00000000000a",
        "price": "1.50",
        "raw": "dGV4dA==",
        "ids": ["00000000-0000-0000-0000-000000000001"],
    }
    assert box.to_dict() == plain
    assert Box.from_dict({"at": NOON, "id": UUID(int=10)}).to_dict() == {
        "at": plain["at"],
        "id": plain["id"],
    }


def test_an_integer_enum_accepts_any_integer_and_nothing_else() -> None:
    assert Level(7) == 7
    assert (Level(7).is_known, repr(Level(7)), Level(1)) == (False, "<Level unknown: 7>", Level.LOW)
    wrong: list[Any] = ["7", False, 1.5, date(2026, 3, 1)]
    for each in wrong:
        with pytest.raises(ValueError, match="is not a valid Level"):
            Level(each)
