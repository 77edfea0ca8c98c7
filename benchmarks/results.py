"""The results of a run: tables of samples, with medians, ratios and spreads."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """A summary of samples; the spread is their interquartile range."""

    least: float
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, samples: list[float]) -> Spread:
        """Summarize samples."""
        if len(samples) == 1:
            return cls(*samples * 4)
        low, middle, high = quantiles(samples, n=4, method="inclusive")
        return cls(min(samples), middle, low, high)


@dataclass(frozen=True, slots=True)
class Table:
    """One thing measured for several subjects, in the same rounds.

    Attributes:
        key: names it in files and JSON.
        title: what was measured.
        unit: of the samples.
        samples: by subject, one a round.
        against: the subjects that the others are compared with.
        note: how it was measured, and what the project aims at.
        is_plotted: whether the page shows it as a plot too.
    """

    key: str
    title: str
    unit: str
    samples: dict[str, list[float]]
    against: tuple[str, ...] = ()
    note: str = ""
    is_plotted: bool = True

    @property
    def rounds(self) -> int:
        """The number of samples of each subject."""
        return min(len(each) for each in self.samples.values())

    def spread(self, subject: str) -> Spread:
        """Return the summary of a subject's samples."""
        return Spread.of(self.samples[subject])

    def ratio(self, subject: str, other: str) -> Spread:
        """Return the ratio of two subjects, computed per round so that noise cancels out."""
        pairs = zip(self.samples[subject], self.samples[other], strict=True)
        return Spread.of([mine / theirs for mine, theirs in pairs])

    def cells(self) -> list[list[str]]:
        """Return the table as text: a head, and a row for each subject."""
        repeated = self.rounds > 1
        measured = ["minimum", "median", "interquartile range"] if repeated else [self.unit]
        head = ["", *measured, *(f"× {other}" for other in self.against)]
        rows = []
        for subject in self.samples:
            own = self.spread(subject)
            figures = [figure(own.median)]
            if repeated:
                figures = [figure(own.least), *figures, f"{figure(own.low)}–{figure(own.high)}"]
            ratios = [_ratio(self.ratio(subject, other), repeated) for other in self.against]
            rows.append([subject, *figures, *ratios])
        return [head, *rows]

    def plain(self) -> dict[str, Any]:
        """Return it as a dict for ``json.dumps``."""
        return {
            "key": self.key,
            "title": self.title,
            "unit": self.unit,
            "rounds": self.rounds,
            "subjects": {
                subject: {
                    "median": median(samples),
                    "samples": samples,
                    "ratios": {
                        other: {"median": ratio.median, "low": ratio.low, "high": ratio.high}
                        for other in self.against
                        for ratio in (self.ratio(subject, other),)
                    },
                }
                for subject, samples in self.samples.items()
            },
        }


def figure(value: float) -> str:
    """Return a number with three significant digits; thousands are complete."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 0.1 else f"{value:.{1 if value >= 10 else 2}f}"


def _ratio(ratio: Spread, repeated: bool) -> str:  # noqa: FBT001 - only here
    if ratio.low == ratio.high == 1:
        return "1"
    own = figure(ratio.median)
    return f"{own} ({figure(ratio.low)}–{figure(ratio.high)})" if repeated else own


def text(table: Table) -> str:
    """Return a table for a terminal."""
    cells = table.cells()
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    rounds = f"; {table.rounds} rounds" if table.rounds > 1 else ""
    lines = [f"{table.title} ({table.unit}{rounds})"]
    for row in cells:
        first, *others = (
            cell.ljust(w) if not i else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  " + "  ".join((first, *others)).rstrip())
    return "\n".join(lines)
