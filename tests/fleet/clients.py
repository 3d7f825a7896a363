"""Those who use the fleet: writers that repeat by key, readers that resume by cursor.

Each goes to any process, and believes only what it was told. Whatever it was told that the
promises do not allow is noted in `wrong`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from websockets.exceptions import WebSocketException

from tests.fleet.fleet import Fleet
from tests.transport.clients import Client, Closed, position_of
from tests.transport.serving import ADJUST, FEED, adjustment

ANSWER_S = 15.0  # a client gives up on an answer, and asks elsewhere
PAUSE_S = 0.05
RETRYABLE = {1000, 1001, 1005, 1006, 1012, 1013}
AWAY = (OSError, TimeoutError, WebSocketException, Closed)


class Someone:
    """A client with one socket, to some process."""

    def __init__(self, fleet: Fleet, who: str, name: str) -> None:
        self.fleet = fleet
        self.who = who
        self.name = name
        self.wrong: list[str] = []
        self._client: Client | None = None

    async def client(self) -> Client:
        """A socket that was open a moment ago. Raises one of AWAY."""
        if self._client is None or self._client.is_closed:
            opened = await Client.open(self.fleet.anyone().socket_url, open_timeout=ANSWER_S)
            try:
                async with asyncio.timeout(ANSWER_S):
                    self._client = await opened.init(self.fleet.token(self.who))
            except BaseException:
                await opened.close()
                raise
        return self._client

    async def leave(self) -> None:
        """Have done with the socket, whatever became of it."""
        client, self._client = self._client, None
        if client is None:
            return
        if client.is_closed:
            code, reason = await client.closed()
            if code not in RETRYABLE:
                self.wrong.append(f"{self.name}: closed with {code} {reason}")
        await client.close()

    def judge(self, errors: Any, *allowed: str) -> None:
        """Only these codes may be told, whatever befell the server."""
        for error in errors:
            if error["extensions"]["code"] not in allowed:
                self.wrong.append(f"{self.name}: {error}")


class Writer(Someone):
    """Moves stock by one, again and again; repeats each by its key until it is acknowledged."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        super().__init__(fleet, "user", f"writer {number}")
        self.acknowledged: list[str] = []
        self.ends = False

    async def write(self) -> None:
        while not self.ends:
            key = f"{self.name} {len(self.acknowledged)}"
            while not await self._tried(key):
                await self.leave()
                await asyncio.sleep(PAUSE_S)
            self.acknowledged.append(key)
        await self.leave()

    async def _tried(self, key: str) -> bool:
        try:
            client = await self.client()
            async with asyncio.timeout(ANSWER_S):
                item = str(self.fleet.item.id)
                await client.start(key, ADJUST, input=adjustment(item, 1, key))
                message = await client.message(key)
        except AWAY:
            return False
        if message["type"] == "error":
            self.judge(message["payload"], "UNAVAILABLE")
            return False
        payload = message["payload"]
        if "errors" in payload:
            self.judge(payload["errors"], "UNAVAILABLE")
            return False
        if payload["data"]["adjustStock"]["userErrors"]:
            self.wrong.append(f"{self.name}: {payload['data']}")
        return True


class Reader(Someone):
    """Follows the inventory from the beginning, by its cursor, over every break."""

    def __init__(self, fleet: Fleet, number: int, start: str) -> None:
        super().__init__(fleet, "viewer", f"reader {number}")
        self.cursor = start
        self.positions: list[int] = []

    async def read(self) -> None:
        """For ever."""
        while True:
            try:
                await self._follow()
            except AWAY:
                await self.leave()
                await asyncio.sleep(PAUSE_S)

    async def _follow(self) -> None:
        client = await self.client()
        operation = f"{len(self.positions)} {id(client)}"
        await client.start(operation, FEED, after=self.cursor)
        while True:
            message = await client.message(operation)
            if message["type"] != "next" or "errors" in message["payload"]:
                errors = message["payload"] if message["type"] == "error" else None
                self.judge(errors or [{"extensions": {"code": str(message)}}], "UNAVAILABLE")
                raise ConnectionError("ended")
            event = message["payload"]["data"]["inventoryUpdated"]
            self.cursor = event["cursor"]
            self.positions.append(position_of(event))
