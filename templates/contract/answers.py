"""Settle what an operation answers: one result for each status that means success.

The generator sees each as JSON. What it really is stands beside it:

    x-result   this answer's type is the first, or the only one, that a method returns
    x-other    this answer's type is another one, for its own status
    x-status   that status; 2 for all of 2XX, 0 for any
"""

from __future__ import annotations

import re

from contract.bodies import JSON, TEXT
from contract.references import Schema, followed
from contract.texts import literal

_BINARY: Schema = {"type": "string", "format": "binary"}
_JSON = "application/json"
SUCCESS = re.compile(r"2(\d\d|XX)$", re.IGNORECASE)


def settle_answers(contract: Schema, operation: Schema) -> None:
    """Choose one media type for each answer, and say which result each stands for."""
    answers: dict[str, Schema] = operation["responses"]
    successes = [code for code in answers if SUCCESS.match(code)]
    successes = sorted(successes) or [code for code in answers if code == "default"]
    accepted: dict[str, None] = {}
    settled: dict[str, Schema] = {}
    shown: list[str] = []
    for code, answer in answers.items():
        media_type, schema = _chosen(contract, answer)
        answer.pop("content", None)
        answer.pop("headers", None)
        answer.pop("links", None)
        if schema is not None:
            answer["x-is-bytes"] = schema is _BINARY
            answer["content"] = {_JSON: {"schema": schema}}
        if code in successes and media_type:
            accepted[media_type] = None
        settled[_unused(code, settled) if code in successes else code] = answer
    results = [code for code in successes if "content" in answers[code]]
    for code in [*results, *(each for each in successes if each not in results)]:
        answer = answers[code]
        if answer.get("x-same-result"):
            continue
        kind = str(answer.get("content"))
        answer["x-status"] = _status(code)
        answer["x-result" if not shown else "x-other"] = kind not in shown
        answer["x-is-empty"] = "content" not in answer
        operation["x-has-others"] = bool(operation.get("x-has-others") or answer.get("x-other"))
        shown.append(kind)
    operation["responses"] = settled
    if accepted and list(accepted) != [_JSON]:
        operation["x-accept"] = literal(", ".join(accepted))


def _status(code: str) -> int:
    return int(code) if code.isdigit() else 2 if code[0] == "2" else 0


def _unused(code: str, taken: Schema) -> str:
    """Return a status that the generator takes for one of success."""
    if code.isdigit():
        return code
    return next(str(number) for number in range(299, 199, -1) if str(number) not in taken)


def _chosen(contract: Schema, answer: Schema) -> tuple[str, Schema | None]:
    """Return media type and schema of an answer: JSON if there is a choice, else text."""
    contents: dict[str, Schema] = answer.get("content") or {}
    if not contents:
        return "", None

    def rank(media_type: str) -> int:
        return 0 if JSON.match(media_type) else 1 if TEXT.match(media_type) else 2

    media_type = min(contents, key=rank)
    schema: Schema = contents[media_type].get("schema") or {}
    is_binary = followed(contract, schema).get("format") == "binary"
    if rank(media_type) == 0 and not is_binary:
        return media_type, schema
    if rank(media_type) == 1 and not is_binary:
        return media_type, {"type": "string"}
    return media_type, _BINARY
