"""`make spec-diff`: say what a change of the contract means for users, and for the version."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.api import Api
from contract.build import build
from contract.references import ContractError
from spec_diff import revision
from spec_diff.compare import compare
from spec_diff.report import as_json, as_text
from spec_diff.revision import RevisionError

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
        old, new = (_api(name) for name in (options.old, options.new))
    except RevisionError as error:
        print(f"spec-diff: {error}", file=sys.stderr)
        return UNREADABLE
    changes = compare(old, new)
    show = as_json if options.format == "json" else as_text
    version = options.from_version or revision.version_of(options.old, ROOT)
    for line in show(changes, (options.old, options.new), version):
        print(line)
    breaks = any(each.step == "major" for each in changes)
    is_wanted = bool(changes) if options.fail_on == "any" else options.fail_on and breaks
    return FOUND if is_wanted else DONE


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="spec-diff",
        description="Say what a change of the contract means for users, and for the version.",
        epilog="Exit code: 0; 1 where --fail-on asks for it; 2 where a contract cannot be read.",
    )
    source_help = "a file, a git revision such as v0.1.0 or HEAD~3, or - for standard input"
    parser.add_argument("old", nargs="?", default="HEAD", help=f"{source_help} (default: HEAD)")
    parser.add_argument(
        "new", nargs="?", default=revision.CONTRACT, help=f"likewise (default: {revision.CONTRACT})"
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


def _api(name: str) -> Api:
    try:
        return build(revision.load(name, ROOT))
    except ContractError as error:
        raise RevisionError(f"{name}: {error}") from error


def _version(text: str) -> str:
    if re.fullmatch(r"\d+\.\d+\.\d+", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 1.2.3")
    return text


if __name__ == "__main__":
    sys.exit(main())
