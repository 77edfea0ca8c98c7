"""Call each method of a generated package at a mock server, which checks the requests.

Started as `python -m conformance.calls PACKAGE calls.json result.json URL SECONDS` where the
package is.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from collections import Counter
from operator import attrgetter
from pathlib import Path
from typing import Any

# Of Prism: no operation is there for the request, or a key is missing. All else that is wrong with
# a request is in a header of the response, which is one of the contract's own if it has one.
_REFUSED = re.compile(
    r"NO_\w*_MATCHED\w*|NO_BASE_URL\w*|UNAUTHORIZED|INVALID_CONTENT_TYPE|NOT_ACCEPTABLE"
)


# One of the header's objects. Of many, the header is cut, and no JSON.
_VIOLATION = re.compile(
    r'"location":\["request"(?:,"(\w+)")?[^]]*\],"severity":"Error","code":"(\w+)"'
)
_FILE = {"$bytes": "file"}
"""Stands for the bytes of a file."""


def main() -> None:
    """Write how many calls were made, how many of them were accepted, and what refused the rest."""
    package, calls, result, url, seconds = sys.argv[1:]
    given = json.loads(Path(calls).read_text(encoding="utf-8"))
    errors = importlib.import_module(f"{package}.errors")
    violations: list[str] = []

    def note(_: object, response: object, __: float) -> None:
        violations.append(violation(response))

    client = importlib.import_module(package).Client(
        base_url=url,
        max_retries=0,
        timeout=20,
        after_response=note,
        **dict.fromkeys(given["keys"], "KEY"),
    )
    until = time.monotonic() + float(seconds)
    tried, found, left = 0, Counter[str](), list[str]()
    for name, arguments in given["calls"]:
        if time.monotonic() > until:
            break
        tried += 1
        values = {key: _decoded(value) for key, value in arguments.items()}
        violations.clear()
        outcome = _outcome(errors, attrgetter(name)(client), values)
        outcome = next(filter(None, violations), outcome)
        if outcome == "no response":  # Prism ended
            tried -= 1
            left.append(f"{name}: Prism ended, so that this and later calls were not made")
            break
        found[outcome] += 1
        if outcome != "accepted":
            left.append(f"{name}: {outcome}")
    client.close()
    told = {"calls": len(given["calls"]), "tried": tried, "outcomes": found, "left": left}
    Path(result).write_text(json.dumps(told), encoding="utf-8")


def violation(response: Any) -> str:
    """Return what Prism states that is wrong with a request; empty if there is nothing."""
    found = _VIOLATION.search(getattr(response, "headers", {}).get("sl-violations", ""))
    return f"{found[2]} in {found[1] or 'request'}" if found else ""


def _decoded(value: Any) -> Any:
    if value == _FILE:
        return b"file"
    return [b"file"] if value == [_FILE] else value


def _outcome(errors: Any, method: Any, arguments: dict[str, Any]) -> str:
    try:
        response = method(**arguments)
        if hasattr(response, "__next__"):
            response.close()
    except errors.APIStatusError as error:
        problem = re.search(r"prism/errors#(\w+)", error.body)
        return problem[1] if problem and _REFUSED.match(problem[1]) else "accepted"
    except errors.APIResponseError:
        return "accepted"
    except errors.APIError:
        return "no response"
    except Exception as error:  # noqa: BLE001 - the client refuses its own arguments
        return f"not sent ({type(error).__name__})"
    return "accepted"


if __name__ == "__main__":
    main()
