"""Raw and streaming methods are the functions of the plain ones, bound to other resources."""

import inspect
from typing import Any, Unpack

import pytest

from telnyx_recordings import Client
from telnyx_recordings.api.recordings import Recordings, RecordingsVariants
from telnyx_recordings.core.request.operation import CallOptions, Operation
from telnyx_recordings.core.resource import Raw, Variants, described_by


def make_note(text: str, **options: Unpack[CallOptions]) -> Operation[str]:
    """Describe a call, as for methods whose result depends on the response."""
    return Operation(
        name="notes.make",
        method="POST",
        path="/notes",
        result=str,
        safe_to_retry=False,
        body={"text": text},
        options=options,
    )


class Notes(Variants[Raw]):
    """A resource with such a method."""

    make = described_by(make_note)


def test_raw_methods_have_the_signature_and_the_docstring_of_plain_ones() -> None:
    with Client("KEY") as client:
        plain, raw = client.recordings.list, client.recordings.with_raw_response.list
        assert inspect.signature(raw) == inspect.signature(plain)
        assert inspect.getdoc(raw) == inspect.getdoc(plain)
    on_the_class: Any = vars(RecordingsVariants)["list"].__get__(None)
    assert on_the_class is Recordings.list


def test_raw_methods_can_be_described_by_a_function() -> None:
    made: Any = Notes(lambda operation: operation).make("later", extra_headers={"x-a": "secret"})
    assert (made.name, made.body) == ("notes.make", {"text": "later"})
    assert "secret" not in repr(made.options)


def test_a_resource_below_another_cannot_be_replaced() -> None:
    with Client("KEY") as client:
        recordings: Any = client.recordings
        with pytest.raises(AttributeError):
            recordings.actions = None
