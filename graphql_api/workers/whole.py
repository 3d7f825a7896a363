"""How all workers stand together, out of what each has told: for /healthz, /readyz, /metrics. Pure.

Figures are what prometheus_client calls metrics, as lists that JSON carries:
[name, help, type, [[name of the sample, {label: value}, number] …]].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Figure = list[Any]
Told = dict[str, Any]  # a worker, as the parent tells of it

READY = "ready"
# Gauges of which a sum says nothing. The log's position: of the worker that is furthest behind.
LEAST = {"inventory_log_position", "inventory_disk_free_bytes"}
MOST = {"inventory_disk_refuses_writes"}


def figures_of(metrics: Iterable[Metric]) -> list[Figure]:
    return [
        [one.name, one.documentation, one.type, [[s.name, s.labels, s.value] for s in one.samples]]
        for one in metrics
    ]


def totals(figures: Iterable[Figure]) -> list[Figure]:
    """Those that only grow: they count on after their worker is gone."""
    return [figure for figure in figures if figure[2] in ("counter", "histogram")]


def summed(*told: Iterable[Figure]) -> list[Figure]:
    """The figures of several workers as those of one."""
    found: dict[str, Figure] = {}
    values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for figures in told:
        for name, text, kind, samples in figures:
            found.setdefault(name, [name, text, kind, []])
            into = values.setdefault(name, {})
            for sample, labels, value in samples:
                key = (sample, tuple(sorted(labels.items())))
                into[key] = _together(name, into[key], value) if key in into else value
    for name, figure in found.items():
        figure[3] = [[key[0], dict(key[1]), value] for key, value in values[name].items()]
    return list(found.values())


def _together(name: str, one: float, other: float) -> float:
    if name in LEAST:
        return min(one, other)
    return max(one, other) if name in MOST else one + other


def metrics_of(workers: Sequence[Told], past: list[Figure]) -> list[Metric]:
    """All workers in one: sums, and what is told of each. past: totals of those that are gone."""
    made = []
    for name, text, kind, samples in summed(*(one["figures"] for one in workers), past):
        metric = Metric(name, text, kind)
        for sample, labels, value in samples:
            metric.add_sample(sample, labels, value)
        made.append(metric)
    return [*made, *_of_each(workers)]


def _of_each(workers: Sequence[Told]) -> list[Metric]:
    up = GaugeMetricFamily(
        "inventory_worker_up", "1 while this worker takes connections.", labels=["worker"]
    )
    starts = CounterMetricFamily(
        "inventory_worker_starts", "How often this worker was started.", labels=["worker"]
    )
    sockets = GaugeMetricFamily(
        "inventory_worker_connections", "Acknowledged sockets.", labels=["worker"]
    )
    position = GaugeMetricFamily(
        "inventory_worker_log_position", "Newest event delivered.", labels=["worker"]
    )
    for one in workers:
        label = [str(one["number"])]
        up.add_metric(label, int(one["state"] == "serving"))
        starts.add_metric(label, one["starts"])
        figures = {figure[0]: figure[3] for figure in one["figures"]}
        if figures:
            sockets.add_metric(label, sum(s[2] for s in figures.get("inventory_connections", ())))
            position.add_metric(label, sum(s[2] for s in figures["inventory_log_position"]))
    return [up, starts, sockets, position]


def health_of(own: Told, workers: Sequence[Told]) -> Told:
    """What /readyz says. own: of the worker that answers. Ready are all, or nobody: a connection
    goes to any of them."""
    if own["status"] != READY:
        return own
    for one in workers:
        if one["state"] != "serving":
            return {"status": "starting", "worker": one["number"]}
    for one in workers:
        if one["health"].get("status", READY) != READY:
            return {**one["health"], "worker": one["number"]}
    return {"status": READY, "workers": len(workers)}


def lives_of(workers: Sequence[Told]) -> Told:
    """What /healthz says."""
    return {
        "status": "ok",
        "workers": [
            {"worker": one["number"], "status": one["state"], "starts": one["starts"]}
            for one in workers
        ],
    }
