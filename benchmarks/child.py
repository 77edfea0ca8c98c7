"""Runs one task of a peer in a separate interpreter; prints seconds and peak memory in MB.

It imports nothing that a peer may need: that would hide a part of the peer's start-up.
"""

import sys
from time import perf_counter

import benchmarks.peers


def main() -> None:
    """Run the task of a peer's module that the command line names, with its arguments."""
    peer, task, *arguments = sys.argv[1:]
    started = perf_counter()
    __import__(f"{benchmarks.peers.__name__}.{peer}")
    getattr(getattr(benchmarks.peers, peer), task)(*arguments)
    print(perf_counter() - started, peak_mb())


def peak_mb() -> float:
    """Return the peak memory of this process in 10^6 bytes; 0 where the system does not report it.

    Outside Linux, systems report only the larger of its own peak and that of its parent.
    """
    if sys.platform != "linux":
        return 0
    with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib would be an import
        kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    return kib * 1024 / 1e6


if __name__ == "__main__":
    main()
