"""Retention policies: for how long which recordings are kept, read from a TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from telnyx_recordings.archive.holding import bare_number
from telnyx_recordings.errors import ConfigError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_FIELDS = {
    "number": ("from", "to"),
    "source": ("source",),
    "connection": ("connection_id",),
    "channels": ("channels",),
}
"""The conditions of a rule, each with the fields of a recording that it compares."""
_KEEP = re.compile(r"([0-9]{1,6}) *([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Rule(Struct, frozen=True):
    """A rule of a policy.

    Attributes:
        name: of the rule.
        keep: for how long recordings are kept after they were created.
        conditions: the values that are wanted, by condition; a recording must meet all conditions.
    """

    name: str
    keep: timedelta
    conditions: dict[str, tuple[str, ...]]

    def applies(self, recording: RecordingResponseData) -> bool:
        """Return whether the rule applies to a recording."""
        fields = recording.to_dict()
        for condition, values in self.conditions.items():
            alike = bare_number if condition == "number" else str
            found = {alike(str(fields.get(name))) for name in _FIELDS[condition]}
            if found.isdisjoint(map(alike, values)):
                return False
        return True


def rule_for(rules: Sequence[Rule], recording: RecordingResponseData) -> Rule | None:
    """Return the first rule that applies to a recording; None if it is kept forever."""
    return next((rule for rule in rules if rule.applies(recording)), None)


def read_policy(path: str | PathLike[str]) -> tuple[Rule, ...]:
    """Read a policy, such as ``retention.toml``.

    Raises:
        ConfigError: it cannot be read, or a rule is invalid.
    """
    try:
        fields = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the policy {path} cannot be read: {error}") from error
    rules = fields.pop("rule", None)
    if fields or not isinstance(rules, list) or not rules:
        raise ConfigError(f"the policy {path} must consist of [[rule]] tables, at least one")
    found = tuple(
        _rule(path, number, each) for number, each in enumerate(cast("list[object]", rules), 1)
    )
    if len({rule.name for rule in found}) < len(found):
        raise ConfigError(f"the policy {path} has two rules of the same name")
    return found


def _rule(path: str | PathLike[str], number: int, given: Any) -> Rule:
    where = f"rule {number} of the policy {path}"
    if not isinstance(given, dict):
        raise ConfigError(f"{where} must be a table")
    fields = dict(cast("dict[str, Any]", given))
    name, keep = fields.pop("name", f"rule {number}"), fields.pop("keep", None)
    match = _KEEP.fullmatch(keep) if isinstance(keep, str) else None
    if not isinstance(name, str) or match is None:
        raise ConfigError(f'{where} needs keep = "365d" (h, d or w), and a name that is text')
    if unknown := sorted(fields.keys() - _FIELDS.keys()):
        known = ", ".join(_FIELDS)
        raise ConfigError(f"{where} has no {', '.join(unknown)!r}: conditions are {known}")
    conditions = {condition: _values(where, value) for condition, value in fields.items()}
    return Rule(name, int(match[1]) * _UNITS[match[2]], conditions)


def _values(where: str, given: Any) -> tuple[str, ...]:
    values: list[object] = cast("list[object]", given) if isinstance(given, list) else [given]
    found = tuple(each for each in values if isinstance(each, str) and each)
    if not values or len(found) < len(values):
        raise ConfigError(f"{where}: conditions must be text, or lists of text")
    return found
