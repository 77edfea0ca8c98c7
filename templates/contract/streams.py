"""Streams: responses that are sequences of events or of JSON texts, and the schema of their items.

OpenAPI 3.2 has `itemSchema` for them. Before it, the `schema` of such a media type is usually that
of an item. For an event, that is either its data, or an object with the fields of an event, whose
`data` is what the stream decodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from contract.references import Schema, as_list, as_object, followed, is_object

EVENTS, TEXTS = "EventStream", "JsonStream"
STREAMS = frozenset({EVENTS, TEXTS})
"""The classes of streams; those of an AsyncClient have Async before them."""

_EVENTS = re.compile(r"text/event-stream\b", re.IGNORECASE)
_TEXTS = re.compile(
    r"application/((x-)?(ndjson|jsonl|jsonlines|json-lines)|([\w.+-]+\+)?json-seq|stream\+json)\b",
    re.IGNORECASE,
)
_FIELDS = frozenset({"data", "event", "id", "retry", "comment"})
_PLAIN: Schema = {"type": "string"}


def stream_of(media_type: str) -> str:
    """Return the class of a media type's streams; empty for one that is read as a whole."""
    return EVENTS if _EVENTS.match(media_type) else TEXTS if _TEXTS.match(media_type) else ""


Items = dict[str, Any]
"""The schemas of a stream's items by the name of the event; that of all others by ""."""


def items_of(contract: Schema, media_type: str, media: Schema) -> Items:
    """Return the schemas of a stream's items."""
    if "itemSchema" in media:
        schema = media["itemSchema"]
    else:
        schema = media.get("schema", {})
        target = followed(contract, schema)
        if target.get("type") == "array":  # of the whole stream
            schema = target.get("items", {})
    if stream_of(media_type) == TEXTS:
        target = followed(contract, schema)
        # Before OpenAPI 3.2, a text is what all lines together are.
        whole = "itemSchema" not in media and target.get("type") == "string"
        return {"": {} if whole else schema}
    found: dict[str, list[Any]] = {"": []}
    for name, data in _data_of(contract, schema):
        if data not in found.setdefault(name, []):
            found[name].append(data)
    found[""] = found[""] or [_PLAIN]
    return {name: each[0] if len(each) == 1 else {"anyOf": each} for name, each in found.items()}


def _data_of(contract: Schema, schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield the schemas of the data of events, with the names of those events."""
    target = followed(contract, schema)
    shared = as_object(target.get("properties"))
    variants = [
        {**shared, **as_object(followed(contract, each).get("properties"))}
        for word in ("oneOf", "anyOf")
        for each in as_list(target.get(word))
    ]
    if variants and all(map(_are_of_event, variants)):
        for fields in variants:
            event = followed(contract, fields.get("event"))
            names = [event["const"]] if "const" in event else as_list(event.get("enum"))
            for name in names or [""]:
                yield str(name), _content_of(contract, fields["data"])
    elif _are_of_event(shared):
        yield "", _content_of(contract, shared["data"])
    else:
        yield "", _content_of(contract, schema)


def _are_of_event(fields: Schema) -> bool:
    """Return whether these are fields of an event, and no others."""
    return "data" in fields and fields.keys() <= _FIELDS


def _content_of(contract: Schema, schema: Any) -> Any:
    """Return the schema of data: of JSON in a text, what the contract states of its content."""
    target = followed(contract, schema)
    if is_object(target.get("contentSchema")):
        return target["contentSchema"]
    is_text = target.get("type") == "string" and not target.keys() & {"enum", "const"}
    return _PLAIN if is_text or not target else schema
