"""What spec-diff knows of a contract, compared with the package that is generated from it."""

import inspect
import re
from operator import attrgetter
from typing import Any

from contract.api import Api
from spec_diff.methods import methods_of
from spec_diff.types import shown
from spec_diff.values import is_needed


def check_names(seen: Api, found: Any) -> None:
    """See that classes, members, fields, bases, methods, arguments and results are the same."""
    assert sorted(seen.classes) == sorted(found.models.__all__)
    for name, each in seen.classes.items():
        there = getattr(found.models, name)
        if each.kind == "enum":
            members = {member.value: member.name for member in there}
            assert {member.value: member.name for member in each.members} == members
        elif each.kind == "model":
            plain = {part.name for part in each.fields if not re.search(r"[\"\\\n]", part.wire)}
            own = {*there.__struct_fields__} - {"additional_properties"}
            assert plain <= own <= {part.name for part in each.fields}
            assert each.bases == tuple(base.__name__ for base in there.__mro__[1:-4])
    keys = [word for scheme in seen.schemes.values() for word in scheme.arguments]
    client = found.Client(base_url="http://127.0.0.1:9", **dict.fromkeys(keys, "KEY"))
    for method in methods_of(seen):
        signature = inspect.signature(attrgetter(method.name.partition(".")[2])(client))
        body = method.operation.body
        needed = {
            each.name: is_needed(each)
            and (each.location not in ("field", "body") or (body is not None and body.required))
            for each in method.operation.arguments
        }
        taken = dict(signature.parameters)
        del taken["options"]
        assert needed == {name: each.default is each.empty for name, each in taken.items()}
        gives = str(signature.return_annotation).replace("builtins.", "")
        assert method.operation.page or shown(method.result) == _in_order(gives), method.name


def _in_order(annotation: str) -> str:
    """A union as `shown` has it; users know types by other names than core."""
    names = {"DateTime": "datetime", "Timestamp": "datetime", "TimeOfDay": "time", "Uuid": "UUID"}
    annotation = re.sub(r"\w+", lambda found: names.get(found[0], found[0]), annotation)
    words = re.split(r" \| (?![^\[]*\])", annotation)
    return " | ".join(sorted(words, key=lambda each: (each == "None", each)))
