"""A thousand operations at once on one socket: everybody else is answered in between."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphql_api.engine.execution import Execution
from tests.streams import eventually
from tests.transport.peers import peer, request
from tests.transport.serving import live

COUNT = 1_000


def frame(told: Any) -> bytes:
    """A client's text frame of less than 126 bytes, masked by zeros."""
    payload = json.dumps(told).encode()
    return bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload


async def test_a_burst_on_one_socket_leaves_turns_to_others(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How the bug came about: whatever one read brought was begun in one go."""
    planned: list[str] = []
    plan = Execution.plan

    def counted(self: Execution, query: str, *rest: Any) -> Any:
        planned.append(query)
        return plan(self, query, *rest)

    monkeypatch.setattr(Execution, "plan", counted)
    async with live(database_url) as server, peer(server.port) as other:
        hostile, client = await server.raw(receive_buffer=1_000_000), await server.client("viewer")
        await other.send(request())
        assert (await other.answer())[0] == 200
        query = {"query": "{ __typename }"}
        burst = [{"id": str(n), "type": "subscribe", "payload": query} for n in range(COUNT)]
        await hostile.send_bytes(b"".join(map(frame, burst)))
        await eventually(lambda: bool(planned))
        for _ in range(3):
            await other.send(request())
            assert (await other.answer())[0] == 200
            await client.settle()
        assert len(planned) < COUNT, "they were answered in between"
        answered: set[str] = set()
        while len(answered) < COUNT:
            told = await hostile.read()
            if told["type"] in ("complete", "error"):
                answered.add(told["id"])
