"""A shop that moves stock while clients listen: what they must have heard in the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, Server

ITEMS = 5
LINES = 10  # of one batch: each is an event
BATCHES = 50

LOGIN = "mutation($input: LoginInput!) { login(input: $input) { accessToken } }"
CREATE = "mutation($input: CreateItemInput!) { createItem(input: $input) { userErrors { code } } }"
MOVE = """
mutation($input: AdjustStockBatchInput!) {
  adjustStockBatch(input: $input) { applied userErrors { code } }
}
"""
ITEMS_NOW = """
{ items(first: 100) { nodes { id sku name stock version status } } }
"""
# What every client follows. Versions are dense for each item, so a hole or a repeat shows.
UPDATES = """
subscription Updates($after: Cursor) {
  inventoryUpdated(after: $after) {
    cursor type item { id sku name stock version status } details { oldStock newStock quantity }
  }
}
"""


@dataclass(slots=True)
class Shop:
    """Changes stock through the server's API, beside all proxies.

    name: of its items' SKUs; start: a cursor before its first event; versions: SKU → the item's
    version now, which is how many events of it there were.
    """

    http: httpx.AsyncClient
    name: str
    token: str = ""
    start: str = ""
    versions: dict[str, int] = field(default_factory=dict)
    batches: int = 0

    @property
    def end(self) -> str:
        """The SKU of the last item, which says that there is no more to come."""
        return f"{self.name}-END"

    async def open(self) -> None:
        """Sign in, and fill the shelf."""
        self.token = (await self._post(LOGIN, email=EMAIL, password=PASSWORD))["accessToken"]
        self.http.headers["authorization"] = f"Bearer {self.token}"
        self.start = (await self._query("{ syncCursor }"))["syncCursor"]
        for number in range(ITEMS):
            await self.create(f"{self.name}-{number}")

    async def create(self, sku: str) -> None:
        payload = await self._post(CREATE, sku=sku, name=f"Thing {sku}", initialStock=100)
        assert payload["userErrors"] == []
        self.versions[sku] = 1

    async def move(self, lines: int = LINES) -> None:
        """One batch over all items: as many events as lines, at most 250."""
        self.batches += 1
        skus = [f"{self.name}-{number % ITEMS}" for number in range(lines)]
        batch = [
            {"item": {"sku": sku}, "quantity": 3 if number % 2 else -2, "actionType": "CORRECTION"}
            for number, sku in enumerate(skus)
        ]
        key = f"{self.name} {self.batches}"
        payload = await self._post(MOVE, idempotencyKey=key, lines=batch)
        assert payload == {"applied": lines, "userErrors": []}
        for sku in skus:
            self.versions[sku] += 1

    async def items(self) -> list[dict[str, Any]]:
        """The items as a fresh query has them."""
        nodes: list[dict[str, Any]] = (await self._query(ITEMS_NOW))["items"]["nodes"]
        return nodes

    async def followed_by(self, count: int) -> None:
        """Wait until the server has so many live subscriptions."""
        async with asyncio.timeout(PATIENCE_S):
            while await self._followers() != count:  # noqa: ASYNC110  # another process's state
                await asyncio.sleep(0.02)

    async def _followers(self) -> int:
        told = (await self.http.get("/metrics")).text
        lines = [line for line in told.splitlines() if line.startswith("inventory_subscriptions{")]
        assert lines
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)

    async def close(self) -> None:
        """The last event."""
        await self.create(self.end)

    async def _query(self, query: str) -> dict[str, Any]:
        response = await self.http.post("/graphql", json={"query": query})
        data: dict[str, Any] = response.json()["data"]
        return data

    async def _post(self, query: str, **given: Any) -> dict[str, Any]:
        response = await self.http.post(
            "/graphql", json={"query": query, "variables": {"input": given}}
        )
        (payload,) = response.json()["data"].values()
        assert isinstance(payload, dict)
        return payload


def assert_heard_all_once(events: list[dict[str, Any]], shop: Shop, known: int = 0) -> None:
    """Every event of the shop, in order, none lost, none twice. known: the version up to which
    the client had the items of the shelf before it listened."""
    cursors = [event["cursor"] for event in events]
    assert len(set(cursors)) == len(cursors), "an event came twice"
    assert events[-1]["item"]["sku"] == shop.end
    heard: dict[str, list[int]] = {}
    stock: dict[str, int] = {}
    for event in events:
        item, details = event["item"], event["details"]
        sku = item["sku"]
        heard.setdefault(sku, []).append(item["version"])
        if details is not None:
            assert details["oldStock"] == stock.get(sku, details["oldStock"]), "a broken chain"
            assert details["newStock"] == item["stock"]
        stock[sku] = item["stock"]
    assert heard == {
        sku: list(range(1 if sku == shop.end else known + 1, version + 1))
        for sku, version in shop.versions.items()
    }


def shop_at(server: Server) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S)
