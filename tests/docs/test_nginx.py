"""docs/examples/nginx.conf in front of two real server processes on one SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.ci import in_ci
from tests.docs.proxies import PROGRAM, Nginx
from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, Server
from tests.transport.clients import Client, Closed, position_of

pytestmark = pytest.mark.skipif(
    PROGRAM is None and not in_ci(), reason="nginx: install it (apt-get install nginx)"
)

LOG_IN = """mutation($input: LoginInput!) {
  login(input: $input) { accessToken userErrors { code } }
}"""
CREATE = """mutation($input: CreateItemInput!) {
  createItem(input: $input) { item { id } userErrors { code } }
}"""
ADJUST = """mutation($input: AdjustStockInput!) {
  adjustStock(input: $input) { cursor userErrors { code } }
}"""
FEED = """subscription($after: Cursor) {
  inventoryUpdated(after: $after) { cursor item { sku stock } }
}"""
RESTART = 1012
AGAIN_S = 0.2


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two processes on one file, as systemd starts them."""
    folder = tmp_path_factory.mktemp("servers")
    settings = {"DRAIN_SECONDS": "0.5", "FORWARDED_ALLOW_IPS": "127.0.0.1", "RATE_LIMIT": "off"}
    first, second = Server(folder, **settings), Server(folder, **settings)
    first.create_user()
    with first, second:
        yield first, second


@pytest.fixture(scope="module")
def nginx(
    servers: tuple[Server, Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    folder = tmp_path_factory.mktemp("nginx")
    with Nginx(folder, [server.port for server in servers]) as running:
        yield running


@pytest.fixture(scope="module")
def browser(nginx: Nginx) -> Iterator[httpx.Client]:
    """Someone outside, at another address than the proxy's."""
    outside = httpx.HTTPTransport(local_address="127.0.0.2", verify=nginx.trust)
    with httpx.Client(transport=outside, base_url=nginx.url, timeout=PATIENCE_S) as client:
        yield client


def log_in(client: httpx.Client, url: str = "/graphql", **headers: str) -> str:
    wanted = {"email": EMAIL, "password": PASSWORD}
    body = {"query": LOG_IN, "variables": {"input": wanted}}
    answer = client.post(url, json=body, headers=headers).json()
    return str(answer["data"]["login"]["accessToken"])


@pytest.fixture(scope="module")
def token(browser: httpx.Client) -> str:
    return log_in(browser)


def test_a_page_comes_over_tls_as_the_server_gave_it(
    servers: tuple[Server, Server], nginx: Nginx, browser: httpx.Client
) -> None:
    wanted = {"accept": "text/html"}
    page = browser.get("/", headers=wanted)
    itself = httpx.get(servers[0].url, headers=wanted, timeout=PATIENCE_S)
    assert (page.status_code, page.text) == (200, itself.text)
    for name in ("content-security-policy", "x-content-type-options"):
        assert page.headers[name] == itself.headers[name]
    assert "max-age" in page.headers["strict-transport-security"]
    plain = httpx.get(f"http://127.0.0.1:{nginx.plain_port}/items?x=1", timeout=PATIENCE_S)
    assert (plain.status_code, plain.headers["location"].split(":")[0]) == (308, "https")
    assert plain.headers["location"].endswith("/items?x=1")


def test_metrics_stay_inside_and_a_body_too_large_is_refused_in_graphqls_words(
    browser: httpx.Client,
) -> None:
    assert browser.get("/metrics").status_code == 404
    refused = browser.post("/graphql", json={"query": "#" * 70_000})
    assert refused.status_code == 413
    assert refused.json()["errors"]


def last_address(server: Server) -> str:
    """Where the newest session was opened, as the server knows it."""
    ((address,),) = server.rows("SELECT address FROM session ORDER BY id DESC LIMIT 1")
    return str(address)


def test_the_clients_address_is_the_one_that_nginx_saw_whatever_the_client_says(
    servers: tuple[Server, Server], browser: httpx.Client
) -> None:
    log_in(browser, **{"x-forwarded-for": "203.0.113.9, 127.0.0.1"})
    assert last_address(servers[0]) == "127.0.0.2"


def test_who_is_not_trusted_cannot_choose_an_address(servers: tuple[Server, Server]) -> None:
    """127.0.0.2 is not in FORWARDED_ALLOW_IPS."""
    past_nginx = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(transport=past_nginx, timeout=PATIENCE_S) as client:
        log_in(client, f"{servers[0].url}/graphql", **{"x-forwarded-for": "203.0.113.9"})
    assert last_address(servers[0]) == "127.0.0.2"


class Follower:
    """A client that comes back with its cursor whenever its socket ends."""

    def __init__(self, nginx: Nginx, token: str, cursor: str) -> None:
        self._nginx, self._token = nginx, token
        self._cursor = cursor
        self.stocks: list[int] = []
        self.positions: list[int] = []
        self.ends: list[int] = []  # how its sockets were closed
        self.following = asyncio.Event()  # it is on a socket, and subscribed
        self.grown = asyncio.Event()

    async def follow(self) -> None:
        while True:
            try:
                client = await Client.open(
                    self._nginx.socket_url, ssl=self._nginx.trust, origin=self._nginx.url
                )
                await client.init(self._token)
                await client.start("s", FEED, after=self._cursor)
                await client.settle()
                self.following.set()
                while True:
                    self._take(await client.event())
            except Closed as closed:
                self.ends.append(closed.code)
            except Exception:  # refused on the way: nginx says 502 while a process restarts
                await asyncio.sleep(AGAIN_S)
            self.following.clear()

    def _take(self, event: dict[str, Any]) -> None:
        self._cursor = event["cursor"]
        self.positions.append(position_of(event))
        self.stocks.append(event["item"]["stock"])
        self.grown.set()

    async def until(self, stock: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.stocks[-1:] != [stock]:
                self.grown.clear()
                await self.grown.wait()


async def ask(nginx: Nginx, token: str, query: str, **variables: Any) -> Any:
    """Through nginx, again while that or a server says "not now"; mutations here have a key."""
    headers = {"authorization": f"Bearer {token}"}
    body = {"query": query, "variables": variables}
    async with (
        asyncio.timeout(PATIENCE_S),
        httpx.AsyncClient(verify=nginx.trust, headers=headers) as client,
    ):
        while True:
            try:
                answer = await client.post(f"{nginx.url}/graphql", json=body, timeout=PATIENCE_S)
                if answer.status_code == 200 and "errors" not in answer.json():
                    return answer.json()["data"]
            except httpx.TransportError:
                pass
            await asyncio.sleep(AGAIN_S)


async def test_a_socket_survives_the_restart_of_each_process_and_misses_nothing(
    servers: tuple[Server, Server], nginx: Nginx, token: str
) -> None:
    sku, sold = "NGINX-1", 0
    item = {"sku": sku, "name": "Proxied", "unit": "unit", "price": "1", "initialStock": 1_000}
    assert not (await ask(nginx, token, CREATE, input=item))["createItem"]["userErrors"]
    cursor = (await ask(nginx, token, "{ syncCursor }"))["syncCursor"]
    follower = Follower(nginx, token, cursor)
    following = asyncio.create_task(follower.follow())

    async def sell() -> None:
        nonlocal sold
        sold += 1
        key = f"nginx {sold}"
        wanted = {"idempotencyKey": key, "item": {"sku": sku}, "quantity": -1, "actionType": "SALE"}
        done = (await ask(nginx, token, ADJUST, input=wanted))["adjustStock"]
        assert done["userErrors"] == []

    try:
        async with asyncio.timeout(PATIENCE_S):
            await follower.following.wait()
        await sell()
        await follower.until(999)
        for server in servers:  # as in docs/deployment.md, one after the other
            stopping = asyncio.create_task(asyncio.to_thread(server.stop))
            while not stopping.done():
                await sell()
            assert stopping.result() == 0
            await sell()
            await follower.until(1_000 - sold)
            await asyncio.to_thread(server.start)
    finally:
        following.cancel()
    assert follower.stocks == list(range(999, 999 - sold, -1))
    assert follower.positions == sorted(set(follower.positions))
    assert RESTART in follower.ends
