"""Encodes the path, query and headers of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import EnumType
from functools import cache
from typing import Any, Protocol, TypeVar, cast, get_args, get_origin

from telnyx_recordings.core.credentials import hidden
from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import Model, decode
from telnyx_recordings.core.model.shape import bare_type, shape_of
from telnyx_recordings.core.request.operation import Whole, or_null
from telnyx_recordings.core.request.values import (
    File,
    FormPart,
    Styled,
    cookies,
    day,
    in_header,
    in_path,
    in_query,
    is_list,
    is_mapping,
    moment,
    plain,
    unsendable,
)

__all__ = [
    "File",
    "FormPart",
    "Styled",
    "Whole",
    "cookies",
    "day",
    "headers",
    "identifier",
    "is_id",
    "model",
    "moment",
    "or_null",
    "own_headers",
    "parts",
    "path",
    "query",
]
"""What generated resources use of this package, besides what this module defines."""

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
        if isinstance(value, str):
            _check_day(own, value, here)
        elif isinstance(value, dict):
            _check_values(own, cast("dict[str, Any]", value), here)


def _check_day(kind: Any, text: str, place: str) -> None:
    if kind is date and _TIME_START.match(text):
        raise ModelError(
            f"{place}: expected a day such as 2026-03-01, got the time {text!r}: pass the "
            "date() of a datetime",
            place=place,
        )


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


def headers(*groups: Mapping[str, Any]) -> dict[str, str]:
    """Return headers by lower-case name; later groups override earlier ones, None is left out.

    Raises:
        ValueError: a name or value is not allowed in a header.
    """
    merged: dict[str, str] = {}
    for group in groups:
        for name, value in group.items():
            text = in_header(value if isinstance(value, Styled) else Styled(value))
            if text is None:
                continue
            if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - in untyped code
                raise TypeError(f"the name of a header must be a str, not {name!r}")
            if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(text):
                raise ValueError(f"the header {name!r} has characters that a header cannot carry")
            merged[name.lower()] = text
    return merged


def own_headers(setting: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return headers that a user adds, by lower-case name; their values may be secret.

    Args:
        setting: the name of the argument, for messages.
        given: the headers; None is left out.

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
