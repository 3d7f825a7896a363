"""What must hold after anything that a test did, recomputed here from the raw tables.

Written without the code under test: it reads rows and counts for itself.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from graphql_api.inventory.ledger_check import check_ledger
from graphql_api.services import Services
from graphql_api.stored import FACTS

LiveAlert = tuple[str, int]  # type, severity 1..4

INVENTORY, ALERTS = "inventory", "alerts"
RULES_APART = 1 << 48  # between the keys of two rules' live alerts


def alert_called_for(
    stock: int, min_stock: int, is_retired: bool, had_stock: bool
) -> LiveAlert | None:
    """The rule of alerts, word by word. Stock at or below minStock is low."""
    if is_retired:  # archived or deleted
        return None
    if stock == 0 and min_stock == 0 and not had_stock:
        return None  # never stocked and without a minimum: quiet
    if stock == 0:
        return "OUT_OF_STOCK", 4  # stock 0 CRITICAL
    if stock <= min_stock:
        if stock <= min_stock / 4:
            return "LOW_STOCK", 3  # at most a quarter of minStock HIGH
        if stock <= min_stock / 2:
            return "LOW_STOCK", 2  # at most half MEDIUM
        return "LOW_STOCK", 1  # else LOW
    return None


@dataclass(slots=True)
class Recomputed:
    """What the raw tables say."""

    items: dict[int, dict[str, Any]] = field(default_factory=dict)
    movements: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    live_alerts: dict[int, LiveAlert] = field(default_factory=dict)

    @property
    def alerts_called_for(self) -> dict[int, LiveAlert]:
        """Key → the alert that there must be. Of rule n: the item's id, and n times RULES_APART."""
        stocked = {row["item_id"] for row in self.movements if row["quantity"] > 0}
        wanted = {
            item_id: alert_called_for(
                item["stock"],
                item["min_stock"],
                item["deleted_at"] is not None or item["archived_at"] is not None,
                item_id in stocked,
            )
            for item_id, item in self.items.items()
        }
        return {item_id: alert for item_id, alert in wanted.items() if alert is not None}


async def assert_sound(services: Services, *, resolved_by_hand: bool = False) -> Recomputed:
    """Every invariant of the ledger, the log, the alerts and barcodes; returns what was read.

    resolved_by_hand: an alert may be missing, because somebody resolved it while its cause
    lasts; none may be there without a cause or with a wrong severity.
    """
    read = await _read(services)
    levels = await _rows(services, "SELECT * FROM level")
    _assert_ledger(read, levels)
    _assert_held(
        read,
        levels,
        await _rows(services, "SELECT * FROM hold h JOIN hold_line l ON l.hold_id = h.id"),
    )
    _assert_log(read, await services.log.head())
    _assert_versions(read)
    _assert_barcodes(read, await _rows(services, "SELECT * FROM item_barcode"))
    called_for = read.alerts_called_for
    if resolved_by_hand:
        assert read.live_alerts.items() <= called_for.items()
    else:
        assert read.live_alerts == called_for
    check = await check_ledger(services.database.scanning)
    assert check.ok, check.drifted
    assert (check.items_checked, check.movements_checked) == (len(read.items), len(read.movements))
    return read


async def events_of(services: Services) -> list[dict[str, Any]]:
    """All stored events in the log's order, their payloads parsed. stored: as they are kept."""
    rows = await _rows(services, "SELECT * FROM event ORDER BY position")
    return [
        {**row, "payload": json.loads(_unmarked(row["payload"])), "stored": row["payload"]}
        for row in rows
    ]


def _unmarked(text: str) -> str:
    """Without the mark of a version: "v2 " and the like."""
    return re.sub("^v[0-9]+ ", "", text)


def fact_of(event: dict[str, Any]) -> Any:
    """The payload of one of `events_of`, as readers of the log have it."""
    return FACTS[event["topic"], event["kind"]].decode(event["stored"])


async def _read(services: Services) -> Recomputed:
    live = await _rows(services, "SELECT * FROM alert WHERE live_item_id IS NOT NULL")
    assert all(row["status"] != "RESOLVED" for row in live)
    assert all(row["live_item_id"] % RULES_APART == row["item_id"] for row in live)
    ended = await _rows(services, "SELECT * FROM alert WHERE live_item_id IS NULL")
    assert all(row["status"] == "RESOLVED" and row["resolved_at"] is not None for row in ended)
    return Recomputed(
        {row["id"]: row for row in await _rows(services, "SELECT * FROM item")},
        await _rows(services, "SELECT * FROM movement ORDER BY id"),
        await events_of(services),
        {row["live_item_id"]: (row["type"], row["severity"]) for row in live},
    )


def _assert_ledger(read: Recomputed, levels: list[dict[str, Any]]) -> None:
    stock: defaultdict[int, int] = defaultdict(int)
    summed: defaultdict[tuple[int, int], int] = defaultdict(int)
    for movement in read.movements:
        item_id = movement["item_id"]
        assert movement["old_stock"] == stock[item_id], f"broken chain: {movement}"
        assert movement["new_stock"] == movement["old_stock"] + movement["quantity"]
        stock[item_id] = movement["new_stock"]
        summed[item_id, movement["location_id"]] += movement["quantity"]
        assert stock[item_id] >= 0
        assert summed[item_id, movement["location_id"]] >= 0
    # A place with a minimum has a level of 0 where the item has never been.
    stored = {(row["item_id"], row["location_id"]): row["quantity"] for row in levels}
    assert stored == dict.fromkeys(stored, 0) | dict(summed)
    for item_id, item in read.items.items():
        assert item["stock"] == stock[item_id]


def _assert_held(
    read: Recomputed, levels: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> None:
    held: defaultdict[tuple[int, int], int] = defaultdict(int)
    for line in lines:
        if line["status"] == "HELD":
            held[line["item_id"], line["location_id"]] += line["quantity"]
    assert {(r["item_id"], r["location_id"]): r["held"] for r in levels if r["held"]} == held
    for item_id, item in read.items.items():
        assert item["held"] == sum(n for place, n in held.items() if place[0] == item_id)


def _assert_log(read: Recomputed, head: Any) -> None:
    positions = [event["position"] for event in read.events]
    assert positions == list(range(head.floor + 1, head.position + 1)), "a hole in the log"
    instants = [event["recorded_at"] for event in read.events]
    assert instants == sorted(instants)
    if instants:
        assert instants[-1] == head.witness_us


def _assert_barcodes(read: Recomputed, rows: list[dict[str, Any]]) -> None:
    """Each barcode of each living item has its key, and nothing else has one."""
    kept = {(row["key"].strip(), row["item_id"]) for row in rows}
    wanted = set()
    for item_id, item in read.items.items():
        codes = json.loads(item["codes"]) if item["codes"] else [[item["barcode"]]]
        for code, *_ in codes if item["deleted_at"] is None and item["barcode"] else []:
            wanted.add((_key_of(code), item_id))
    assert kept == wanted


def _key_of(code: str) -> str:
    digits = re.sub("(?<=[0-9])[ -]+(?=[0-9])", "", code)
    if not re.fullmatch("[0-9]{8}|[0-9]{12,14}", digits):
        return code
    if digits != code:  # in groups: its check digit is right, and of eight there are two of four
        total = sum(int(d) * (3, 1)[n % 2] for n, d in enumerate(digits[-2::-1])) + int(digits[-1])
        if total % 10 or (len(digits) == 8 and not re.fullmatch("[0-9]{4}[ -]+[0-9]{4}", code)):
            return code
    return digits.zfill(14)


def _assert_versions(read: Recomputed) -> None:
    """Each item's events have the versions 1, 2, 3 …, unless retention took the first ones."""
    versions: dict[int, int] = {}
    for event in read.events:
        if event["topic"] == INVENTORY and event["subject"] is not None:
            state = event["payload"]["item"]
            item_id, version, stock = state[0], state[12], state[9]
            assert item_id == event["subject"]
            if event["kind"] == "CREATED":
                assert version == 1
            elif item_id in versions:
                assert version == versions[item_id] + 1
            versions[item_id] = version
            assert stock == sum(quantity for _, quantity in state[16])
    for item_id, version in versions.items():
        assert read.items[item_id]["version"] == version


async def _rows(services: Services, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await services.database.reading.rows(sql)]
