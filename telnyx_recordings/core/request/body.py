"""Encodes the body of a request: JSON, forms, multipart and files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import quote_plus, unquote

import msgspec

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import Model
from telnyx_recordings.core.request.encode import (
    File,
    FormPart,
    Styled,
    Whole,
    in_query,
    is_list,
    json_text,
    plain,
    scalar,
    unsendable,
)
from telnyx_recordings.core.request.operation import Operation

FORM = "application/x-www-form-urlencoded"

_JSON = re.compile(r"(application|text)/([\w.+-]+\+)?json|\*/\*")
_OCTETS = "application/octet-stream"
_DEFAULT_PART = FormPart()


def content(operation: Operation[Any]) -> tuple[bytes | None, str]:
    """Return the encoded body of an operation and its media type; None if there is no body.

    None is left out of a mapping, but not out of ``extra_body``.

    Raises:
        TypeError: ``extra_body`` is given, and the body is not an object; or it is of no type that
            can be sent.
        ModelError: a string has a lone surrogate, or the values are nested too deeply.
    """
    given: Any = operation.body
    extra = operation.options.get("extra_body")
    if not extra and (given is None or (operation.is_body_optional and _is_empty(given))):
        return None, ""
    media_type = operation.media_type
    kind = media_type.partition(";")[0].strip().lower()
    try:
        if not kind or _JSON.fullmatch(kind):
            return _json(given, extra), media_type or "application/json"
        if kind == FORM:
            return urlencoded(_fields(given, extra), operation.encoding), media_type
        if kind.startswith("multipart/"):
            body, boundary = multipart(_fields(given, extra), operation.encoding)
            return body, f"{media_type}; boundary={boundary}"
        if extra:
            raise TypeError(f"extra_body cannot be added to a body of {media_type}")
        return (given.encode() if isinstance(given, str) else content_of(given)), media_type
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise unsendable("the body", error) from error


def _json(given: Any, extra: Mapping[str, Any] | None) -> bytes:
    ready: Any = {} if given is None else plain(_without_none(given))
    if extra:
        if not isinstance(ready, dict):
            raise TypeError(
                f"extra_body cannot be added to a body that is a {type(ready).__name__}"
            )
        ready |= plain(extra)
    return msgspec.json.encode(ready)


def _without_none(given: Any) -> Any:
    if isinstance(given, Whole):
        return given.value
    if not isinstance(given, Mapping):
        return given
    fields = cast("Mapping[str, Any]", given)
    return {
        key: value.value if isinstance(value, Whole) else value
        for key, value in fields.items()
        if value is not None
    }


def _is_empty(given: Any) -> bool:
    """Return whether the body is an object of which no field was given."""
    return isinstance(given, Mapping) and not _without_none(given)


def _fields(given: Any, extra: Mapping[str, Any] | None) -> dict[str, Any]:
    held = _without_none(given)
    fields: Mapping[str, Any] = plain(held) if isinstance(held, Model) else held or {}
    return {**fields, **(extra or {})}


def urlencoded(fields: Mapping[str, Any], encoding: Mapping[str, FormPart]) -> bytes:
    """Return URL-encoded fields, as browsers do; None is left out, objects are sent as JSON."""
    pairs: list[str] = []
    for name, value in fields.items():
        part = encoding.get(name, _DEFAULT_PART)
        if part.style:
            styled = Styled(value, part.style, part.explode)
        elif isinstance(value, Mapping | Model):
            styled = Styled(value, "json")
        else:
            styled = Styled(value)
        for key, text in in_query(name, styled):
            pairs.append(f"{quote_plus(unquote(key))}={quote_plus(unquote(text), safe=',|')}")
    return "&".join(pairs).encode()


def multipart(fields: Mapping[str, Any], encoding: Mapping[str, FormPart]) -> tuple[bytes, str]:
    """Return multipart fields and their boundary; None is left out.

    The boundary is derived from the content, so that a retry sends the same bytes.
    """
    parts = [
        part
        for name, value in fields.items()
        if value is not None
        for part in _parts(name, value, encoding.get(name, _DEFAULT_PART))
    ]
    from hashlib import sha256  # noqa: PLC0415 - slow to import, and most services have no forms

    boundary = sha256(b"".join(parts)).hexdigest()[:32]
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return body + mark + b"--\r\n", boundary


def _parts(name: str, value: Any, part: FormPart) -> Iterator[bytes]:
    if part.style:
        styled = Styled(value, part.style, part.explode)
        for key, text in in_query(name, styled):
            yield _part(unquote(key), unquote(text).encode(), "", part.content_type)
    elif isinstance(value, Model | Mapping):
        content = json_text(value).encode()
        yield _part(name, content, "", part.content_type or "application/json")
    elif is_list(value) and not isinstance(value, tuple):
        for each in value:
            yield from _parts(name, each, part)
    elif isinstance(value, bytes | tuple) or hasattr(value, "read") or _is_path(value):
        yield _file(name, cast("File", value), part.content_type)
    else:
        yield _part(name, scalar(value).encode(), "", part.content_type)


def _file(name: str, file: File, content_type: str) -> bytes:
    given = file if isinstance(file, tuple) else (_name_of(file) or name, file)
    media_type = given[2] if len(given) == 3 else content_type or _OCTETS  # noqa: PLR2004 - with it
    return _part(name, content_of(given[1]), given[0], media_type)


def _is_path(value: object) -> bool:
    return hasattr(value, "read_bytes")


def _name_of(file: object) -> str:
    name = getattr(file, "name", "")
    return name.replace("\\", "/").rpartition("/")[2] if isinstance(name, str) else ""


def content_of(file: File | None) -> bytes:
    """Return the bytes of a file, read from its current position.

    Raises:
        TypeError: it does not contain bytes.
    """
    held: Any = file[1] if isinstance(file, tuple) else file
    content: Any = held.read() if hasattr(held, "read") else held
    if _is_path(held):
        content = held.read_bytes()
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    given = type(held).__name__
    raise TypeError(f"Expected bytes, or a file open for reading bytes, but received a {given}")


def _part(name: str, content: bytes, file_name: str, media_type: str) -> bytes:
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if file_name:
        head += f'; filename="{_quoted(file_name)}"'
    if media_type:
        if not media_type.isprintable():
            raise ValueError(f"{media_type!r} is not a media type")
        head += f"\r\nContent-Type: {media_type}"
    return f"{head}\r\n\r\n".encode() + content


def _quoted(text: str) -> str:
    """Escape a string for use between quotes in the header of a part, as browsers do."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
