"""Takes the samples: functions in one process, or programs in fresh interpreters, round by round.

Each round measures every subject once, in changing order: whatever slows the machine down for a
while slows all of them, and the ratios of a round stay true.
"""

from __future__ import annotations

import gc
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import TypeVar

from benchmarks.peers import (
    bare,
    interpreter,
    msgspec_structs,
    openapi_generator,
    openapi_python_client,
    ours,
    plain,
    pydantic_models,
    stdlib,
    telnyx_sdk,
)
from benchmarks.workshop import ROOT, Workshop

CHILD = Path(__file__).with_name("child.py")

_PEERS = (
    plain,
    stdlib,
    bare,
    ours,
    msgspec_structs,
    pydantic_models,
    openapi_python_client,
    openapi_generator,
    telnyx_sdk,
    interpreter,
)

SampleT = TypeVar("SampleT")

LEAST_SECONDS = 0.02
"""Minimum duration of a sample; a short function is called several times."""


def peers_with(task: str) -> dict[str, ModuleType]:
    """Return the peers that have a function, by their names."""
    return {str(peer.NAME): peer for peer in _PEERS if hasattr(peer, task)}


def in_rounds(
    functions: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    per_second: float = 1e3,
    clock: Callable[[], float] = perf_counter,
) -> dict[str, list[float]]:
    """Return the duration of one call of each function, one sample per round.

    Args:
        functions: the functions, by the names of what they measure.
        rounds: how many samples to take of each.
        per_second: how many units a second has; by default the samples are milliseconds.
        clock: `time.process_time` for the CPU time of this process.
    """
    counts = {name: _repeats(function) for name, function in functions.items()}
    timed = {
        name: partial(_time, function, counts[name], clock) for name, function in functions.items()
    }
    gc.collect()
    gc.freeze()  # objects of the imports are not collected during a sample
    try:
        seconds = once_in_rounds(timed, rounds)
    finally:
        gc.unfreeze()
    return {name: [each * per_second for each in samples] for name, samples in seconds.items()}


def once_in_rounds(
    functions: Mapping[str, Callable[[], SampleT]], rounds: int
) -> dict[str, list[SampleT]]:
    """Return the results of functions that measure themselves: one call of each per round."""
    samples: dict[str, list[SampleT]] = {name: [] for name in functions}
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
    for program in programs.values():
        _run(workshop, program)
    runs = {name: partial(_run, workshop, program) for name, program in programs.items()}
    return once_in_rounds(runs, rounds)


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
    seconds, peak_mb = run.stdout.split()
    return Ran(float(seconds), process_seconds, float(peak_mb))
