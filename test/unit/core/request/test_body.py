"""Bodies that are not JSON: texts and forms."""

from pathlib import Path

import pytest

from callers import operation
from hostile_input import nested
from telnyx_recordings.core.request import body as forms
from telnyx_recordings.core.request.encode import FormPart
from telnyx_recordings.errors import ModelError
from telnyx_recordings.models import RecordingListFilter


def test_a_text_body_is_sent_unchanged() -> None:
    text = operation(media_type="text/plain", body="Grüße")
    assert forms.content(text) == ("Grüße".encode(), "text/plain")
    with pytest.raises(TypeError, match="extra_body cannot be added to a body of text/plain"):
        forms.content(
            operation(media_type="text/plain", body="a", options={"extra_body": {"b": 1}})
        )
    with pytest.raises(ModelError, match="the body cannot be sent: a string is not valid Unicode"):
        forms.content(operation(media_type="text/plain", body="\ud800"))


def test_an_invalid_form_is_an_error_with_the_reason() -> None:
    deep = RecordingListFilter(additional_properties={"x": nested(5_000, in_lists=True)})
    with pytest.raises(ModelError, match="nested too deeply"):
        forms.content(operation(media_type=forms.FORM, body=deep))
    with pytest.raises(ModelError, match="is not a media type"):
        forms.content(
            operation(
                media_type="multipart/form-data", body={"file": ("a.bin", b"", "text/\nplain")}
            )
        )


def test_a_part_of_a_form_may_have_a_style() -> None:
    body, boundary = forms.multipart(
        {"tags": ["a b", "c"]}, {"tags": FormPart(style="pipeDelimited", explode=False)}
    )
    head = b'Content-Disposition: form-data; name="tags"'
    assert body == f"--{boundary}\r\n".encode() + head + b"\r\n\r\na b|c\r\n" + (
        f"--{boundary}--\r\n".encode()
    )


def test_a_file_can_be_a_path(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(b"RIFF")
    body, _ = forms.multipart({"file": path}, {})
    assert b'name="file"; filename="call.wav"' in body
    assert body.count(b"RIFF") == 1
    named, _ = forms.multipart({"file": ("other.wav", path, "audio/wav")}, {})
    assert b'filename="other.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF' in named
    assert forms.content_of(path) == b"RIFF"
