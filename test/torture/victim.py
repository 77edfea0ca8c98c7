"""Archives a sandbox with deletion until it is done or killed: what the torture kills."""

import signal
import sys
from datetime import timedelta

from telnyx_recordings import Client


def main() -> None:
    """Take the key, the base URL and the destination from the command line."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in jobs of a shell script
    key, base_url, destination = sys.argv[1:]
    with Client(key, base_url, max_retries=0) as client:
        client.archive(
            destination,
            formats=("wav", "mp3"),
            workers=4,
            delete=True,
            min_age=timedelta(hours=1),
            report=None,
        )


if __name__ == "__main__":
    main()
