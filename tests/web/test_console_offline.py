"""The console without its server: it opens, says how old it is, and loses no booking."""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, Playwright, expect

from tests.campaigns import by_kind
from tests.patience import PATIENCE_S
from tests.servers import Server
from tests.web.api import PEOPLE, Api
from tests.web.browser import LIVE, connection, serious_findings
from tests.web.conftest import OpenTab, SignIn, fill_sign_in
from tests.web.offline import (
    ATTEMPTS,
    PHONE,
    SHELL_IS_KEPT,
    Cutter,
    Device,
    device,
    fill_adjustment,
    is_ready_to_be_cut,
    is_told,
    kept,
    nothing_waits,
    send,
    until,
    waiting,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

CUTS = by_kind(6, 8, 200)  # each kind once
USER = PEOPLE["USER"][0]


@dataclass
class Shop:
    """A server of the test's own behind a network that can be cut, and somebody at it."""

    server: Server
    network: Cutter
    api: Api
    chance: random.Random

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.network.port}"

    def movements(self, item: str) -> list[str]:
        """The references of an item's movements, in the ledger's order."""
        named = "SELECT reference FROM movement WHERE item_id = ? AND reference IS NOT NULL"
        rows = self.server.rows(f"{named} ORDER BY id", int(item))
        return [str(reference) for (reference,) in rows]


@pytest.fixture(scope="module")
def own_server(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that these tests may kill."""
    settings = {"RATE_LIMIT": "off", "DRAIN_SECONDS": "0.2", "LOG_LEVEL": "WARNING"}
    server = Server(tmp_path_factory.mktemp("offline"), JWT_SECRET="x" * 32, **settings)
    server.create_user()
    with server:
        yield server


@asynccontextmanager
async def shop_of(server: Server, seed: int) -> AsyncIterator[Shop]:
    chance = random.Random(seed)  # noqa: S311  # what is cut, and when
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as http:
        api = Api(http)
        api.sign_in()
        if not server.rows("SELECT id FROM user_account WHERE email = ?", USER):
            api.create_people()
        async with Cutter(server.port, chance) as network:
            yield Shop(server, network, api, chance)


async def opened(on: Device, path: str, **options: object) -> Page:
    """Signed in, connected, and ready to be cut. Chromium writes localStorage, where the session
    is, some seconds late, or when it ends well, and now and then not even then."""
    for _ in range(ATTEMPTS):
        page = await on.start(path, **options)
        asked = page.locator("input[name=email]")
        await expect(page.locator(LIVE).or_(asked)).to_have_count(1)
        if await asked.count() == 0:
            break
        await fill_sign_in(page, USER)
        await on.close()
    else:
        raise AssertionError(f"the browser forgot the session {ATTEMPTS} times")
    await expect(connection(page)).to_have_text("Live")
    await is_ready_to_be_cut(page)
    return page


async def test_a_browser_may_install_it(open_tab: OpenTab) -> None:
    tab = await open_tab("/")
    await tab.page.evaluate(SHELL_IS_KEPT)
    browser = await tab.context.new_cdp_session(tab.page)
    told = await browser.send("Page.getAppManifest")
    assert told["errors"] == []
    manifest = json.loads(told["data"])
    for icon in manifest["icons"][1:]:
        answer = await tab.context.request.get(f"{tab.origin}{icon['src']}")
        png = await answer.body()
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        assert f"{width}x{height}" == icon["sizes"], icon
    refused = await browser.send("Page.getInstallabilityErrors")
    # Playwright's profiles are incognito, in which Chromium installs nothing.
    assert [one["errorId"] for one in refused["installabilityErrors"]] in ([], ["in-incognito"])


async def test_the_shell_is_kept_and_no_answer_of_the_api(sign_in: SignIn, api: Api) -> None:
    tab = await sign_in()
    paths = await tab.page.evaluate(SHELL_IS_KEPT)
    assert {"/", "/theme.js", "/icon.svg"} < set(paths)
    strangers = [path for path in paths if not re.match(r"/(assets/.+|[\w.-]+)?$", path)]
    assert strangers == [] and not [path for path in paths if "graphi" in path], paths


async def test_it_opens_without_the_server_and_what_is_booked_there_is_booked_later(
    own_server: Server, playwright: Playwright, chromium: str, tmp_path: Path
) -> None:
    async with shop_of(own_server, 1) as shop:
        item = shop.api.create_item()
        path = f"/items/{item['id']}"
        async with device(playwright, chromium, tmp_path / "profile", shop.origin) as phone:
            page = await opened(phone, path, viewport=PHONE)
            await shop.network.stop_listening()
            phone.kill()
            await phone.close()
            page = await phone.start(path, viewport=PHONE)

            await expect(page.get_by_role("heading", level=1)).to_contain_text(item["name"])
            await expect(page.locator(".offline-note")).to_contain_text("What you see is as of")
            await fill_adjustment(page, 7, "sold offline")
            await send(page)
            await is_told(page)
            await expect(page.locator(".toast")).to_contain_text("Kept on this device")
            await expect(page.locator(".offline-note")).to_contain_text("1 booking not sent yet")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE["width"]
            assert await serious_findings(page) == []
            await page.get_by_role("link", name="Look").click()
            listed = page.get_by_role("list", name="Not sent yet")
            await expect(listed).to_contain_text(item["name"])
            assert await serious_findings(page) == []
            assert shop.api.item(item["id"])["stock"] == 100

            await shop.network.listen()
            await page.evaluate("dispatchEvent(new Event('online'))")
            await expect(page.get_by_role("list", name="Booked")).to_contain_text(item["name"])
            await expect(page.locator(".offline-note")).to_be_empty()
            assert shop.api.item(item["id"])["stock"] == 93
            await page.get_by_role("link", name="Items").click()
            row = page.get_by_role("row").filter(has_text=item["name"])
            await expect(row).to_contain_text("93")


@pytest.mark.campaign
async def test_a_count_that_came_too_late_is_shown_with_both_figures(
    own_server: Server, playwright: Playwright, chromium: str, tmp_path: Path
) -> None:
    async with shop_of(own_server, 2) as shop:
        item = shop.api.create_item()
        async with device(playwright, chromium, tmp_path / "profile", shop.origin) as desk:
            page = await opened(desk, f"/items/{item['id']}")
            shop.network.is_down = True
            shop.network.cut()
            await page.get_by_role("button", name="Count", exact=True).click()
            await page.get_by_role("dialog").get_by_label("Counted units").fill("98")
            await page.get_by_role("button", name="Record count").click()
            await is_told(page)
            shop.api.adjust(item["id"], -5)
            shop.network.is_down = False
            await page.evaluate("dispatchEvent(new Event('online'))")
            toast = page.locator(".toast", has_text="1 kept booking was refused")
            await toast.get_by_role("button", name="See why").click()
            refused = page.get_by_role("list", name="Refused")
            await expect(refused).to_contain_text("is 95, not 100")
            await expect(refused).to_contain_text("You counted 98 against 100")
            await page.reload()  # it stays until somebody has dealt with it
            await refused.get_by_role("button", name="Compare").click()
            question = page.get_by_role("dialog")
            await expect(question).to_contain_text("said 100 then, and says 95 now")
            assert await serious_findings(page) == []
            await question.get_by_role("button", name="Book the count").click()
            await expect(refused).to_have_count(0)
            await nothing_waits(page)
            assert shop.api.item(item["id"])["stock"] == 98


@pytest.mark.campaign
async def test_who_signs_out_leaves_nothing_but_bookings_that_nobody_else_sends(
    own_server: Server, playwright: Playwright, chromium: str, tmp_path: Path
) -> None:
    async with shop_of(own_server, 3) as shop:
        item = shop.api.create_item()
        path = f"/items/{item['id']}"
        async with device(playwright, chromium, tmp_path / "profile", shop.origin) as shared:
            page = await opened(shared, path)
            shop.network.is_down = True
            shop.network.cut()
            await fill_adjustment(page, 3, "by its own person")
            await send(page)
            await is_told(page)
            await page.get_by_role("button", name="Sign out").first.click()
            question = page.get_by_role("dialog")
            await expect(question).to_contain_text("1 booking on this device")
            await question.get_by_role("button", name="Sign out").click()
            await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
            left = await kept(page)
            assert (len(left["bookings"]), left["seen"]) == (1, [])

            shop.network.is_down = False
            await fill_sign_in(page, PEOPLE["ADMIN"][0])
            await page.goto(f"{shop.origin}/waiting")
            await expect(page.get_by_role("main")).to_contain_text("Nothing waits")
            await page.goto(f"{shop.origin}{path}")
            await fill_adjustment(page, 1, "by another")
            await send(page)
            await is_told(page)
            assert shop.movements(item["id"]) == ["by another"]
            assert len(await waiting(page)) == 1

            await page.get_by_role("button", name="Sign out").first.click()
            await fill_sign_in(page, USER)
            await nothing_waits(page)
            assert shop.movements(item["id"]) == ["by another", "by its own person"]
            who = "SELECT DISTINCT u.email FROM movement m JOIN user_account u ON u.id = m.user_id"
            rows = shop.server.rows(f"{who} WHERE m.reference = 'by its own person'")
            assert rows == [(USER,)]


BEFORE_LEAD_TIMES = """async () => {
  const opening = indexedDB.open('inventory');
  await new Promise((resolve) => (opening.onsuccess = resolve));
  const writing = opening.result.transaction('seen', 'readwrite');
  const walking = writing.objectStore('seen').openCursor();
  let items = 0;
  walking.onsuccess = () => {
    if (walking.result === null) return;
    const seen = walking.result.value;
    for (const one of Object.values(seen.cache)) {
      if (one.__typename === 'InventoryItem' && delete one.leadTimeDays) items += 1;
    }
    walking.result.update(seen);
    walking.result.continue();
  };
  await new Promise((resolve) => (writing.oncomplete = resolve));
  opening.result.close();
  return items;
}"""


@pytest.mark.campaign
async def test_what_was_kept_before_items_had_lead_times_is_left_out_where_it_is_not_whole(
    own_server: Server, playwright: Playwright, chromium: str, tmp_path: Path
) -> None:
    async with shop_of(own_server, 4) as shop:
        item = shop.api.create_item(leadTimeDays=9)
        path = f"/items/{item['id']}"
        async with device(playwright, chromium, tmp_path / "profile", shop.origin) as phone:
            page = await opened(phone, path, viewport=PHONE)
            await expect(page.locator(".facts")).to_contain_text("9 days")
            await page.evaluate("history.pushState(null, '', '/items')")
            listed = page.get_by_role("link", name=item["name"])
            await expect(listed).to_be_visible()

            async def is_kept() -> bool:
                caches = [one["cache"]["ROOT_QUERY"] for one in (await kept(page))["seen"]]
                return any(name.startswith("items") for asked in caches for name in asked)

            await until(is_kept)
            await shop.network.stop_listening()
            shop.network.cut()
            await expect(connection(page)).not_to_have_text("Live")  # nothing is kept any more
            assert await page.evaluate(BEFORE_LEAD_TIMES) > 0

            await phone.reload()
            await expect(page.locator(".offline-note")).to_contain_text("What you see is as of")
            await expect(listed).to_be_visible()
            await listed.click()
            await expect(page.get_by_role("main")).to_contain_text("Not kept on this device")
            await expect(page.locator(".facts")).to_have_count(0)

            await shop.network.listen()
            await page.evaluate("dispatchEvent(new Event('online'))")
            await expect(page.locator(".facts")).to_contain_text("9 days")


ANOTHER_VERSIONS = """async () => {
  const { accessToken } = JSON.parse(localStorage.getItem('inventory.tokens'));
  const userId = JSON.parse(atob(accessToken.split('.')[1])).sub;
  const opening = indexedDB.open('inventory');
  await new Promise((resolve) => (opening.onsuccess = resolve));
  const writing = opening.result.transaction('bookings', 'readwrite');
  for (const state of ['WAITING', 'BOOKED'])
    writing.objectStore('bookings').add({ form: 2, userId, state, said: 'in another way' });
  await new Promise((resolve) => (writing.oncomplete = resolve));
  opening.result.close();
}"""


async def test_bookings_of_another_version_stay_as_they_are(sign_in: SignIn, api: Api) -> None:
    page = (await sign_in(USER)).page
    await expect(connection(page)).to_have_text("Live")
    await page.evaluate(ANOTHER_VERSIONS)
    before = (await kept(page))["bookings"]
    await page.goto(f"{page.url.rstrip('/')}/waiting")
    await expect(page.get_by_role("main")).to_contain_text("Nothing waits")
    await page.get_by_role("button", name="Sign out").first.click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert [one["form"] for one in before] == [2, 2]
    assert (await kept(page))["bookings"] == before


@pytest.mark.timeout(by_kind(600, 600, 7_200))
async def test_no_cut_loses_a_booking_or_books_it_twice(
    own_server: Server, playwright: Playwright, chromium: str, tmp_path: Path
) -> None:
    seed = secrets.randbelow(1_000_000)
    print(f"seed {seed}")  # pytest shows it when the test fails
    async with shop_of(own_server, seed) as shop:
        item = shop.api.create_item(initialStock=100_000)
        async with device(playwright, chromium, tmp_path / "profile", shop.origin) as phone:
            await opened(phone, f"/items/{item['id']}")
            cuts = Cuts(shop, phone, item["id"])
            for number in range(CUTS):
                await cuts.book(number)
            await cuts.go_online()
            await nothing_waits(phone.page)
        booked = shop.movements(item["id"])
        assert len(booked) == len(set(booked)), f"twice: {booked}"
        lost = set(cuts.told) - set(booked)
        assert not lost, f"lost: {lost}"
        assert set(booked) - set(cuts.told) <= set(cuts.untold)
        numbers = [int(name.removeprefix("cut ")) for name in booked]
        assert numbers == sorted(numbers), f"the order was not kept: {numbers}"
        checked = shop.server.command("check-ledger")
        assert checked.returncode == 0, checked.stderr
        cut = f"{shop.network.cuts} connections cut, {phone.aborted} reloads by the browser ended"
        print(f"{CUTS} bookings: {len(cuts.told)} told, {len(booked)} booked, {cut}")


class Cuts:
    """Bookings, each with something that goes wrong at a moment of chance."""

    def __init__(self, shop: Shop, phone: Device, item: str) -> None:
        self.shop = shop
        self.phone = phone
        self.path = f"/items/{item}"
        self.told: list[str] = []  # the page said that they are booked, or kept
        self.untold: list[str] = []  # the page died before it could say anything
        self._is_unsure = False  # whether the page is signed in, which was killed

    async def book(self, number: int) -> None:
        """One booking, and one cut; then sometimes the network comes back."""
        kinds = [self._request, self._answer, self._offline, self._reload, self._kill, self._server]
        reference = f"cut {number}"
        action = self.shop.chance.choice(["Sale", "Receipt"])
        await fill_adjustment(self.phone.page, 1, reference, action)
        # Each kind comes in a short run too.
        await kinds[number % len(kinds)](reference)
        if self.shop.chance.random() < 0.6:
            await self.go_online()

    async def go_online(self) -> None:
        self.shop.network.where = None
        self.shop.network.is_down = False
        if not self.shop.server.is_ready():
            self.shop.server.start()
        await self.phone.page.evaluate("dispatchEvent(new Event('online'))")
        await self._settle()

    async def _settle(self) -> None:
        """A page that was killed may have tokens that others have followed since: the newest were
        not on the disk yet. It shows what was seen here, until the server says that it is over."""
        if not self._is_unsure:
            return
        page = self.phone.page
        sign_in = page.get_by_role("heading", name="Sign in")
        await expect(sign_in.or_(page.locator(LIVE))).to_be_visible()
        if await sign_in.is_visible():
            await fill_sign_in(page, USER)
        self._is_unsure = False

    async def _told(self, reference: str) -> None:
        await is_told(self.phone.page)
        self.told.append(reference)

    async def _request(self, reference: str) -> None:
        self.shop.network.where = "request"
        await send(self.phone.page)
        await self._told(reference)

    async def _answer(self, reference: str) -> None:
        self.shop.network.where = "answer"
        await send(self.phone.page)
        await self._told(reference)

    async def _offline(self, reference: str) -> None:
        self.shop.network.is_down = True
        self.shop.network.cut()
        await send(self.phone.page)
        await self._told(reference)

    async def _reload(self, reference: str) -> None:
        self.shop.network.where = self.shop.chance.choice(["request", "answer", None])
        await send(self.phone.page)
        await self._moment()
        await self.phone.reload()
        self.untold.append(reference)

    async def _kill(self, reference: str) -> None:
        self.shop.network.where = self.shop.chance.choice(["request", "answer", None])
        await send(self.phone.page)
        await self._moment()
        self.phone.kill()
        await self.phone.close()
        self.untold.append(reference)
        page = await self.phone.start(self.path)
        here = page.get_by_role("heading", level=1)
        await expect(here).not_to_have_text("Inventory")  # while the session is tried
        self._is_unsure = True
        if await here.inner_text() == "Sign in":
            await self.go_online()
        elif not self.shop.network.is_down and self.shop.server.is_ready():
            await self._settle()

    async def _server(self, reference: str) -> None:
        await send(self.phone.page)
        await self._moment()
        self.shop.server.kill()
        await self._told(reference)

    async def _moment(self) -> None:
        """Not to wait for something: a cut at any moment is what is tried."""
        await asyncio.sleep(self.shop.chance.random() * 0.2)


async def test_a_page_that_is_open_over_a_deploy_is_told(sign_in: SignIn, api: Api) -> None:
    page = (await sign_in()).page
    await page.evaluate(SHELL_IS_KEPT)
    await page.evaluate("navigator.serviceWorker.dispatchEvent(new Event('controllerchange'))")
    await page.evaluate("navigator.serviceWorker.dispatchEvent(new Event('controllerchange'))")
    told = page.locator(".offline-note", has_text="There is a new version of this page")
    await told.get_by_role("button", name="Load it").click()
    await expect(told).to_have_count(0)
