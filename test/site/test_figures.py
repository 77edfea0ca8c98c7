"""The figures that README and guides quote are those of docs/benchmarks.md: of one run."""

import re
from pathlib import Path

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


MEASURED = tables((ROOT / "docs/benchmarks.md").read_text("utf-8"))
BUCKET = "Archiving 100,000 recordings into a bucket"
BUCKET_MEMORY = "Peak memory of archiving 100,000 recordings into a bucket"
README = {
    row[0]: row[1:]
    for row in tables((ROOT / "README.md").read_text("utf-8"))["Compared with the official SDK"]
}


Figure = tuple[str, str, str, float]
"""The title of a table, its row and column, and how many of its units make one where it is told."""


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


ROWS: dict[str, tuple[Figure, Figure | None]] = {
    "Import and use of a model": ((IMPORT, OURS, "median", 1), (IMPORT, OFFICIAL, "median", 1)),
    "Cold start to first recording over HTTP": (
        (FIRST, OURS, "median", 1),
        (FIRST, OFFICIAL, "median", 1),
    ),
    "Decoding a page of 250": ((PAGE, OURS, "median", 1), (PAGE, OFFICIAL, "median", 1)),
    "The same, relative to orjson and plain dicts": (
        (PAGE, OURS, "× orjson (plain dicts)", 1),
        (PAGE, OFFICIAL, "× orjson (plain dicts)", 1),
    ),
    "Listing 20,000 recordings over loopback, recordings per second": (
        (LIST, OURS, "median", 1),
        (LIST, OFFICIAL, "median", 1),
    ),
    "Listing 40 pages at 50 ms latency each": (
        (PAGES, f"{OURS}, prefetch=8", "median", 1000),
        (PAGES, OFFICIAL, "median", 1000),
    ),
    "Memory after import": ((MEMORY, OURS, "median", 1), (MEMORY, OFFICIAL, "median", 1)),
    "Downloading 2,000 files at 30 ms latency each, files per second": (
        (SLOW, OURS, "median", 1),
        (SLOW, "httpx in a loop", "median", 1),
    ),
    "Downloading 1 GiB, relative to `curl`, `sha256sum` and `sync`": (
        (LARGE, OURS, "× curl, sha256sum, sync", 1),
        None,
    ),
    "Updating an archive of 10,000 without changes": (
        (AGAIN, "a run with nothing new", "median", 1),
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
    ("page", "words", "figures"),
    [
        (
            "scaling.md",
            (
                r"takes in (\S+)\s+recordings a second and `client.download` in threads (\S+), "
                r"where a loop gets (\d+)"
            ),
            [
                (SLOW, f"{OURS}, archive", "median", 1),
                (SLOW, OURS, "median", 1),
                (SLOW, "httpx in a loop", "median", 1),
            ],
        ),
        (
            "scaling.md",
            r"last 24 hours: (\S+) s for 10,000",
            [(AGAIN, "a run with nothing new", "median", 1)],
        ),
        (
            "scaling.md",
            r"(\S+) s to open, with (\S+) MB: [^;]*; (\S+) s to count",
            [
                (MANIFEST, "opening it", "median", 1000),
                (MANIFEST_MEMORY, "opening it", "median", 1),
                (MANIFEST, "and counting what is in it", "median", 1000),
            ],
        ),
    ],
)
def test_the_guides_quote_the_benchmark_page(page: str, words: str, figures: list[Figure]) -> None:
    found = re.search(words, (ROOT / "docs" / page).read_text("utf-8"))
    assert found
    quotes = list(found.groups())
    pairs = zip(figures, quotes, strict=True)
    assert quotes == [rounded(figure, quote) for figure, quote in pairs]


def at_a_million(title: str, column: str) -> float:
    """Return what the first million takes, by what the second 50,000 recordings took."""
    half, whole = (measured((title, f"the first {n}", column, 1)) for n in ("50,000", "100,000"))
    return whole + 900_000 * (whole - half) / 50_000


def test_the_guide_to_scaling_extrapolates_the_measured_slopes() -> None:
    text = (ROOT / "docs" / "scaling.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.count("|") == 4]
    quotes = {row[0]: [quoted(cell) for cell in row[1:]] for row in rows}
    manifest = re.search(r"The manifest has (\d+) MB", (ROOT / "docs/benchmarks.md").read_text())
    assert manifest
    assert quotes["a first run"] == [
        rounded((BUCKET, "the whole run", "s", 1), ""),
        f"{at_a_million(BUCKET, 's') / 60:.0f}",
    ]
    assert quotes["peak memory, until `manifest.jsonl` is written"] == [
        rounded((BUCKET_MEMORY, "the first 100,000", "MB", 1), ""),
        f"{at_a_million(BUCKET_MEMORY, 'MB'):.0f}",
    ]
    assert quotes["the manifest on disk"] == [manifest[1], f"{int(manifest[1]) * 10}"]
    assert quotes["a run with nothing new"][0] == rounded(
        (BUCKET, "a run with nothing new", "s", 1), "0.1"
    )
