"""Keeps a version: its database, and beside it what it answered. Run when a version is cut.

    .venv/bin/python -m tests.versions.cut

Starts this checkout's server on an empty database, plays the scenario, asks what every role can
see of it, and writes `VERSION.sqlite3.xz` and `VERSION.json` into tests/versions/kept/.
"""

from __future__ import annotations

import asyncio
import json
import lzma
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from graphql_api import __version__
from tests.servers import Server
from tests.transport.clients import Client
from tests.versions import scenario

KEPT = Path(__file__).parent / "kept"
PASSWORD = "a password of this version"  # of nobody
PEOPLE = {"admin": "ADMIN", "user": "USER", "viewer": "VIEWER"}
LOG_IN = "mutation($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }"


class Speaker:
    """Speaks for everybody on sockets of their own, and writes down what was said."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: dict[str, Client] = {}
        self.refresh_tokens: dict[str, str] = {}
        self.said: list[dict[str, Any]] = []

    async def sign_in(self) -> None:
        for who in PEOPLE:
            nobody = await (await Client.open(self._url)).init(None)
            wanted = {"email": f"{who}@example.com", "password": PASSWORD}
            session = (await nobody.run(LOG_IN, input=wanted))["login"]
            self.refresh_tokens[who] = session["refreshToken"]
            self._clients[who] = await (await Client.open(self._url)).init(session["accessToken"])
            await nobody.close()

    async def say(self, who: str, query: str, **variables: Any) -> dict[str, Any]:
        data: dict[str, Any] = await self._clients[who].run(query, **variables)
        self.said.append({"who": who, "query": query, "variables": variables, "data": data})
        return data

    async def hear(self, who: str, name: str, after: str) -> list[dict[str, Any]]:
        """All events of a subscription after a cursor."""
        return await heard(self._clients[who], name, after)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()


async def heard(client: Client, name: str, after: str) -> list[dict[str, Any]]:
    """All events of a subscription after a cursor, up to that of the scenario's last thing."""
    await client.start(name, scenario.SUBSCRIPTIONS[name], after=after)
    events: list[dict[str, Any]] = []
    while not events or scenario.LAST not in json.dumps(events[-1]):
        message = await client.message(name)
        assert message["type"] == "next", message
        events += message["payload"]["data"].values()
    await client.complete(name)
    return events


async def play(url: str) -> dict[str, Any]:
    """Fill the server's database; what it answered."""
    speaker = Speaker(url)
    await speaker.sign_in()
    start = (await speaker.say("admin", "{ syncCursor }"))["syncCursor"]
    await scenario.fill(speaker.say)
    keyed = [
        told for told in speaker.said if "idempotencyKey" in told["variables"].get("input", {})
    ]
    kept = {
        "version": __version__,
        "cut_at_us": time.time_ns() // 1_000,
        "start": start,
        "refresh_tokens": speaker.refresh_tokens,
        "keyed": keyed,
        "queries": scenario.READS,
        "heard": {
            who: {name: await speaker.hear(who, name, start) for name in scenario.SUBSCRIPTIONS}
            for who in PEOPLE
        },
        "read": {
            who: {name: await speaker.say(who, query) for name, query in scenario.READS.items()}
            for who in PEOPLE
        },
    }
    await speaker.close()
    return kept


def main() -> int:
    """Write the two files."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), RATE_LIMIT="off", NOTIFY_ALERT_SEVERITY="LOW")
        for who, role in PEOPLE.items():
            server.create_user(f"{who}@example.com", PASSWORD, role)
        with server:
            kept = asyncio.run(play(f"ws://127.0.0.1:{server.port}/graphql"))
        with closing(sqlite3.connect(server.database)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("VACUUM")
        KEPT.mkdir(exist_ok=True)
        packed = lzma.compress(server.database.read_bytes(), preset=9)
    (KEPT / f"{__version__}.sqlite3.xz").write_bytes(packed)
    (KEPT / f"{__version__}.json").write_text(
        json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    )
    print(f"kept {__version__}: {len(packed)} bytes of database")
    return 0


if __name__ == "__main__":
    sys.exit(main())
