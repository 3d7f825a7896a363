"""The watch's parts: places that outlive a kill, and a feed that comes back to its newest place.

The feed talks to a small server of this file, which does on each socket what the test says.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import WSMsgType, web
from rich.console import Console

from tests import forks
from tests.patience import PATIENCE_S
from tests.servers import SCRIPTS, free_port
from tests.streams import eventually

sys.path.insert(0, str(SCRIPTS))  # as `python scripts/watch.py` has it

import watch as watch_module
from clients.journal import EventFile, PlaceFile
from clients.options import WrongUsage, endpoint
from watch import (
    ALERTS,
    POLLING_MINUTES,
    Watch,
    Wishes,
    polling_of,
    streams_from,
    words_of_change,
    words_of_event,
)

from graphql_api.client import account as account_module
from graphql_api.client.account import Account, Credentials, Failed, backoff, signed_in
from graphql_api.client.feed import Change, Feed, State, Stream

SCRIPT = SCRIPTS / "watch.py"
STREAMS = ("inventory", "alert")
POLLING = {"alertsMinutes": 3, "disconnectedAlertsMinutes": 1.5}


# --- words and numbers ------------------------------------------------------------------------


def test_waits_double_from_one_second_up_to_a_minute() -> None:
    assert list(backoff(5)) == [1, 2, 4, 8, 16]
    assert list(backoff(9))[-3:] == [60, 60, 60]
    assert list(backoff(0)) == []


def test_polling_is_as_the_server_says() -> None:
    assert polling_of({"polling": POLLING}) == {State.CONNECTED: 3.0, State.OFFLINE: 1.5}


@pytest.mark.parametrize("polling", [None, 7, [], {}, {"alertsMinutes": 0}, {"alertsMinutes": "x"}])
def test_polling_has_its_defaults_where_the_server_says_nothing_sensible(polling: object) -> None:
    assert polling_of({"polling": polling}) == POLLING_MINUTES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(State.CONNECTED), "connected"),
        (Change(State.CONNECTING, 0, 5), "connecting"),
        (Change(State.CONNECTING, 2, 5), "connecting, attempt 2 of 5"),
        (Change(State.OFFLINE, 2, 5, 2.0, "gone"), "offline: gone; attempt 2 of 5 in 2 s"),
        (Change(State.OFFLINE, 5, 5, None, "gone"), "offline, attempt 5 of 5 was the last: gone"),
    ],
)
def test_a_state_is_told_with_its_attempt(change: Change, words: str) -> None:
    assert words_of_change(change) == words


def test_what_an_event_says_is_never_taken_for_markup() -> None:
    item = {"sku": "1[red]", "name": "[/nonsense]", "stock": 7, "status": "IN_STOCK"}
    event = {"timestamp": "2026-01-02T03:04:05Z", "type": "CREATED", "item": item, "details": None}
    assert r"1\[red]" in words_of_event("inventory", event)
    assert r"\[/nonsense]" in words_of_event("inventory", event)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://h:8000", "http://h:8000/graphql"),
        ("https://h/", "https://h/graphql"),
        ("http://h/graphql", "http://h/graphql"),
        ("http://h/other/", "http://h/other"),
    ],
)
def test_an_address_is_completed_to_the_endpoint(given: str, url: str) -> None:
    assert endpoint(given) == url


@pytest.mark.parametrize("given", ["", "h:8000", "ws://h", "http://"])
def test_an_address_that_is_none_is_wrong_usage(given: str) -> None:
    with pytest.raises(WrongUsage):
        endpoint(given)


# --- places -----------------------------------------------------------------------------------


def test_a_place_file_holds_the_newest_place_of_each_stream(tmp_path: Path) -> None:
    path = tmp_path / "places"
    first = PlaceFile(path)
    assert first.places() == {}
    first.record("start", {"inventory": "a", "alert": "a"}, {})
    first.record("inventory", {"inventory": "b"}, {"type": "UPDATED"})
    assert PlaceFile(path).places() == {"inventory": "b", "alert": "a"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"not JSON", b"[]"])
def test_a_place_file_that_is_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "places"
    path.write_bytes(content)
    with pytest.raises(Failed, match="something else"):
        PlaceFile(path).places()


def event_file(path: Path) -> EventFile:
    return EventFile(path.open("a+b", buffering=0), path.name, STREAMS)


def test_an_event_file_cut_anywhere_goes_on_after_its_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "events"
    journal = event_file(path)
    steps: list[tuple[str, dict[str, str], dict[str, Any]]] = [
        ("start", {"inventory": "0", "alert": "0"}, {}),
        ("inventory", {"inventory": "1"}, {"cursor": "1", "type": "CREATED"}),
        ("alert", {"alert": "2"}, {"cursor": "2"}),
        ("inventory", {"inventory": "3"}, {"cursor": "3", "type": "UPDATED"}),
        ("place", {"alert": "4"}, {}),
        ("reset", {"inventory": "5"}, {"code": "CURSOR_TOO_OLD"}),
    ]
    sizes, places = [0], [{}]  # type: list[int], list[dict[str, str]]
    for step in steps:
        journal.record(*step)
        sizes.append(path.stat().st_size)
        places.append(places[-1] | step[1])
    whole = path.read_bytes()
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        kept = max(number for number, size in enumerate(sizes) if size <= cut)
        again = event_file(path)
        assert again.places() == places[kept]
        assert path.read_bytes() == whole[: sizes[kept]]
        again.record("inventory", {"inventory": "6"}, {"cursor": "6"})
        assert event_file(path).places() == places[kept] | {"inventory": "6"}


def test_an_event_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_bytes(b"not JSON\n")
    with pytest.raises(Failed, match="something else"):
        event_file(path).places()


def test_an_event_file_that_cannot_be_read_has_no_places(tmp_path: Path) -> None:
    path = tmp_path / "events"
    with path.open("wb", buffering=0) as file:
        assert EventFile(file, "-", STREAMS).places() == {}


# --- a server that does what the test says ----------------------------------------------------


class Connection:
    """One socket, seen from the server, with its subscriptions by field."""

    def __init__(self, socket: web.WebSocketResponse, init: dict[str, Any]) -> None:
        self.socket = socket
        self.init = init
        self.ids: dict[str, str] = {}
        self.after: dict[str, str | None] = {}
        self.refreshed: list[str] = []

    async def read(self) -> dict[str, Any]:
        """The next message; a subscription is noted, refreshSession answered."""
        message = await self.socket.receive(PATIENCE_S)
        if message.type is not WSMsgType.TEXT:
            raise ConnectionError
        frame: dict[str, Any] = orjson.loads(message.data)
        if frame["type"] == "subscribe":
            query, variables = frame["payload"]["query"], frame["payload"]["variables"]
            if "refreshSession" in query:
                self.refreshed.append(variables["token"])
                await self.send(
                    type="next", id=frame["id"], payload={"data": {"refreshSession": tokens("r")}}
                )
                await self.send(type="complete", id=frame["id"])
            else:
                name = "inventoryUpdated" if "inventoryUpdated" in query else "alertRaised"
                self.ids[name] = frame["id"]
                self.after[name] = variables["after"]
        return frame

    async def subscribed(self, count: int = 2) -> None:
        """Till so many subscriptions have come."""
        while len(self.ids) < count:
            await self.read()

    async def send(self, **frame: object) -> None:
        await self.socket.send_str(orjson.dumps(frame).decode())

    async def event(self, name: str, cursor: str) -> None:
        data = {name: {"cursor": cursor}}
        await self.send(type="next", id=self.ids[name], payload={"data": data})

    async def refuse(self, name: str, code: str) -> None:
        error = {"message": code, "extensions": {"code": code}}
        await self.send(type="error", id=self.ids.pop(name), payload=[error])


Script = Callable[[Connection], Awaitable[None]]


def tokens(name: str, life_s: float = 600.0) -> dict[str, Any]:
    expires = datetime.now(UTC) + timedelta(seconds=life_s)
    return {
        "accessToken": f"access-{name}",
        "refreshToken": f"refresh-{name}",
        "expiresAt": expires.isoformat(),
        "userErrors": [],
    }


class Api:
    """Signs anybody in, refuses to refresh over HTTP, and plays one script for each socket.

    It has no items, and three live alerts.
    """

    def __init__(
        self, scripts: list[Script], life_s: float = 600.0, polling: dict[str, float] = POLLING
    ) -> None:
        self.port = free_port()
        self.connections: list[Connection] = []
        self.logins = 0
        self.scripts = scripts
        self.queried: list[str] = []
        self.tokens: list[str] = []  # of the operations over HTTP
        self.faults: list[dict[str, Any]] = []  # what the next operations are answered with
        self._life_s = life_s
        self._polling = polling

    @property
    def credentials(self) -> Credentials:
        return Credentials(f"http://127.0.0.1:{self.port}/graphql", "e@example.com", "secret")

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/graphql", self.answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await self._socket(request)
        query = (await request.json())["query"]
        if "login" in query:
            self.logins += 1
            return web.json_response({"data": {"login": tokens(str(self.logins), self._life_s)}})
        self.tokens.append(request.headers.get("authorization", ""))
        if self.faults:
            return web.json_response({"data": None, "errors": [self.faults.pop(0)]})
        page: dict[str, Any] = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        if "syncCursor" in query:
            self.queried.append("items")
            data = {"syncCursor": f"snapshot {self.queried.count('items')}", "items": page}
            return web.json_response({"data": data})
        if "alerts(" in query:
            self.queried.append("alerts")
            page["nodes"] = [{"severity": name} for name in ("LOW", "CRITICAL", "CRITICAL")]
            return web.json_response({"data": {"alerts": page}})
        refused = {"accessToken": None, "userErrors": [{"code": "INVALID_CREDENTIALS"}]}
        return web.json_response({"data": {"refreshSession": refused}})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["graphql-transport-ws"])
        await socket.prepare(request)
        init = orjson.loads((await socket.receive(PATIENCE_S)).data)
        connection = Connection(socket, init["payload"])
        self.connections.append(connection)
        await connection.send(type="connection_ack", payload={"polling": self._polling})
        with suppress(ConnectionError, TimeoutError):
            await self.scripts[len(self.connections) - 1](connection)
        if not socket.closed:
            await socket.close(code=1012)
        return socket


@asynccontextmanager
async def served(api: Api, attempts: int = 0) -> AsyncIterator[Account]:
    """An account that is signed in to `api`, while that runs."""
    await api.start()
    try:
        async with signed_in(api.credentials, attempts) as account:
            yield account
    finally:
        await api.stop()


class Ear:
    """A listener that notes everything, and says when it has heard enough."""

    def __init__(self, wanted: int) -> None:
        self.heard: list[tuple[str, str]] = []
        self.changes: list[Change] = []
        self.slept: list[float] = []
        self._wanted = wanted
        self.enough = asyncio.Event()
        self.offline = asyncio.Event()  # for good, as far as the feed knows

    def event(self, stream: Stream, event: dict[str, Any]) -> None:
        self._note(stream.name, event["cursor"])

    def heartbeat(self, stream: Stream, cursor: str) -> None:
        self._note(f"{stream.name} place", cursor)

    def changed(self, change: Change) -> None:
        self.changes.append(change)
        if change.state is State.OFFLINE and change.wait_s is None:
            self.offline.set()

    async def refused(self, stream: Stream, code: str) -> None:
        self._note(f"{stream.name} refused", code)
        stream.cursor = "afresh"

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def _note(self, name: str, what: str) -> None:
        self.heard.append((name, what))
        if len(self.heard) == self._wanted:
            self.enough.set()

    @property
    def states(self) -> list[State]:
        return [change.state for change in self.changes]


async def follow(api: Api, ear: Ear, attempts: int = 5) -> None:
    """Run a feed on `api` until the ear has heard enough, or it fails."""
    async with served(api) as account:
        feed = Feed(
            account, streams_from({"inventory": "0", "alert": "0"}), ear, attempts, ear.sleep
        )
        running = asyncio.create_task(feed.run())
        enough = asyncio.create_task(ear.enough.wait())
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.wait([running, enough], return_when=asyncio.FIRST_COMPLETED)
        enough.cancel()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def rest(connection: Connection) -> None:
    """Till the client leaves."""
    while True:
        await connection.read()


# --- operations over HTTP ---------------------------------------------------------------------


def fault(code: str, **extensions: object) -> dict[str, Any]:
    return {"message": f"It is {code}.", "extensions": {"code": code, **extensions}}


async def test_a_token_that_is_not_taken_any_more_is_replaced_and_the_operation_repeated() -> None:
    api = Api([])
    async with served(api) as account:
        api.faults = [fault("UNAUTHENTICATED")]
        await account.call(ALERTS, {"first": 1})
    assert api.tokens[0] == "Bearer access-1"
    assert api.tokens[-1] == "Bearer access-2"
    assert (api.logins, api.queried) == (2, ["alerts"])


async def test_a_session_that_cannot_be_had_again_ends_the_script() -> None:
    api = Api([])
    async with served(api) as account:
        api.faults = [fault("UNAUTHENTICATED")] * 3
        with pytest.raises(Failed, match="UNAUTHENTICATED"):
            await account.call(ALERTS, {"first": 1})


async def test_a_rate_limit_is_waited_for_as_long_as_it_says() -> None:
    api = Api([])
    async with served(api) as account:
        api.faults = [fault("RATE_LIMITED", retryAfterSeconds=0.1)] * 2
        began = time.monotonic()
        await account.call(ALERTS, {"first": 1})
    assert time.monotonic() - began >= 0.2
    assert api.logins == 1


async def test_an_error_that_trying_again_cannot_cure_is_told() -> None:
    api = Api([])
    async with served(api) as account:
        api.faults = [fault("FORBIDDEN")]
        with pytest.raises(Failed, match="It is FORBIDDEN"):
            await account.call(ALERTS, {"first": 1})


async def test_a_server_that_is_gone_is_tried_again_and_then_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(account_module, "BACKOFF_FIRST_S", 0.01)
    told: list[str] = []
    api = Api([])
    async with served(api, attempts=2) as account:
        account.told = told.append
        await api.stop()
        with pytest.raises(Failed, match="does not answer"):
            await account.call(ALERTS, {"first": 1})
    assert len(told) == 2


# --- the feed ---------------------------------------------------------------------------------


async def test_each_subscription_comes_back_to_its_own_newest_place() -> None:
    async def first(connection: Connection) -> None:
        await connection.subscribed()
        await connection.event("inventoryUpdated", "1")
        await connection.event("alertRaised", "2")
        await connection.event("inventoryUpdated", "3")

    async def second(connection: Connection) -> None:
        await connection.subscribed()
        await connection.event("inventoryUpdated", "4")
        await rest(connection)

    api, ear = Api([first, second]), Ear(4)
    await follow(api, ear)
    assert api.connections[0].after == {"inventoryUpdated": "0", "alertRaised": "0"}
    assert api.connections[1].after == {"inventoryUpdated": "3", "alertRaised": "2"}
    assert [heard for heard in ear.heard if heard[0] == "inventory"] == [
        ("inventory", "1"),
        ("inventory", "3"),
        ("inventory", "4"),
    ]
    assert ear.slept == [1.0]
    assert ear.states == [
        State.CONNECTING, State.CONNECTED, State.OFFLINE, State.CONNECTING, State.CONNECTED,
    ]  # fmt: skip
    assert ear.changes[1].greeting == {"polling": POLLING}


async def test_a_pings_place_counts_after_the_events_that_came_before_it() -> None:
    async def first(connection: Connection) -> None:
        await connection.subscribed()
        for number in range(1, 50):
            await connection.event("inventoryUpdated", str(number))
        await connection.send(type="ping", payload={"cursor": "60"})
        while (await connection.read())["type"] != "pong":
            pass

    async def second(connection: Connection) -> None:
        await connection.subscribed()
        await connection.event("inventoryUpdated", "61")
        await rest(connection)

    api, ear = Api([first, second]), Ear(52)
    await follow(api, ear)
    inventory = [what for name, what in ear.heard if name.startswith("inventory")]
    assert inventory == [*map(str, range(1, 50)), "60", "61"]
    assert ("alert place", "60") in ear.heard
    assert api.connections[1].after == {"inventoryUpdated": "60", "alertRaised": "60"}


@pytest.mark.parametrize("code", ["CURSOR_TOO_OLD", "EPOCH_CHANGED", "CURSOR_INVALID"])
async def test_a_refused_place_is_told_and_that_stream_goes_on_afresh(code: str) -> None:
    async def script(connection: Connection) -> None:
        await connection.subscribed()
        await connection.refuse("inventoryUpdated", code)
        await connection.subscribed()
        await connection.event("inventoryUpdated", "9")
        await rest(connection)

    api, ear = Api([script]), Ear(2)
    await follow(api, ear)
    assert ear.heard == [("inventory refused", code), ("inventory", "9")]
    assert api.connections[0].after == {"inventoryUpdated": "afresh", "alertRaised": "0"}


async def test_a_server_that_refuses_every_place_ends_the_feed() -> None:
    async def script(connection: Connection) -> None:
        while True:
            await connection.subscribed()
            await connection.refuse("inventoryUpdated", "CURSOR_INVALID")

    with pytest.raises(Failed, match="CURSOR_INVALID"):
        await follow(Api([script]), Ear(99))


async def test_an_operation_that_is_refused_ends_the_feed() -> None:
    async def script(connection: Connection) -> None:
        await connection.subscribed()
        await connection.refuse("alertRaised", "FORBIDDEN")

    with pytest.raises(Failed, match="FORBIDDEN"):
        await follow(Api([script]), Ear(99))


@pytest.mark.parametrize("code", [4401, 4403])
async def test_when_the_session_is_over_it_signs_in_again(code: int) -> None:
    async def first(connection: Connection) -> None:
        await connection.subscribed()
        await connection.socket.close(code=code)

    async def second(connection: Connection) -> None:
        await connection.subscribed()
        await connection.event("alertRaised", "1")
        await rest(connection)

    api, ear = Api([first, second]), Ear(1)
    await follow(api, ear)
    assert api.logins == 2
    assert [one.init["authorization"] for one in api.connections] == [
        "Bearer access-1",
        "Bearer access-2",
    ]


async def test_a_slow_reader_comes_back_with_its_place() -> None:
    async def first(connection: Connection) -> None:
        await connection.subscribed()
        await connection.event("alertRaised", "1")
        await connection.socket.close(code=1013)

    async def second(connection: Connection) -> None:
        await connection.subscribed()
        await connection.event("alertRaised", "2")
        await rest(connection)

    api, ear = Api([first, second]), Ear(2)
    await follow(api, ear)
    assert api.connections[1].after["alertRaised"] == "1"
    assert api.logins == 1


async def test_a_close_code_that_never_gets_better_ends_the_feed() -> None:
    async def script(connection: Connection) -> None:
        await connection.subscribed()
        await connection.socket.close(code=4400, message=b"Invalid message")

    with pytest.raises(Failed, match="4400 Invalid message"):
        await follow(Api([script]), Ear(99))


async def test_after_the_last_attempt_it_is_offline_till_the_server_was_seen() -> None:
    async def refused(connection: Connection) -> None:
        await connection.socket.close(code=1013, message=b"full")

    async def taken(connection: Connection) -> None:
        await connection.subscribed()
        await connection.event("alertRaised", "1")
        await rest(connection)

    api, ear = Api([refused, refused, refused, taken]), Ear(1)
    async with served(api) as account, asyncio.timeout(PATIENCE_S):
        streams = streams_from({"inventory": "0", "alert": "0"})
        feed = Feed(account, streams, ear, 2, ear.sleep)
        running = asyncio.create_task(feed.run())
        await ear.offline.wait()
        assert words_of_change(ear.changes[-1]) == "offline, attempt 2 of 2 was the last: full"
        assert [change.attempt for change in ear.changes if change.wait_s] == [1, 2]
        feed.retry()
        await ear.enough.wait()
        running.cancel()
    assert ear.slept == [1.0, 2.0]


async def test_the_session_is_renewed_over_the_socket_before_it_expires(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(account_module, "RENEW_WAIT_LEAST_S", 0.2)

    async def script(connection: Connection) -> None:
        await connection.subscribed()
        while not connection.refreshed:
            await connection.read()
        await connection.event("alertRaised", "1")
        await rest(connection)

    api, ear = Api([script], life_s=0.1), Ear(1)
    await follow(api, ear)
    assert api.connections[0].refreshed == ["refresh-1"]
    assert api.logins == 1


# --- the watch --------------------------------------------------------------------------------


async def watch_it(api: Api, path: Path, until: asyncio.Event, attempts: int = 5) -> str:
    """Run a watch with an event file until `until`; what it told people."""
    told = io.StringIO()
    wishes = Wishes(rows=3, until_idle_s=None, prints=False, attempts=attempts)
    console = Console(file=told, width=200)
    async with served(api) as account, asyncio.timeout(PATIENCE_S):
        watch = Watch(account, [event_file(path)], console, wishes)
        running = asyncio.create_task(watch.watch())
        enough = asyncio.create_task(until.wait())
        await asyncio.wait([running, enough], return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), running.result()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return told.getvalue()


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


async def test_a_watch_begins_where_its_query_stood_and_again_where_its_file_ends(
    tmp_path: Path,
) -> None:
    path, until = tmp_path / "events", asyncio.Event()

    async def script(connection: Connection) -> None:
        await connection.subscribed()
        await connection.event("inventoryUpdated", f"event {len(api.connections)}")
        await connection.send(type="ping", payload={"cursor": f"ping {len(api.connections)}"})
        while (await connection.read())["type"] != "pong":
            pass
        until.set()
        await rest(connection)

    api = Api([script, script])
    await watch_it(api, path, until)
    until.clear()
    await watch_it(api, path, until)
    first, second = (connection.after for connection in api.connections)
    assert first == {"inventoryUpdated": "snapshot 1", "alertRaised": "snapshot 1"}
    assert second == {"inventoryUpdated": "ping 1", "alertRaised": "ping 1"}
    kinds = ["start", "inventory", "place", "place"]
    assert [line["kind"] for line in lines_of(path)] == [*kinds, *kinds[1:]]


async def test_both_streams_go_on_from_one_fresh_query_when_the_log_is_another(
    tmp_path: Path,
) -> None:
    path, until = tmp_path / "events", asyncio.Event()

    async def script(connection: Connection) -> None:
        await connection.subscribed()
        await connection.refuse("inventoryUpdated", "EPOCH_CHANGED")
        await connection.refuse("alertRaised", "EPOCH_CHANGED")
        await connection.subscribed()
        until.set()
        await rest(connection)

    api = Api([script])
    told = await watch_it(api, path, until)
    assert api.connections[0].after == {
        "inventoryUpdated": "snapshot 2",
        "alertRaised": "snapshot 2",
    }
    assert told.count("EPOCH_CHANGED") == 2
    assert told.count("SKU") == 2  # the table, first and afresh
    assert lines_of(path)[1:] == [
        {"kind": "reset", "places": {name: "snapshot 2"}, "code": "EPOCH_CHANGED"}
        for name in STREAMS
    ]


async def test_an_offline_watch_polls_the_alerts_and_connects_when_that_is_answered(
    tmp_path: Path,
) -> None:
    until = asyncio.Event()

    async def refused(connection: Connection) -> None:
        await connection.subscribed()
        await connection.socket.close(code=1013, message=b"full")

    async def taken(connection: Connection) -> None:
        await connection.subscribed()
        until.set()
        await rest(connection)

    api = Api([refused, taken], polling={"alertsMinutes": 60, "disconnectedAlertsMinutes": 0.001})
    told = await watch_it(api, tmp_path / "events", until, attempts=0)
    assert "alerts" in api.queried
    assert "3 live alerts: 2 CRITICAL, 1 LOW" in told
    offline, *after = told.split("offline, attempt 0 of 0 was the last: full")
    assert offline.count("connected") == 1
    assert "".join(after).count("● connected") == 1


class HeldTime:
    """`time` for the watch: it goes on when told, and counts who asks."""

    def __init__(self) -> None:
        self.now_s, self.asked = 0.0, 0

    def monotonic(self) -> float:
        self.asked += 1
        return self.now_s


async def test_a_watch_that_nothing_happens_to_ends_when_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, speak = HeldTime(), asyncio.Event()
    monkeypatch.setattr(watch_module, "time", clock)

    async def script(connection: Connection) -> None:
        await connection.subscribed()
        await speak.wait()
        await connection.event("alertRaised", "late")
        await rest(connection)

    path, wishes = tmp_path / "events", Wishes(rows=0, until_idle_s=0.2, prints=False, attempts=0)
    async with served(Api([script])) as account, asyncio.timeout(PATIENCE_S):
        watch = Watch(account, [event_file(path)], Console(file=io.StringIO()), wishes)
        running = asyncio.create_task(watch.watch())
        await eventually(lambda: watch._state is State.CONNECTED)
        clock.now_s = 0.15
        speak.set()
        await eventually(lambda: len(lines_of(path)) == 2)
        clock.now_s = 0.3  # more since it began, less since the event
        asked = clock.asked
        await eventually(lambda: clock.asked > asked + 1)
        assert not running.done()
        clock.now_s = 0.4
        await running
    assert [line["kind"] for line in lines_of(path)] == ["start", "alert"]


async def test_a_watch_that_waits_to_be_idle_fails_when_it_is_offline_for_good(
    tmp_path: Path,
) -> None:
    async def script(connection: Connection) -> None:
        await connection.socket.close(code=1012, message=b"restarting")

    wishes = Wishes(rows=0, until_idle_s=60, prints=False, attempts=0)
    async with served(Api([script])) as account, asyncio.timeout(PATIENCE_S):
        watch = Watch(account, [], Console(file=io.StringIO()), wishes)
        with pytest.raises(Failed, match="restarting"):
            await watch.watch()


# --- the command line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "--email"),
        (["--email", "e", "--password", "p", "--url", "nowhere"], 2, "nowhere"),
        (["--email", "e", "--password", "p", "--attempts", "-1"], 2, "--attempts"),
        (["--email", "e", "--password", "p", "--url", "http://127.0.0.1:1"], 1, "does not answer"),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(
    arguments: list[str], code: int, words: str
) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("INVENTORY_")}
    done = forks.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_help_tells_everything() -> None:
    done = forks.run(
        [sys.executable, str(SCRIPT), "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for word in ("INVENTORY_URL", "INVENTORY_EMAIL", "INVENTORY_PASSWORD", "--cursor-file",
                 "--jsonl", "--until-idle", "--no-table", "--attempts", "Exit codes"):  # fmt: skip
        assert word in done.stdout
