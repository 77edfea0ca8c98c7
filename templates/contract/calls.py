"""Calls: signatures, calls, docstrings and pages of resources and methods, for the templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from urllib.parse import quote

from contract.api import (
    Api,
    Argument,
    Error,
    Operation,
    Page,
    Part,
    Resource,
    Result,
    Style,
    Type,
)
from contract.classes import Keys, field_notes, imports, notes_of
from contract.given import dicts_of, given_as, imported_dicts, is_id, known_names, objects_for
from contract.names import module, numbered, pascal
from contract.service import keys_of
from contract.streams import STREAMS, stream_of
from contract.texts import cell, code, escaped, literal, markdown, prose, type_in_docs

_PLACES = {
    "path": "Part{} of the path.",
    "query": "Query parameter{}.",
    "header": "Header{}.",
    "cookie": "Cookie{}.",
    "either": "A value that one of several fields must have.",
    "field": "Field{} of the body.",
    "body": "The body.",
}


def resource_keys(
    resource: Resource, operations: Iterable[Operation], api: Api, package: str
) -> Keys:
    """Return the values for the templates of a resource and its methods, in their order there."""
    below = [each for each in api.resources if each.parent == resource.name]
    return {
        "name": resource.name,
        "attribute": api.path_of(resource),
        "hasMethods": bool(resource.operations),
        "text": prose(resource.description),
        "description": markdown(resource.description),
        "below": [
            {"nested": each.nested, "class": each.name, "module": module(each.name)}
            for each in below
        ],
        "raises": [_error(each) for each in _common(resource)],
        "errorTypes": [
            {"name": name, "types": types} for types, name in _error_types(resource).items()
        ],
        "calls": [_call(each, resource, api, package) for each in operations],
    }


def _common(resource: Resource) -> list[Error]:
    """Return the errors that all methods of a resource have."""
    every = [set(each.errors) for each in resource.operations]
    first = resource.operations[0].errors if every else ()
    return [each for each in first if all(each in one for one in every)]


def _error_types(resource: Resource) -> dict[str, str]:
    """Return the types of error responses in a module, and the constant for each of them."""
    found = dict.fromkeys(_types_by_status(each.error_bodies) for each in resource.operations)
    names = numbered("_ERRORS")
    return {types: next(names) for types in found if types}


def _error(error: Error) -> Keys:
    return {
        "code": "other" if error.code == "default" else error.code,
        "exception": error.exception,
        "text": prose(error.description),
        "cell": cell(error.description),
    }


def _call(operation: Operation, resource: Resource, api: Api, package: str) -> Keys:
    """Return the values for the templates of a method."""
    common = _common(resource)
    results = [_type_of(each) for each in operation.results]
    page = operation.page
    item = page and {"item": page.item, "meta": page.meta or "Any", "hasMeta": bool(page.meta)}
    # An argument of the service comes before the option of the same name.
    has_list_options = page is not None and not {each.name for each in operation.arguments} & {
        "limit",
        "prefetch",
    }
    rows_and_meta = f"{page.item}, {page.meta or 'Any'}" if page else ""
    own = row_pages(api).get(_rows_key(page), "") if page else ""
    summary = operation.summary or operation.name
    returns = _union(results)
    switch = _switch(operation)
    given = " ".join(given_as(each, operation, api) for each in operation.arguments)
    used = known_names(given, api.classes)
    used += [name for each in operation.results if each.type for name in each.type.uses]
    used += [name for each in operation.error_bodies if each.type for name in each.type.uses]
    used += [page.item, page.meta] if page else []
    path, arguments = code(f"{operation.method} {operation.path}"), operation.arguments
    return {
        "name": operation.name,
        "id": operation.id,
        "resource": resource.name,
        "http": path,
        "httpText": prose(path),
        "summary": prose(summary).rstrip("."),
        "cell": cell(operation.summary),
        "about": prose(operation.description) or False,
        "description": markdown(operation.description) or False,
        "isDeprecated": operation.deprecated,
        "arguments": [_argument(each, operation, api) for each in arguments],
        "options": "ListOptions" if has_list_options else "CallOptions",
        "hasListOptions": has_list_options,
        "page": item or False,
        "returns": f"{own}Page[{rows_and_meta}]" if page else returns,
        "returnsAsync": f"Async{own}Paginator[{rows_and_meta}]" if page else _in_async(returns),
        "type": _union(map(_as_whole, operation.results)),
        "isAnnotated": re.search(r"\b(Any|None)\b", returns) is not None,  # not inferred
        "parts": _parts(operation, resource, api, switch),
        "ids": [
            {"name": each}
            for each in (
                *(each for one in arguments for each in objects_for(one, operation, api)[1:]),
                *((f"{own}Page", f"Async{own}Paginator") if own else ()),
            )
        ],
        "dicts": imported_dicts(given, api),
        "uses": imports(dict.fromkeys(filter(None, used))),
        "streams": _streams(operation) or False,
        "overloads": _overloads(operation, switch, api) if switch else [],
        "isStream": bool(operation.results and operation.results[0].items),
        "isSafe": operation.safe_to_retry,
        "raises": [_error(each) for each in operation.errors if each not in common],
        "errors": [_error(each) for each in operation.errors],
        "sample": _sample(operation, package),
        "isDestructive": _is_destructive(operation),
        "isEmpty": not operation.results or operation.results[0].type is None,
        "doc": _result_in_docs(operation.results[:1]),
        "otherDocs": [
            {
                "code": str(each.status)
                + (f", {code(each.media_type)}" if each.media_type else ""),
                "doc": _result_in_docs([each]),
            }
            for each in operation.results[1:]
        ],
    }


def _parts(
    operation: Operation, resource: Resource, api: Api, switch: Argument | None
) -> list[Keys]:
    """Return what an `Operation` is made of; what is missing keeps its default.

    The options are first, so that they are hidden first.
    """
    arguments, page = operation.arguments, operation.page
    others = _types_by_status(operation.results[1:])
    found = {
        "options": "Operation.hide(options)",
        "name": literal(f"{api.path_of(resource)}.{operation.name}"),
        "method": literal(operation.method),
        "path": literal(_on_the_wire(operation.path)),
        "result": _as_whole(operation.results[0]) if operation.results else "None",
        "others": f"{{ {others} }}" if others else "",
        "errors": _error_types(resource).get(_types_by_status(operation.error_bodies), ""),
        "safe_to_retry": str(operation.safe_to_retry),
        "path_params": _values(arguments, "path", api),
        "query": _values(arguments, "query", api, page.position if page else ()),
        "headers": _values(arguments, "header", api),
        "cookies": _values(arguments, "cookie", api),
        "body": _body(arguments, api),
    }
    if body := operation.body:
        is_json = body.media_type == "application/json"
        found["media_type"] = "" if is_json else literal(body.media_type)
        found["encoding"] = _encoding(body.encoding)
        found["is_body_optional"] = "" if body.required else "True"
    found["accept"] = _accept(operation, switch)
    found["server"] = _server(operation.servers)
    found["security"] = _security(operation, api)
    if page:
        found |= {"paging": _paging(page), "either": _either(page, arguments, api)}
    if operation.idempotency_field:
        found["idempotency_field"] = literal(operation.idempotency_field)
    if batch := operation.batch:
        words = f"field={literal(batch.field)}, size={batch.size}, check={literal(batch.check)}"
        found["batch"] = f"Batch({words})"
    return [{"word": word, "value": value} for word, value in found.items() if value]


_OF_PAGES = frozenset("data meta operation response has_next_page iter_pages get_next_page".split())


@cache
def row_pages(api: Api) -> dict[str, str]:
    """Return the fields for which pages have a type of their own, which has the rows there too.

    They are the keys; the values begin the names of the types: ``Toys`` for ``ToysPage``.
    """
    pages = (each.page for each in api.operations if each.page)
    fields = {_rows_key(each): pascal(_rows_key(each)) for each in pages}
    taken = {*api.classes, *(each.name for each in api.resources)}
    return {
        field: start
        for field, start in sorted(fields.items())
        if field.isidentifier()
        and field not in _OF_PAGES
        and not taken & {f"{start}Page", f"Async{start}Page", f"Async{start}Paginator"}
    }


def _rows_key(page: Page) -> str:
    """Return the field with the rows of a list that has its position beside them, or nothing."""
    is_beside = page.title or page.settings.get("styles") == ("next_link",)
    return str(page.settings.get("rows", "")) if is_beside else ""


def _server(servers: Mapping[str, str]) -> str:
    pairs = [f"{literal(name)}: {literal(url)}" for name, url in servers.items()]
    if len(pairs) > 1:
        return f"{{ {', '.join(pairs)} }}"
    return literal(next(iter(servers.values()))) if pairs else ""


def _paging(page: Page) -> str:
    words = [
        f"{name}={literal(value) if isinstance(value, str) else repr(value)}"
        for name, value in page.settings.items()
    ]
    return f"Paging({', '.join(words)})"


def _either(page: Page, arguments: Iterable[Argument], api: Api) -> str:
    either = page.either
    if either is None:
        return ""
    name = next(each.name for each in arguments if each.location == "either")
    fields = api.classes[page.item].fields
    by = next((each.name for each in fields if each.wire == either.by), either.by)
    parts = {"name": name, "parameter": either.parameter, "fields": either.fields, "by": by}
    return f"Either({', '.join(f'{part}={each!r}' for part, each in parts.items())}, value={name})"


def _on_the_wire(path: str) -> str:
    """Return a path without its fragment, percent-encoded except for the names in braces."""
    parts = re.split(r"(\{[^{}]*\})", re.sub(r"#[^{}]*$", "", path))
    safe = "/:@!$&'()*+,;=?%~"
    return "".join(each if each[:1] == "{" else quote(each, safe=safe) for each in parts)


def _type_of(result: Result) -> str:
    return _value_type(result.type) if result.type else "None"


def _as_whole(result: Result) -> str:
    """Return the type of a result whose body is read as a whole."""
    return "str" if result.items else _type_of(result)


def _value_type(type_: Type) -> str:
    """Return a type in a module where methods may be called `list` and `dict`."""
    if type_.name == "Binary":
        return "bytes"
    return re.sub(r"\b(list|dict)\[", r"builtins.\1[", type_.annotation)


def _union(types: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(types)) or "None"


def _in_async(types: str) -> str:
    """Return the types of a method of an AsyncClient, where those of a Client are given."""
    return re.sub(rf"\b({'|'.join(STREAMS)})\[", r"Async\1[", types)


def _streams(operation: Operation) -> str:
    """Return the types of the items of streams, by media type and the name of the event."""
    found = [
        f"{literal(each.media_type)}: {{"
        + ", ".join(f"{literal(name)}: {_value_type(item)}" for name, item in each.items.items())
        + "}"
        for each in operation.results
        if each.items
    ]
    return f"{{{', '.join(found)}}}" if found else ""


def _switch(operation: Operation) -> Argument | None:
    """Return the argument that asks for a stream instead of what the method returns otherwise."""
    if len({bool(each.items) for each in operation.results}) == 1:
        return None
    found = (each for each in operation.arguments if each.wire == "stream")
    return next((each for each in found if each.type.name == "bool"), None)


def _overloads(operation: Operation, switch: Argument, api: Api) -> list[Keys]:
    """Return the signatures of a method whose result depends on an argument."""
    results = [(_type_of(each), bool(each.items)) for each in operation.results]
    none = " | None" if not switch.required or switch.type.nullable else ""
    is_default = switch.notes.get("default") is True
    found: list[Keys] = []
    for value, type_ in ((False, "Literal[False]"), (True, "Literal[True]"), (None, "bool")):
        optional = value is is_default
        annotation = type_ + (none if optional else "")
        annotation += " = None" if optional and not switch.required else ""
        returns = _union(each for each, is_stream in results if value in (None, is_stream))
        arguments = [_argument(each, operation, api) for each in operation.arguments]
        for each in arguments:
            if each["name"] == switch.name:
                each["annotation"] = annotation
        found.append(
            {"arguments": arguments, "returns": returns, "returnsAsync": _in_async(returns)}
        )
    return found


def _result_in_docs(results: Iterable[Result]) -> str:
    found = [type_in_docs(each.type) for each in results if each.type is not None]
    return found[0] if found else "`None`: the response has no body."


def _types_by_status(results: Iterable[Result]) -> str:
    """Return the types of responses by status."""
    pairs: list[str] = []
    for each in results:
        key = f"({each.status}, {literal(each.media_type)})" if each.media_type else each.status
        pairs.append(f"{key}: {_as_whole(each)}")
    return ", ".join(pairs)


def _accept(operation: Operation, switch: Argument | None) -> str:
    """Return the media types that are asked for: streams only if there is nothing else."""
    streams = [each for each in operation.accept if stream_of(each)]
    whole = [each for each in operation.accept if each not in streams]
    accept = ", ".join(whole or streams)
    accept = "" if accept == "application/json" else accept
    if switch:
        asked = (
            f"{switch.name} is not False" if switch.notes.get("default") is True else switch.name
        )
        return f"{literal(', '.join([*streams, *whole]))} if {asked} else {literal(accept)}"
    return literal(accept) if accept else ""


def _security(operation: Operation, api: Api) -> str:
    if operation.security is None:
        return ""
    found = keys_of(operation.security, api.schemes)
    return repr(found) if found != keys_of(api.security, api.schemes) else ""


def _is_destructive(operation: Operation) -> bool:
    """Return whether a call deletes or overwrites data."""
    deletes = re.search(r"delete|purge|erase", operation.path.rpartition("/")[2]) is not None
    return deletes or operation.method in {"DELETE", "PATCH", "PUT"}


def _sample(operation: Operation, package: str) -> str | bool:
    """Return the example program of the contract, if it is for this package."""
    uses = re.search(rf"^\s*(from|import) {package}\b", operation.sample, re.MULTILINE)
    return operation.sample.strip("\n") if uses and "```" not in operation.sample else False


def _argument(argument: Argument, operation: Operation, api: Api) -> Keys:
    type_ = given_as(argument, operation, api)
    other = argument.wire if argument.wire != argument.name else ""
    about = argument.description or _PLACES[argument.location].format(
        f" {code(other)}" if other else ""
    )
    named = [each for each in operation.arguments if not each.positional]
    default = argument.notes.get("default")
    shown = code(default) if default is not None else ""
    linked = type_in_docs(argument.type) + (" or a dict" if argument.type.role == "class" else "")
    text = prose(about) + (f" (default: {escaped(shown)})" if shown else "")
    notes = ["required" if argument.required else "[optional]"]
    notes += ["nullable"] if argument.type.nullable else []
    notes += [f"default {shown}"] if shown else []
    notes += notes_of(argument.notes)
    return {
        "name": argument.name,
        "isNamed": not argument.positional,
        "isFirstNamed": argument in named[:1],
        "annotation": type_ + ("" if argument.required else " | None = None"),
        "text": text,
        "wire": code(other) if other and argument.location != "body" else False,
        "type": linked,
        "cell": cell(argument.description),
        "notes": ", ".join(notes),
        "example": repr(b"...") if argument.is_file else repr(argument.example),
        "isRequired": argument.required,
        "rows": _rows_of(argument, api),
    }


def _rows_of(argument: Argument, api: Api) -> list[Keys]:
    """Return the fields of a filter: each has a row of its own in the reference."""
    made = api.model_in_query(argument)
    return [
        {
            "name": f"{argument.name}[{cell(each.wire)}]",
            "type": type_in_docs(each.type),
            "cell": cell(each.description),
            "notes": ", ".join(field_notes(each, default=False)),
        }
        for each in (made.fields if made else ())
    ]


def _names_in(type_: Type) -> set[str]:
    return {type_.name, *(name for each in type_.items for name in _names_in(each))}


def _value(argument: Argument, api: Api) -> str:
    """Return the expression for an argument of a call, converted if necessary."""
    value, names = argument.name, _names_in(argument.type)
    if argument.usual is not None:
        usual = literal(argument.usual) if isinstance(argument.usual, str) else repr(argument.usual)
        value = f"{usual} if {value} is None else {value}"
    if api.model_in_query(argument):
        value = f"encode.model({argument.type.name}, {value})"
    elif api.below(argument.type.uses) & dicts_of(api):
        place = "$" if argument.location == "body" else f"$.{argument.wire}"
        value = f"encode.known({_value_type(argument.type)}, {value}, {literal(place)})"
    elif "date" in names:
        value = f"encode.day({value})"
    elif names & {"DateTime", "Timestamp"} and argument.location in ("field", "body"):
        value = f"encode.moment({value})"
    if argument.location == "field" and argument.required and argument.type.nullable:
        value = f"encode.or_null({value})"
    if is_id(argument, api) and argument.style == Style(name="simple"):
        return f"encode.segment({literal(argument.name)}, {value})"
    is_styled = argument.style is not None and not argument.style.is_default
    is_plain = argument.location == "path" and argument.wire == argument.name and not is_styled
    if is_id(argument, api) and not is_plain:  # for those, `encode.path` does it
        value = f"encode.id_of({literal(argument.name)}, {value})"
    if argument.style is not None and is_styled:
        value = f"encode.Styled({value}, {_style(argument.style)})"
    return value


def _style(style: Style) -> str:
    if style.name == "json":
        return "style='json'"
    reserved = ", reserved=True" if style.reserved else ""
    return f"style={style.name!r}, explode={style.explode}{reserved}"


def _values(
    arguments: tuple[Argument, ...], location: str, api: Api, apart: Iterable[str] = ()
) -> str:
    """Return the arguments in one place by name; objects in `apart` as one parameter per field."""
    found = [
        f"**encode.parts({literal(each.wire)}, {_value(each, api)})"
        if each.wire in apart and api.model_in_query(each)
        else f"{literal(each.wire)}: {_value(each, api)}"
        for each in arguments
        if each.location == location
    ]
    return f"{{ {', '.join(found)} }}" if found else ""


def _body(arguments: tuple[Argument, ...], api: Api) -> str:
    for each in arguments:
        if each.location == "body":
            value = _value(each, api)
            is_dict = each.type.name in ("Any", "dict", "|") or each.type.role == "class"
            if is_dict and not each.is_file:
                value = f"encode.Whole({value})"
                value = (
                    value if each.required else f"{each.name} if {each.name} is None else {value}"
                )
            return value
    return _values(arguments, "field", api)


def _encoding(encoding: Mapping[str, Part]) -> str:
    found = [
        f"{name!r}: encode.FormPart("
        + (_style(each.style) if each.style else f"content_type={each.content_type!r}")
        + ")"
        for name, each in encoding.items()
    ]
    return f"{{{', '.join(found)}}}" if found else ""
