"""The program `telnyx-recordings`, which is `python -m telnyx_recordings.cli` too."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; return its exit code: 0 success, 1 failure, 2 usage, 130 interrupted."""
    try:
        from telnyx_recordings.cli import group, runner
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        from telnyx_recordings.errors import MissingExtraError

        sys.stderr.write(f"telnyx-recordings: {MissingExtraError('the command line', 'cli')}\n")
        return 1
    return runner.run(group.root, sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
