"""`make spec-diff`: say what a change of the contract means for users, and for the version."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from openapi_spec_validator import validate

from contract.references import ContractError
from spec_diff import calls
from spec_diff import revision as source
from spec_diff.change import Change
from spec_diff.compare import compare
from spec_diff.report import as_json, as_text
from spec_diff.revision import SourceError
from spec_diff.surface import Surface

ROOT = Path(__file__).resolve().parents[2]
DONE, FOUND, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare; return the exit code.

    Returns:
        0, whatever the difference is; 1 where `--fail-on` asks for it; 2 where a contract cannot
        be read, with the reason in one line.
    """
    options = _options(arguments)
    try:
        old, new = (_surface(name) for name in (options.old, options.new))
    except (ContractError, SourceError) as error:
        print(f"spec-diff: {error}", file=sys.stderr)
        return UNREADABLE
    changes = compare(old, new)
    show = as_json if options.format == "json" else as_text
    version = options.from_version or source.version_of(options.old, ROOT)
    for line in show(changes, (options.old, options.new), version):
        print(line)
    return FOUND if _is_wanted(changes, options.fail_on) else DONE


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="spec-diff",
        description="Say what a change of the contract means for users, and for the version.",
        epilog="Exit code: 0; 1 where --fail-on asks for it; 2 where a contract cannot be read.",
    )
    source_help = "a file, a git revision such as v0.1.0 or HEAD~3, or - for standard input"
    parser.add_argument("old", nargs="?", default="HEAD", help=f"{source_help} (default: HEAD)")
    parser.add_argument(
        "new", nargs="?", default=source.CONTRACT, help=f"likewise (default: {source.CONTRACT})"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="JSON is one object a line"
    )
    parser.add_argument(
        "--from-version",
        type=_version,
        metavar="VERSION",
        help="the version that the step starts from (default: the package's, as of OLD)",
    )
    parser.add_argument(
        "--fail-on", choices=("breaking", "any"), help="exit with 1 where there is such a change"
    )
    return parser.parse_args(arguments)


def _surface(name: str) -> Surface:
    text = source.text_of(name, ROOT)
    try:
        return calls.read(source.parsed(name, text, ROOT))
    except ContractError as error:
        raise SourceError(f"{name}: {error}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # The shapes are not looked at one by one: the validator says best which of them is wrong.
        raise SourceError(f"{name} is not valid: {_invalid(name, text)}") from error


def _invalid(name: str, text: str) -> str:
    try:
        validate(source.parsed(name, text, ROOT))
    except Exception as error:  # noqa: BLE001 - it raises those of its libraries too
        where = "/".join(str(step) for step in getattr(error, "absolute_path", ()))
        why = " ".join(str(getattr(error, "message", error)).split())[:300]
        return f"{where}: {why}" if where else why
    return "a schema or an x-* key has not the form that it must have"


def _version(text: str) -> str:
    if re.fullmatch(r"\d+\.\d+\.\d+", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 1.2.3")
    return text


def _is_wanted(changes: list[Change], which: str | None) -> bool:
    if which == "breaking":
        return any(each.step == "major" for each in changes)
    return which == "any" and bool(changes)


if __name__ == "__main__":
    sys.exit(main())
