"""`python -m telnyx_recordings.sandbox`: run a local Telnyx server until it is interrupted."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

from telnyx_recordings.errors import MissingExtraError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server; print the base URL as the first line; return the exit code."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    delay: float = options.pop("delay")
    try:
        from telnyx_recordings.sandbox import Sandbox, screen  # noqa: PLC0415 - needs an extra
    except MissingExtraError as error:
        sys.stderr.write(f"telnyx-recordings-sandbox: {error}\n")
        return 1
    # SIGTERM ends it like Ctrl-C: through the `with` block, cleanly.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Sandbox(**options) as box:
            box.delay(delay)
            screen.serve(box)
    except KeyboardInterrupt:
        pass
    except ValueError as error:  # the URL for events, or a time in the year 1
        parser.error(str(error))
    except OSError as error:
        sys.stderr.write(f"cannot serve on port {options['port']}: {error}\n")
        return 1
    return 0


def _whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    def whole_number(text: str) -> int:  # argparse names it when int refuses the text
        number = int(text)
        if number < least or (most is not None and number > most):
            limits = f"at least {least}" if most is None else f"from {least} to {most}"
            raise argparse.ArgumentTypeError(f"expected a whole number {limits}, not {number}")
        return number

    return whole_number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m telnyx_recordings.sandbox",
        description="Run a local Telnyx server; the first line printed is its base URL.",
    )
    port, count = _whole_number(0, 65535), _whole_number(0)
    parser.add_argument("--port", type=port, default=0, help="port to serve on (default: any free)")
    parser.add_argument("--recordings", type=count, default=100, help="their number (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="determines all recordings")
    parser.add_argument("--api-key", help="the only key to accept (default: any with KEY first)")
    parser.add_argument(
        "--rate-limit", type=_whole_number(1), help="requests per second before 429"
    )
    parser.add_argument("--quirks", action="store_true", help="include unusual rows")
    parser.add_argument("--order", choices=("newest", "oldest"), default="newest")
    parser.add_argument("--cursor-meta", action="store_true", help="list transcripts by cursor")
    at = "when its clock starts, as ISO 8601 (default: now)"
    parser.add_argument("--at", type=datetime.fromisoformat, metavar="TIME", help=at)
    parser.add_argument("--webhook-url", help="where to post the events of calls")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each response")
    return parser


if __name__ == "__main__":
    sys.exit(main())
