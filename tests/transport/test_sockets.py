"""Real sockets on the real server: what a client sees, message by message."""

from __future__ import annotations

from tests.transport.serving import ADJUST, FEED, Live, adjustment, live


async def test_the_ack_tells_where_the_log_stands_and_how_often_to_ask(database_url: str) -> None:
    async with live(database_url, heartbeat_seconds=7) as app:
        await app.item()
        client = await app.client("viewer")
        assert client.ack == {
            "cursor": app.cursor(),
            "heartbeatSeconds": 7,
            "polling": {"alertsMinutes": 10, "disconnectedAlertsMinutes": 5},
        }


async def test_queries_and_mutations_run_over_the_socket(database_url: str) -> None:
    async with live(database_url) as app:
        item = await app.item(initial_stock=5)
        client = await app.client("user")
        data = await client.run(ADJUST, input=adjustment(item, 3))
        assert data["adjustStock"]["movement"]["newStock"] == 8
        data = await client.run("{ item(ref: {sku: \"sku-1\"}) { stock } }")
        assert data == {"item": {"stock": 8}}
