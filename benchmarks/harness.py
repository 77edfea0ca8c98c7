"""Takes the samples: functions in one process, or programs in fresh interpreters, round by round.

Each round measures every subject once, in changing order: whatever slows the
machine down for a while slows all of them, and the ratios of a round stay true.
"""

from __future__ import annotations

import gc
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import ModuleType

from benchmarks.workshop import ROOT, Workshop

CHILD = Path(__file__).with_name("child.py")

LEAST_SECONDS = 0.02
"""Minimum duration of a sample; a short function is called several times."""


def in_rounds(
    functions: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, list[float]]:
    """Return the seconds of one call of each function, one sample per round.

    With ``time.process_time`` for a clock they are the seconds that a processor worked on it here.
    """
    counts = {name: _repeats(function) for name, function in functions.items()}
    samples: dict[str, list[float]] = {name: [] for name in functions}
    gc.collect()
    gc.freeze()  # objects of the imports are not collected during a sample
    try:
        for number in range(rounds):
            for name in _turned(list(functions), number):
                gc.collect()
                samples[name].append(_time(functions[name], counts[name], clock))
    finally:
        gc.unfreeze()
    return samples


def once_in_rounds(
    functions: Mapping[str, Callable[[], float]], rounds: int
) -> dict[str, list[float]]:
    """Return the results of long functions that time themselves: one call of each per round."""
    samples: dict[str, list[float]] = {name: [] for name in functions}
    for number in range(rounds):
        for name in _turned(list(functions), number):
            gc.collect()
            samples[name].append(functions[name]())
    return samples


def _repeats(function: Callable[[], object]) -> int:
    """Return the number of calls of a function per sample, after warming it up."""
    function()
    once = min(_time(function, 1, perf_counter) for _ in range(3))
    return max(1, round(LEAST_SECONDS / max(once, 1e-7)))


def _time(function: Callable[[], object], count: int, clock: Callable[[], float]) -> float:
    started = clock()
    for _ in range(count):
        function()
    return (clock() - started) / count


def _turned(names: list[str], number: int) -> list[str]:
    """Return the order of a round: each starts with another one, and every other is reversed."""
    start = number // 2 % len(names)
    order = names[start:] + names[:start]
    return order[::-1] if number % 2 else order


@dataclass(frozen=True, slots=True)
class Program:
    """One task of a peer, to run in a separate interpreter.

    Attributes:
        peer: the module.
        task: its function.
        arguments: what the function takes.
    """

    peer: ModuleType
    task: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """The time and memory of one run of a program.

    Attributes:
        seconds: from before the peer's import to the end of its task.
        process_seconds: from before the interpreter's start to after its end.
        peak_mb: peak memory in 10^6 bytes; 0 if the system does not report it.
    """

    seconds: float
    process_seconds: float
    peak_mb: float


def programs_in_rounds(
    workshop: Workshop, programs: Mapping[str, Program], rounds: int
) -> dict[str, list[Ran]]:
    """Return the runs of each program, one per round, after one that writes the bytecode."""
    runs: dict[str, list[Ran]] = {name: [] for name in programs}
    for program in programs.values():
        _run(workshop, program)
    for number in range(rounds):
        for name in _turned(list(programs), number):
            runs[name].append(_run(workshop, programs[name]))
    return runs


def _run(workshop: Workshop, program: Program) -> Ran:
    peer = program.peer.__name__.rpartition(".")[2]
    command = [str(workshop.python(program.peer)), "-P", str(CHILD)]
    command += [peer, program.task, *program.arguments]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    started = perf_counter()
    run = subprocess.run(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        start_new_session=True,  # on Ctrl-C, this process kills it
    )
    process_seconds = perf_counter() - started
    seconds, peak_kib = run.stdout.split()
    return Ran(float(seconds), process_seconds, int(peak_kib) * 1024 / 1e6)
