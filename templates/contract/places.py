"""Places: where contracts have schemas without names, and the class name for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from contract.answers import Answer
from contract.arguments import JSON
from contract.arguments import Draft as Argument
from contract.names import pascal
from contract.operations import Draft as Operation
from contract.operations import operations_in
from contract.references import Schema, as_list, as_object, is_object

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
        parts: Schema = as_object(self._contract.get("components"))
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

    def of_methods(
        self, operations: Mapping[str, tuple[Operation, list[Argument], list[Answer]]]
    ) -> None:
        """Visit the arguments and answers of methods, which go by the name of their builder."""
        for builder, (operation, arguments, answers) in operations.items():
            self._method(pascal(builder), arguments, answers)
            self._callbacks(operation.spec, pascal(builder))

    def of_paths(self) -> None:
        """Visit what operations have in the contract itself."""
        self._items(self._contract.get("paths"), "")

    def of_webhooks(self) -> None:
        """Visit webhooks and callbacks."""
        self._items(self._contract.get("webhooks"), "")

    def _method(self, name: str, arguments: Iterable[Argument], answers: Iterable[Answer]) -> None:
        for each in arguments:
            word = each.wire if each.location == "path" else each.name
            self._see({"schema": each.schema}, f"{name}{pascal(word)}")
        first = True
        for answer in answers:
            word = "" if answer.is_success and first else pascal(answer.code)
            word += "" if answer.is_main else pascal(answer.media_type)
            for event, schema in answer.items.items():
                self._see({"schema": schema}, f"{name}{pascal(event)}Item")
            if answer.schema is not None:
                self._see({"schema": answer.schema}, f"{name}{word}Response")
            first = first and not answer.is_success

    def _items(self, items: Any, before: str) -> None:
        for path, item in as_object(items).items():
            self._item(item, before + pascal(path))

    def _callbacks(self, operation: Schema, name: str) -> None:
        for event, items in as_object(operation.get("callbacks")).items():
            self._items(items, f"{name}{pascal(event)}")

    def _item(self, item: Any, hint: str) -> None:
        if is_object(item):
            for each in as_list(item.get("parameters")):
                self._parameter(each, f"{hint}{pascal(str(each.get('name', '')))}")
            for method, operation in operations_in(item):
                self._operation(operation, f"{pascal(method)}{hint}")

    def _operation(self, operation: Schema, hint: str) -> None:
        name = pascal(str(operation.get("operationId") or "")) or hint
        for each in as_list(operation.get("parameters")):
            self._parameter(each, f"{name}{pascal(str(each.get('name', '')))}")
        self._content(operation.get("requestBody"), f"{name}Request")
        for status, each in as_object(operation.get("responses")).items():
            self._response(each, f"{name}{pascal(str(status))}Response")
        self._callbacks(operation, name)

    def _parameter(self, parameter: Any, hint: str) -> None:
        if is_object(parameter) and "$ref" not in parameter:
            self._see(parameter, hint)
            self._content(parameter, hint)

    def _response(self, response: Any, hint: str) -> None:
        if is_object(response):
            self._content(response, hint)
            for name, each in as_object(response.get("headers")).items():
                self._parameter(each, f"{hint}{pascal(name)}")

    def _content(self, holder: Any, hint: str) -> None:
        """Visit each schema of a body; one that several media types have is one class."""
        contents = as_object(as_object(holder).get("content"))
        known: list[Any] = []
        for media_type in sorted(contents, key=lambda each: not JSON.match(each)):
            media = contents[media_type]
            if is_object(media) and media.get("schema") not in known:
                known.append(media.get("schema"))
                self._see(media, hint)

    def _see(self, holder: Schema, hint: str) -> None:
        if "schema" in holder and id(holder["schema"]) not in self._seen:
            self._seen[id(holder["schema"])] = holder["schema"]
            self._visit(holder, hint)


def _ending(name: str, end: str) -> str:
    return pascal(name) if pascal(name).endswith(end) else f"{pascal(name)}{end}"
