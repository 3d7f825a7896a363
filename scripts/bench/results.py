"""Figures of all runs together: medians, ratios, goals, the facts of the machine, the JSON file."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from contestants import CONTESTANTS, NODE_FOLDER, OURS
from http_client import percentile
from measures import MEASURES, Goal
from sessions import Figures

PACKAGES = [
    "strawberry-graphql",
    "graphql-core",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "websockets",
    "tortoise-orm",
    "aiosqlite",
    "orjson",
    "picows",
]
CURVE_POINTS = 100
FSYNCS = 200


@dataclass(slots=True)
class Results:
    """Values by measure and contestant, in the order of the runs."""

    values: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    latencies_ms: dict[str, list[float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, contestant: str, figures: Figures) -> None:
        """Take in what one session found."""
        for key, value in figures.values.items():
            self.values.setdefault(key, {}).setdefault(contestant, []).append(value)
        self.latencies_ms.setdefault(contestant, []).extend(figures.latencies_ms)
        for note in figures.notes:
            self.note(f"{label_of(contestant)}: {note}")

    def note(self, text: str) -> None:
        """Remember a remark, once."""
        if text not in self.notes:
            self.notes.append(text)

    def derive(self) -> None:
        """Add what follows from the rest: how CPU a delivery grows with the sockets."""
        few = self.values.get("cpu_100_us", {})
        most = self.values.get("cpu_10000_us") or self.values.get("cpu_1000_us", {})
        self.values["cpu_growth"] = {
            who: [statistics.median(most[who]) / statistics.median(few[who])]
            for who in few
            if who in most and statistics.median(few[who]) > 0
        }

    def median(self, measure: str, contestant: str) -> float | None:
        """None when it was not measured."""
        values = self.values.get(measure, {}).get(contestant)
        return statistics.median(values) if values else None

    def ratio(self, measure: str, versus: str) -> float | None:
        """Ours divided by another's; None when one of them is missing."""
        ours, other = self.median(measure, OURS), self.median(measure, versus)
        return ours / other if ours is not None and other else None

    def goal_met(self, measure: str, goal: Goal) -> bool | None:
        """None when ours, or the one that it is compared with, is missing."""
        versus = goal.versus
        figure = self.ratio(measure, versus) if versus else self.median(measure, OURS)
        return None if figure is None else goal.met(figure)

    def curve_ms(self, contestant: str) -> list[float]:
        """Percentiles 1 to 100 of trigger-to-last over all runs, in ms; [] without any."""
        values = self.latencies_ms.get(contestant, [])
        points = range(1, CURVE_POINTS + 1) if values else ()
        return [percentile(values, point / CURVE_POINTS) for point in points]


def label_of(key: str) -> str:
    """A contestant's name for people."""
    return next(contestant.label for contestant in CONTESTANTS if contestant.key == key)


def fsyncs_per_second() -> float:
    """What the disk under the temporary folder can do: append 4 KiB, fsync, again."""
    with tempfile.TemporaryFile() as file:
        started = time.perf_counter()
        for _ in range(FSYNCS):
            file.write(bytes(4_096))
            file.flush()
            os.fsync(file.fileno())
        return FSYNCS / (time.perf_counter() - started)


def processor() -> str:
    """The processor's model name, as far as it is told."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def node_version() -> str | None:
    """None without Node.js."""
    try:
        told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()


def python_versions() -> dict[str, str]:
    """Versions of the packages that the figures depend on."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def machine_facts() -> dict[str, Any]:
    """What the figures depend on; neither host names nor paths."""
    package = json.loads((NODE_FOLDER / "package.json").read_text())
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "processor": processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "fsyncs_per_second": round(fsyncs_per_second()),
        "system": platform.system(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "packages": python_versions(),
        "node": node_version(),
        "node_packages": {**package["dependencies"], **package["optionalDependencies"]},
    }


def as_json(results: Results, facts: dict[str, Any], settings: dict[str, Any]) -> str:
    """The whole result as a JSON text; ratios are ours divided by the other's."""
    measures = {}
    for measure in MEASURES:
        values = results.values.get(measure.key, {})
        measures[measure.key] = {
            "label": measure.label,
            "unit": measure.unit,
            "less_is_better": measure.less_is_better,
            "median": {who: results.median(measure.key, who) for who in values},
            "runs": values,
            "ours_divided_by": {
                who: results.ratio(measure.key, who)
                for who in values
                if who != OURS and OURS in values
            },
            "goals": [
                {"goal": goal.words(), "met": results.goal_met(measure.key, goal)}
                for goal in measure.goals
            ],
        }
    document = {
        "machine": facts,
        "settings": settings,
        "measures": measures,
        "latency_percentiles_ms": {who: results.curve_ms(who) for who in results.latencies_ms},
        "notes": results.notes,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
