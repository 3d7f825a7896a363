"""What failed while the server was away is there again when it is back, without anybody's help."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.web.api import PEOPLE, Api
from tests.web.browser import SERVER_IS_AWAY, Tab, connection
from tests.web.conftest import SignIn
from tests.web.test_console import ASKING_NOTHING, SCREENS, company, go, row

pytestmark = pytest.mark.asyncio(loop_scope="session")

# What the browser says of requests that the test cut.
CUT = rf"{SERVER_IS_AWAY}|ERR_FAILED|ERR_INTERNET_DISCONNECTED"
CODE_CUT = "Unable to preload CSS|dynamically imported module"
FAILED, OUTDATED = ".state--bad", ".outdated"


@asynccontextmanager
async def without(page: Page, asks: Callable[[str], bool]) -> AsyncIterator[None]:
    """Meanwhile the operations of these names fail on their way; at the end the network comes
    back: a computer that wakes up."""

    async def cut(route: Route) -> None:
        asked: Any = route.request.post_data_json
        await (route.abort() if asks(asked["operationName"]) else route.continue_())

    await page.route("**/graphql", cut)
    yield
    await page.context.set_offline(True)
    await expect(connection(page)).not_to_have_text("Live")
    await page.unroute("**/graphql", cut)
    await page.context.set_offline(False)
    await expect(connection(page)).to_have_text("Live")


def of_screens(operation: str) -> bool:
    """Whether a screen asks for it: all but what the page needs to be signed in."""
    return operation not in ("Start", "RefreshSession", "SignIn")


@pytest.mark.campaign
async def test_every_screen_that_failed_loads_by_itself_when_the_connection_is_back(
    sign_in: SignIn, api: Api
) -> None:
    item = api.create_item("0-first-of-all", minStock=200)
    tab = await sign_in("ADMIN", "/items/0")  # no such item: nothing is loaded yet
    tab.allow(CUT)
    page = tab.page
    there: dict[str, Locator] = {
        "/settings": page.get_by_role("button", name="Turn on"),
        "/items": row(page, item["name"]),
        f"/items/{item['id']}": page.get_by_role("heading", level=1, name=item["name"]),
        "/alerts": page.get_by_role("article").filter(has_text=item["name"]),
        "/notifications": page.get_by_role("list", name="Notifications"),
        "/movements": row(page, item["name"]),
        "/reorder": row(page, item["name"]),
        "/locations": page.get_by_role("button", name="Edit MAIN", exact=True),
        "/sessions": page.get_by_text("This one"),
        "/import": page.get_by_role("list", name="Imports, newest first"),
        "/users": page.get_by_role("cell", name=PEOPLE["VIEWER"][1], exact=True),
        "/test": page.get_by_text("Execution groups"),
        "/": page.get_by_role("region", name="Live feed").get_by_text(item["name"]).first,
    }
    assert {*SCREENS} - ASKING_NOTHING < {*there}
    await api_notice(api)
    api.upload("goods.csv", "sku,name\n")
    for path, content in there.items():
        async with without(page, of_screens):
            if path == "/notifications":
                await tab.open(path)  # every page asks for these as it begins
            await page.evaluate("path => history.pushState(null, '', path)", path)
            if path == "/test":
                await page.get_by_role("button", name="Check Status").click()
            await expect(page.locator(FAILED).first).to_be_visible()
            await expect(page.locator(".skeleton")).to_have_count(0)
        await expect(page.locator(FAILED)).to_have_count(0)
        await expect(content).to_be_visible()


async def api_notice(api: Api) -> None:
    """Something to read for the administrator."""
    (viewer,) = api.query("{ viewer { id } }").values()
    api.notify(viewer["id"], "Stocktaking tonight")


async def test_a_screen_whose_code_could_not_be_loaded_comes_with_the_connection(
    sign_in: SignIn, api: Api
) -> None:
    email, _ = api.create_user("ADMIN")
    # Nobody has loaded that code in this profile, and no service worker has fetched it.
    tab = await sign_in(email, service_workers="block")
    tab.allow(CUT, CODE_CUT, "Failed to fetch")
    page = tab.page
    await page.context.set_offline(True)
    await expect(connection(page)).not_to_have_text("Live")
    await page.evaluate("history.pushState(null, '', '/locations')")
    await expect(page.locator(FAILED)).to_be_visible()
    await page.context.set_offline(False)
    await expect(page.get_by_role("button", name="Edit MAIN", exact=True)).to_be_visible()
    assert any(re.search(CODE_CUT, told) for told in tab.complaints)


async def test_under_an_error_stand_no_rows_of_another_search(sign_in: SignIn, api: Api) -> None:
    ours, other = api.create_item(), api.create_item()
    tab = await sign_in(path=f"/items?search={ours['sku']}")
    tab.allow(CUT)
    page = tab.page
    await expect(row(page, ours["name"])).to_be_visible()
    async with without(page, of_screens):
        await page.get_by_label("Search items").fill(other["sku"])
        await expect(page.locator(FAILED)).to_be_visible()
        await expect(row(page, ours["name"])).to_have_count(0)
        await expect(page.get_by_role("button", name=re.compile("Adjust"))).to_have_count(0)
    await expect(page.locator(FAILED)).to_have_count(0)
    await expect(row(page, other["name"])).to_be_visible()
    await expect(row(page, ours["name"])).to_have_count(0)


@pytest.mark.campaign
async def test_what_may_be_out_of_date_says_so_until_it_is_not(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    screens = {**SCREENS, f"/items/{item['id']}": item["name"]}
    for path in ("/test", "/settings", *ASKING_NOTHING):
        del screens[path]  # they show nothing that was asked for earlier
    tab = await sign_in("ADMIN")
    tab.allow(CUT)
    page = tab.page
    for path, heading in screens.items():
        await go(page, path, heading)
    for path, heading in screens.items():
        if path == "/notifications":
            continue  # its list is kept up to date by every screen, and is not asked for anew
        async with without(page, of_screens):
            await go(page, "/settings", "Settings")
            await go(page, path, heading)
            await expect(page.locator(OUTDATED).first).to_be_visible()
        await expect(page.locator(OUTDATED)).to_have_count(0)


@pytest.mark.campaign
async def test_the_next_page_of_a_list_comes_when_the_connection_is_back(
    sign_in: SignIn, api: Api
) -> None:
    for _ in range(51):
        api.create_item(category="many")
    tab = await sign_in(path="/items?category=many")
    tab.allow(CUT)
    page = tab.page
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(50)
    async with without(page, of_screens):
        await page.get_by_role("button", name="Load more").click()
        await expect(page.locator(".more").get_by_role("alert")).to_be_visible()
    await expect(rows).to_have_count(51)


@pytest.mark.campaign
async def test_a_lease_that_could_not_be_asked_for_is_taken_when_the_connection_is_back(
    sign_in: SignIn, api: Api
) -> None:
    path = f"/items/{api.create_item()['id']}"
    theirs = (await sign_in("USER", path)).page
    tab: Tab = await sign_in("ADMIN", path)
    tab.allow(CUT)
    page = tab.page
    editing = f"{PEOPLE['ADMIN'][1]} is editing"
    async with without(page, lambda operation: operation == "TakeEditLease"):
        async with page.expect_event("requestfailed"):
            await page.get_by_role("button", name="Edit").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("typed while it could not be asked for")
        await expect(company(theirs)).not_to_contain_text(editing)
    await expect(company(theirs)).to_contain_text(editing)
    await expect(dialog.get_by_label("Name")).to_have_value("typed while it could not be asked for")
