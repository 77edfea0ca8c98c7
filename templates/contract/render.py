"""Render: an `Api` becomes the small document that openapi-generator is given.

It has one operation for each resource and one schema for each class, and nothing that the
generator could misunderstand: all that templates print is in these `x-*` keys, which nothing else
writes. Each text in them is escaped for where it stands.

    x-package    of the document: what index.md and the two __init__.py show of all
    x-resource   of each operation: the class and the page of a resource, with all of its methods
    x-class      of each schema: an enum, a choice or a model, and its page

A key without a value is there too, and false: templates look further up for one that is missing.
"""

from __future__ import annotations

from contract.api import Api
from contract.calls import resource_keys, row_pages
from contract.classes import Keys, class_keys
from contract.given import dict_keys, ids_of
from contract.names import module, pascal
from contract.texts import cell, code, docstring, literal, markdown, type_in_docs

_MOST_TOGETHER = 400


def documents(api: Api, package: str) -> tuple[list[Keys], Keys]:
    """Return the documents for the generator, and what templates of all files are given.

    The generator compares the file of each class with those of all others, so many classes are in
    several documents. The first one has all resources.
    """
    events = api.below(each.name for each in api.classes.values() if each.event)
    sent_only = api.sent() - api.received() - events
    classes = [
        class_keys(each, api, is_sent=each.name in sent_only) | {"dict": dict_keys(each, api)}
        for each in api.classes.values()
    ]
    paths: Keys = {}
    start = 0
    for each in api.resources:
        # As text: 10 comes before 9.
        methods = sorted(enumerate(each.operations, start), key=lambda pair: str(pair[0]))
        start += len(each.operations) or 1
        paths[f"/{each.name}"] = {
            "get": {
                "operationId": each.name,
                "tags": [each.name],
                "responses": {"200": {"description": "-"}},
                "x-resource": resource_keys(each, [one for _, one in methods], api, package),
            }
        }
    parts = [classes[at : at + _MOST_TOGETHER] for at in range(0, len(classes), _MOST_TOGETHER)]
    found = [
        {
            "openapi": "3.0.3",
            "info": {"title": "-", "version": "-"},
            "tags": [] if number else [{"name": each.name} for each in api.resources],
            "paths": {} if number else paths,
            "components": {"schemas": {each["name"]: _schema(each) for each in part}},
        }
        for number, part in enumerate(parts or [[]])
    ]
    return found, {"x-package": _package(api, classes)}


def _schema(keys: Keys) -> Keys:
    # A schema without a property is no class to the generator.
    return {"type": "object", "properties": {"nothing": {"type": "string"}}, "x-class": keys}


def _package(api: Api, classes: list[Keys]) -> Keys:
    classes = sorted(classes, key=lambda each: str(each["name"]))
    operations = [
        {
            "call": f"{api.path_of(resource)}.{operation.name}",
            "method": operation.name,
            "resource": resource.name,
            "http": code(f"{operation.method} {operation.path}"),
            "cell": cell(operation.summary),
        }
        for resource in sorted(api.resources, key=lambda each: each.name)
        for operation in sorted(resource.operations, key=lambda each: each.id)
    ]
    return {
        "description": markdown(api.description),
        "resources": [
            {
                "name": each.name,
                "module": module(each.name),
                "attribute": api.path_of(each),
                "onClient": each.on_client and {"own": each.attribute},
                "about": docstring(each.description),
                "cell": cell(each.description),
            }
            for each in sorted(api.resources, key=lambda each: each.name)
        ],
        "operations": operations,
        "ids": [{"name": each, "class": pascal(f"has_{each}")} for each in ids_of(api)],
        "rowPages": [{"rows": rows, "start": start} for rows, start in row_pages(api).items()],
        "classes": [
            {"name": each["name"], "module": each["module"], "hasDict": each["dict"] is not False}
            for each in classes
        ],
        "tables": [
            {
                "word": word,
                "rows": [
                    {"name": each["name"], "cell": each["cell"]}
                    for each in classes
                    if bool(each["enum"]) is is_enum
                ],
            }
            for word, is_enum in (("Model", False), ("Enum", True))
        ],
        "events": [
            {"value": literal(each.event), "code": code(each.event), "name": each.name}
            for each in sorted(api.classes.values(), key=lambda each: each.name)
            if each.event
        ],
        "webhooks": [
            {
                "code": code(each.name),
                "type": type_in_docs(each.type),
                "cell": cell(each.description),
            }
            for each in api.webhooks
            if not any(api.classes[name].event for name in each.type.uses)
        ],
    }
