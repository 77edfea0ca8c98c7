"""Places: where operations, parameters, bodies and answers have schemas, and what to call those."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contract.names import pascal
from contract.operations import METHODS
from contract.references import Schema, as_list, as_object, is_object

Given = Callable[[Schema, str], Any]
"""Takes what holds a schema, and a name for its class; returns what the generator gets."""


def replace_schemas(contract: Schema, given: Given) -> None:
    """Put, wherever a schema stands outside of the named ones, what the generator is given."""
    _Places(given).walk(contract)


class _Places:
    """Visits each place once, even if several operations share it."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._seen: dict[int, Any] = {}  # by identity, so what was seen must live

    def walk(self, contract: Schema) -> None:
        """Visit what has a name of its own first: that is the name it goes by."""
        parts: Schema = as_object(contract.get("components"))
        for name, each in as_object(parts.get("parameters")).items():
            self._parameter(each, pascal(name))
        for name, each in as_object(parts.get("headers")).items():
            self._parameter(each, f"{pascal(name)}Header")
        for name, each in as_object(parts.get("requestBodies")).items():
            self._content(each, _ending(name, "Request"))
        for name, each in as_object(parts.get("responses")).items():
            self._response(each, _ending(name, "Response"))
        for name, each in as_object(parts.get("callbacks")).items():
            self._items(each, pascal(name))
        for name, each in as_object(parts.get("pathItems")).items():
            self._item(each, pascal(name))
        self._items(contract.get("paths"), "")
        self._items(contract.get("webhooks"), "")

    def _items(self, items: Any, before: str) -> None:
        for path, item in as_object(items).items():
            self._item(item, before + pascal(path))

    def _item(self, item: Any, hint: str) -> None:
        if is_object(item):
            for each in as_list(item.get("parameters")):
                self._parameter(each, f"{hint}{pascal(str(each.get('name', '')))}")
            for method in METHODS:
                if is_object(item.get(method)):
                    self._operation(item[method], f"{pascal(method)}{hint}")

    def _operation(self, operation: Schema, hint: str) -> None:
        name = pascal(str(operation.get("operationId") or "")) or hint
        for each in as_list(operation.get("parameters")):
            self._parameter(each, f"{name}{pascal(str(each.get('name', '')))}")
        self._content(operation.get("requestBody"), f"{name}Request")
        first = True
        for status, each in as_object(operation.get("responses")).items():
            good = str(status).startswith("2")
            word = "" if good and first else pascal(str(status))
            self._response(each, f"{name}{word}Response")
            first = first and not good
        for event, items in as_object(operation.get("callbacks")).items():
            self._items(items, f"{name}{pascal(event)}")

    def _parameter(self, parameter: Any, hint: str) -> None:
        if is_object(parameter) and "$ref" not in parameter:
            self._replace(parameter, hint)
            self._content(parameter, hint)

    def _response(self, response: Any, hint: str) -> None:
        if is_object(response):
            self._content(response, hint)
            for name, each in as_object(response.get("headers")).items():
                self._parameter(each, f"{hint}{pascal(name)}")

    def _content(self, holder: Any, hint: str) -> None:
        if not is_object(holder):
            return
        known: list[tuple[Any, Schema]] = []  # one schema in several media types is one class
        for media in as_object(holder.get("content")).values():
            if is_object(media) and "schema" in media and id(media) not in self._seen:
                before = media["schema"]
                same = next((made for each, made in known if each == before), None)
                if same is None:
                    self._replace(media, hint)
                    known.append((before, media["schema"]))
                else:
                    self._seen[id(media)] = media
                    media["schema"] = same

    def _replace(self, holder: Schema, hint: str) -> None:
        if "schema" in holder and id(holder) not in self._seen:
            self._seen[id(holder)] = holder
            holder["schema"] = self._given(holder, hint)


def _ending(name: str, end: str) -> str:
    return pascal(name) if pascal(name).endswith(end) else f"{pascal(name)}{end}"
