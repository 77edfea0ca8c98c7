"""The machine of a run: processor, system, Python, versions, and load."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PEERS = (
    "telnyx-recordings",
    "telnyx",
    "openapi-generator-cli",
    "openapi-python-client",
    "pydantic",
    "msgspec",
    "orjson",
    "urllib3",
    "httpx",
    "aiohttp",
)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and the day of a run.

    Attributes:
        day: of the run, UTC.
        processor: its model.
        cores: that Python may use.
        memory_gb: in 10^9 bytes.
        system: kernel or system, with its release.
        python: implementation and version.
        versions: of what was compared.
        load_before: average number of runnable processes in the minute before the run.
        load_after: the same in the last minute of the run, including its own processes.
    """

    day: str
    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    versions: dict[str, str]
    load_before: float
    load_after: float = 0.0

    @classmethod
    def now(cls) -> Machine:
        """Collect the facts."""
        return cls(
            day=f"{datetime.now(UTC):%Y-%m-%d}",
            processor=_processor(),
            cores=len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1,
            memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
            system=f"{platform.system()} {platform.release()}",
            python=f"{platform.python_implementation()} {platform.python_version()}",
            versions={name: version(name) for name in _PEERS},
            load_before=os.getloadavg()[0],
        )

    def at_the_end(self) -> Machine:
        """Return a copy with the present load."""
        return replace(self, load_after=os.getloadavg()[0])

    def sentence(self) -> str:
        """Return it in words."""
        return (
            f"{self.day}: {self.processor}, {self.cores} cores, {self.memory_gb:.0f} GB, "
            f"{self.system}, {self.python}; load {self.load_before:.1f} before the run, "
            f"{self.load_after:.1f} at its end."
        )

    def plain(self) -> dict[str, Any]:
        """Return it as a dict for ``json.dumps``."""
        return asdict(self)


def _processor() -> str:
    """Return the model of the processor, as the system reports it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
