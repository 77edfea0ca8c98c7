"""Examples: plain data that fits a schema, composed from its parts if the schema has no example."""

from __future__ import annotations

import re
import string
import warnings
from contextlib import suppress
from fractions import Fraction
from typing import Any

from contract.api import Type
from contract.references import (
    COMPONENT,
    ContractError,
    Pointers,
    Schema,
    as_list,
    as_object,
    is_list,
    is_object,
)

_BY_FORMAT = {
    "date-time": "2026-03-14T15:05:19.083Z",
    "date": "2026-03-14",
    "time": "15:05:19Z",
    "uuid": "b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951",
    "uri": "https://example.org/",
    "url": "https://example.org/",
    "uri-reference": "/text",
    "iri": "https://example.org/",
    "byte": "dGV4dA==",
    "decimal": "1.50",
    "duration": "P1D",
    "email": "name@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "json-pointer": "/text",
}
_FORMATS = {
    "date-time": r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)",
    "date": r"\d{4}-\d\d-\d\d",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
    "url": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
    "email": r"[^@\s]+@[^@\s]+",
    "ipv4": r"\d{1,3}(\.\d{1,3}){3}",
}
"""What texts of a format look like, as far as an example can be seen not to have it."""

_BY_TYPE: dict[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


_DEEPEST = 20
"""Maximum depth of an example: a deeper one helps nobody."""

_LARGEST = 300
"""Maximum number of values: schemas that all refer to each other have endless examples."""

_LONGEST = 1000
"""Maximum length of a string in an example."""

_TOKEN = re.compile(
    r"(\((?!\?)|\(\?:|\[\^?(?:\\.|[^]\\])+]|\\.|[^?*+{(])"
    r"(?:([?*+])|\{(\d{1,4})(,?)(\d{0,4})\})?[?+]?"
)
_SIGNS = "a1A" + string.printable


def fitted(example: Any, type_: Type, *, in_path: bool = False) -> Any:
    """Return an example of an argument as its type has it, if the contract spells it otherwise."""
    name, text = type_.name, str(example)
    if name == "list":
        items = example if is_list(example) else [example]
        return [fitted(each, type_.items[0]) for each in items]
    if type_.role or type_.items or name in ("Any", "|"):
        found = example
    elif name == "bool":
        found = text.lower() == "true"
    elif name == "int":
        found = int(text) if re.fullmatch(r"-?\d{1,18}", text) else 1
    elif name in ("float", "int | float"):
        found = example if type(example) in (int, float) else 1.5
    else:
        found = text if type(example) in (str, int, float) else "text"
    return "text" if in_path and found in ("", None, [], {}) else found


class _InsideItself(Exception):  # noqa: N818 - a way out, and no error
    pass


class Examples:
    """Makes examples for the schemas of one contract."""

    def __init__(self, pointers: Pointers) -> None:
        """Follow references with these pointers."""
        self._pointers = pointers
        self._known: dict[str, Any] = {}
        self._open: set[str] = set()
        self._checks = 0

    def of(self, schema: Any) -> Any:
        """Return an example; it ends where a schema is inside itself."""
        try:
            return self._of(schema)
        except _InsideItself:
            return [] if self._is_list(schema) else {}

    def _is_list(self, schema: Any) -> bool:
        seen: list[Any] = []
        while is_object(schema) and "$ref" in schema and schema not in seen:
            seen.append(schema)
            schema = self._pointers.follow(schema["$ref"])
        return is_object(schema) and schema.get("type") == "array"

    def _of(self, schema: Any) -> Any:
        if not is_object(schema):
            return {}
        given = [schema[word] for word in ("const", "example") if word in schema]
        for word in ("examples", "enum"):
            given += as_list(schema.get(word))[:_DEEPEST]
        given += [schema["default"]] if schema.get("default") else []
        if schema.get("type") == "string":
            given = [str(each) if type(each) in (int, float) else each for each in given]
        for each in given:
            if self.fits(each, schema):
                return each
        try:
            made = self._with_required(schema, self._made(schema))
        except _InsideItself:
            if not given:
                raise
            return given[0]
        return made if not given or self.fits(made, schema) else given[0]

    def _made(self, schema: Schema) -> Any:
        if "$ref" in schema:
            return self._of_reference(schema["$ref"])
        choices = [*as_list(schema.get("oneOf")), *as_list(schema.get("anyOf"))]
        if choices and not schema.get("properties"):
            return self._of_choices(schema, choices)
        if schema.get("allOf") or schema.get("properties"):
            return self._of_object(schema)
        return self._of_value(schema)

    def _of_reference(self, ref: str) -> Any:
        if ref in self._open or len(self._open) >= _DEEPEST:
            raise _InsideItself
        if ref not in self._known:
            self._open.add(ref)
            try:
                target = self._pointers.follow(ref)
                self._known[ref] = self._as_subtype(target, self._of(target))
            finally:
                self._open.discard(ref)
        return self._known[ref]

    def _as_subtype(self, base: Any, found: Any) -> Any:
        """Return an example of a base as one of the subtype that its discriminator names."""
        rule = as_object(as_object(base).get("discriminator"))
        tag, mapping = str(rule.get("propertyName")), as_object(rule.get("mapping"))
        if not mapping or not is_object(found) or not (base.get("properties") or "allOf" in base):
            return found
        value = found[tag] if found.get(tag) in mapping else next(iter(mapping))
        ref = str(mapping[value])
        try:
            return {
                **self._of({"$ref": ref if ref.startswith("#/") else COMPONENT + ref}),
                tag: value,
            }
        except (ContractError, _InsideItself, TypeError):
            return found

    def _base_alone(self, part: Any) -> Any:
        """Return a base whose subtype is being made without its subtypes; others unchanged."""
        ref = part.get("$ref") if is_object(part) else None
        base = as_object(self._pointers.follow(ref)) if ref in self._open else {}
        if "discriminator" not in base:
            return part
        return {"properties": base.get("properties"), "required": base.get("required")}

    def _of_object(self, schema: Schema) -> Any:
        found: dict[str, Any] = {}
        for part in as_list(schema.get("allOf")):
            each = self._of(self._base_alone(part))
            if not is_object(each):
                return each
            found |= {k: v for k, v in each.items() if k not in found or v != _BY_TYPE["string"]}
        size = _size(found)
        needed = _required(schema)
        for name, part in as_object(schema.get("properties")).items():
            is_forbidden = not is_object(part) or part.get("not") == {}
            if not is_forbidden and not part.get("x-client-side"):
                try:
                    found[name] = self._small(part, _LARGEST - size)
                    size += _size(found[name])
                except _InsideItself:
                    if name in needed:
                        raise
        choices = as_list(schema.get("oneOf"))
        return self._of_choices(schema, choices, found) if choices else found

    def _small(self, part: Schema, most: int) -> Any:
        found = self._of(part)
        if _size(found) > most:
            raise _InsideItself
        return found

    def _of_choices(self, schema: Schema, choices: list[Any], found: Any = None) -> Any:
        """Return an example that fits one choice alone, where one is soon found."""
        names = {name for each in choices for name in _required(each)}
        first: Any = None
        for each in [one for one in choices if not _is_null(one)][:_DEEPEST] or choices[:1]:
            made = self._of(each)
            if is_object(found) and is_object(made):
                left_out = names.difference(_required(each), _required(schema))
                made = {k: v for k, v in found.items() if k not in left_out} | made
            if self.fits(made, schema):
                return made
            first = made if first is None else first
        return first

    def _with_required(self, schema: Schema, made: Any) -> Any:
        """Return an object with the required fields that the contract does not describe."""
        waiting, seen = [schema], 0
        while is_object(made) and waiting and seen < _DEEPEST:
            part = as_object(waiting.pop())
            seen += 1
            if part.get("additionalProperties") is not False:
                free = as_object(part.get("additionalProperties")) or {"type": "string"}
                missing = [name for name in _required(part) if name not in made]
                made = made | {name: self.of(free) for name in missing[:_LARGEST]}
            waiting += as_list(part.get("allOf"))
        return made

    def _of_value(self, schema: Schema) -> Any:
        named = schema.get("type", "array" if "items" in schema else "object")
        kinds: list[str] = [named] if isinstance(named, str) else named
        kind = next((each for each in kinds if each != "null"), "null")
        if kind == "array":
            try:
                return _items(schema, self._of(as_object(schema.get("items"))))
            except _InsideItself:
                return []
        if schema.get("additionalProperties") not in (None, True, False):
            return {"key": self.of(schema["additionalProperties"])}
        if kind in ("integer", "number"):
            return _number(schema, kind)
        if kind == "string":
            return _text(schema)
        return _BY_FORMAT.get(str(schema.get("format", "")), _BY_TYPE.get(kind, {}))

    def fits(self, value: Any, schema: Any) -> bool:
        """Return whether a value fits a schema, as far as a quick check shows."""
        self._checks = _LARGEST * 10
        return self._fits(value, schema, 0)

    def _fits(self, value: Any, schema: Any, depth: int) -> bool:
        self._checks -= 1
        if not is_object(schema) or self._checks < 0 or depth > 2 * _DEEPEST:
            return schema is not False
        if value is None and schema.get("nullable") is True:
            return True
        if "$ref" in schema:
            return self._fits(value, self._pointers.follow(schema["$ref"]), depth + 1)
        fitting = {
            word: [self._fits(value, each, depth + 1) for each in as_list(schema.get(word))]
            for word in ("allOf", "anyOf", "oneOf")
        }
        return (
            _fits_alone(value, schema)
            and all(fitting["allOf"])
            and (not fitting["anyOf"] or any(fitting["anyOf"]))
            and (not fitting["oneOf"] or fitting["oneOf"].count(True) == 1)
            and all(self._fits(each, part, depth + 1) for each, part in _parts(value, schema))
        )


def _required(schema: Any) -> list[str]:
    return [each for each in as_list(as_object(schema).get("required")) if isinstance(each, str)]


def _parts(value: Any, schema: Schema) -> list[tuple[Any, Any]]:
    """Return the parts of a value, each with its schema."""
    if is_list(value):
        return [(each, schema.get("items")) for each in value]
    known, free = as_object(schema.get("properties")), schema.get("additionalProperties")
    free = None if schema.get("patternProperties") else free
    return [(each, known.get(name, free)) for name, each in as_object(value).items()]


def _fits_alone(value: Any, schema: Schema) -> bool:
    """Return whether a value fits a schema without those inside it."""
    named = schema.get("type", [])
    kinds = [named] if isinstance(named, str) else as_list(named)
    known = [type_ for each in kinds for type_ in _PYTHON_TYPES.get(str(each), (object,))]
    if known and object not in known and type(value) not in known:
        return False
    if ("const" in schema and value != schema["const"]) or (
        is_list(schema.get("enum")) and value not in schema["enum"]
    ):
        return False
    if isinstance(value, str):
        form = _FORMATS.get(str(schema.get("format", "")))
        is_formed = form is None or re.fullmatch(form, value[:_LONGEST]) is not None
        return is_formed and _within(len(value), schema, "Length")
    if is_list(value):
        return _within(len(value), schema, "Items")
    if is_object(value):
        return all(name in value for name in _required(schema))
    exact = _exact(value)
    return exact is None or _fits_number(exact, schema)


def _exact(value: Any) -> Fraction | None:
    if type(value) not in (int, float) or not abs(value) <= 10**40:
        return None
    return Fraction(str(value))


def _bound(schema: Schema, word: str, otherwise: int) -> int:
    found = schema.get(word)
    return found if type(found) is int and found >= 0 else otherwise


def _within(size: int, schema: Schema, word: str) -> bool:
    return _bound(schema, f"min{word}", 0) <= size <= _bound(schema, f"max{word}", size)


def _fits_number(value: Fraction, schema: Schema) -> bool:
    for word, side in (("Minimum", 1), ("Maximum", -1)):
        bound, strict = _exact(schema.get(word.lower())), schema.get(f"exclusive{word}")
        beyond = bound if strict is True else _exact(strict)
        if bound is not None and (value - bound) * side < 0:
            return False
        if beyond is not None and (value - beyond) * side <= 0:
            return False
    step = _exact(schema.get("multipleOf"))
    return not step or value % step == 0


def _number(schema: Schema, kind: str) -> Any:
    """Return a number within the bounds of a schema, if one is found quickly."""
    words = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
    bounds = [each for each in (_exact(schema.get(word)) for word in words) if each is not None]
    step = _exact(schema.get("multipleOf")) or Fraction(1)
    tried = [Fraction(str(_BY_TYPE[kind])), step]
    for each in (*bounds, Fraction(0)):
        tried += [each, *((each // step + n) * step for n in (0, 1, -1))]
    tried += [(min(bounds) + max(bounds)) / 2] if bounds else []
    for each in tried:
        if _fits_number(each, schema) and (kind == "number" or each.denominator == 1):
            return int(each) if each.denominator == 1 else float(each)
    return _BY_TYPE[kind]


def _items(schema: Schema, item: Any) -> list[Any]:
    """Return as many items as a list needs at least, or one."""
    most = min(_bound(schema, "maxItems", _LARGEST), _LARGEST // _size(item))
    count = min(max(1, _bound(schema, "minItems", 1)), most)
    if count > 1 and schema.get("uniqueItems") is True:
        choices = as_list(as_object(schema.get("items")).get("enum"))
        if choices or type(item) in (int, str):
            more = (f"{item}{n}" if isinstance(item, str) else item + n for n in range(1, count))
            return choices[:count] or [item, *more]
    return [item] * count


def _text(schema: Schema) -> str:
    """Return a string of the format, pattern or length that a schema requires."""
    least = min(_bound(schema, "minLength", 0), _LONGEST)
    for more in (1, least, 0):
        with suppress(ValueError, re.error, OverflowError):
            found = (
                _matching(str(schema["pattern"])[:_LONGEST], more) if "pattern" in schema else ""
            )
            if found and _within(len(found), schema, "Length"):
                return found
    text = _BY_FORMAT.get(str(schema.get("format", "")))
    if text is not None:
        return text
    text = str(_BY_TYPE["string"])
    return (text + text * (least // 4))[: max(least, min(4, _bound(schema, "maxLength", 4)))]


def _matching(pattern: str, more: int) -> str:
    """Return a string that matches a simple pattern, without running the pattern.

    Raises:
        ValueError: the pattern has other parts, or its texts are too long.
    """
    groups, place = [[""]], 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if not token:
            raise ValueError(pattern)
        place = token.end()
        sign, often, exact, comma, most = token.groups()
        if sign in ("(", "(?:"):
            groups.append([""])
        elif sign == "|":
            groups[-1].append("")
        elif sign not in ("^", "$"):
            part = next(filter(None, groups.pop()), "") if sign == ")" else _sign(sign)
            count = int(exact or often not in ("?", "*"))
            if comma or often:
                top = 1 if often == "?" else int(most or more)
                count = max(count, min(more, top))
            if not groups or len(groups[-1][-1]) + len(part) * count > _LONGEST:
                raise ValueError(pattern)
            groups[-1][-1] += part * count
    (choices,) = groups
    return next(filter(None, choices), "")


def _sign(sign: str) -> str:
    if len(sign) == 1:
        return "a" if sign == "." else sign
    with warnings.catch_warnings(action="ignore"):
        found = next(filter(re.compile(sign).fullmatch, _SIGNS), None)
    if found is None:
        raise ValueError(sign)
    return found


def _size(value: Any) -> int:
    parts = value.values() if is_object(value) else value if is_list(value) else ()
    return 1 + sum(map(_size, parts))


def _is_null(schema: Any) -> bool:
    return is_object(schema) and schema.get("type") == "null"
