"""Encodes the path, query, headers and cookies of a request, in all styles of OpenAPI.

Source: OpenAPI 3.1, Style Values, and RFC 6570 for what that leaves open. Empty lists and empty
objects are not sent.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, EnumType
from functools import cache
from typing import (
    Any,
    BinaryIO,
    Protocol,
    TypeAlias,
    TypeGuard,
    TypeVar,
    cast,
    get_args,
    get_origin,
)
from urllib.parse import quote
from uuid import UUID

import msgspec

from telnyx_recordings.core.credentials import hidden
from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import Model, decode
from telnyx_recordings.core.model.encode import to_builtins
from telnyx_recordings.core.model.shape import bare_type, shape_of, with_zone

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_LONGEST_SHOWN = 200
_PLACE = re.compile(r"\{([^{}]+)\}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = frozenset(
    {
        *("connection", "content-length", "expect", "host", "http2-settings", "keep-alive"),
        *("proxy-authenticate", "proxy-authorization", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""Headers that state where a message ends, or are about the connection and not the message."""
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")

ModelT = TypeVar("ModelT", bound=Model)
_TIME_START = re.compile(r"[\d-]{10}[T ]\d")
_SIMILAR = 0.7
_SHORTEST_MISSPELLED = 3
_RESERVED = ":/?@!$'()*,;"  # the reserved characters of RFC 3986 that cannot end a value
_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


class FilePath(Protocol):
    """The path of a file: a `pathlib.Path`."""

    def read_bytes(self) -> bytes:
        """Return the content of the file."""
        ...


_Content: TypeAlias = bytes | BinaryIO | FilePath
File: TypeAlias = _Content | tuple[str, _Content] | tuple[str, _Content, str]
"""A file to send: bytes, an open binary file or a `pathlib.Path`; or a tuple of file name, file and
media type, of which the last is optional."""


class FormPart(msgspec.Struct, frozen=True):
    """How a field of a form is encoded.

    Attributes:
        style: the style of OpenAPI, or empty.
        explode: whether each item or property is sent separately.
        content_type: the media type of the part.
    """

    style: str = ""
    explode: bool = True
    content_type: str = ""


class Styled(msgspec.Struct, frozen=True):
    """A value, and how it is encoded.

    Attributes:
        value: None is not sent.
        style: ``form``, ``spaceDelimited``, ``pipeDelimited``, ``deepObject``, ``simple``,
            ``label`` or ``matrix``; or ``json``.
        explode: whether each item or property is sent separately.
        reserved: whether reserved characters such as ``/`` and ``:`` are not encoded.
    """

    value: Any
    style: str = "form"
    explode: bool = True
    reserved: bool = False


class Whole(msgspec.Struct, frozen=True):
    """A body that is sent unchanged, even if it is a dict with None values."""

    value: Any


def or_null(value: Any) -> Any:
    """Return the value of a field that has to be there: None is its null, and not left out."""
    return Whole(None) if value is None else value


def path(template: str, params: Mapping[str, Any]) -> str:
    """Return the path with its parameters filled in.

    Raises:
        ValueError: a parameter is empty, not a valid id, or would lead to another path.
    """
    if not params:
        return template
    texts: dict[str, str] = {}
    filled, styled = template, False
    for name, value in params.items():
        if isinstance(value, Styled):
            texts[name], styled = in_path(name, value), True
        else:
            texts[name] = identifier(name, value)
            filled = filled.replace(f"{{{name}}}", texts[name])
    if not styled:  # ids are never dots and have no braces
        return filled
    filled = _PLACE.sub(lambda found: texts.get(found[1], found[0]), template)
    if any(segment in (".", "..") for segment in filled.split("/")):
        raise ValueError(
            f"these values would lead to a path other than {template}: {', '.join(texts)}"
        )
    return filled


def identifier(name: str, value: object) -> str:
    """Return an id for use in a path: letters, digits, - and _, which need no quoting.

    Anything else is rejected, since quoting is not enough: ``..`` stays unchanged, and
    ``/pets/..`` is another path.

    Raises:
        ValueError: it is empty or not a valid id.
    """
    value = id_of(name, value)
    if value is None or value == "":
        raise ValueError(f"Expected a non-empty value for `{name}` but received {value!r}")
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not is_id(text):
        raise ValueError(
            f"Expected an id for `{name}` but received {value!r:.{_LONGEST_SHOWN}}: "
            "an id has up to 128 letters, digits, - and _, and begins with a letter or digit"
        )
    return text


class HasId(Protocol):
    """An object with an id, such as a model: methods that take an id take it too."""

    @property
    def id(self) -> str | None:
        """The id."""
        ...


class HasSid(Protocol):
    """An object with an SID, as `HasId`."""

    @property
    def sid(self) -> str | None:
        """The SID."""
        ...


def id_of(name: str, value: object) -> Any:
    """Return the id of an object: its field of this name (``pet_sid``), or ``sid``, or ``id``.

    Anything else is returned unchanged.

    Raises:
        ValueError: a model has none of these fields.
    """
    if value is None or isinstance(value, str | int):
        return value
    own = (getattr(value, each, None) for each in (name, name.rpartition("_")[2], "id"))
    found = next(filter(None, own), None)
    if found is None and isinstance(value, Model):
        raise ValueError(
            f"Expected a non-empty value for `{name}` but received a {type(value).__name__} "
            "without an id"
        )
    return value if found is None else found


def segment(name: str, value: object) -> Styled:
    """Return the id of an object, or a text, for use in a path, where it is quoted."""
    return Styled(id_of(name, value), style="simple", explode=False)


def is_id(text: str) -> bool:
    """Return whether a string is a valid id, which is also safe in a file name."""
    return _ID.fullmatch(text) is not None


def model(kind: type[ModelT], value: ModelT | Mapping[str, Any] | None) -> ModelT | None:
    """Return the model of a structured parameter, which may be given as a mapping.

    A mapping can use wire names or attribute names (``from_``), and times can be datetimes, dates
    or strings. Fields that the contract does not know are sent unchanged, unless they look like
    misspelled ones.

    Raises:
        ModelError: a value does not fit; the message names the place.
    """
    given: Any = value
    if given is None:
        return None
    if not isinstance(given, Mapping | Model):
        raise TypeError(
            f"Expected a {kind.__name__} or a mapping but received a {type(given).__name__}"
        )
    try:
        held = value.to_dict() if isinstance(value, Model) else value
        fields: dict[str, Any] = plain(_known((kind,), held, "$", "extra_query"))
        _check_values(kind, fields, "$")
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise unsendable(kind.__name__, error) from error
    return decode.from_builtins(kind, fields, lenient=False)


def known(kind: Any, value: Any, place: str = "$", elsewhere: str = "extra_body") -> Any:
    """Return a value with the wire names of all fields that are given in dicts.

    Args:
        kind: the type of the value: a model, a choice, or a list or dict of them.
        value: the value; models, and what is not a dict or list, are returned unchanged.
        place: where the value is, for messages.
        elsewhere: the option for fields that the contract does not know; empty if there is none.

    Raises:
        ModelError: an unknown field looks like a misspelled one.
    """
    try:
        return _known((kind,), value, place, elsewhere)
    except RecursionError as error:
        raise unsendable(place, error) from error


def _known(kinds: Sequence[Any], value: Any, place: str, elsewhere: str) -> Any:
    """Return what `known` does, for a value of one of several types."""
    variants = [each for kind in kinds for each in _variants(kind)]
    if is_list(value):
        items = [get_args(each)[0] for each in variants if get_origin(each) is list]
        if not items:
            return value
        return [_known(items, each, f"{place}[{i}]", elsewhere) for i, each in enumerate(value)]
    if not variants or not is_mapping(value):
        return value
    shapes = [shape_of(each) for each in variants if _is_model(each)]
    names = {info.name: wire for each in shapes for wire, info in each.fields.items()}
    fields: dict[str, list[Any]] = {}
    for wire, info in (each for shape in shapes for each in shape.fields.items()):
        fields.setdefault(wire, []).append(info.type)
    others = [each.extra for each in shapes if each.extra]
    others += [get_args(each)[1] for each in variants if get_origin(each) is dict]
    found: dict[str, Any] = {}
    for name, each in value.items():
        wire = name if name in fields else names.get(name, name)
        if wire not in fields and not others and (similar := _similar(wire, fields)):
            hint = f" If `{name}` is right, pass it in {elsewhere}" if elsewhere else ""
            raise ModelError(
                f"{place}.{name}: unknown field, did you mean `{similar}`?{hint}",
                place=f"{place}.{name}",
            )
        found[wire] = _known(fields.get(wire, others), each, f"{place}.{wire}", elsewhere)
    return found


@cache
def _variants(kind: Any) -> tuple[Any, ...]:
    """Return the alternatives of a union or choice; of any other type, the type itself."""
    kind = bare_type(kind)
    own = get_args(kind) if get_origin(kind) not in (list, dict) else ()
    below = getattr(kind, "variants", own)
    return tuple(each for one in below for each in _variants(one)) if below else (kind,)


def _check_values(kind: Any, fields: Mapping[str, Any], place: str) -> None:
    """Reject empty strings, which would silently drop a condition, and times instead of days."""
    infos = shape_of(kind).fields if _is_model(kind) else {}
    for name, value in fields.items():
        here = f"{place}.{name}"
        own = bare_type(infos[name].type) if name in infos else None
        if value == "" and not (isinstance(own, EnumType) and "" in own._value2member_map_):
            raise ModelError(f"{here}: expected a value, got an empty string", place=here)
        if own is date and isinstance(value, str) and _TIME_START.match(value):
            raise ModelError(
                f"{here}: expected a day such as 2026-03-01, got the time {value!r}: pass the "
                "date() of a datetime",
                place=here,
            )
        if isinstance(value, dict):
            _check_values(own, cast("dict[str, Any]", value), here)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


def _similar(name: object, known: Mapping[str, object]) -> str:
    """Return the known name that this one may be a misspelling of; empty if there is none."""
    if not isinstance(name, str) or len(name) < _SHORTEST_MISSPELLED:
        return ""
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed

    return next(iter(get_close_matches(name, known, 1, _SIMILAR)), "")


def parts(name: str, value: Model | None) -> dict[str, Any]:
    """Return the fields of a structured query parameter by their own names: ``page[size]``."""
    return {f"{name}[{key}]": each for key, each in (value.to_dict() if value else {}).items()}


def query(*groups: Mapping[str, Any]) -> str:
    """Return the encoded query: nested mappings and models as ``filter[created_at][gte]=…``.

    Raises:
        ModelError: a string has a lone surrogate, a time is out of range in UTC, or the values are
            nested too deeply.
    """
    try:
        return "&".join(
            f"{name}={text}"
            for group in groups
            for key, value in group.items()
            if value is not None
            for name, text in in_query(key, value)
        )
    except ModelError:
        raise
    except (ValueError, RecursionError) as error:
        raise unsendable("the query", error) from error


def headers(given: Mapping[str, Any]) -> dict[str, str]:
    """Return headers by lower-case name; None is left out.

    Raises:
        ValueError: a name or value is not allowed in a header.
    """
    found: dict[str, str] = {}
    for name, value in given.items():
        text = in_header(value if isinstance(value, Styled) else Styled(value))
        if text is None:
            continue
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - in untyped code
            raise TypeError(f"the name of a header must be a str, not {name!r}")
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(text):
            raise ValueError(f"the header {name!r} has characters that a header cannot carry")
        found[name.lower()] = text
    return found


def own_headers(setting: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a setting, by lower-case name; None is left out, values may be secret.

    Raises:
        ValueError: a name or value is not allowed in a header, or the client sets that header.
    """
    for name in given:
        if str(name).strip().lower() in _FRAMING:
            raise ValueError(
                f"{setting} must not have the header {name!r}: it frames the message, so the "
                "client sets it itself"
            )
    return hidden(headers(given))  # type: ignore[no-any-return]  # headers again


def in_query(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the percent-encoded names and values of a query parameter."""
    given = value if isinstance(value, Styled) else Styled(value, "deepObject")
    held = _opened(given.value)
    safe = _RESERVED if given.reserved else ""
    own = quote(name, safe="")
    if held is None:
        return
    if given.style == "json":
        yield own, quote(json_text(held), safe=safe)
    elif given.style == "deepObject":
        numbered = isinstance(value, Styled)  # a plain list in a query is written as in a form
        for key, each in _deep(name, held, numbered=numbered):
            yield quote(key, safe=""), quote(each, safe=safe)
    elif given.explode:
        for key, each in _pairs(held) if is_mapping(held) else ((name, held),):
            for item in each if is_list(each) else [each]:
                if item is not None:
                    yield quote(key, safe=""), quote(_one(item), safe=safe)
    elif parts := _parts(held):
        delimiter = _DELIMITERS.get(given.style, ",")
        yield own, delimiter.join(quote(_one(each), safe=safe) for each in parts)


def in_path(name: str, given: Styled) -> str:
    """Return a percent-encoded path parameter.

    Raises:
        ValueError: it would be empty.
    """
    held = _opened(given.value)
    if held is None or held == "" or (is_list(held) and not held) or held == {}:
        raise ValueError(f"Expected a non-empty value for `{name}` but received {given.value!r}")
    if given.style == "json":
        return quote(json_text(held), safe="")
    first, between = {"label": (".", "."), "matrix": (";", ";")}.get(given.style, ("", ","))
    separator = between if given.explode else ","
    own = quote(name, safe="")
    if is_mapping(held):
        pairs = [
            (quote(str(key), safe=""), quote(_one(each), safe="")) for key, each in _pairs(held)
        ]
        parts = [f"{key}={each}" if given.explode else f"{key},{each}" for key, each in pairs]
        start = f"{own}=" if given.style == "matrix" and not given.explode else ""
        return f"{first}{start}{separator.join(parts)}"
    texts = [quote(_one(each), safe="") for each in (held if is_list(held) else [held])]
    if given.style != "matrix":
        return first + separator.join(texts)
    if given.explode:
        return first + separator.join(f"{own}={each}" for each in texts)
    return f"{first}{own}={separator.join(texts)}"


def in_header(given: Styled) -> str | None:
    """Return a header parameter; None if it is not sent."""
    held = _opened(given.value)
    if held is None or (is_list(held) and not held) or held == {}:
        return None
    if given.style == "json":
        return json_text(held)
    if is_mapping(held):
        mark = "=" if given.explode else ","
        return ",".join(f"{key}{mark}{_one(each)}" for key, each in _pairs(held))
    return ",".join(_one(each) for each in held) if is_list(held) else scalar(held)


def cookies(given: Mapping[str, Any]) -> str:
    """Return the Cookie header for parameters; empty if none is sent."""
    return "; ".join(
        f"{key}={text}"
        for name, value in given.items()
        for key, text in in_query(name, value if isinstance(value, Styled) else Styled(value))
    )


def _parts(held: Any) -> Sequence[Any]:
    """Return the delimited parts of a value; of an object, names and values alternate."""
    if is_mapping(held):
        return [part for pair in _pairs(held) for part in pair]
    return held if is_list(held) else [held]


def _opened(value: Any) -> Any:
    return to_builtins(value) if isinstance(value, Model) else value


def _pairs(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((str(name), each) for name, each in fields.items() if each is not None)


def _one(value: Any) -> str:
    """Return a value as a string; nested values as JSON, which OpenAPI leaves open."""
    held = _opened(value)
    return json_text(held) if is_mapping(held) or is_list(held) else scalar(held)


def _deep(key: str, value: Any, *, numbered: bool = False) -> Iterator[tuple[str, str]]:
    """Yield names and values; items of a list are numbered if they have names of their own."""
    value = _opened(value)
    if value is None:
        return
    if is_mapping(value):
        for name, each in value.items():
            yield from _deep(f"{key}[{name}]", each)
    elif is_list(value):
        for number, item in enumerate(value):
            each = _opened(item)
            own = f"{key}[{number}]" if numbered or is_mapping(each) or is_list(each) else key
            yield from _deep(own, each)
    else:
        yield key, scalar(value)


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a mapping."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[object]]:
    """Return whether a value is a sequence, but not a string."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def scalar(value: Any) -> str:
    """Return a value as a string: times in UTC, a date as midnight UTC, an enum by its value."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        aware = with_zone(value)
        try:
            return aware.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
        except OverflowError as error:
            raise ValueError(f"{value!r} is out of range in UTC") from error
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, str | int | float | UUID | time):
        return str(value)
    if isinstance(value, Decimal | bytes):
        return f"{value:f}" if isinstance(value, Decimal) else b64encode(value).decode()
    raise TypeError(f"cannot send a {type(value).__name__} in a query or header")


def day(value: Any) -> Any:
    """Return dates and datetimes as ``2026-03-01``, also in a list; strings unchanged."""
    if is_list(value):
        return [day(each) for each in value]
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else value


def moment(value: Any) -> Any:
    """Return a date as its midnight in UTC, also in a list; return anything else unchanged."""
    if is_list(value):
        return [moment(each) for each in value]
    return scalar(value) if isinstance(value, date) else value


def plain(value: Any) -> Any:
    """Return a value as plain JSON data, recursively; a date is a day, without a time."""
    if isinstance(value, Model):
        return to_builtins(value)
    if is_mapping(value):
        return {name: plain(each) for name, each in value.items()}
    if is_list(value):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return scalar(value)
    return value.isoformat() if isinstance(value, date) else value


def json_text(value: Any) -> str:
    """Return a value as a JSON string."""
    return msgspec.json.encode(plain(value)).decode()


def unsendable(what: str, error: Exception) -> ModelError:
    """Return the ModelError for Python's exception about an invalid value."""
    why = str(error)
    if isinstance(error, RecursionError):
        why = "it is nested too deeply"
    elif isinstance(error, UnicodeEncodeError):
        why = "a string is not valid Unicode"
    return ModelError(f"{what} cannot be sent: {why}")
