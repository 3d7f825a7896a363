"""The one table: for the terminal by rich, for docs as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from contestants import OURS
from measures import MEASURES, Measure
from results import Results, label_of
from rich.console import JustifyMethod
from rich.table import Table

# A column shows the first of its contestants that has a figure for the row.
COLUMNS: list[tuple[str, tuple[str, ...]]] = [
    ("ours", (OURS,)),
    ("Strawberry", ("stock", "naive")),
    ("Apollo", ("apollo", "apollo_sqlite")),
    ("Mercurius", ("mercurius",)),
    ("bare ASGI", ("ceiling", "flood", "flood_single")),
]
RATIO_COLUMNS = [COLUMNS[1], COLUMNS[2], COLUMNS[4]]
GOALS_WIDTH = 36
MISSING = "-"
LEGEND = "Medians; ÷ is ours divided by the other's; ↓ less is better"


def number(value: float | None) -> str:
    """Three figures or more, thousands separated; a dash for None."""
    if value is None:
        return MISSING
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def shown(results: Results, measure: Measure, candidates: Iterable[str]) -> str | None:
    """Which of a column's contestants has a figure; None when none has."""
    figures = results.values.get(measure.key, {})
    return next((who for who in candidates if figures.get(who)), None)


def cells(results: Results, measure: Measure) -> list[str]:
    """One row: label, unit, figures, ratios, goals."""
    arrow = " ↓" if measure.less_is_better else ""
    row = [measure.label, measure.unit + arrow]
    for _, candidates in COLUMNS:
        who = shown(results, measure, candidates)
        row.append(number(results.median(measure.key, who)) if who else MISSING)
    for _, candidates in RATIO_COLUMNS:
        who = shown(results, measure, candidates)
        row.append(number(results.ratio(measure.key, who)) if who else MISSING)
    row.append(goal_words(results, measure))
    return row


def goal_words(results: Results, measure: Measure) -> str:
    """Each goal with a mark: ✓ met, ✗ missed, nothing when it could not be judged."""
    marks = {True: " ✓", False: " ✗", None: ""}
    words = []
    for goal in measure.goals:
        text = goal.words()
        if goal.versus:
            text = text.replace(goal.versus, column_of(goal.versus))
        words.append(text + marks[results.goal_met(measure.key, goal)])
    return ", ".join(words)


def column_of(key: str) -> str:
    """The heading under which a contestant stands."""
    return next((title for title, keys in COLUMNS if key in keys), label_of(key))


def headings() -> list[str]:
    """All column headings."""
    ratios = [f"÷ {title}" for title, _ in RATIO_COLUMNS]
    return ["measure", "unit", *(title for title, _ in COLUMNS), *ratios, "to reach"]


def measured(results: Results) -> list[Measure]:
    """The rows that have any figure."""
    return [measure for measure in MEASURES if results.values.get(measure.key)]


def terminal_table(results: Results) -> Table:
    """For rich."""
    table = Table(title=LEGEND, title_justify="left")
    last = len(headings()) - 1
    for place, heading in enumerate(headings()):
        figures = 2 <= place < last
        justify: JustifyMethod = "right" if figures else "left"
        width = None if place < last else GOALS_WIDTH
        table.add_column(heading, justify=justify, no_wrap=place < last, min_width=width)
    section = ""
    for measure in measured(results):
        if measure.section != section:
            section = measure.section
            table.add_section()
            table.add_row(f"[bold]{section}")
        table.add_row(*cells(results, measure))
    return table


def markdown(results: Results, facts: dict[str, Any]) -> str:
    """For docs/performance.md."""
    head = headings()
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(['---', '---'] + ['--:'] * 8 + ['---'])}|"]
    lines += [f"| {' | '.join(cells(results, measure))} |" for measure in measured(results)]
    lines += ["", f"{LEGEND}. {facts_line(facts)}."]
    lines += [f"- {note}" for note in results.notes]
    return "\n".join(lines) + "\n"


def facts_line(facts: dict[str, Any]) -> str:
    """The machine in one line."""
    return (
        f"{facts['date'][:10]}, {facts['cores']} cores of {facts['processor']},"
        f" Python {facts['python']}, Node {facts['node'] or 'absent'},"
        f" {facts['fsyncs_per_second']:,} fsyncs a second"
    )


def replace_in(page: Path, text: str, name: str = "bench") -> None:
    """Put the text between the two marks of this name. Raises ValueError when they lack."""
    first, last = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, begin, rest = page.read_text().partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"{page.name} has no {first} … {last}")
    page.write_text(f"{before}{begin}\n{text}{end}{after}")
