"""Pictures of the results: deliveries a second, latency, memory, HTTP; PNG on a light ground."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib as mpl
from contestants import OURS
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from results import Results, label_of

DPI = 150
COLOURS = {
    "ours": "#0b7a75",
    "stock": "#d9822b",
    "naive": "#e3b23c",
    "apollo": "#5b5bd6",
    "apollo_sqlite": "#5b5bd6",
    "mercurius": "#b3539d",
    "ceiling": "#8a8f98",
}
ORDER = list(COLOURS)


def style() -> None:
    """No window, readable letters, light ground."""
    mpl.use("Agg")
    pyplot.rcParams.update(
        {
            "figure.facecolor": "white",
            "axes.facecolor": "#fafafa",
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e2e2e2",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "font.size": 10,
        }
    )


def short(value: float) -> str:
    """A bar's label: 950, 12.3k, 1.2M."""
    if value >= 1e6:
        return f"{value / 1e6:.1f}M"
    if value >= 1e4:
        return f"{value / 1e3:.0f}k"
    if value >= 1e3:
        return f"{value / 1e3:.1f}".removesuffix(".0") + "k"
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def decade_below(results: Results, measures: list[str]) -> float:
    """The power of ten at or below the smallest figure, where logarithmic bars can begin."""
    heights = [
        results.median(key, who) or 1.0
        for key in measures
        for who in contestants_in(results, measures)
        if results.median(key, who)
    ]
    smallest: float = min(heights)
    return 10.0 ** math.floor(math.log10(smallest))


def contestants_in(results: Results, measures: list[str]) -> list[str]:
    """Who has a figure for any of the measures, in the order of the colours."""
    found = {who for key in measures for who in results.values.get(key, {})}
    return [who for who in ORDER if who in found]


def grouped_bars(axes: Axes, results: Results, measures: list[str], names: list[str]) -> None:
    """A group of bars for each measure, a colour for each contestant."""
    present = contestants_in(results, measures)
    width = 0.84 / max(1, len(present))
    for place, who in enumerate(present):
        heights = [results.median(key, who) or 0.0 for key in measures]
        left = [number - 0.42 + width * (place + 0.5) for number in range(len(measures))]
        bars = axes.bar(left, heights, width * 0.94, color=COLOURS[who], label=label_of(who))
        labels = [short(height) if height else "" for height in heights]
        axes.bar_label(bars, labels, fontsize=8, padding=2)
    axes.set_xticks(range(len(measures)), names)
    axes.grid(visible=False, axis="x")
    axes.margins(y=0.12)


def figure_of_bars(
    results: Results, chart: tuple[str, str, dict[str, str], bool], file: Path
) -> None:
    """One chart: title, y label, measures with their names, whether the scale is logarithmic."""
    title, y_label, measures, logarithmic = chart
    present = {key: name for key, name in measures.items() if results.values.get(key)}
    if not present:
        return
    figure, axes = pyplot.subplots(figsize=(9, 4.8), layout="constrained")
    grouped_bars(axes, results, list(present), list(present.values()))
    if logarithmic:
        axes.set_yscale("log")
        axes.set_ylim(bottom=decade_below(results, list(present)))
    axes.set_ylabel(y_label)
    axes.yaxis.set_major_formatter(lambda value, _: short(value))
    finish(figure, axes, title, file)


def finish(figure: Figure, axes: Axes, title: str, file: Path) -> None:
    """Title above and legend below the drawing, where they hide nothing; then write the file."""
    axes.set_title(title, loc="left", fontweight="bold", pad=12)
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    figure.savefig(file, dpi=DPI)
    pyplot.close(figure)


def latency_curves(results: Results, file: Path) -> None:
    """Share of changes that had reached the last of 1,000 sockets within so many ms."""
    curves = {who: results.curve_ms(who) for who in ORDER if results.curve_ms(who)}
    if not curves:
        return
    figure, axes = pyplot.subplots(figsize=(9, 4.8), layout="constrained")
    for who, curve in curves.items():
        thick = 2.6 if who == OURS else 1.8
        axes.plot(curve, range(1, 101), color=COLOURS[who], linewidth=thick, label=label_of(who))
    axes.set_xscale("log")
    axes.set_xlabel("ms from trigger to the last of 1,000 sockets (logarithmic)")
    axes.set_ylabel("% of changes")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    finish(figure, axes, "Latency at 20 changes a second", file)


CHARTS = {
    "deliveries.png": (
        "Deliveries a second, one process",
        "deliveries a second (logarithmic)",
        {
            "deliver_100": "100 sockets",
            "deliver_1000": "1,000 sockets",
            "deliver_10000": "10,000 sockets",
            "groups_10": "1,000 sockets,\n10 documents",
            "groups_1000": "1,000 sockets,\n1,000 documents",
        },
        True,
    ),
    "latency_bars.png": (
        "From trigger to the last of 1,000 sockets, 20 changes a second",
        "ms (logarithmic)",
        {"latency_p50_ms": "p50", "latency_p99_ms": "p99"},
        True,
    ),
    "memory.png": (
        "Server memory of an idle subscribed socket",
        "KB a socket",
        {"memory_kb": ""},
        False,
    ),
    "http.png": (
        "HTTP requests a second",
        "requests a second",
        {
            "adjust": "adjustStock, SQLite",
            "items": "items(first: 50), SQLite",
        },
        False,
    ),
}


def draw_all(results: Results, folder: Path) -> list[str]:
    """Write the pictures that there are figures for; returns the names of all in the folder."""
    style()
    folder.mkdir(parents=True, exist_ok=True)
    for name, chart in CHARTS.items():
        figure_of_bars(results, chart, folder / name)
    latency_curves(results, folder / "latency.png")
    return sorted(file.name for file in folder.glob("*.png"))
