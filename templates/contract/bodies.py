"""Settle what an operation sends: the fields of an object or one value, in one media type."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, cast

from contract.references import Schema, followed, is_object

JSON = re.compile(r"application/([\w.+-]+\+)?json\b|text/json\b|\*/\*", re.IGNORECASE)
FORM = "application/x-www-form-urlencoded"
MULTIPART = re.compile(r"multipart/", re.IGNORECASE)
TEXT = re.compile(r"text/|application/([\w.+-]+\+)?(xml|yaml|javascript)\b", re.IGNORECASE)
_FIELDS_OF_ONE = frozenset({"oneOf", "anyOf", "not", "discriminator"})


class Body(NamedTuple):
    """What an operation sends.

    Attributes:
        arguments: its fields, or the one argument that is sent as it is.
        media_type: in which form; empty for JSON.
        encoding: how some fields are written, as a dict in Python; empty where all are as usual.
        is_optional: whether it may be left out.
        has_fields: whether the arguments are its fields.
    """

    arguments: list[Schema]
    media_type: str
    encoding: str
    is_optional: bool
    has_fields: bool


def body_of(contract: Schema, said: Schema | None) -> Body | None:
    """Return what an operation sends; None where it sends nothing."""
    contents: dict[str, Schema] = (said or {}).get("content") or {}
    if said is None or not contents:
        return None
    media_type = chosen(contract, contents)
    schema: Schema = contents[media_type].get("schema") or {}
    required = bool(said.get("required"))
    plain = media_type.partition(";")[0].strip().lower()
    is_json = JSON.match(plain) is not None
    shown = "" if plain in ("application/json", "*/*") else media_type
    form = plain == FORM or MULTIPART.match(plain) is not None
    fields = _fields(contract, schema) if is_json or form else None
    if fields is not None:
        found = [
            _field(contract, name, part, required=required and is_required)
            for name, (part, is_required) in fields.items()
        ]
        encoding = _encoding(contents[media_type].get("encoding") or {}) if form else ""
        return Body(found, shown, encoding, not required, has_fields=True)
    whole: Schema = {"x-wire": "body", "x-in": "body", "required": required, "schema": schema}
    if "description" in said:
        whole["description"] = said["description"]
    if not is_json and not form:
        whole |= _uncoded(contract, plain, schema)
    return Body([whole], shown, "", not required, has_fields=False)


def chosen(contract: Schema, contents: dict[str, Schema]) -> str:
    """Return the media type to send: JSON if there is a choice, else a form, else text."""

    def rank(media_type: str) -> int:
        if JSON.match(media_type) and not media_type.startswith("*"):
            return 0
        schema = followed(contract, contents[media_type].get("schema") or {})
        if MULTIPART.match(media_type):
            parts: dict[str, Schema] = schema.get("properties") or {}
            return 1 if any(is_file(contract, each) for each in parts.values()) else 3
        if media_type.startswith(FORM):
            return 2
        return 4 if TEXT.match(media_type) else 5

    return min(contents, key=rank)


def is_file(contract: Schema, schema: Schema) -> bool:
    """Tell whether a part of a form is a file, or a list of them."""
    schema = followed(contract, schema)
    if isinstance(schema.get("items"), dict):
        return is_file(contract, schema["items"])
    return schema.get("format") == "binary" or (
        "contentMediaType" in schema and "contentEncoding" not in schema
    )


def _fields(contract: Schema, schema: Schema) -> dict[str, tuple[Schema, bool]] | None:
    """Return each field of an object, and whether it must be there; None where it is no object."""
    schema = followed(contract, schema)
    if _FIELDS_OF_ONE & schema.keys():
        return None
    properties: dict[str, Any] = schema.get("properties") or {}
    required: list[str] = list(schema.get("required") or [])
    found: dict[str, tuple[Schema, bool]] = {}
    for part in cast("list[Schema]", schema.get("allOf") or []):
        inner = _fields(contract, part)
        if inner is None:
            return None
        found |= inner
    for key, part in properties.items():
        found[key] = (part if is_object(part) else {}, False)
    found = {key: (part, each or key in required) for key, (part, each) in found.items()}
    sent = {
        key: pair
        for key, pair in found.items()
        if not (pair[0].get("readOnly") or pair[0].get("x-client-side"))
    }
    return sent or None


def _field(contract: Schema, name: str, schema: Schema, *, required: bool) -> Schema:
    field: Schema = {"x-wire": name, "x-in": "field", "required": required, "schema": schema}
    target = followed(contract, schema)
    for word in ("description", "x-cell", "x-unit", "x-secret", "deprecated"):
        for holder in (target, schema):
            if word in holder:
                field[word] = holder[word]
    if is_file(contract, schema):
        field["x-file"] = True
    return field


def _encoding(said: dict[str, Schema]) -> str:
    parts: list[str] = []
    for name, each in said.items():
        words: list[str] = []
        if any(word in each for word in ("style", "explode", "allowReserved")):
            style = each.get("style") or "form"
            explode = each.get("explode", style in ("form", "deepObject"))
            words += [f"style={style!r}", f"explode={explode}"]
        elif each.get("contentType"):
            words += [f"content_type={str(each['contentType']).partition(',')[0].strip()!r}"]
        if words:
            parts.append(f"{name!r}: encode.Part({', '.join(words)})")
    return f"{{{', '.join(parts)}}}" if parts else ""


def _uncoded(contract: Schema, media_type: str, schema: Schema) -> Schema:
    """Return what to change of a body that is sent as it is given: text, or bytes."""
    if TEXT.match(media_type) and not is_file(contract, schema):
        return {"schema": {"type": "string"}}
    return {"schema": {"type": "string", "format": "binary"}, "x-file": True}
