"""Answers: what a method returns for each status that means success, and raises for the others."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from contract.api import Error
from contract.arguments import JSON, TEXT
from contract.references import Schema, as_object, followed

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
    """A response of an operation.

    Attributes:
        code: the status as the contract has it, or ``default``.
        schema: of its body; None if it has no body.
        media_type: of its body.
        is_success: whether it means success.
        response: all that the contract states.
    """

    code: str
    schema: Any
    media_type: str
    is_success: bool
    response: Schema

    @property
    def status(self) -> int:
        """Return the status as `Operation.others` has it."""
        return int(self.code) if self.code.isdigit() else 2 if self.code[0] == "2" else 0


def answers_of(contract: Schema, responses: Schema) -> list[Answer]:
    """Return all responses of an operation, in the order of the contract."""
    successes = [code for code in responses if SUCCESS.match(code)]
    successes = successes or [code for code in responses if code == "default"]
    found: list[Answer] = []
    for code, response in responses.items():
        media_type, schema = _chosen(contract, response)
        found.append(Answer(code, schema, media_type, code in successes, response))
    return found


def results_of(answers: list[Answer]) -> list[Answer]:
    """Return the answers that a method returns: the main one, then those of other types."""
    successes = sorted((each for each in answers if each.is_success), key=lambda each: each.code)
    successes = [each for each in successes if each.response.get("x-same-result") is not True]
    successes.sort(key=lambda each: each.schema is None)
    main = successes[:1]
    return [*main, *(each for each in successes[1:] if each.schema != main[0].schema)]


def error_of(answer: Answer) -> Error:
    """Return what is raised for an answer that is no success."""
    code = answer.code
    usual = "InternalServerError" if code[:1] == "5" else _EXCEPTIONS.get(code, "APIStatusError")
    exception = str(answer.response.get("x-raises") or usual)
    description = str(answer.response.get("description") or "")
    return Error(code=code, exception=exception, description=description)


def _chosen(contract: Schema, response: Schema) -> tuple[str, Any]:
    """Return media type and schema of an answer: JSON if there is a choice, else text."""
    contents = as_object(response.get("content"))
    if not contents:
        return "", None

    def rank(media_type: str) -> int:
        return 0 if JSON.match(media_type) else 1 if TEXT.match(media_type) else 2

    media_type = min(contents, key=rank)
    schema = as_object(contents[media_type]).get("schema", {})
    is_binary = as_object(followed(contract, as_object(schema))).get("format") == "binary"
    if rank(media_type) == 0 and not is_binary:
        return media_type, schema
    if rank(media_type) == 1 and not is_binary:
        return media_type, PLAIN
    return media_type, BINARY
