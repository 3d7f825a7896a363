"""A browser's page under watch: what it asks for, and what it complains of."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    WebError,
    WebSocket,
    expect,
)

from tests.patience import PATIENCE_S
from tests.servers import ROOT
from tests.streams import eventually

AXE = ROOT / "graphql_api/web/node_modules/axe-core/axe.min.js"
# The end of one transition can begin those of the elements inside.
STILL = """async () => {
  const moving = () => document.getAnimations()
    .filter((animation) => animation.effect.getComputedTiming().endTime < Infinity)
    .filter((animation) => animation.playState === 'running' || animation.pending);
  do {
    await Promise.allSettled(moving().map((animation) => animation.finished));
    await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  } while (moving().length > 0);
}"""
expect.set_options(timeout=PATIENCE_S * 1_000)
SERIOUS = ("serious", "critical")
PATIENCE_MS = PATIENCE_S * 1_000
# Of Chromium itself. It must not look for updates, and finds no other machine than this one.
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--process-per-site",  # pages of one profile share what is compiled: see `sign_in`
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
# What the browser says while the server is away; WebSocket errors name the address.
SERVER_IS_AWAY = r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket"
# What the browser says of an answer that is no success.
REFUSED = r"the server responded with a status of 4\d\d"


def _is_over(request: Request) -> bool:
    return request.failure is not None or request.timing["responseEnd"] >= 0


async def comes_true(page: Page, condition: str, of: Any = None) -> None:
    """Wait until a function of the page's answers true. Playwright's wait_for_function is refused
    by our Content-Security-Policy from its second look on."""
    async with asyncio.timeout(PATIENCE_S):
        while not await page.evaluate(condition, of):  # noqa: ASYNC110  # a page sets no event
            await asyncio.sleep(0.02)


async def reload(page: Page) -> None:
    """Reload once the page is done with its history: a form that was filled in takes its guard out
    after it has closed (useUnsavedGuard), and the browser gives a reload up for that."""
    await comes_true(page, "() => !history.state?.unsaved")
    await page.reload()


class Tab:
    """One page, and what goes on in its profile while it is open.

    `verify` fails if a request has left the server's origin, or if the console has told an error
    that was not allowed.
    """

    def __init__(self, context: BrowserContext, page: Page, origin: str) -> None:
        self.context = context
        self.page = page
        self.origin = origin
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self._addresses: list[str] = []
        self._allowed: list[str] = []
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", self._asked)
        context.on("console", self._told)
        context.on("weberror", self._failed)
        page.on("websocket", self._connected)

    async def close(self) -> None:
        """Close the page and leave the profile to others."""
        await self.page.close()
        self.context.remove_listener("request", self._asked)
        self.context.remove_listener("console", self._told)
        self.context.remove_listener("weberror", self._failed)

    def allow(self, *patterns: str) -> None:
        """From now on, and looking back: complaints that match are expected."""
        self._allowed += patterns

    def verify(self) -> None:
        """Raises AssertionError; call it when the page has been used."""
        hosts = self.origin.replace("http", "(http|ws)", 1)
        own = re.compile(rf"({hosts}(/|$)|data:|blob:{hosts}/)")
        strangers = [address for address in self._addresses if not own.match(address)]
        assert not strangers, f"these requests left the server's origin: {strangers}"
        allowed = [re.compile(pattern) for pattern in self._allowed]
        complaints = [
            told for told in self.complaints if not any(pattern.search(told) for pattern in allowed)
        ]
        assert not complaints, "\n".join(["the browser complained:", *complaints])

    async def open(self, path: str) -> None:
        """Go to a path of the server, and wait until its document is there."""
        await self.page.goto(f"{self.origin}{path}")

    async def at_rest(self) -> None:
        """Wait until every operation that the page asked for over HTTP has its whole answer."""
        asked = [request for request in self.requests if request.url.endswith("/graphql")]
        await eventually(lambda: all(_is_over(request) for request in asked))

    def _asked(self, request: Request) -> None:
        self.requests.append(request)
        self._addresses.append(request.url)

    def _failed(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error}")

    def _connected(self, socket: WebSocket) -> None:
        self._addresses.append(socket.url)

    def _told(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where: Any = message.location
            self.complaints.append(f"{message.text} ({where.get('url', '')})")


LIVE = ".real-time-status--connected"  # in every language


def connection(page: Page) -> Locator:
    """How the console says that it is connected: `Live`, or something else."""
    return page.locator(".real-time-status").get_by_role("status")


async def serious_findings(page: Page) -> list[str]:
    """What axe-core finds once nothing moves, a line each: serious and critical ones."""
    await page.evaluate(STILL)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[Any] = await page.evaluate(
        "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
    )
    return [
        f"{finding['id']}: {finding['help']}: {node['html'][:200]} ({node['failureSummary']})"
        for finding in found
        if finding["impact"] in SERIOUS
        for node in finding["nodes"]
    ]
