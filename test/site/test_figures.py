"""The figures that README and guides quote are those of docs/benchmarks.md: of one run."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
OURS, OFFICIAL = "telnyx-recordings", "telnyx (official SDK)"
IMPORT = "Import and use of a model"
FIRST = "Cold start to first record over HTTP"
PAGE = "Decoding a page of 250 recordings"
LIST = "Listing 20,000 recordings, 250 a page, from a loopback server"
PAGES = "Listing 10,000 recordings, from a server that takes 50 ms a page"
MEMORY = "Peak memory of a process that imports and uses a model"
SLOW = "Downloading 2,000 files of 200 KB, from a store that waits 30 ms before each"
LARGE = "Downloading one file of 1 GiB"
AGAIN = "Archiving 10,000 recordings, then again without changes"
MANIFEST = "The manifest of an archive of 1,000,000 recordings"
MANIFEST_MEMORY = "Peak memory of a process that opens a manifest"


def tables(text: str) -> dict[str, list[list[str]]]:
    """Return the rows of the table under each heading, their head first."""
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return {
        title: [
            [cell.strip() for cell in line.strip("|").split(" | ")]
            for line in body.splitlines()
            if line.startswith("| ") and not line.startswith("| ---")
        ]
        for title, body in sections
    }


SCALING = (ROOT / "docs" / "scaling.md").read_text("utf-8")
MEASURED = tables((ROOT / "docs/benchmarks.md").read_text("utf-8"))
BUCKET = "Archiving 100,000 recordings into a bucket"
BUCKET_MEMORY = "Peak memory of archiving 100,000 recordings into a bucket"
README = {
    row[0]: row[1:]
    for row in tables((ROOT / "README.md").read_text("utf-8"))["Compared with the official SDK"]
}


class Figure(NamedTuple):
    """A figure of the page: its table, row and column, and how many of its units make one."""

    title: str
    subject: str = OURS
    column: str = "median"
    units: float = 1


def measured(figure: Figure) -> float:
    """Return a figure of the page; of a ratio its median, without the spread."""
    title, subject, column, units = figure
    head, *rows = MEASURED[title]
    text = next(row for row in rows if row[0] == subject)[head.index(column, 1)]
    return float(text.partition(" (")[0].replace(",", "")) / units


def quoted(text: str) -> str:
    """Return the first figure of a text; empty where it has none."""
    found = re.search(r"\d[\d,]*(\.\d+)?", text)
    return found[0].replace(",", "") if found else ""


def rounded(figure: Figure, quote: str) -> str:
    """Return a figure of the page to as many places as a quote of it has."""
    return f"{measured(figure):.{len(quote.partition('.')[2])}f}"


ORJSON, CURL = "× orjson (plain dicts)", "× curl, sha256sum, sync"
ROWS: dict[str, tuple[Figure, Figure | None]] = {
    "Import and use of a model": (Figure(IMPORT), Figure(IMPORT, OFFICIAL)),
    "Cold start to first recording over HTTP": (Figure(FIRST), Figure(FIRST, OFFICIAL)),
    "Decoding a page of 250": (Figure(PAGE), Figure(PAGE, OFFICIAL)),
    "The same, relative to orjson and plain dicts": (
        Figure(PAGE, column=ORJSON),
        Figure(PAGE, OFFICIAL, ORJSON),
    ),
    "Listing 20,000 recordings over loopback, recordings per second": (
        Figure(LIST),
        Figure(LIST, OFFICIAL),
    ),
    "Listing 40 pages at 50 ms latency each": (
        Figure(PAGES, f"{OURS}, prefetch=8", units=1000),
        Figure(PAGES, OFFICIAL, units=1000),
    ),
    "Memory after import": (Figure(MEMORY), Figure(MEMORY, OFFICIAL)),
    "Downloading 2,000 files at 30 ms latency each, files per second": (
        Figure(SLOW),
        Figure(SLOW, "httpx in a loop"),
    ),
    "Downloading 1 GiB, relative to `curl`, `sha256sum` and `sync`": (
        Figure(LARGE, column=CURL),
        None,
    ),
    "Updating an archive of 10,000 without changes": (
        Figure(AGAIN, "a run with nothing new"),
        None,
    ),
}


def test_every_row_of_the_readme_with_figures_is_known() -> None:
    assert {row for row, cells in README.items() if any(map(quoted, cells))} - ROWS.keys() == {
        "Rate limits"  # whose 429 is a status
    }


@pytest.mark.parametrize("row", ROWS)
def test_the_readme_quotes_the_benchmark_page(row: str) -> None:
    for text, figure in zip(README[row], ROWS[row], strict=True):
        quote = quoted(text)
        assert quote == (rounded(figure, quote) if figure else ""), text


@pytest.mark.parametrize(
    ("words", "figures"),
    [
        (
            (
                r"takes in (\S+)\s+recordings a second and `client.download` in threads (\S+), "
                r"where a loop gets (\d+)"
            ),
            [Figure(SLOW, f"{OURS}, archive"), Figure(SLOW), Figure(SLOW, "httpx in a loop")],
        ),
        (r"last 24 hours: (\S+) s for 10,000", [Figure(AGAIN, "a run with nothing new")]),
        (
            r"(\S+) s to open, with (\S+) MB: [^;]*; (\S+) s to count",
            [
                Figure(MANIFEST, "opening it", units=1000),
                Figure(MANIFEST_MEMORY, "opening it"),
                Figure(MANIFEST, "and counting what is in it", units=1000),
            ],
        ),
    ],
)
def test_the_guide_to_scaling_quotes_the_benchmark_page(words: str, figures: list[Figure]) -> None:
    found = re.search(words, SCALING)
    assert found
    quotes = list(found.groups())
    pairs = zip(figures, quotes, strict=True)
    assert quotes == [rounded(figure, quote) for figure, quote in pairs]


def at_a_million(title: str, column: str) -> float:
    """Return what the first million takes, by what the second 50,000 recordings took."""
    half, whole = (measured(Figure(title, f"the first {n}", column)) for n in ("50,000", "100,000"))
    return whole + 900_000 * (whole - half) / 50_000


def test_the_guide_to_scaling_extrapolates_the_measured_slopes() -> None:
    rows = [line.strip("| ").split(" | ") for line in SCALING.splitlines() if line.count("|") == 4]
    quotes = {row[0]: [quoted(cell) for cell in row[1:]] for row in rows}
    manifest = re.search(r"The manifest has (\d+) MB", (ROOT / "docs/benchmarks.md").read_text())
    assert manifest
    assert quotes["a first run"] == [
        rounded(Figure(BUCKET, "the whole run", "s"), ""),
        f"{at_a_million(BUCKET, 's') / 60:.0f}",
    ]
    assert quotes["peak memory, until `manifest.jsonl` is written"] == [
        rounded(Figure(BUCKET_MEMORY, "the first 100,000", "MB"), ""),
        f"{at_a_million(BUCKET_MEMORY, 'MB'):.0f}",
    ]
    assert quotes["the manifest on disk"] == [manifest[1], f"{int(manifest[1]) * 10}"]
    assert quotes["a run with nothing new"][0] == rounded(
        Figure(BUCKET, "a run with nothing new", "s"), "0.1"
    )
