"""The parts of workers that need no process: when to replace, what to sum, whom to count."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from graphql_api.cli.outcome import CommandFailed
from graphql_api.cli.serve import _listen
from graphql_api.operations.metrics import exposition
from graphql_api.workers import amount
from graphql_api.workers.counts import SharedCounts
from graphql_api.workers.parent import Parent
from graphql_api.workers.places import HAS_SHARES, Places
from graphql_api.workers.restarts import DELAY_S_MAX, FAILED_STARTS_MAX, STEADY_S, Restarts
from graphql_api.workers.whole import figures_of, health_of, metrics_of, totals
from graphql_api.workers.wire import Lines, line
from tests import forks
from tests.patience import PATIENCE_S

# When to replace


def test_who_ends_again_and_again_waits_ever_longer_and_who_was_steady_begins_afresh() -> None:
    restarts = Restarts()
    assert [restarts.ended(1, 5, True) for _ in range(5)] == [0, 1, 2, 4, 8]
    assert [restarts.ended(1, 5, True) for _ in range(5)][-1] == DELAY_S_MAX
    assert restarts.ended(2, 5, True) == 0, "another worker is another matter"
    assert restarts.ended(1, STEADY_S, True) == 0


def test_who_never_serves_is_given_up() -> None:
    restarts = Restarts()
    for _ in range(FAILED_STARTS_MAX - 1):
        assert restarts.ended(1, 1, False) is not None
    assert restarts.ended(1, 1, True) is not None, "it served: another try"
    for _ in range(FAILED_STARTS_MAX - 1):
        assert restarts.ended(1, 1, False) is not None
    assert restarts.ended(1, 1, False) is None


PARENT = """
import socket
from graphql_api.workers import restarts
from graphql_api.workers.parent import Parent
from graphql_api.workers.places import Places
restarts.DELAY_S_MAX = 0.0
first = socket.socket()
first.bind(("127.0.0.1", 0))
parent = Parent(2, Places(first, 2), lambda _: 7, lambda: None, hang_s=60, end_s=60)
print(parent.run())
"""


def test_workers_that_die_at_once_end_the_parent_with_words() -> None:
    done = forks.run([sys.executable, "-c", PARENT], capture_output=True, text=True, timeout=60)
    told = done.stdout.strip()
    assert told.endswith("ended with 7 before it served, again and again"), done.stderr


class FullPlaces(Places):
    """No socket is to be had any more, once it is full."""

    is_full = False

    def at(self, number: int) -> socket.socket:
        if self.is_full:
            raise OSError(24, "Too many open files")
        return super().at(number)


class Heard(Restarts):
    """Keeps what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.delays: list[float | None] = []

    def ended(self, number: int, lived_s: float, has_served: bool) -> float | None:
        self.delays.append(super().ended(number, lived_s, has_served))
        return self.delays[-1]


def test_a_worker_that_cannot_be_started_after_a_long_life_waits_ever_longer(
    first: socket.socket,
) -> None:
    places = FullPlaces(first, 1)
    places.is_full = True
    parent = Parent(1, places, lambda _: 0, lambda: None, hang_s=PATIENCE_S, end_s=PATIENCE_S)
    heard = parent._restarts = Heard()
    (one,) = parent._workers
    one.starts, one.has_served, one.began_s = 1, True, time.monotonic() - 2 * STEADY_S
    parent._gone(one, "was killed by signal 9")
    for _ in range(4):
        one.due_s = 0.0
        parent._start_due()
    places.close()
    assert heard.delays == [0, 1, 2, 4, 8]


# What to sum


def told(number: int, deliveries: int, position: int, health: str = "ready") -> dict[str, object]:
    latency = HistogramMetricFamily("inventory_latency", "How long.")
    latency.add_metric([], [("0.1", deliveries), ("+Inf", deliveries + 1)], 2.5)
    roles = GaugeMetricFamily("inventory_connections", "Sockets.", labels=["role"])
    roles.add_metric(["ADMIN"], 1)
    roles.add_metric([f"R{number}"], 2)
    metrics = [
        CounterMetricFamily("inventory_deliveries", "So many.", deliveries),
        GaugeMetricFamily("inventory_log_position", "Newest.", position),
        GaugeMetricFamily("inventory_disk_refuses_writes", "Or not.", number - 1),
        latency,
        roles,
    ]
    figures = figures_of(metrics)
    (told,) = Lines().feed(line({"figures": figures}))  # as it comes over the wire
    return {
        **told,
        "number": number,
        "state": "serving",
        "starts": 1,
        "health": {"status": health},
    }


def test_metrics_of_all_workers_are_one_answer() -> None:
    gone = told(3, 100, 1)
    text = exposition(metrics_of([told(1, 5, 12), told(2, 7, 10)], totals(gone["figures"])))  # type: ignore[arg-type]
    for line_ in (
        "inventory_deliveries_total 112.0",
        "inventory_log_position 10.0",
        "inventory_disk_refuses_writes 1.0",
        'inventory_latency_bucket{le="0.1"} 112.0',
        'inventory_latency_bucket{le="+Inf"} 115.0',
        "inventory_latency_count 115.0",
        "inventory_latency_sum 7.5",
        'inventory_connections{role="ADMIN"} 2.0',
        'inventory_connections{role="R1"} 2.0',
        'inventory_worker_log_position{worker="1"} 12.0',
        'inventory_worker_connections{worker="2"} 3.0',
        'inventory_worker_up{worker="2"} 1.0',
    ):
        assert f"\n{line_}\n" in f"\n{text}", text
    assert "R3" not in text, "who is gone has no sockets"


def test_ready_are_all_or_nobody() -> None:
    own, ready = {"status": "ready"}, told(1, 0, 0)
    assert health_of(own, [ready, told(2, 0, 0)]) == {"status": "ready", "workers": 2}
    gone = {**told(2, 0, 0), "state": "gone"}
    assert health_of(own, [ready, gone]) == {"status": "starting", "worker": 2}
    assert health_of(own, [ready, told(2, 0, 0, "no database")]) == {
        "status": "no database",
        "worker": 2,
    }
    assert health_of({"status": "closing"}, [ready]) == {"status": "closing"}


def test_messages_are_cut_out_of_whatever_comes() -> None:
    text = line({"a": "ä\n"}) + line({"b": 2})
    lines = Lines()
    found = [message for at in range(len(text)) for message in lines.feed(text[at : at + 1])]
    assert found == [{"a": "ä\n"}, {"b": 2}]


# Whom to count


def test_what_one_worker_counts_the_others_see_until_it_is_gone() -> None:
    shared = SharedCounts(3)
    one, two, three = (shared.of(number) for number in range(3))
    one.add("user 1", 4)
    two.add("user 1", 2)
    one.add("user 1", -1)
    assert (one.others("user 1"), two.others("user 1"), three.others("user 1")) == (2, 3, 5)
    assert three.others("user 2") == 0
    shared.forget(0)
    assert three.others("user 1") == 2


def test_ten_thousand_keys_hardly_disturb_each_other() -> None:
    shared = SharedCounts(2)
    one, two = shared.of(0), shared.of(1)
    for number in range(10_000):
        one.add(f"user {number}", 1)
    wrong = [n for n in range(10_000) if two.others(f"user {n}") != 1]
    assert len(wrong) < 20


# Where, and how many


@pytest.fixture
def first() -> Iterator[socket.socket]:
    with closing(_listen("127.0.0.1", 0)) as made:
        yield made


@pytest.mark.skipif(not HAS_SHARES, reason="only Linux shares connections out")
def test_each_worker_has_a_socket_of_one_port_that_no_other_server_gets(
    first: socket.socket,
) -> None:
    address = first.getsockname()
    places = Places(first, 2)
    with pytest.raises(CommandFailed, match="in use"):
        _listen(*address)
    for number in range(2):
        places.at(number).listen()
    places.leave(0)
    places.at(0).listen()
    with pytest.raises(CommandFailed, match="in use"):
        _listen(*address)
    clients = [socket.create_connection(address) for _ in range(64)]
    taken = [0, 0]
    for number in range(2):
        places.at(number).setblocking(False)
        while taken[number] < 64:
            try:
                places.at(number).accept()[0].close()  # first: the next start has it in its way
            except BlockingIOError:
                break
            taken[number] += 1
    for client in clients:
        client.close()
    places.close()
    assert sum(taken) == 64
    assert min(taken) > 5, taken
    with closing(_listen(*address)) as again:  # at once, in spite of TIME_WAIT
        Places(again, 3).close()


def test_how_many_workers_there_are_when_nobody_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amount, "cores", lambda: 16)
    assert amount.workers_wanted("auto", is_embedded=True) == 1
    assert amount.workers_wanted("auto", is_embedded=False) == amount.AUTO_MAX
    assert amount.workers_wanted("7", is_embedded=True) == 7


def test_a_container_has_the_cores_that_it_was_granted(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    unlimited = amount.cores(quota)
    quota.write_text("max 100000\n")
    assert amount.cores(quota) == unlimited
    quota.write_text("50000 100000\n")
    assert amount.cores(quota) == 1
