"""Refusals: what some error responses mean at Telnyx, in addition to their HTTP status."""

from __future__ import annotations

import re
from typing import Any

from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.errors import APIStatusError, CallEndedError, PermissionDeniedError

_FORBIDDEN = 403
_NOT_FOUND = 404
_UNPROCESSABLE = 422
_CALL_ENDED = "90018"
_COMMANDS = {"calls.actions": "call", "conferences.actions": "conference"}
"""The resources of commands, and what each acts on."""

# Patterns are compiled on first use: most programs never need them.
_PART_OF = r"(?i)\brecordings? (of|for|on|in) (the|this|that) \w+"
_ENDED = (
    r"(?i)\b(call|conference|leg)\b(?!'s|[^.]*\brecording)[^.]*"
    r"\b(ended|over|hung up|no longer active|not active|inactive|terminated|no longer exists)\b"
)


def explain(
    operation: Operation[Any], status: int, code: str | None, text: str
) -> tuple[type[APIStatusError], str] | None:
    """Return the exception and the advice for an error response; None for the usual ones.

    The code and the text are the service's own, as in `APIStatusError`.
    """
    acts_on = _COMMANDS.get(operation.name.rpartition(".")[0])
    if acts_on and _has_ended(status, code, text):
        never = ", or it never existed" if status == _NOT_FOUND else ""
        return CallEndedError, f"the {acts_on} has ended{never}, so it takes no more commands"
    if status == _FORBIDDEN:
        advice = "check the permissions of the API key and the balance of the account"
        return PermissionDeniedError, advice
    return None


def _has_ended(status: int, code: str | None, text: str) -> bool:
    """Return whether an error response to a command means that its call or conference has ended."""
    if status == _UNPROCESSABLE:
        about = re.sub(_PART_OF, "recording", text)
        return code == _CALL_ENDED or re.search(_ENDED, about) is not None
    return status == _NOT_FOUND
