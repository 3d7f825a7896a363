"""A browser that is killed and a network that is cut, and what is left on the device by both."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import BrowserContext, Error, Page, Playwright, expect
from playwright.async_api import TimeoutError as Late

from tests.network import CHUNK_BYTES, Proxy, Way
from tests.patience import PATIENCE_S
from tests.web.browser import ARGUMENTS, PATIENCE_MS

PHONE = {"width": 360, "height": 740}
BOOKING = b'"idempotencyKey"'
ABORTED = "net::ERR_ABORTED"
ATTEMPTS = 4  # of a way to a page
ATTEMPT_MS = PATIENCE_MS / ATTEMPTS

KEPT = """async () => {
  const opening = indexedDB.open('inventory');
  const database = await new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const all = (name) => new Promise((resolve, reject) => {
    const asked = database.transaction(name).objectStore(name).getAll();
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  try {
    return { bookings: await all('bookings'), seen: await all('seen') };
  } finally {
    database.close();
  }
}"""
SHELL_IS_KEPT = """async () => {
  await navigator.serviceWorker.ready;
  const names = await caches.keys();
  return (await Promise.all(names.map(async (name) => {
    const cache = await caches.open(name);
    return (await cache.keys()).map((request) => new URL(request.url).pathname);
  }))).flat();
}"""


async def kept(page: Page) -> dict[str, list[Any]]:
    """What IndexedDB has: bookings, and what was last seen."""
    found: dict[str, list[Any]] = await page.evaluate(KEPT)
    return found


async def waiting(page: Page) -> list[Any]:
    """The bookings without an answer."""
    return [one for one in (await kept(page))["bookings"] if one["state"] == "WAITING"]


async def nothing_waits(page: Page) -> None:
    """Wait until every booking has its answer."""

    async def is_done() -> bool:
        return await waiting(page) == []

    await until(is_done)


async def is_ready_to_be_cut(page: Page) -> None:
    """Wait until the page would open without the server, with what it shows now."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")

    async def is_seen() -> bool:
        # A page asks several things, and what came first is kept while others are under way.
        name = await page.locator("h1 bdi").inner_text()
        caches = [one["cache"] for one in (await kept(page))["seen"]]
        return any(name in str(cache) and "locations" in cache["ROOT_QUERY"] for cache in caches)

    await until(is_seen)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds: for what a page keeps, of which no event tells."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():  # noqa: ASYNC110  # a page's storage sets no event
            await asyncio.sleep(0.05)


class Cutter(Proxy):
    """Cuts the connection of the next booking within its request, or within its answer."""

    def __init__(self, target_port: int, chance: random.Random) -> None:
        super().__init__(target_port)
        self._chance = chance
        self.where: Literal["request", "answer", None] = None
        self.cuts = 0
        self._marked: set[Way] = set()  # their next answer is cut

    async def _forth(self, way: Way) -> None:
        reader, writer = way.client[0], way.server[1]
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                if BOOKING in data and self.where is not None:
                    if self.where == "request":
                        writer.write(data[: self._chance.randrange(len(data))])
                        self._cut(way)
                        return
                    self._marked.add(way)
                writer.write(data)
                await writer.drain()
        writer.close()
        self._forget(way)

    async def _back(self, way: Way) -> None:
        reader, writer = way.server[0], way.client[1]
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                if way in self._marked:
                    writer.write(data[: self._chance.randrange(len(data))])
                    self._cut(way)
                    return
                writer.write(data)
                await writer.drain()
        writer.close()
        self._forget(way)

    def _cut(self, way: Way) -> None:
        self.cuts += 1
        self.where = None
        self.is_down = True
        way.cut()
        self.cut()


class Device:
    """A browser with a profile on the disk, that can be killed and started again."""

    def __init__(self, playwright: Playwright, chromium: str, profile: Path, origin: str) -> None:
        self._playwright = playwright
        self._chromium = chromium
        self._profile = profile
        self.origin = origin
        self._context: BrowserContext | None = None
        self.aborted = 0  # ways to a page that the browser ended, and that were gone again

    @property
    def page(self) -> Page:
        assert self._context is not None
        return self._context.pages[0]

    async def start(self, path: str = "/", **options: Any) -> Page:
        self._context = await self._playwright.chromium.launch_persistent_context(
            str(self._profile), executable_path=self._chromium, args=ARGUMENTS, **options
        )
        self._context.set_default_timeout(PATIENCE_MS)
        # A form that is open asks before the page is left; here the person says yes.
        self.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        await self._until_there(
            lambda: self.page.goto(f"{self.origin}{path}", wait_until="commit", timeout=ATTEMPT_MS)
        )
        return self.page

    async def reload(self) -> None:
        await self._until_there(lambda: self.page.reload(wait_until="commit", timeout=ATTEMPT_MS))

    async def _until_there(self, go: Callable[[], Awaitable[object]]) -> None:
        """To another document for sure. Of two ways Chromium takes the later one: a form that
        has just closed steps back in the history, and that ends a reload, with an error or
        without a word. A person presses again; a page that never comes fails all the same."""
        before = await self._document()
        for _ in range(ATTEMPTS):
            try:
                await go()
            except Error as error:
                if not isinstance(error, Late) and ABORTED not in str(error):
                    raise
                self.aborted += 1
            if await self._document() != before:
                return
        raise AssertionError(f"the page did not come in {ATTEMPTS} attempts")

    async def _document(self) -> float:
        """Which one the page has, once it is not on its way to another."""
        await self.page.wait_for_load_state()
        began: float = await self.page.evaluate("performance.timeOrigin")
        return began

    def kill(self) -> None:
        """SIGKILL to all of it: nothing is finished."""
        mark = f"--user-data-dir={self._profile}".encode()
        for folder in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                if mark in (folder / "cmdline").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)

    async def close(self) -> None:
        if self._context is not None:
            with suppress(Error):  # it was killed
                await self._context.close()
            self._context = None


@asynccontextmanager
async def device(
    playwright: Playwright, chromium: str, profile: Path, origin: str
) -> AsyncIterator[Device]:
    """One that ends for sure."""
    made = Device(playwright, chromium, profile, origin)
    try:
        yield made
    finally:
        await made.close()


async def fill_adjustment(page: Page, units: int, reference: str, kind: str = "Sale") -> None:
    """The form of an item's page, until it only has to be sent."""
    await page.get_by_role("button", name="Adjust").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_text(kind, exact=True).click()
    await dialog.get_by_label("Units").fill(str(units))
    place = dialog.get_by_label("At location")
    if await place.input_value() == "":
        await place.select_option(index=1)
    await dialog.get_by_label("Reference").fill(reference)


async def send(page: Page) -> None:
    await page.get_by_role("dialog").get_by_role("button", name="Record").click()


async def is_told(page: Page) -> None:
    """Wait until the form has closed: the booking is booked, or kept."""
    await expect(page.get_by_role("dialog")).to_have_count(0)
