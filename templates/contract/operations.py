"""Settle a contract's operations: resources, methods and answers, however little it says of them.

What may be left out in a contract is filled in: tags, operation ids, what may be sent twice, which
exception stands for which status. References are followed, and what stands beside a path is moved
to each of its operations, so that templates find everything in one place.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import quote

from contract.answers import SUCCESS, settle_answers
from contract.arguments import settle_parameters
from contract.names import in_ascii
from contract.references import ContractError, Schema, followed
from contract.service import base_url, security_of, server_url
from contract.texts import literal

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_IDEMPOTENT = frozenset({"get", "put", "delete", "options", "head", "trace"})  # RFC 9110, 9.2.2
_RAISED = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
}
_VERBS = {"post": "create", "put": "replace", "patch": "update"}

# What neither a method nor the function that describes its call may be called: what every resource
# has, and what stands in their annotations.
_NOT_METHODS = frozenset(
    (
        *("with_raw_response", "with_streaming_response", "self", "property"),
        *("str", "int", "float", "bool", "bytes", "date", "datetime", "time"),
        *("builtins", "encode"),
    )
)
# What a resource may not be called: what every client has, and what each module of one imports.
_NOT_RESOURCES = frozenset(("close", "with_options", "contract"))
_IMPORTED = frozenset(
    (
        *(
            "Base64",
            "Binary",
            "DateTime",
            "DecimalText",
            "Final",
            "Secret",
            "TimeOfDay",
            "Timestamp",
        ),
        *(
            "Uuid",
            "Any",
            "Decimal",
            "Mapping",
            "Sequence",
            "UUID",
            "Unpack",
            "Batch",
            "CallOptions",
        ),
        *("ListOptions", "Operation", "Page", "AsyncPaginator", "Resource", "AsyncResource"),
        *("RawMethod", "AsyncRawMethod", "StreamingMethod", "AsyncStreamingMethod", "Resources"),
    )
)


def settle(contract: Schema) -> None:
    """Fill in, in place, what the contract's operations leave out.

    Raises:
        ContractError: two operations of a resource are given the same name for their method.
    """
    paths: dict[str, Schema] = contract.get("paths") or {}
    for path, item in paths.items():
        if "$ref" in item:
            paths[path] = deepcopy(followed(contract, item))
    for path, word, item, operation in operations_of(contract):
        _gather(contract, item, operation)
        _place(operation, path)
        operation.setdefault("x-safe-to-retry", word in _IDEMPOTENT)
        _name_errors(operation)
    for item in paths.values():
        item.pop("parameters", None)
        item.pop("servers", None)
    _name_resources(contract)
    _name_operations(contract)


def settle_calls(contract: Schema) -> None:
    """Say of each operation what it takes and answers, as the arguments and results of a method."""
    for path, _, _, operation in operations_of(contract):
        operation["x-path"] = literal(_on_the_wire(path))
        settle_answers(contract, operation)
        settle_parameters(contract, path, operation)
        _secure(contract, operation)


def operations_of(contract: Schema) -> Iterator[tuple[str, str, Schema, Schema]]:
    """Give each operation with its path, its HTTP method in lower case, and its path's item."""
    paths: dict[str, Schema] = contract.get("paths") or {}
    for path, item in paths.items():
        for word in METHODS:
            if word in item:
                yield path, word, item, item[word]


def _gather(contract: Schema, item: Schema, operation: Schema) -> None:
    """Put an operation's parameters, body and answers into itself."""
    both: list[Schema] = [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]
    parameters: dict[tuple[Any, Any], Schema] = {}
    for each in both:
        parameter = followed(contract, each)
        parameters[parameter.get("name"), parameter.get("in")] = parameter
    operation["parameters"] = list(parameters.values())
    if "requestBody" in operation:
        operation["requestBody"] = followed(contract, operation["requestBody"])
    answers: Schema = operation.get("responses") or {}
    answers = {str(code): {**followed(contract, answer)} for code, answer in answers.items()}
    if not any(SUCCESS.match(code) or code == "default" for code in answers):
        answers["default"] = {"description": "Any answer."}
    operation["responses"] = answers
    words = (str(operation.get(each) or "").strip(" .\n") for each in ("summary", "description"))
    if len({*words}) == 1:
        operation.pop("description", None)  # which would be read twice
    if "servers" not in operation and "servers" in item:
        operation["servers"] = item["servers"]


def _place(operation: Schema, path: str) -> None:
    """Give an operation its one resource: its first tag's, or what its path begins with."""
    said: Any = operation.get("tags") or []
    tags: list[str] = [said] if isinstance(said, str) else said
    words = [each for each in path.split("/") if each and not re.match(r"\{|v\d+$|api$", each)]
    names = (class_name(str(each)) for each in (*tags[:1], *words[:1]))
    operation["tags"] = [next(filter(None, names), "Default")]


def class_name(tag: str) -> str:
    """Return the name of the class for a tag; empty where nothing of it can be in a name."""
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"\W+", in_ascii(tag)))
    return f"Resource{name}" if name[:1].isdigit() else name


def _file(name: str) -> str:
    """Return what no two classes may share: the generator would write both to one file."""
    return name.replace("_", "").lower()


def snake(name: str) -> str:
    """Return a name as Python's functions and variables have it: words in lower case."""
    name = re.sub(r"\W+", "_", in_ascii(name))
    name = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"_+", "_", name).strip("_").lower()


def _name_errors(operation: Schema) -> None:
    for code, answer in operation["responses"].items():
        kind = "InternalServerError" if code[:1] == "5" else _RAISED.get(code, "APIStatusError")
        answer.setdefault("x-raises", kind)


def _name_resources(contract: Schema) -> None:
    """Declare and describe each tag, under a name that no schema and no runtime class has."""
    declared: dict[str, Schema] = {}
    tags: list[Schema] = contract.get("tags") or []
    for each in tags:
        declared.setdefault(class_name(str(each["name"])), {**each})
    components: Schema = contract.get("components") or {}
    declared_schemas: Schema = components.get("schemas") or {}
    taken = {_file(class_name(name)) for name in declared_schemas}
    names: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for _, _, _, operation in operations_of(contract):
        tag: str = operation["tags"][0]
        declared.setdefault(tag, {"name": tag})
        if tag not in names:
            own, attribute = tag, snake(tag)
            if keyword.iskeyword(attribute) or attribute in _NOT_RESOURCES or tag in _IMPORTED:
                attribute, own = f"{attribute}_", f"{tag}Resource"
            while _file(own) in taken:
                own += "Resource"
            taken.add(_file(own))
            names[tag], attributes[tag] = own, unique(attribute, attributes.values())
        operation["tags"], operation["x-attribute"] = [names[tag]], attributes[tag]
        operation["x-resource"] = tag
    for name, entry in declared.items():
        entry["name"] = names.get(name, name)
        entry["description"] = entry.get("description") or f"The resource {name}."
    contract["tags"] = list(declared.values())


def _name_operations(contract: Schema) -> None:
    methods: dict[str, dict[str, str]] = {}
    ids: set[str] = set()
    given_first = sorted(operations_of(contract), key=lambda each: "x-method" not in each[3])
    for path, word, _, operation in given_first:
        where = f"{word.upper()} {path}"
        taken = methods.setdefault(operation["tags"][0], {})
        given: str = operation.get("x-method") or ""
        own = snake(given or _own_part(operation))
        name = own if re.search("[a-z]", own) else snake(_from_path(path, word, operation))
        name = f"call_{name}" if not name[:1].isalpha() else name
        if keyword.iskeyword(name) or name in _NOT_METHODS:
            name += "_"
        if given and name in taken:
            message = f"{where} and {taken[name]} are both called `{name}` by their x-method"
            raise ContractError(message)
        name = unique(name, taken)
        taken[name] = where
        operation["x-method"] = name
        builder = snake(str(operation.get("operationId") or ""))
        if not re.search("[a-z]", builder):
            builder = snake(f"{operation['tags'][0]}_{name}")
        is_word = keyword.iskeyword(builder) or builder in _NOT_METHODS
        if not builder.isidentifier() or is_word:
            builder = f"call_{builder}"
        operation["operationId"] = unique(builder, ids)
        ids.add(operation["operationId"])


def _own_part(operation: Schema) -> str:
    """Return an operation's id, without its resource where it begins so: of `pets/list`, `list`."""
    said = str(operation.get("operationId") or "")
    before, _, own = said.replace(".", "/").rpartition("/")
    return own if snake(before) == snake(operation["x-resource"]) else said


def unique(name: str, taken: Any) -> str:
    """Return the name, with a number behind it if it is taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def _from_path(path: str, word: str, operation: Schema) -> str:
    """Return a name for a method whose operation has none: what it does, and to what."""
    segments = [each for each in path.split("/") if each]
    is_item = bool(segments) and segments[-1].startswith("{")
    verb = _VERBS.get(word, word)
    if word == "get":
        verb = "retrieve" if is_item else "list"
    fixed = [each for each in segments if not each.startswith("{")]
    own = [each for each in fixed if class_name(each) != operation["x-resource"]]
    own = [each for each in own if not re.match(r"v\d+$|api$", each)]
    return "_".join([verb, *own])


def _on_the_wire(path: str) -> str:
    """Return a path with what no URL may have percent-encoded, but for the names in braces."""
    parts = re.split(r"(\{[^{}]*\})", path)
    safe = "/:@!$&'()*+,;=?%~"
    return "".join(each if each[:1] == "{" else quote(each, safe=safe) for each in parts)


def _secure(contract: Schema, operation: Schema) -> None:
    """Say which keys and which server an operation has of its own."""
    if "security" in operation:
        security = security_of(contract, operation.pop("security"))
        if security != security_of(contract, contract.get("security") or []):
            operation["x-security"] = repr(security)
    url = server_url(operation)
    if url and url.rstrip("/") != base_url(contract):
        operation["x-server"] = literal(url.rstrip("/"))
    operation.pop("servers", None)
