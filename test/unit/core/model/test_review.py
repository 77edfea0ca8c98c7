"""Models at their edges: what a hostile caller hands them, and what their reprs keep back."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, cast

import pytest

from telnyx_recordings.core.model import decode
from telnyx_recordings.errors import ModelError
from telnyx_recordings.models import (
    CustomStorageConfiguration,
    RecordingResponseData,
    S3ConfigurationData,
)


@pytest.mark.parametrize("data", [None, 7, ["{}"], {"id": "x"}])
def test_what_is_no_text_at_all_is_refused_as_any_wrong_input_is(data: object) -> None:
    """`from_json` raises ModelError for it too, as `from_dict` does."""
    with pytest.raises(ModelError, match="RecordingResponseData"):
        RecordingResponseData.from_json(cast("str", data))


@pytest.mark.parametrize("given", [MappingProxyType({"tag": "vip"}), {"tag": "vip"}])
def test_additional_properties_may_be_any_mapping(given: Any) -> None:
    """The model keeps a dict of its own."""
    recording = RecordingResponseData(id="x", additional_properties=given)
    assert recording.additional_properties == {"tag": "vip"}
    assert recording.to_dict() == {"id": "x", "tag": "vip"}


def test_no_additional_properties_are_none() -> None:
    """None and an empty dict are what is there without them."""
    nothing = cast("dict[str, Any]", None)
    recording = RecordingResponseData(id="x", additional_properties=nothing)
    assert recording == RecordingResponseData(id="x", additional_properties={})
    assert recording.to_dict() == {"id": "x"}


def test_a_repr_shows_no_secret_that_did_not_fit() -> None:
    """A secret of a wrong type is kept aside, and stays one."""
    data = {"bucket": "b", "aws_secret_access_key": ["hush-hush"], "new": 1}
    read = decode.from_builtins(S3ConfigurationData, data, lenient=True)
    assert "hush-hush" not in repr(read)
    assert "'aws_secret_access_key': '***', 'new': 1" in repr(read)
    assert read.to_dict() == data


def test_a_repr_shows_nothing_of_a_variant_that_the_contract_does_not_know() -> None:
    """Which of its fields are secrets, nobody knows: it shows their names."""
    data = {"backend": "b2", "configuration": {"backend": "b2", "application_key": "hush-hush"}}
    read = CustomStorageConfiguration.from_json(json.dumps(data))
    assert "hush-hush" not in repr(read)
    assert "UnknownVariant(backend=***, application_key=***)" in repr(read)
    assert read.to_dict() == data
