"""Draws a table as bars in SVG: the median's length, and a line for the interquartile range."""

from __future__ import annotations

from html import escape

from benchmarks.results import Table, figure

_WIDTH, _LABELS, _FIGURES, _ROW, _TOP = 760, 240, 90, 26, 34
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 } .figure { font-variant-numeric: tabular-nums }
.bar { fill: #9aa7b4 } .ours { fill: #00a37a } .spread { stroke: #24292f; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar { fill: #57636f } .ours { fill: #00c08b } .spread { stroke: #e6edf3 }
}
"""


def svg(table: Table, ours: str) -> str:
    """Return the plot of a table; subjects whose names begin with `ours` are highlighted."""
    spreads = {name: table.spread(name) for name in table.samples}
    scale = (_WIDTH - _LABELS - _FIGURES) / max(each.high for each in spreads.values())
    height = _TOP + _ROW * len(spreads) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(table.title)}</title><style>{_STYLE}</style>",
        f'<text class="title" x="0" y="18">{escape(f"{table.title} ({table.unit})")}</text>',
    ]
    for number, (name, spread) in enumerate(spreads.items()):
        middle = _TOP + _ROW * number + _ROW / 2
        kind = "bar ours" if name.startswith(ours) else "bar"
        low, high = (_LABELS + scale * each for each in (spread.low, spread.high))
        size = f'width="{scale * spread.median:.1f}" height="16"'
        text = f'y="{middle + 4}"'
        parts += [
            f'<text x="{_LABELS - 8}" {text} text-anchor="end">{escape(name)}</text>',
            f'<rect class="{kind}" x="{_LABELS}" y="{middle - 8}" {size}/>',
            f'<path class="spread" d="M{low:.1f} {middle}H{high:.1f}"/>',
            f'<text class="figure" x="{high + 8:.1f}" {text}>{figure(spread.median)}</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])
