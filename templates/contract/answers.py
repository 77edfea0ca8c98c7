"""Answers: what a method returns for each success status, and raises for each other status."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from contract.api import Error
from contract.arguments import JSON, TEXT
from contract.references import Schema, as_object, followed
from contract.streams import Items, items_of, stream_of

BINARY: Schema = {"type": "string", "format": "binary"}
PLAIN: Schema = {"type": "string"}
SUCCESS = re.compile(r"2(\d\d|XX)$", re.IGNORECASE)
_EXCEPTIONS = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
}


class Answer(NamedTuple):
    """A response of an operation, in one media type.

    Attributes:
        code: the status as the contract has it, or ``default``.
        schema: of its body; None if it has no body. That of a stream as a whole is text.
        media_type: of its body.
        is_success: whether it means success.
        is_main: whether this is the media type that is preferred for this status.
        response: all that the contract states.
        items: of a stream, the schemas of its items; empty for what is read as a whole.
    """

    code: str
    schema: Any
    media_type: str
    is_success: bool
    is_main: bool
    response: Schema
    items: Items

    @property
    def status(self) -> int:
        """Return the status in the form of `Operation.others`."""
        if self.code.isdigit():
            return int(self.code)
        return int(self.code[0]) if self.code[:1].isdigit() else 0


def answers_of(contract: Schema, responses: Schema) -> list[Answer]:
    """Return all responses of an operation, in the order of the contract."""
    successes = [code for code in responses if SUCCESS.match(code)]
    successes = successes or [code for code in responses if code == "default"]
    return [
        Answer(code, schema, media_type, code in successes, number == 0, response, items)
        for code, response in responses.items()
        for number, (media_type, schema, items) in enumerate(_bodies(contract, response))
    ]


def results_of(answers: list[Answer]) -> list[Answer]:
    """Return the answers that a method returns: the main one, then those of other types.

    A media type of a status is left out if its type is that of the status itself.
    """
    successes = sorted((each for each in answers if each.is_success), key=lambda each: each.code)
    successes = [each for each in successes if each.response.get("x-same-result") is not True]
    successes.sort(key=lambda each: (not each.is_main, each.schema is None))
    types = {each.code: each.schema for each in successes if each.is_main}
    main = successes[:1]
    return [
        *main,
        *(
            each
            for each in successes[1:]
            if each.items or each.schema != (main[0].schema if each.is_main else types[each.code])
        ),
    ]


def error_of(answer: Answer) -> Error:
    """Return the exception for an error response."""
    code = answer.code
    usual = "InternalServerError" if code[:1] == "5" else _EXCEPTIONS.get(code, "APIStatusError")
    exception = str(answer.response.get("x-raises") or usual)
    description = str(answer.response.get("description") or "")
    return Error(code=code, exception=exception, description=description)


def error_bodies_of(answers: list[Answer]) -> list[Answer]:
    """Return the answers that are no success and whose bodies are JSON.

    A status with the same body as all others is left out.
    """
    found = [
        each
        for each in answers
        if not each.is_success and each.schema is not None and JSON.match(each.media_type)
    ]
    usual = [each.schema for each in found if each.code == "default"]
    alike = len(usual) == 1 and all(each.is_main for each in found)
    return [
        each for each in found if each.code == "default" or not alike or each.schema != usual[0]
    ]


def _bodies(contract: Schema, response: Schema) -> list[tuple[str, Any, Items]]:
    """Return the media types of a response, their schemas and items, the preferred one first.

    JSON comes first, and streams last. XML and the like are left out beside JSON, since they are
    the same in another form.
    """
    contents = as_object(response.get("content"))
    if not contents:
        return [("", None, {})]
    streams = [each for each in contents if stream_of(each)]
    jsons = [each for each in contents if JSON.match(each) and each not in streams]
    whole = [each for each in contents if each not in (*streams, *jsons)]
    if jsons:
        whole = jsons + [each for each in whole if not _MARKUP.match(each)]
    return [
        *((each, _schema(contract, each, contents[each]), {}) for each in whole),
        *((each, PLAIN, items_of(contract, each, as_object(contents[each]))) for each in streams),
    ]


_MARKUP = re.compile(r"(text|application)/([\w.+-]+\+)?(xml|yaml|x-yaml|html)\b", re.IGNORECASE)


def _schema(contract: Schema, media_type: str, content: Any) -> Any:
    """Return the schema of a body; that of text and bytes does not depend on the contract."""
    schema = as_object(content).get("schema", {})
    target = followed(contract, schema)
    if target.get("format") == "binary":
        return BINARY
    if JSON.match(media_type) or (
        media_type.startswith("text/plain") and target.get("type") in _STRUCTURED
    ):
        return schema
    return PLAIN if TEXT.match(media_type) else BINARY


_STRUCTURED = frozenset({"object", "array", "integer", "number", "boolean"})
