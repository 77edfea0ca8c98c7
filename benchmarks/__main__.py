"""`python -m benchmarks [subject …]`: measures, and prints tables or JSON; see --help."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from benchmarks import report
from benchmarks.machine import Machine
from benchmarks.results import text
from benchmarks.workshop import Workshop

SUBJECTS = (
    *("startup", "decode", "encode", "listing", "prefetch", "calls", "downloads", "archives"),
    *("manifest", "memory", "size", "browse", "scale"),
)
"""Modules of this folder, each with a function `run`."""
LONG = ("browse", "scale")
"""Subjects that are measured only on request."""


STOPPED = 130
"""The exit code after Ctrl-C, as in shells."""


def main() -> int:
    """Run the command line; return the exit code."""
    asked = _arguments()
    try:
        _measure(asked)
    except KeyboardInterrupt:
        _say(f"stopped{f'; {asked.write} is unchanged' if asked.write else ''}")
        return STOPPED
    return 0


def _measure(asked: argparse.Namespace) -> None:
    machine = Machine.now()
    tables = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        made = Workshop(Path(folder), asked.rounds)
        subjects = asked.subjects or [each for each in SUBJECTS if each not in LONG]
        if not {*subjects} <= {*LONG}:
            _say("making the clients of openapi-generator and openapi-python-client")
            made.make_clients()
        for subject in subjects:
            _say(f"measuring: {subject}")
            for table in import_module(f"benchmarks.{subject}").run(made):
                tables.append(table)
                if not asked.json:
                    print(f"\n{text(table)}\n  {table.note}".rstrip(), flush=True)
    machine = machine.at_the_end()
    if asked.json:
        plain = {"machine": machine.plain(), "tables": [table.plain() for table in tables]}
        print(json.dumps(plain, indent=1))
    else:
        print(f"\n{machine.sentence()}")
    if asked.write:
        report.write(asked.write, machine, tables)
        _say(f"written: {asked.write}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "subjects",
        nargs="*",
        choices=[[], *SUBJECTS],  # an empty list is what argparse has when none is given
        metavar="SUBJECT",
        help=f"{', '.join(SUBJECTS)}; all but {', '.join(LONG)} when not given",
    )
    parser.add_argument("--rounds", type=int, help="samples of each (default: a subject's own)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="write a page with plots")
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
