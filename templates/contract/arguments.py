"""Arguments: the parameters of an operation, and the fields of its body.

An argument is named here, once all of them are known. Its type comes later, since the classes of a
contract are named in another order.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from contract.api import Body, Location, Part, Style
from contract.names import first_free, numbered, snake
from contract.references import Schema, as_list, as_object, followed, is_object

JSON = re.compile(r"application/([\w.+-]+\+)?json\b|text/json\b|\*/\*", re.IGNORECASE)
FORM = "application/x-www-form-urlencoded"
MULTIPART = re.compile(r"multipart/", re.IGNORECASE)
TEXT = re.compile(
    r"text/|application/([\w.+-]+\+)?(xml|yaml|javascript|jsonl|x-ndjson|ndjson|json-seq)\b",
    re.IGNORECASE,
)

# What every method takes, what stands in annotations, and what a call is made with.
_NOT_ARGUMENTS = frozenset(
    """
    deadline extra_body extra_headers extra_query max_retries options prefetch timeout
    self encode str int float bool bytes list dict builtins
    """.split()
)
NOT_PARAMETERS = frozenset({"accept", "authorization", "content-type"})  # OpenAPI ignores them
_ORDER: tuple[Location, ...] = ("path", "query", "header", "cookie", "either", "field", "body")
_USUAL = {"path": "simple", "query": "form", "header": "simple", "cookie": "form", "either": "form"}
_USUAL_OF_QUERIES = {("array", "form", True), ("object", "deepObject", True)}
_EXPLODED = ("form", "deepObject")
_NOTES = ("description", "deprecated", "x-unit", "x-secret", "x-identifier")
_DEEPEST, _WIDEST = 6, 8
"""Depth to which a schema is searched for the type of its values."""

_OF_SEVERAL = frozenset({"oneOf", "anyOf", "not", "discriminator"})


@dataclass(kw_only=True)
class Draft:
    """An argument whose type is not known yet; see `api.Argument`."""

    wire: str
    location: Location
    schema: Any
    required: bool
    needed: bool
    notes: Schema = field(default_factory=dict[str, Any])
    name: str = ""
    is_file: bool = False
    style: Style | None = None
    is_scalar: bool = False
    example: Any = None
    usual: str | int | None = None


def arguments_of(
    contract: Schema, path: str, parameters: Iterable[Schema], body: BodyDraft | None, builder: str
) -> list[Draft]:
    """Return the arguments of an operation, in the order of the signature.

    None of them is called like the builder, the function that describes the call.
    """
    found = [_parameter(contract, each) for each in parameters]
    found = [
        each
        for each in found
        if not (each.location == "header" and each.wire.lower() in NOT_PARAMETERS)
    ]
    found = [*_in_path(contract, path, found), *(each for each in found if each.location != "path")]
    found += body.arguments if body else []
    _name(found, builder)
    return found


def _parameter(contract: Schema, spec: Schema) -> Draft:
    whole = spec["in"] == "querystring"  # of OpenAPI 3.2: an object that is the whole query
    location: Location = "query" if whole else spec["in"]
    contents = as_object(spec.get("content"))
    holder = next(iter(contents.values()), None) if contents or whole else spec
    schema = as_object(holder).get("schema", {})
    if whole:
        style, kind = Style(name="form", explode=True), "object"
    elif contents:
        style, kind = Style(name="json"), ""
    else:
        kind = kind_of(contract, schema)
        style = _style(spec, location, kind)
    notes = {word: spec[word] for word in _NOTES if word in spec}
    if as_object(schema).get("deprecated") is True:
        notes.setdefault("deprecated", True)
    required = spec.get("required") is True or location == "path"
    usual = usual_value(contract, schema) if required and location != "path" else None
    if usual is not None:
        required, notes["default"] = False, usual
    return Draft(
        wire=spec["name"],
        location=location,
        schema=schema,
        required=required,
        needed=required,
        notes=notes,
        style=style,
        is_scalar=kind == "plain",
        example=_example(contract, spec),
        usual=usual,
    )


def usual_value(contract: Schema, schema: Any) -> str | int | None:
    """Return the only value that a schema allows, or its default; None if it has neither."""
    found = followed(contract, schema)
    values = [found["const"]] if "const" in found else as_list(found.get("enum"))
    value = values[0] if len(values) == 1 else found.get("default")
    is_sendable = isinstance(value, int) or (isinstance(value, str) and value.isprintable())
    return value if is_sendable and value != "" else None


def accept_of(contract: Schema, parameters: Iterable[Schema]) -> str:
    """Return the media types that a header parameter `Accept` has by default; may be empty.

    OpenAPI ignores such a parameter, but services state the version of their API there.
    """
    for each in parameters:
        if each["in"] == "header" and str(each["name"]).lower() == "accept":
            value = usual_value(contract, each.get("schema"))
            if isinstance(value, str) and value.isascii():
                return value
    return ""


def _example(contract: Schema, spec: Schema) -> Any:
    given = next(iter(as_object(spec.get("examples")).values()), None)
    if is_object(given):
        found = followed(contract, given)
        return found.get("value", found.get("dataValue", spec.get("example")))
    return spec.get("example")


def _style(spec: Schema, location: Location, kind: str) -> Style:
    style = str(spec.get("style") or _USUAL[location])
    explode = bool(spec.get("explode", style in _EXPLODED))
    reserved = bool(spec.get("allowReserved"))
    # The client writes plain values in this way by default, and in a query also these.
    in_query = location in ("query", "either") and (kind, style, explode) in _USUAL_OF_QUERIES
    is_usual = location != "path" and (kind == "plain" or in_query)
    is_default = (is_usual and not reserved) or spec.get("x-identifier") is True
    return Style(name=style, explode=explode, reserved=reserved, is_default=is_default)


def kind_of(contract: Schema, schema: Any, depth: int = 0) -> str:
    """Return `plain`, `array` or `object`; empty if a value may be several of these."""
    schema = followed(contract, schema)
    if depth > _DEEPEST:
        return ""
    parts = [each for word in ("allOf", "anyOf", "oneOf") for each in as_list(schema.get(word))]
    parts = [each for each in parts if as_object(each).get("type") != "null"]
    kinds = {kind_of(contract, each, depth + 1) for each in parts[:_WIDEST]}
    raw = schema.get("type")
    types = [raw] if isinstance(raw, str) else as_list(raw)
    kinds |= {each if each in ("array", "object") else "plain" for each in types if each != "null"}
    if not types and ("properties" in schema or "additionalProperties" in schema):
        kinds.add("object")
    if not types and "enum" in schema:
        kinds.add("plain")
    return kinds.pop() if len(kinds) == 1 else ""


def _in_path(contract: Schema, path: str, found: Iterable[Draft]) -> Iterator[Draft]:
    """Yield the parameters of a path in its order, including undeclared ones."""
    known = {each.wire: each for each in found if each.location == "path"}
    for name in dict.fromkeys(re.findall(r"\{([^{}]+)\}", path)):
        undeclared: Schema = {"name": name, "in": "path", "schema": {"type": "string"}}
        yield known.get(name) or _parameter(contract, undeclared)


def _name(found: list[Draft], builder: str) -> None:
    """Give each argument a valid and unique Python name."""
    taken = {*_NOT_ARGUMENTS, builder}
    for location in _ORDER:
        for each in found:
            if each.location == location:
                each.name = _free_name(each.wire, location, taken)
                taken.add(each.name)


def _free_name(wire: str, location: Location, taken: set[str]) -> str:
    plain = argument(wire)
    name = f"{plain}_" if plain in _NOT_ARGUMENTS else plain
    if name in taken and location not in ("path", "body"):
        name = f"{plain.rstrip('_')}_{'body' if location == 'field' else location}"
    if name not in taken:
        return name
    return first_free((each for each in numbered(plain) if each != plain), taken)


def argument(wire: str) -> str:
    """Return the name of the argument for a name on the wire: `page[number]`, `page_number`."""
    name = snake(wire) or "value"
    name = f"value_{name}" if name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


class BodyDraft(NamedTuple):
    """What an operation sends.

    Attributes:
        body: the same in the `Api`, but for its model.
        arguments: its fields, or the one argument that is sent unchanged.
        schema: of the whole body.
    """

    body: Body
    arguments: list[Draft]
    schema: Any


def body_of(contract: Schema, spec: Schema) -> BodyDraft | None:
    """Return what an operation sends; None if it sends nothing."""
    contents = as_object(spec.get("content"))
    if not contents:
        return None
    media_type = _chosen(contract, contents)
    schema = contents[media_type].get("schema", {})
    required = spec.get("required") is True
    plain = media_type.partition(";")[0].strip().lower()
    is_json = JSON.match(plain) is not None
    form = plain == FORM or MULTIPART.match(plain) is not None
    fields = _fields(contract, schema) if is_json or form else None
    if fields is not None:
        found = [
            _field(contract, name, part, required=required, needed=needed)
            for name, (part, needed) in fields.items()
        ]
        encoding = _encoding(as_object(contents[media_type].get("encoding"))) if form else {}
    else:
        whole = Draft(
            wire="body", location="body", schema=schema, required=required, needed=required
        )
        whole.notes = {word: spec[word] for word in ("description",) if word in spec}
        if not is_json and not form:  # a str or bytes that are sent unchanged
            whole.is_file = not TEXT.match(plain) or is_file(contract, schema)
            whole.schema = {"type": "string", **({"format": "binary"} if whole.is_file else {})}
        found, encoding = [whole], {}
    sent_as = "application/json" if plain in ("application/json", "*/*") else media_type
    body = Body(media_type=sent_as, required=required, encoding=encoding)
    return BodyDraft(body, found, schema)


def _chosen(contract: Schema, contents: Schema) -> str:
    """Return the media type to send: JSON if there is a choice, else a form, else text."""

    def rank(media_type: str) -> int:
        if JSON.match(media_type) and not media_type.startswith("*"):
            return 0
        schema = followed(contract, contents[media_type].get("schema"))
        if MULTIPART.match(media_type):
            parts = as_object(schema.get("properties"))
            return 1 if any(is_file(contract, each) for each in parts.values()) else 3
        if media_type.startswith(FORM):
            return 2
        return 4 if TEXT.match(media_type) else 5

    return min(contents, key=rank)


def is_file(contract: Schema, schema: Any) -> bool:
    """Return whether a part of a form is a file, or a list of them."""
    schema = followed(contract, schema)
    if is_object(schema.get("items")):
        return is_file(contract, schema["items"])
    return schema.get("format") == "binary" or (
        "contentMediaType" in schema and "contentEncoding" not in schema
    )


def _fields(contract: Schema, schema: Any, depth: int = 0) -> dict[str, tuple[Any, bool]] | None:
    """Return each field of an object, and whether it is required; None if it is not an object."""
    schema = followed(contract, schema)
    if _OF_SEVERAL & schema.keys() or depth > _DEEPEST:
        return None
    required = as_list(schema.get("required"))
    found: dict[str, tuple[Any, bool]] = {}
    for part in as_list(schema.get("allOf")):
        inner = _fields(contract, part, depth + 1)
        if inner is None:
            return None
        found |= inner
    for key, part in as_object(schema.get("properties")).items():
        found[key] = (part if is_object(part) else {}, False)
    found = {key: (part, each or key in required) for key, (part, each) in found.items()}
    sent = {
        key: (part, each)
        for key, (part, each) in found.items()
        if not (part.get("readOnly") or part.get("x-client-side"))
    }
    return sent or None


def _field(contract: Schema, name: str, schema: Any, *, required: bool, needed: bool) -> Draft:
    notes = {
        word: holder[word]
        for holder in (followed(contract, schema), schema)
        for word in ("description", "x-unit", "x-secret", "deprecated")
        if word in holder
    }
    return Draft(
        wire=name,
        location="field",
        schema=schema,
        required=required and needed,
        needed=needed,
        notes=notes,
        is_file=is_file(contract, schema),
    )


def _encoding(spec: Schema) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for name, each in spec.items():
        if any(word in each for word in ("style", "explode", "allowReserved")):
            style = str(each.get("style") or "form")
            explode = bool(each.get("explode", style in _EXPLODED))
            found[name] = Part(style=Style(name=style, explode=explode))
        elif each.get("contentType"):
            found[name] = Part(content_type=str(each["contentType"]).partition(",")[0].strip())
    return found
