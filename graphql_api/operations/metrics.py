"""The figures of a process as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from graphql_api.delivery.counters import LATENCY_BUCKETS_S, Counters
from graphql_api.delivery.hub import Hub


class WriterFigures(Protocol):
    """What is told of the writer."""

    transactions: int

    @property
    def queue_length(self) -> int: ...


class DiskFigures(Protocol):
    """What is told of the database's disk (disk.py)."""

    @property
    def word(self) -> str | None: ...

    @property
    def free_bytes(self) -> int | None: ...


class _Figures:
    """Reads everything at the moment it is asked, so that counting costs nothing before."""

    def __init__(
        self, counters: Counters, hub: Hub, writer: WriterFigures, disk: DiskFigures
    ) -> None:
        self._counters = counters
        self._hub = hub
        self._writer = writer
        self._disk = disk

    def collect(self) -> Iterable[Metric]:
        counters = self._counters
        yield _labelled(
            GaugeMetricFamily(
                "inventory_connections", "Acknowledged sockets by role.", labels=["role"]
            ),
            counters.connections_by_role,
        )
        yield _labelled(
            GaugeMetricFamily(
                "inventory_subscriptions", "Live subscriptions by topic.", labels=["topic"]
            ),
            counters.subscriptions_by_topic,
        )
        yield GaugeMetricFamily(
            "inventory_execution_groups",
            "Groups of subscriptions that share one execution.",
            counters.execution_groups + counters.state_groups,
        )
        yield GaugeMetricFamily(
            "inventory_log_position", "Newest event delivered.", self._hub.head.position
        )
        yield GaugeMetricFamily(
            "inventory_slow_sockets", "Sockets whose peer makes us wait.", counters.slow_sockets
        )
        yield GaugeMetricFamily(
            "inventory_write_queue", "Commands waiting for the writer.", self._writer.queue_length
        )
        yield GaugeMetricFamily(
            "inventory_kept_bytes", "What kept answers take.", counters.kept_bytes
        )
        yield from self._of_the_disk()
        yield from self._totals()
        yield self._latency()

    def _of_the_disk(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "inventory_disk_refuses_writes",
            "1 while the database's disk is full, broken or read only.",
            int(self._disk.word is not None),
        )
        free = self._disk.free_bytes
        if free is not None:
            yield GaugeMetricFamily(
                "inventory_disk_free_bytes", "Left on the disk of the SQLite file.", free
            )

    def _totals(self) -> Iterable[Metric]:
        counters = self._counters
        for name, text, value in (
            ("inventory_deliveries", "Events written to sockets.", counters.deliveries),
            ("inventory_delivered_bytes", "Bytes of those events.", counters.bytes_sent),
            (
                "inventory_slow_falls",
                "Subscriptions that left live delivery for the log.",
                counters.slow_falls,
            ),
            ("inventory_log_reads", "Pages of the log read for delivery.", self._hub.log_reads),
            ("inventory_transactions", "Committed transactions.", self._writer.transactions),
            ("inventory_kept_hits", "Answers served from what is kept.", counters.kept_hits),
            ("inventory_kept_misses", "Answers to be kept that were read.", counters.kept_misses),
            ("inventory_kept_ended", "Kept answers that an event ended.", counters.kept_ended),
        ):
            yield CounterMetricFamily(name, text, value)
        yield _labelled(
            CounterMetricFamily("inventory_closes", "Closed sockets by code.", labels=["code"]),
            counters.closes_by_code,
        )
        yield _labelled(
            CounterMetricFamily("inventory_replays", "Resumes by result.", labels=["result"]),
            counters.replays_by_result,
        )
        yield _labelled(
            CounterMetricFamily(
                "inventory_access_failures",
                "Wrong passwords, tokens that are not taken, missing roles, origins, limits.",
                labels=["kind"],
            ),
            counters.access_failures,
        )

    def _latency(self) -> Metric:
        total, buckets = 0, []
        bounds = [str(bound) for bound in LATENCY_BUCKETS_S] + ["+Inf"]
        for bound, count in zip(bounds, self._counters.latency_counts, strict=True):
            total += count
            buckets.append((bound, total))
        return HistogramMetricFamily(
            "inventory_commit_to_send_seconds",
            "From an event's record to its write to the last socket of a group.",
            buckets=buckets,
            sum_value=self._counters.latency_sum_s,
        )


def figures(counters: Counters, hub: Hub, writer: WriterFigures, disk: DiskFigures) -> list[Metric]:
    """All figures of this process."""
    return list(_Figures(counters, hub, writer, disk).collect())


def exposition(metrics: list[Metric]) -> str:
    """Figures as text."""
    collectors = CollectorRegistry(auto_describe=False)
    collectors.register(_Collected(metrics))
    return generate_latest(collectors).decode()


class _Collected:
    """Figures that were read already."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


def _labelled(
    family: GaugeMetricFamily | CounterMetricFamily, values: dict[object, int] | object
) -> Metric:
    assert isinstance(values, dict)
    for label, value in values.items():
        family.add_metric([str(label)], value)
    return family
