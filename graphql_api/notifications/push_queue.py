"""The deliveries that are due, in the database: claimed, leased, settled.

Each is a handler of the writer; push_deliveries.py says why it is so, and calls them.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphql_api.clock import SECOND_US
from graphql_api.events.log import LogTransaction
from graphql_api.notifications.facts import ALERT_IDS

DELIVERIES_PER_LEASE = 32
LEASE_S = 60  # longer than DELIVERIES_PER_LEASE messages that all time out


@dataclass(frozen=True, slots=True)
class Claim:
    """Move the position. deliveries: subscription id, ids of alerts."""

    from_position: int
    to_position: int
    deliveries: tuple[tuple[int, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    subscription_id: int
    alert_ids: tuple[int, ...]
    created_at: int
    attempts: int  # this one counts


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of leased deliveries. later: id, when it is due again."""

    done: tuple[int, ...]
    later: tuple[tuple[int, int], ...]
    dead_subscriptions: tuple[int, ...]


async def claim_one(transaction: LogTransaction, command: Claim) -> bool:
    connection, now_us = transaction.connection, transaction.entry.now_us
    moved = await connection.change(
        "UPDATE push_position SET position = ? WHERE id = 1 AND position = ?",
        command.to_position,
        command.from_position,
    )
    if moved:
        await connection.change_many(
            # Not of one that was withdrawn since it was read.
            "INSERT INTO push_delivery (id, alert_ids, created_at, due_at, attempts, "
            "subscription_id) SELECT CAST(? AS bigint), ?, CAST(? AS bigint), CAST(? AS bigint), "
            "0, id FROM push_subscription WHERE id = ?",
            [
                (transaction.new_id(), ALERT_IDS.encode(list(ids)), now_us, now_us, subscription_id)
                for subscription_id, ids in command.deliveries
            ],
        )
    return bool(moved)


async def lease_some(transaction: LogTransaction, _: None) -> list[Delivery]:
    connection, now_us = transaction.connection, transaction.entry.now_us
    rows = await connection.rows(
        "SELECT id, subscription_id, alert_ids, created_at, attempts FROM push_delivery "
        "WHERE due_at <= ? ORDER BY due_at, id LIMIT ?",
        now_us,
        DELIVERIES_PER_LEASE,
    )
    await connection.change(
        "UPDATE push_delivery SET due_at = ?, attempts = attempts + 1 WHERE "
        + connection.dialect.one_of("id", "bigint"),
        now_us + LEASE_S * SECOND_US,
        connection.dialect.array(row[0] for row in rows),
    )
    return [
        Delivery(row[0], row[1], tuple(ALERT_IDS.decode(row[2])), row[3], row[4] + 1)
        for row in rows
    ]


async def settle_some(transaction: LogTransaction, command: Settled) -> None:
    connection = transaction.connection
    one_of, array = connection.dialect.one_of, connection.dialect.array
    if command.done:
        await connection.change(
            "DELETE FROM push_delivery WHERE " + one_of("id", "bigint"), array(command.done)
        )
    await connection.change_many(
        "UPDATE push_delivery SET due_at = ? WHERE id = ?",
        [(due_at, delivery_id) for delivery_id, due_at in command.later],
    )
    if command.dead_subscriptions:
        for table, column in (("push_subscription", "id"), ("push_delivery", "subscription_id")):
            await connection.change(
                f"DELETE FROM {table} WHERE " + one_of(column, "bigint"),
                array(command.dead_subscriptions),
            )
