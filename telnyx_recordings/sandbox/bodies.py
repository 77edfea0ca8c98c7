"""Parses the bodies of requests, and writes those of responses."""

from collections.abc import Mapping, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from typing import cast
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from telnyx_recordings.sandbox.problems import BAD_REQUEST, ProblemError, invalid
from telnyx_recordings.sandbox.rows import JsonObject


def path_id(request: Request, name: str = "id") -> str:
    """Return an id in the path of a request."""
    return cast("str", request.path_params[name])


async def read_object(request: Request, *, optional: bool = False) -> JsonObject:
    """Parse a JSON object; an optional body may be empty."""
    body = await request.body()
    if optional and not body:
        return {}
    try:
        return msgspec.json.decode(body, type=JsonObject)
    except (ValueError, RecursionError):
        raise ProblemError(BAD_REQUEST, "The body is not a JSON object.", pointer="/") from None


async def read_form(request: Request) -> dict[str, str]:
    """Parse a form, `application/x-www-form-urlencoded`."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        raise ProblemError(BAD_REQUEST, "The body is not a form.", pointer="/")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


async def read_parts(request: Request) -> dict[str, bytes]:
    """Parse the parts of a `multipart/form-data` body."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise ProblemError(BAD_REQUEST, "The body is not multipart/form-data.", pointer="/")
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    whole = BytesParser(policy=HTTP).parsebytes(head + await request.body())
    found: dict[str, bytes] = {}
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found[name] = content
    return found


def choice(
    body: Mapping[str, object],
    name: str,
    allowed: Sequence[str],
    default: str | None = None,
    place: str = "",
) -> str:
    """Return a field with one of several values; without a default, it is required.

    The place is the pointer to the object that has the field, if that is not the body itself.
    """
    value = body.get(name)
    if value is None and default is not None:
        return default
    if value not in allowed:
        raise invalid(f"It must be one of {', '.join(allowed)}.", f"{place}/{name}")
    return cast("str", value)


def text(body: Mapping[str, object], name: str, longest: int | None = None) -> str | None:
    """Return a field that is a non-empty string, if it is present."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value or (longest and len(value) > longest):
        most = f" of up to {longest} characters" if longest else ""
        raise invalid(f"It must be a non-empty string{most}.", f"/{name}")
    return value


def required(body: Mapping[str, object], name: str) -> str:
    """Return a required field that is a non-empty string."""
    value = text(body, name)
    if value is None:
        raise invalid("This field is required.", f"/{name}")
    return value


def whole_number(body: Mapping[str, object], name: str, most: int) -> int:
    """Return a field that is a whole number from 0; 0 if it is missing."""
    value = body.get(name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise invalid(f"It must be a whole number from 0 to {most}.", f"/{name}")
    return value


def json_response(body: JsonObject, status: int = 200) -> Response:
    """Return a response with an object."""
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def data_response(row: bytes) -> Response:
    """Return a response with a row, which is JSON already, as its `data`."""
    return Response(b'{"data":%b}' % row, media_type="application/json")


def list_response(rows: Sequence[bytes], meta: JsonObject) -> Response:
    """Return a response with a page of rows."""
    body = b'{"data":[%b],"meta":%b}' % (b",".join(rows), msgspec.json.encode(meta))
    return Response(body, media_type="application/json")
