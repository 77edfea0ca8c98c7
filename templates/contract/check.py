"""Check: a copy of a contract in which every object has the shape that the other files rely on.

What is slightly wrong is put right or left out, with a warning that names the place. What cannot be
understood is an error. Of all `x-*` keys only our own are kept, and those only where their values
are what they have to be: others belong to other tools.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from contract.names import snake
from contract.paging import STYLES
from contract.references import ContractError, Pointers, Schema, as_object, is_list, is_object

# What an object may have: `key=kind`, where a kind is text, flag, data, schema, another object, a
# list of a kind in brackets, or a map of a kind in braces.
_SHAPES = {
    "contract": """
        openapi=text info=info servers=[server] paths={item} webhooks={item} components=components
        security=[{[text]}] tags=[tag] externalDocs=data jsonSchemaDialect=text $self=text
    """,
    "info": """
        title=text summary=text description=text version=text termsOfService=text contact=data
        license=data
    """,
    "server": "url=text description=text name=text variables={variable}",
    "variable": "default=text enum=[text] description=text",
    "components": """
        schemas={schema} responses={response} parameters={parameter} examples={example}
        requestBodies={body} headers={header} securitySchemes={scheme} links=data
        callbacks={{item}} pathItems={item} mediaTypes={media}
    """,
    "item": """
        summary=text description=text servers=[server] parameters=[parameter] get=operation
        put=operation post=operation delete=operation options=operation head=operation
        patch=operation trace=operation query=operation additionalOperations={operation}
    """,
    "operation": """
        tags=[text] summary=text description=text externalDocs=data operationId=text
        parameters=[parameter] requestBody=body responses={response} callbacks={{item}}
        deprecated=flag security=[{[text]}] servers=[server]
    """,
    "parameter": """
        name=text in=text description=text required=flag deprecated=flag allowEmptyValue=flag
        style=text explode=flag allowReserved=flag schema=schema content={media} example=data
        examples={example}
    """,
    "header": """
        description=text required=flag deprecated=flag style=text explode=flag schema=schema
        content={media} example=data examples={example} allowEmptyValue=flag allowReserved=flag
    """,
    "body": "description=text content={media} required=flag",
    "media": """
        schema=schema itemSchema=schema example=data examples={example} encoding={encoding}
        prefixEncoding=data itemEncoding=data
    """,
    "encoding": """
        contentType=text headers={header} style=text explode=flag allowReserved=flag encoding=data
        prefixEncoding=data itemEncoding=data
    """,
    "response": "summary=text description=text headers={header} content={media} links=data",
    "example": """
        summary=text description=text value=data externalValue=text dataValue=data
        serializedValue=text
    """,
    "tag": "name=text summary=text description=text externalDocs=data parent=text kind=text",
    "scheme": """
        type=text description=text name=text in=text scheme=text bearerFormat=text flows=data
        openIdConnectUrl=text oauth2MetadataUrl=text deprecated=flag
    """,
}
_KEYS = {name: dict(pair.split("=") for pair in shape.split()) for name, shape in _SHAPES.items()}
_REFERABLE = frozenset("item parameter header body media response example scheme".split())

_SCHEMAS = frozenset(
    """
    items additionalProperties not if then else contains propertyNames contentSchema
    unevaluatedItems unevaluatedProperties
    """.split()
)
_KEYWORDS = {
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "[schema]"),
    **dict.fromkeys(
        ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"), "{schema}"
    ),
    **dict.fromkeys(("title", "description", "format", "pattern", "contentEncoding"), "text"),
    **dict.fromkeys(("nullable", "readOnly", "writeOnly", "deprecated"), "flag"),
}

_RESERVED = ("x-oai-", "x-oas-")
_COMPONENT = re.compile(r"[a-zA-Z0-9._-]+", re.ASCII)
_EXCEPTION = re.compile(r"[A-Z][A-Za-z]*Error", re.ASCII)


def _is_true(value: Any) -> bool:
    return value is True


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _are_texts(value: Any) -> bool:
    return is_list(value) and all(isinstance(each, str) for each in value)


def _is_pagination(value: Any) -> bool:
    if value is False or (is_object(value) and value.get("style") in STYLES):
        return True
    return (
        is_object(value)
        and _is_text(value.get("item"))
        and _are_texts(value.get("styles", []))
        and isinstance(value.get("rows", ""), str)
        and ("either" not in value or _is_either(value["either"]))
    )


def _is_either(value: Any) -> bool:
    return (
        is_object(value)
        and all(_is_text(value.get(word)) for word in ("name", "parameter", "by"))
        and bool(value.get("fields"))
        and _are_texts(value["fields"])
    )


def _is_batch(value: Any) -> bool:
    return (
        is_object(value)
        and _is_text(value.get("field"))
        and re.fullmatch(r"[^{}]*\{[a-z0-9_]+\}[^{}]*", str(value.get("check"))) is not None
        and type(value.get("size")) is int
    )


_OURS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "contract": {"x-times-in-utc": _is_true, "x-pagination": lambda value: value is False},
    "tag": {"x-parent": _is_text, "x-on-client": _is_true},
    "server": {"x-name": _is_text},
    "operation": {
        "x-method": lambda value: _is_text(value) and bool(snake(value)),
        "x-safe-to-retry": lambda value: isinstance(value, bool),
        "x-idempotency-field": _is_text,
        "x-positional": _is_text,
        "x-pagination": _is_pagination,
        "x-batch": _is_batch,
        "x-codeSamples": is_list,
    },
    "parameter": {"x-identifier": _is_true, "x-unit": _is_text, "x-secret": _is_true},
    "response": {
        "x-raises": lambda value: isinstance(value, str) and bool(_EXCEPTION.fullmatch(value)),
        "x-same-result": _is_true,
    },
    "schema": {
        "x-client-side": _is_true,
        "x-unit": _is_text,
        "x-secret": _is_true,
        "x-event-type": _is_text,
        "x-enum-varnames": _are_texts,
        "x-enumNames": _are_texts,
        "x-enum-descriptions": _are_texts,
    },
}
"""Our own keys, and what their values have to be."""


def version_error(contract: Schema) -> str:
    """Return why this contract cannot be used; empty if it can."""
    version = str(contract.get("openapi") or "")
    if re.match(r"3\.[012](\.|$)", version):
        return ""
    why = f"it says {version}" if version else "it has no such key"
    if "swagger" in contract and not version:
        why = (
            f"it says swagger: {contract['swagger']}. Convert it first, for example with"
            " `npx swagger2openapi`, and use the result"
        )
    return f"is not OpenAPI 3.0, 3.1 or 3.2 (`openapi: 3.1.0`): {why}"


def checked(contract: Schema) -> tuple[Schema, list[str]]:
    """Return a copy of a contract in which every object is valid, and the warnings.

    Raises:
        ContractError: a part of it cannot be understood; the message says which.
    """
    check = _Check(Pointers(contract))
    found = check.object(contract, "contract", "")
    if not found.keys() & {"paths", "webhooks", "components"}:
        raise ContractError("has no `paths`, no `webhooks` and no `components`")
    return found, check.warnings


class _Check:
    """Copies a contract."""

    def __init__(self, pointers: Pointers) -> None:
        self._pointers = pointers
        self.warnings: list[str] = []
        # What YAML's aliases share stays shared; by identity, so what was seen must live.
        self._seen: dict[tuple[int, str], tuple[Any, Any]] = {}

    def _warn(self, where: str, text: str) -> None:
        self.warnings.append(f"{where or 'the contract'}: {text}")

    def _value(self, value: Any, kind: str, where: str) -> Any:
        """Return a copy of a value; `_NOTHING`, with a warning, if it cannot be used."""
        if kind == "data":
            return value
        if value is None and kind != "schema":
            self._warn(where, "is empty")
            return _NOTHING
        if kind in ("text", "flag"):
            return self._plain(value, kind, where)
        if (known := self._seen.get((id(value), kind))) is not None:
            return known[1]
        if kind[0] == "[":
            found: Any = self._list(value, kind[1:-1], where)
        elif kind[0] == "{":
            found = self._map(value, kind[1:-1], where)
        elif kind == "schema":
            found = self.schema(value, where)
        else:
            found = self.object(value, kind, where)
        if is_object(value) or is_list(value):
            self._seen[id(value), kind] = value, found
        return found

    def _plain(self, value: Any, kind: str, where: str) -> Any:
        if kind == "flag":
            is_flag = isinstance(value, bool) or value in ("true", "false")
            text = "has to be true or false"
            return value in (True, "true") if is_flag else self._left_out(where, text)
        if is_object(value) or is_list(value):
            return self._left_out(where, "has to be a text")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _list(self, value: Any, kind: str, where: str) -> list[Any]:
        if not is_list(value):
            if kind != "text":
                raise _mistake(where, "a list", value)
            self._warn(where, "has to be a list")
            value = [value]
        found = [self._value(each, kind, f"{where}[{n}]") for n, each in enumerate(value)]
        return [
            each for each in found if each is not _NOTHING and self._is_whole(each, kind, where)
        ]

    def _is_whole(self, each: Any, kind: str, where: str) -> bool:
        """Return whether an object in a list has what it is known by."""
        if kind == "parameter" and "$ref" not in each:
            missing = [key for key in ("name", "in") if not each.get(key)]
            if missing or each["in"] not in ("path", "query", "header", "cookie", "querystring"):
                text = f"has no `{missing[0]}`" if missing else f"has an unknown in: {each['in']}"
                self._warn(where, f"a parameter {text}, and is left out")
                return False
        if kind == "tag" and not each.get("name"):
            self._warn(where, "a tag has no `name`, and is left out")
            return False
        return True

    def _map(self, value: Any, kind: str, where: str) -> Schema:
        if not is_object(value):
            raise _mistake(where, "an object", value)
        # A map of these may have keys of other tools among its names.
        is_extended = kind in ("item", "response") and not where.startswith("components.")
        found = {
            key: self._value(each, kind, f"{where}.{key}")
            for key, each in value.items()
            if not (is_extended and key.startswith("x-"))
        }
        return {key: each for key, each in found.items() if each is not _NOTHING}

    def object(self, value: Any, kind: str, where: str) -> Schema:
        """Return a copy of an object."""
        if not is_object(value):
            raise _mistake(where, "an object", value)
        if kind == "media" and isinstance(value.get("$ref"), str):  # of OpenAPI 3.2
            there = self._leads(value["$ref"], where)
            return self._value(self._pointers.follow(value["$ref"]), kind, where) if there else {}
        if kind in _REFERABLE and isinstance(value.get("$ref"), str):
            return {"$ref": value["$ref"]} if self._leads(value["$ref"], where) else {}
        keys, ours = _KEYS[kind], _OURS.get(kind, {})
        found: Schema = {}
        for key, each in value.items():
            here = f"{where}.{key}" if where else key
            if key in ours:
                if ours[key](each):
                    found[key] = each
            elif key in keys:
                found[key] = self._value(each, keys[key], here)
            else:
                self._warn_of_key(key, where)
        found = {key: each for key, each in found.items() if each is not _NOTHING}
        self._complete(found, kind, where)
        if kind == "components":
            self._warn_of_names(found, where)
        return found

    def _warn_of_key(self, key: str, where: str) -> None:
        if key.startswith(_RESERVED):
            self._warn(where, f"has a key that OpenAPI keeps for itself: {key}")
        elif not key.startswith("x-"):
            self._warn(where, f"has a key that OpenAPI does not have: {key}")

    def _leads(self, ref: str, where: str) -> bool:
        """Return whether a reference leads to something; warn if not."""
        try:
            self._pointers.follow(ref)
        except ContractError as error:
            self._warn(where, f"{error}, and is left out")
            return False
        return True

    def _complete(self, found: Schema, kind: str, where: str) -> None:
        """Warn of what is missing."""
        if kind == "response" and not found.keys() & {"description", "summary"}:
            self._warn(where, "has no `description`")
        if kind == "parameter" and found.get("in") == "path" and found.get("required") is not True:
            self._warn(where, "is in the path, and has to be `required: true`")
            found["required"] = True
        if kind == "parameter" and found.get("in") == "querystring":
            form = "application/x-www-form-urlencoded"
            if not all(each.startswith(form) for each in found.get("content", {})):
                self._warn(where, f"a whole query can be sent as {form} only")
        if kind == "contract":
            for key in ("title", "version"):
                if key not in found.get("info", {}):
                    self._warn("info", f"has no `{key}`")
            if "paths" not in found and str(found.get("openapi")).startswith("3.0"):
                self._warn(where, "has no `paths`")

    def _warn_of_names(self, components: Schema, where: str) -> None:
        for section, named in components.items():
            for name in as_object(named):
                if not _COMPONENT.fullmatch(name):
                    text = "a name may have letters, digits, `.`, `_` and `-`"
                    self._warn(f"{where}.{section}.{name}", text)

    def schema(self, value: Any, where: str) -> Any:
        """Return a copy of a schema."""
        if isinstance(value, bool):
            return value
        if value is None:
            self._warn(where, "is empty: anything is allowed")
            return {}
        if not is_object(value):
            shown = str(value)[:60]
            raise ContractError(f"{where}: a schema is an object, and this is none: {shown}")
        found = {key: self._keyword(key, each, f"{where}.{key}") for key, each in value.items()}
        return {key: each for key, each in found.items() if each is not _NOTHING}

    def _keyword(self, key: str, value: Any, where: str) -> Any:
        if key.startswith("x-"):
            if key.startswith(_RESERVED):
                self._warn_of_key(key, where.removesuffix(f".{key}"))
            test = _OURS["schema"].get(key)
            return value if test is not None and test(value) else _NOTHING
        if key in _SCHEMAS:
            if key == "items" and is_list(value):
                self._warn(where, "a list of schemas is `prefixItems`: anything is allowed")
                return {}
            return self._value(value, "schema", where)
        if key in _KEYWORDS:
            return self._value(value, _KEYWORDS[key], where)
        return self._own_keyword(key, value, where)

    def _own_keyword(self, key: str, value: Any, where: str) -> Any:
        """Return the value of a keyword that has its own form."""
        match key:
            case "type":
                value = self._type(value, where)
            case "$ref" if not isinstance(value, str):
                return self._left_out(where, "has to be a text")
            case "$ref" if not self._leads(value, where.removesuffix(".$ref")):
                return _NOTHING
            case "enum" if not is_list(value) or not value:
                return self._left_out(where, "has to be a list of values")
            case "required" if not _are_texts(value):
                return self._left_out(where, "has to be a list of names")
            case "examples" if is_object(value):
                self._warn(where, "has to be a list")
                value = [as_object(each).get("value", each) for each in value.values()]
            case "examples" if not is_list(value):
                return self._left_out(where, "has to be a list")
            case "discriminator":
                value = self._discriminator(value, where)
            case _:
                pass
        return value

    def _left_out(self, where: str, text: str) -> Any:
        self._warn(where, f"{text}, and is left out")
        return _NOTHING

    def _type(self, value: Any, where: str) -> Any:
        if value is None:
            self._warn(where, "is empty, and is read as 'null'")
            return "null"
        if is_list(value):
            return ["null" if each is None else str(each) for each in value]
        return value if isinstance(value, str) else self._left_out(where, "has to be a text")

    def _discriminator(self, value: Any, where: str) -> Any:
        if isinstance(value, str):
            self._warn(where, "has to be an object with `propertyName`")
            return {"propertyName": value}
        if not is_object(value) or not isinstance(value.get("propertyName"), str):
            return self._left_out(where, "has to be an object with `propertyName`")
        mapping = value.get("mapping")
        found: Schema = {"propertyName": value["propertyName"]}
        if is_object(mapping):
            texts = {key: each for key, each in mapping.items() if isinstance(each, str)}
            found["mapping"] = texts
        if isinstance(value.get("defaultMapping"), str):
            found["defaultMapping"] = value["defaultMapping"]
        return found


_NOTHING: Any = object()


def _mistake(where: str, wanted: str, value: Any) -> ContractError:
    names: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "a flag"}
    found = names.get(value.__class__, "a number")
    return ContractError(f"{where or 'the contract'} has to be {wanted}, and is {found}")
