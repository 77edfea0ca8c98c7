"""Unions of different types: which variant data becomes, and that no data is lost."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from telnyx_recordings.core.model import DateTime, Model, OpenEnum, decode
from telnyx_recordings.core.model.base import AdditionalProperty
from telnyx_recordings.core.model.choices import UnknownVariant, fit, one_of
from telnyx_recordings.core.model.exact import Timestamp
from telnyx_recordings.errors import ModelError


class Color(OpenEnum):
    """An enum."""

    RED = "red"


class Size(OpenEnum):
    """Another."""

    BIG = "big"


class Cat(Model, kw_only=True):
    """A variant with a required field."""

    lives: int
    name: str | None = None
    color: Color | None = None


class Dog(Model, kw_only=True):
    """A variant without."""

    name: str | None = None
    size: Size | None = None
    toys: list[str] | None = None
    weight: float | None = None


class Base(Model, kw_only=True):
    """The base class of a variant."""

    kind: str | None = None


class Heir(Base, kw_only=True):
    """A variant with a base class."""

    more: int | None = None


if TYPE_CHECKING:
    Pet = Cat | Dog | UnknownVariant
    Any_ = Any
    Kind = Base
else:
    Pet = one_of("Pet", lambda: ((Cat, Dog), {}))
    Any_ = one_of(
        "Any_",
        lambda: ((Color, Size, datetime, int | float, bool, list[Pet], dict[str, int], Pet), {}),
    )
    Kind = one_of("Kind", lambda: ((Heir, Base), {"heir": Heir}), discriminator="kind", other=True)
    Only = one_of("Only", lambda: ((Cat, list[int]), {}))
    Text = one_of("Text", lambda: ((Color, Timestamp | None, list[int]), {}))


class Box(Model, kw_only=True):
    """A model with fields for variants."""

    pet: Pet | None = None
    it: Any_ | None = None
    kind: Kind | None = None


def read(field: str, data: Any) -> Any:
    """Return what data becomes in this field; it must not change on the way."""
    box = Box.from_dict({field: data})
    assert box.to_dict() == {field: data}
    return getattr(box, field)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"lives": 9}, Cat),
        ({"name": "Rex"}, Dog),
        ({"name": "Rex", "color": "red"}, Dog),
        ({"lives": 1, "name": None}, Cat),
        ({"lives": 9, "size": "big"}, Dog),
        ({"size": "new"}, Dog),
        ({"weight": "light", "lives": 1}, Cat),
        ({"lives": "many"}, Dog),
        ({}, Dog),
    ],
)
def test_data_becomes_the_model_that_it_fits_best(data: dict[str, Any], expected: type) -> None:
    assert type(read("pet", data)) is expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("red", Color.RED),
        ("big", Size.BIG),
        ("new", Color("new")),
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (1, 1),
        (1.5, 1.5),
        (True, True),
        ([{"lives": 9}, {"toys": ["ball"]}], [Cat(lives=9), Dog(toys=["ball"])]),
        ([], []),
        ({"a": 1}, {"a": 1}),
        ({"lives": 9}, Cat(lives=9)),
        ({"lives": 9, "name": "Tom"}, Cat(lives=9, name="Tom")),
    ],
)
def test_data_of_any_type_becomes_the_matching_variant(data: Any, expected: Any) -> None:
    found = read("it", data)
    assert (type(found), found) == (type(expected), expected)


def test_a_subtype_is_chosen_by_the_discriminator_of_its_base() -> None:
    assert read("kind", {"kind": "heir", "more": 1}) == Heir(kind="heir", more=1)
    assert type(read("kind", {"kind": "new", "more": 1})) is Base


def test_data_that_fits_no_variant_is_refused_with_its_location() -> None:
    for data in ("red", 7, [1]):
        with pytest.raises(ModelError, match=r"\$\.pet: expected an object, got"):
            Box.from_dict({"pet": data})
        assert decode.from_builtins(Box, {"pet": data}, lenient=True).to_dict() == {"pet": data}
    with pytest.raises(ModelError, match=r"\$\.it: expected Any_, got list"):
        Box.from_dict({"it": [1]})


def test_a_variant_may_be_a_model_in_plain_data() -> None:
    assert Box.from_dict({"pet": Cat(lives=1), "it": Color.RED}).it is Color.RED


@pytest.mark.parametrize(
    ("kind", "data", "fits"),
    [
        (Any, None, True),
        (int, None, False),
        (int | None, None, True),
        (Any, {}, True),
        (list[int], [1, "a"], False),
        (list[int | None], [1, None], True),
        (dict[str, int], {"a": "b"}, False),
        (dict[str, int], [], False),
        (Cat, 1, False),
        (str | int, 1.5, False),
        (float, 1, True),
        (float, "1", False),
        (datetime, "", False),
        (date, "2026-03-01", True),
        (date, "soon", False),
        (Color, 1, False),
        (bool, 1, False),
    ],
)
def test_values_are_matched_with_types(kind: Any, data: Any, fits: bool) -> None:  # noqa: FBT001 - an expectation
    assert (fit(kind, data) is not None) == fits


def test_variants_are_instances_of_their_choice() -> None:
    if not TYPE_CHECKING:
        made = Cat(lives=1), Color.RED, True, 1.5, [], UnknownVariant()
        assert [isinstance(each, Any_) for each in made] == [True] * len(made)
        assert not isinstance("x", Any_)
        assert fit(Text, "2026-03-01") is not None
        assert fit(Text, {}) is None
        assert fit(Kind, {"kind": "heir"}) == 2
        assert type(decode.from_builtins(Only, {"a": 1}, lenient=False)) is UnknownVariant


class Odd(Model, kw_only=True):
    """A field that the decoder cannot have."""

    id: str | None = None
    quo_te = AdditionalProperty('quo"te')


def test_reserved_names_are_attributes_too() -> None:
    odd = Odd.from_dict({"id": "x", 'quo"te': [1]})
    assert (odd.quo_te, Odd().quo_te) == ([1], None)
    odd.quo_te = 7
    assert odd.to_dict() == {"id": "x", 'quo"te': 7}
    assert isinstance(Odd.quo_te, AdditionalProperty)


class Timed(Model, kw_only=True):
    """A time that is written in UTC, beside a choice."""

    at: DateTime | None = None
    pet: Pet | None = None


def test_times_beside_choices_are_written_in_utc() -> None:
    timed = Timed.from_dict({"at": "2026-03-01T12:00:00.500+00:00", "pet": {"lives": 1}})
    assert timed.to_dict() == {"at": "2026-03-01T12:00:00.500Z", "pet": {"lives": 1}}


def test_a_number_beyond_any_float_does_not_affect_other_fields() -> None:
    dog = Dog.from_json('{"name": "Rex", "weight": 1e400, "new": -1e999}')
    assert dog == Dog(name="Rex", weight=float("inf"), additional_properties={"new": float("-inf")})
    assert dog.to_dict() == {"name": "Rex", "weight": float("inf"), "new": float("-inf")}
    with pytest.raises(ModelError, match="Dog: a number is infinite"):
        dog.to_json()
    assert Dog(name=None).to_json() == '{"name":null}'
    with pytest.raises(ModelError, match="this JSON cannot be read: Number out of range"):
        Dog.from_json('{"weight": 1e400, "new": ' + "9" * 5000 + "}")
