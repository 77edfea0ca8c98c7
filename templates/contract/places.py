"""Places: where contracts have schemas without names, and the class name for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from contract.arguments import JSON
from contract.names import pascal
from contract.operations import Draft, operations_in
from contract.references import Schema

Visit = Callable[[Schema, str], None]
"""Takes what holds a schema, and a name for its class."""


class Places:
    """Visits each schema of a contract once, even if several operations share it."""

    def __init__(self, contract: Schema, visit: Visit) -> None:
        """Start without visiting anything."""
        self._contract = contract
        self._visit = visit
        self._seen: dict[int, Any] = {}  # by identity, so what was seen must live

    def named(self) -> None:
        """Visit what has a name of its own: that is the name it goes by."""
        parts: Schema = self._contract.get("components", {})
        for name, each in parts.get("parameters", {}).items():
            self._parameter(each, pascal(name))
        for name, each in parts.get("headers", {}).items():
            self._parameter(each, f"{pascal(name)}Header")
        for name, each in parts.get("requestBodies", {}).items():
            self._content(each, _ending(name, "Request"))
        for name, each in parts.get("responses", {}).items():
            self._response(each, _ending(name, "Response"))
        for name, each in parts.get("callbacks", {}).items():
            self._items(each, pascal(name))
        for name, each in parts.get("pathItems", {}).items():
            self._item(each, pascal(name))

    def of_methods(self, operations: Iterable[Draft]) -> None:
        """Visit the arguments and answers of methods, which go by the name of their builder."""
        for each in operations:
            self._method(each, pascal(each.builder))
            self._callbacks(each.spec, pascal(each.builder))

    def of_paths(self) -> None:
        """Visit what operations have in the contract itself."""
        self._items(self._contract.get("paths", {}), "")

    def of_webhooks(self) -> None:
        """Visit webhooks and callbacks."""
        self._items(self._contract.get("webhooks", {}), "")

    def _method(self, operation: Draft, name: str) -> None:
        for each in operation.arguments:
            word = each.wire if each.location == "path" else each.name
            self._see({"schema": each.schema}, f"{name}{pascal(word)}")
        first = True
        for answer in operation.answers:
            word = "" if answer.is_success and first else pascal(answer.code)
            word += "" if answer.is_main else pascal(answer.media_type)
            for event, schema in answer.items.items():
                self._see({"schema": schema}, f"{name}{pascal(event)}Item")
            if answer.schema is not None:
                self._see({"schema": answer.schema}, f"{name}{word}Response")
            first = first and not answer.is_success

    def _items(self, items: Schema, before: str) -> None:
        for path, item in items.items():
            self._item(item, before + pascal(path))

    def _callbacks(self, operation: Schema, name: str) -> None:
        for event, items in operation.get("callbacks", {}).items():
            self._items(items, f"{name}{pascal(event)}")

    def _item(self, item: Schema, hint: str) -> None:
        for each in item.get("parameters", ()):
            self._parameter(each, f"{hint}{pascal(each.get('name', ''))}")
        for method, operation in operations_in(item):
            self._operation(operation, f"{pascal(method)}{hint}")

    def _operation(self, operation: Schema, hint: str) -> None:
        name = pascal(operation.get("operationId", "")) or hint
        for each in operation.get("parameters", ()):
            self._parameter(each, f"{name}{pascal(each.get('name', ''))}")
        self._content(operation.get("requestBody", {}), f"{name}Request")
        for status, each in operation.get("responses", {}).items():
            self._response(each, f"{name}{pascal(status)}Response")
        self._callbacks(operation, name)

    def _parameter(self, parameter: Schema, hint: str) -> None:
        self._see(parameter, hint)
        self._content(parameter, hint)

    def _response(self, response: Schema, hint: str) -> None:
        self._content(response, hint)
        for name, each in response.get("headers", {}).items():
            self._parameter(each, f"{hint}{pascal(name)}")

    def _content(self, holder: Schema, hint: str) -> None:
        """Visit each schema of a body; one that several media types have is one class."""
        contents: Schema = holder.get("content", {})
        known: list[Any] = []
        for media_type in sorted(contents, key=lambda each: not JSON.match(each)):
            media = contents[media_type]
            if media.get("schema") not in known:
                known.append(media.get("schema"))
                self._see(media, hint)

    def _see(self, holder: Schema, hint: str) -> None:
        if "schema" in holder and id(holder["schema"]) not in self._seen:
            self._seen[id(holder["schema"])] = holder["schema"]
            self._visit(holder, hint)


def _ending(name: str, end: str) -> str:
    return pascal(name) if pascal(name).endswith(end) else f"{pascal(name)}{end}"
