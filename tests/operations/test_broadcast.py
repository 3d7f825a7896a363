"""Test broadcasts: events like the real ones, which change nothing."""

from __future__ import annotations

import pytest

from graphql_api.alerts.commands import Alerts
from graphql_api.operations.broadcast import BroadcastKind, Broadcasts
from graphql_api.services import Services
from tests.builders import make_item
from tests.invariants import assert_sound, events_of

TABLES = ("item", "level", "movement", "alert", "notification", "idempotency_key", "item_term")
NOUNS = ("item", "alert", "notification")


@pytest.mark.parametrize("kind", list(BroadcastKind))
async def test_a_test_broadcast_is_told_in_the_log_and_leaves_no_trace_in_any_table(
    services: Services, kind: BroadcastKind
) -> None:
    await make_item(services, min_stock=20)

    async def rows() -> list[list[tuple[object, ...]]]:
        reading = services.database.reading
        return [[tuple(r) for r in await reading.rows(f"SELECT * FROM {t}")] for t in TABLES]

    before, position = await rows(), (await services.log.head()).position
    topic = await services.of(Broadcasts).send(kind, user_id=7)
    assert await rows() == before
    (event,) = (await events_of(services))[position:]
    assert (event["topic"], event["subject"]) == (topic, None)
    assert services.hub.head.position == position + 1
    assert (await services.of(Alerts).check()).raised == 0
    await assert_sound(services)


async def test_the_objects_of_all_broadcasts_have_ids_that_nothing_else_has(
    services: Services,
) -> None:
    """All had 0: a cache by id took an alert for an item, and each for the one before."""
    before = await make_item(services)
    position = (await services.log.head()).position
    for kind in [*BroadcastKind, *BroadcastKind]:
        await services.of(Broadcasts).send(kind, user_id=7)
    head = (await services.log.head()).position
    told = [event.payload for event in await services.log.page(position, head)]
    after = await make_item(services, "SKU-2")
    states = [
        getattr(payload, noun) for payload in told for noun in NOUNS if hasattr(payload, noun)
    ]
    ids = [state.id for state in states]
    ids += [state.item_id for state in states if hasattr(state, "item_id")]
    assert len(ids) == 2 * len(BroadcastKind) + 2
    assert len({0, *ids, before.id, after.id}) == len(ids) + 3
