"""The console in Chromium, beside somebody who works with the API."""

from __future__ import annotations

import asyncio
import re
from itertools import islice
from typing import Literal

import pytest
from playwright.async_api import Locator, Page, expect

from tests.campaigns import by_kind
from tests.servers import Server
from tests.web.api import PEOPLE, Api
from tests.web.browser import SERVER_IS_AWAY, connection, serious_findings
from tests.web.conftest import OpenTab, SignIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_LOAD_BYTES_MAX = 300_000
AXE_SCREENS_MAX = by_kind(4, 100, 100)  # it looks at each for a second of a core
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PHONE = {"width": 360, "height": 740}
# Path and heading of each, as ADMIN has them.
SCREENS = {
    "/": "Dashboard",
    "/items": "Items",
    "/alerts": "Alerts",
    "/notifications": "Notifications",
    "/movements": "Movements",
    "/reorder": "What to order",
    "/receive": "Receive",
    "/count": "Count",
    "/waiting": "Waiting",
    "/locations": "Locations",
    "/sessions": "Sessions",
    "/settings": "Settings",
    "/import": "Import",
    "/users": "Users",
    "/test": "Test panel",
}
# They show what a person does there, and ask for nothing as they begin.
ASKING_NOTHING = {"/receive", "/count", "/waiting"}


async def go(page: Page, path: str, heading: str) -> None:
    """To another screen, as a link in the page does it."""
    await page.evaluate("path => history.pushState(null, '', path)", path)
    await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    await expect(page.locator(".skeleton")).to_have_count(0)


def row(page: Page, name: str) -> Locator:
    """An item's, in the list."""
    return page.get_by_role("row").filter(has_text=name)


def feed(page: Page, name: str) -> Locator:
    """The live feed's lines about an item, newest first."""
    return (
        page.get_by_role("region", name="Live feed").get_by_role("listitem").filter(has_text=name)
    )


async def stocks_told(page: Page, name: str) -> list[int]:
    """The stocks that the live feed tells of an item, oldest first."""
    lines = await feed(page, name).all_inner_texts()
    told = [re.search(r"now ([\d,. ]+)", line) for line in lines]
    return [int(re.sub(r"\D", "", found[1])) for found in reversed(told) if found]


async def test_a_wrong_password_is_told(open_tab: OpenTab, api: Api) -> None:
    page = (await open_tab("/")).page
    await page.get_by_label("Email").fill(PEOPLE["VIEWER"][0])
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).not_to_be_empty()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_a_change_made_through_the_api_is_seen_at_once(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    tab = await sign_in(path=f"/items?search={item['sku']}")
    stock = row(tab.page, item["name"]).locator(".items-table__stock")
    await expect(stock).to_have_text("100")
    for quantity in (-1, -20, 3):
        now = api.adjust(item["id"], quantity)["stock"]
        await expect(stock).to_have_text(str(now))


async def test_stock_is_adjusted_once_and_told(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    page = (await sign_in(path=f"/items/{item['id']}")).page
    await page.get_by_role("button", name="Adjust").click()
    dialog = page.get_by_role("dialog", name=re.compile("Adjust"))
    await dialog.get_by_text("Sale", exact=True).click()
    await dialog.get_by_label("Units").fill("7")
    await dialog.get_by_role("button", name="Record").click()
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".stock-figure strong")).to_have_text("93")
    assert api.item(item["id"])["stock"] == 93


async def test_more_than_there_is_cannot_be_sold(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    page = (await sign_in(path=f"/items/{item['id']}")).page
    await page.get_by_role("button", name="Adjust").click()
    dialog = page.get_by_role("dialog", name=re.compile("Adjust"))
    await dialog.get_by_text("Sale", exact=True).click()
    await dialog.get_by_label("Units").fill("101")
    await dialog.get_by_role("button", name="Record").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("100")
    assert api.item(item["id"])["stock"] == 100


async def test_an_alert_is_raised_live_and_acknowledged(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(minStock=50)
    page = (await sign_in(path="/alerts")).page
    api.adjust(item["id"], -60)
    alert = page.get_by_role("article").filter(has_text=item["name"])
    await expect(alert).to_be_visible()
    await alert.get_by_role("button", name="Acknowledge").click()
    await expect(alert).to_contain_text("Acknowledged")
    await expect(alert).to_contain_text(PEOPLE["USER"][1])
    await expect(alert.get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert [found["status"] for found in api.item(item["id"])["alerts"]["nodes"]] == [
        "ACKNOWLEDGED"
    ]


async def test_of_two_changes_a_person_decides(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(price="1")
    page = (await sign_in(path=f"/items/{item['id']}")).page
    await page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name=re.compile("Edit"))
    await dialog.get_by_label("Price").fill("2")
    api.update(item["id"], price="3", category="changed meanwhile")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Somebody else saved this item")
    await expect(dialog).to_contain_text("changed meanwhile")
    await dialog.get_by_role("radio", name="Price: yours, 2").check()
    await dialog.get_by_role("button", name="Save this").click()
    await expect(dialog).to_have_count(0)
    saved = api.item(item["id"])
    assert (float(saved["price"]), saved["category"]) == (2, "changed meanwhile")


async def test_what_a_role_forbids_is_not_offered(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(minStock=200)
    page = (await sign_in("VIEWER", f"/items/{item['id']}")).page
    await expect(page.get_by_role("heading", name=item["name"])).to_be_visible()
    for action in ("Adjust", "Count", "Transfer", "Edit", "Delete", "Acknowledge"):
        await expect(page.get_by_role("button", name=action)).to_have_count(0)
    await expect(page.get_by_role("link", name="Users")).to_have_count(0)


async def test_what_a_role_forbids_is_refused_in_words(sign_in: SignIn, api: Api) -> None:
    page = (await sign_in("USER", "/users")).page
    await expect(page.get_by_role("main")).to_contain_text("Your role does not allow this")


async def test_the_server_refuses_a_role_that_was_taken_away(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    email, user_id = api.create_user("USER")
    tab = await sign_in(email, f"/items/{item['id']}")
    page = tab.page
    await page.get_by_role("button", name="Adjust").click()
    dialog = page.get_by_role("dialog", name=re.compile("Adjust"))
    await dialog.get_by_label("Units").fill("5")
    api.set_role(user_id, "VIEWER")
    await dialog.get_by_role("button", name="Record").click()
    await expect(page.locator(".toast", has_text="Your role is")).to_be_visible()
    await expect(page.get_by_role("button", name="Adjust")).to_have_count(0)
    assert any("adjustStock" in (request.post_data or "") for request in tab.requests)
    assert api.item(item["id"])["stock"] == 100


async def test_a_killed_server_comes_back_and_nothing_is_missing_or_doubled(
    sign_in: SignIn, api: Api, server: Server
) -> None:
    item = api.create_item(initialStock=100)
    expected = [100 - number for number in range(13)]  # the opening stock, then twelve sales
    tab = await sign_in()
    page = tab.page
    for _ in range(3):
        api.adjust(item["id"], -1)
    await expect(feed(page, item["name"])).to_have_count(4)

    tab.allow(SERVER_IS_AWAY)
    await tab.at_rest()  # half an answer would be another complaint
    working = asyncio.create_task(asyncio.to_thread(sell, api, item["id"], times=9))
    await asyncio.to_thread(server.kill)
    await expect(connection(page)).not_to_have_text("Live")
    await asyncio.to_thread(server.start)
    await working
    await expect(connection(page)).to_have_text("Live")
    await expect(feed(page, item["name"])).to_have_count(len(expected))
    assert await stocks_told(page, item["name"]) == expected


def sell(api: Api, item_id: str, times: int) -> None:
    """One by one, each as often as it takes, also while the server is away."""
    for _ in range(times):
        api.adjust(item_id, -1)


async def test_two_people_see_each_other_and_who_edits(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    path = f"/items/{item['id']}"
    ours = (await sign_in("USER", path)).page
    theirs = (await sign_in("ADMIN", path)).page
    we, they = PEOPLE["USER"][1], PEOPLE["ADMIN"][1]
    await expect(company(ours)).to_contain_text(f"{they} is looking")
    await expect(company(theirs)).to_contain_text(f"{we} is looking")

    await ours.get_by_role("button", name="Edit").click()
    await expect(ours.get_by_role("dialog").get_by_label("Name")).to_be_enabled()
    await expect(company(theirs)).to_contain_text(f"{we} is editing")
    await theirs.get_by_role("button", name="Edit").click()
    barred = theirs.get_by_role("dialog")
    await expect(barred.get_by_role("status")).to_contain_text(f"{we} is editing this item")
    await expect(barred.get_by_label("Name")).to_be_disabled()

    await ours.get_by_role("button", name="Cancel").click()
    await expect(barred.get_by_label("Name")).to_be_enabled()
    await expect(company(ours)).to_contain_text(f"{they} is editing")
    await barred.get_by_role("button", name="Cancel").click()
    await go(theirs, "/items", "Items")
    await expect(company(ours)).not_to_contain_text(they)


@pytest.mark.campaign
async def test_presence_comes_back_with_the_server_and_ends_with_the_tab(
    sign_in: SignIn, api: Api, server: Server
) -> None:
    path = f"/items/{api.create_item()['id']}"
    ours, theirs = await sign_in("USER", path), await sign_in("ADMIN", path)
    they = PEOPLE["ADMIN"][1]
    await expect(company(ours.page)).to_contain_text(they)
    for tab in (ours, theirs):
        await expect(tab.page.locator("canvas")).to_be_visible()  # nothing is still to be loaded
        tab.allow(SERVER_IS_AWAY)
    await asyncio.to_thread(server.kill)
    await expect(connection(ours.page)).not_to_have_text("Live")
    await asyncio.to_thread(server.start)
    for tab in (ours, theirs):
        await expect(connection(tab.page)).to_have_text("Live")
    await expect(company(ours.page)).to_contain_text(they)

    await theirs.page.close()
    await expect(company(ours.page)).not_to_contain_text(they)


def company(page: Page) -> Locator:
    """Who else looks at the item."""
    return page.get_by_role("list", name="Also here")


async def test_the_test_panel_shows_that_everything_arrives(sign_in: SignIn, api: Api) -> None:
    page = (await sign_in("ADMIN", "/test")).page
    lines = page.get_by_role("region", name="What happened here").get_by_role("listitem")
    for kind in ("Notification", "Inventory Update", "Alert"):
        await page.get_by_role("button", name=f"Test {kind}").click()
        await expect(lines.filter(has_text=f"received {kind.lower()}")).to_have_count(1)
        await expect(lines.filter(has_text="sent")).not_to_have_count(0)
    await page.get_by_role("button", name="Check Status").click()
    status = page.get_by_role("region", name="Status")
    await expect(status).to_contain_text("Live")
    await expect(status).to_contain_text("Execution groups")


async def test_a_notification_is_counted_until_it_is_read(sign_in: SignIn, api: Api) -> None:
    email, user_id = api.create_user("VIEWER")
    page = (await sign_in(email)).page
    api.notify(user_id, "Stocktaking tonight")
    toast = page.locator(".toast", has_text="Stocktaking tonight")
    await expect(toast).to_be_visible()
    bell = page.get_by_role("link", name=re.compile("Notifications, 1 unread"))
    await bell.click()
    await expect(page.get_by_role("main")).to_contain_text("Stocktaking tonight")
    await page.get_by_role("button", name=re.compile("Mark all", re.IGNORECASE)).click()
    await expect(page.get_by_role("link", name="Notifications, 0 unread")).to_be_visible()


async def test_the_service_worker_is_taken_by_the_browser(open_tab: OpenTab) -> None:
    page = (await open_tab("/")).page
    scope = await page.evaluate(
        """async () => {
          await navigator.serviceWorker.register('/sw.js');
          return (await navigator.serviceWorker.ready).scope;
        }"""
    )
    assert scope == page.url


async def test_the_first_load_is_small(sign_in: SignIn, api: Api) -> None:
    tab = await sign_in("ADMIN")
    loaded = [request for request in tab.requests if not request.url.endswith("/graphql")]
    sizes = {request.url: (await request.sizes())["responseBodySize"] for request in loaded}
    assert sum(sizes.values()) < FIRST_LOAD_BYTES_MAX, sizes
    assert not [url for url in sizes if "monaco" in url or "graphiql" in url]


async def test_axe_has_no_serious_finding_on_any_screen(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(minStock=200)  # so that there is an alert
    tab = await sign_in("ADMIN", reduced_motion="reduce")
    findings: list[str] = []
    screens = {f"/items/{item['id']}": item["name"], **SCREENS}
    for path, heading in islice(screens.items(), AXE_SCREENS_MAX):
        await go(tab.page, path, heading)
        for scheme in SCHEMES:
            await tab.page.emulate_media(color_scheme=scheme)
            findings += [f"{path} {scheme} {f}" for f in await serious_findings(tab.page)]
    assert not findings, "\n".join(findings)


@pytest.mark.campaign  # test_console_layout.py tries it with longer words, at this width too
async def test_every_screen_fits_a_phone(sign_in: SignIn, api: Api) -> None:
    tab = await sign_in("ADMIN", viewport=PHONE)
    for path, heading in SCREENS.items():
        await go(tab.page, path, heading)
        width = await tab.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], path
