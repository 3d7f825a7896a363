"""Every screen, in every state that it can be in, at the widths of a phone, a tablet and desktops.

A state is made once, all screens are walked through in it, and each is measured at each width: see
layout.py for what counts as a fault.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.patience import PATIENCE_S
from tests.servers import EMAIL, PASSWORD, Server
from tests.web.api import Api
from tests.web.browser import SERVER_IS_AWAY, Tab, connection, reload
from tests.web.layout import faults, resize
from tests.web.test_console import ASKING_NOTHING, SCREENS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.campaign]

WIDTHS = (360, 768, 1_280, 1_920)
STOCK_MAX = 1_006_931_492
# No name is longer than its limit; each word is as long as it may be.
LONG, WIDE = "N" * 200, "Ẅ" * 64
RTL = "مطرقة مخلبية ثقيلة للنجارين المحترفين"
EMOJI = "🔨👩‍🔧🧰" * 8
# The same with other digits, longer words and other colours: 40 seconds for each.
KINDS = [
    pytest.param({}, id="english"),
    # Languages that the console does not speak; test_console_language.py has the others.
    pytest.param({"locale": "sv-SE", "color_scheme": "dark"}, id="swedish", marks=pytest.mark.long),
    pytest.param({"locale": "hi-IN"}, id="hindi", marks=pytest.mark.long),
    pytest.param({"locale": "ar-EG"}, id="arabic", marks=pytest.mark.long),
]
# These show what a person collects.
COLLECTING = ("/receive", "/count")
# These look the same whatever the server answers.
CALM = {path: heading for path, heading in SCREENS.items() if path in ASKING_NOTHING}
# The page asks for these itself, beside its screens.
OF_THE_PAGE = ("Start", "RefreshSession", "SignIn", "CurrentViewer")


@pytest.fixture
def lonely(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on which there is nothing yet, for one test."""
    folder = tmp_path_factory.mktemp("matrix")
    server = Server(folder, RATE_LIMIT="off", DRAIN_SECONDS="0.2", LOG_LEVEL="WARNING")
    server.create_user()
    with server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def tab(
    browser: Browser, lonely: Server, request: pytest.FixtureRequest
) -> AsyncIterator[Tab]:
    """The administrator's, connected; verified when the test has ended. Its parameter: options of
    the browser's context."""
    context = await browser.new_context(**getattr(request, "param", {}))
    tab = Tab(context, await context.new_page(), lonely.url)
    await tab.open("/settings")
    await tab.page.get_by_label("Email").fill(EMAIL)
    await tab.page.get_by_label("Password").fill(PASSWORD)
    await tab.page.get_by_role("button", name="Sign in").click()
    await expect(connection(tab.page)).to_have_text("Live")
    yield tab
    await context.close()
    tab.verify()


def fill(url: str) -> list[tuple[str, str]]:
    """Every list with what is longest and largest; the items' paths and names."""
    with httpx.Client(base_url=url, timeout=PATIENCE_S) as http:
        api = Api(http)
        api.sign_in()
        place = api.create_location("L" * 32, LONG)
        _, admin = api.create_user("ADMIN", "a" * 60 + "@" + "b" * 60 + ".example.com", LONG)
        api.create_user("VIEWER", name=RTL)
        for title in (LONG, RTL, EMOJI):
            api.notify(admin, title)
        (users,) = api.query("{ users(first: 9) { nodes { id email } } }").values()
        (me,) = (user["id"] for user in users["nodes"] if user["email"] == EMAIL)
        for title in (LONG, RTL, EMOJI):
            api.notify(me, title, "M" * 500)
        for name in (f"{WIDE}.csv", f"{LONG[:190]}.csv", f"{RTL}.csv"):
            api.upload(name, "sku,name\n")
        paths = []
        for sku, name in ((WIDE, LONG), ("RTL", RTL), ("EMOJI", EMOJI)):
            item = api.create_item(
                sku=sku,
                name=name,
                initialStock=STOCK_MAX,
                minStock=2_012_220,
                price="99999999999.9999",
                category="C" * 100,
                unit="U" * 32,
                units=[{"name": "W" * 32, "factor": 999_999}],
                displayUnit="W" * 32,
                description="D" * 500,
            )
            api.minimum(item["id"], place, STOCK_MAX)
            api.adjust(item["id"], STOCK_MAX, place)
            api.adjust(item["id"], -STOCK_MAX)
            api.adjust(item["id"], -STOCK_MAX + 1_000_000, place)
            api.hold(item["id"], 500_000, place, reference="R" * 200, note="N" * 500)
            paths.append((f"/items/{item['id']}", name))
        api.archive(item["id"])
        paths.insert(1, (f"/locations/{place}", LONG))
        return paths


async def walk(
    page: Page, state: str, screens: Mapping[str, str], mark: str | None = None
) -> list[str]:
    """All screens at all widths. mark: what shows on each of them that it is in this state."""
    found: list[str] = []
    for path, heading in screens.items():
        await resize(page, WIDTHS[0])
        await page.evaluate("path => history.pushState(null, '', path)", path)
        await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        if path == "/test":
            await page.get_by_role("button", name="Check Status").click()
        if mark is not None:
            await expect(page.locator(mark).first).to_be_visible()
        elif state != "disconnected":
            await expect(page.locator(".skeleton")).to_have_count(0)
        for width in WIDTHS:
            found += [f"{state} {width} {path}: {fault}" for fault in await faults(page, width)]
    return found


async def hold(page: Page, is_failing: bool) -> None:
    """From now on the screens' requests stay unanswered, or fail on the way."""

    async def held(route: Route) -> None:
        asked: Any = route.request.post_data_json
        if asked["operationName"] in OF_THE_PAGE:
            await route.continue_()
        elif is_failing:
            await route.abort()

    await page.unroute_all(behavior="ignoreErrors")
    await page.route("**/graphql", held)


@pytest.mark.parametrize("tab", KINDS, indirect=True)
async def test_every_screen_in_every_state_fits_every_width(tab: Tab, lonely: Server) -> None:
    tab.allow(SERVER_IS_AWAY, "ERR_FAILED")
    page = tab.page
    unknown = {**SCREENS, "/items/1": "Item"}
    found = await walk(page, "empty", unknown)
    await page.evaluate("history.pushState(null, '', '/')")  # where nothing is, it leads on
    await page.get_by_role("region", name="Begin here").get_by_role("button").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()

    await hold(page, is_failing=False)
    await reload(page)
    asking = {path: name for path, name in unknown.items() if path not in CALM}
    loading = {path: heading for path, heading in asking.items() if path != "/test"}
    found += await walk(page, "loading", loading, ".skeleton")
    found += await walk(page, "loading", CALM)
    await hold(page, is_failing=True)
    await reload(page)
    found += await walk(page, "failed", asking, ".state--bad")
    found += await walk(page, "failed", CALM)

    await page.unroute_all(behavior="ignoreErrors")
    filled = SCREENS | dict(fill(lonely.url))
    await reload(page)
    await expect(connection(page)).to_have_text("Live")
    found += await walk(page, "filled", filled)
    lonely.kill()
    await expect(connection(page)).not_to_have_text("Live")
    found += await walk(page, "disconnected", filled)
    assert not found, "\n".join(found)


# Where each dialog is opened, by which button; ITEM stands for the item's page, and ARCHIVED for
# that of one that is archived.
DIALOGS = (
    ("ITEM", "Adjust"),
    ("ITEM", "Count"),
    ("ITEM", "Transfer"),
    ("ITEM", "Edit"),
    ("ITEM", "Archive"),
    ("ITEM", "Delete"),
    ("ITEM", "Snooze the alert of NNN"),
    ("ITEM", "Reverse"),
    ("ITEM", "Minimum at a location"),
    ("ITEM", "Scan with the camera"),
    ("ITEM", "Place a hold"),
    ("ITEM", "Sell"),
    ("ARCHIVED", "Restore"),
    ("/alerts", "Snooze the selected"),
    ("/items", "New item"),
    ("/items", "Edit the selected"),
    ("/items", "Archive the selected"),
    ("/items?status=IN_STOCK", "Save this filter"),
    ("/locations", "New location"),
    ("/locations", "Edit LLL"),
    ("/locations", "Archive LLL"),
    ("/receive", "Discard all"),
    ("/count", "Compare"),
    ("/notifications", "What I am told"),
    ("/notifications", "Announce"),
    ("/users", "New user"),
    ("/users", "Edit NNN"),
    ("/sessions", "End the session"),
)


# What must be checked before a dialog's button can be pressed.
BEFORE = {
    "Snooze the selected": "Select all",
    "Edit the selected": "Select all",  # and they stay so for what follows
}


@pytest.mark.parametrize("tab", KINDS, indirect=True)
async def test_every_dialog_fits_every_width(tab: Tab, lonely: Server) -> None:
    page = tab.page
    item, *_, archived = (path for path, _ in fill(lonely.url))
    of_items = {"ITEM": item, "ARCHIVED": archived}
    found: list[str] = []
    for path, button in DIALOGS:
        await resize(page, WIDTHS[0])
        to = of_items.get(path, path)
        await page.evaluate("path => history.pushState(null, '', path)", to)
        if path in COLLECTING:
            found += await collected(page, path)
        if button in BEFORE:
            await page.get_by_role("checkbox", name=BEFORE[button]).first.check()
        await page.get_by_role("button", name=button).first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        for width in WIDTHS:
            found += [f"dialog {width} {button}: {fault}" for fault in await faults(page, width)]
        await page.get_by_role("button", name="Close", exact=True).click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
    await resize(page, WIDTHS[0])
    found += await disputed(page, lonely, item)
    assert not found, "\n".join(found)


async def collected(page: Page, path: str) -> list[str]:
    """A screen with a line of the longest words, and one that cannot be read."""
    for sku in (WIDE, "RTL"):
        await page.get_by_role("combobox", name="Scan a code").fill(sku)
        await page.keyboard.press("Enter")
    lines = page.get_by_role("list", name="Lines").get_by_role("listitem")
    await expect(lines).to_have_count(2)
    await lines.first.get_by_role("textbox").fill("0.12345678")
    found = []
    for width in WIDTHS:
        found += [f"lines {width} {path}: {fault}" for fault in await faults(page, width)]
    await resize(page, WIDTHS[0])
    await lines.first.get_by_role("textbox").fill(str(STOCK_MAX))
    await lines.first.get_by_role("combobox").select_option("U" * 32)
    await page.get_by_label("At location").select_option(index=1)
    return found


async def disputed(page: Page, server: Server, path: str) -> list[str]:
    """The dialog in which two long names stand side by side, and the one that asks whether to
    discard them."""
    await page.evaluate("path => history.pushState(null, '', path)", path)
    await page.get_by_role("button", name="Edit").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("M" * 200)
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as http:
        api = Api(http)
        api.sign_in()
        api.update(path.rsplit("/", 1)[1], name="W" * 200)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("radio")).to_have_count(2)
    found = []
    for width in WIDTHS:
        found += [f"dialog {width} conflict: {fault}" for fault in await faults(page, width)]
    await page.get_by_role("button", name="Close", exact=True).click()
    for width in WIDTHS:
        found += [f"dialog {width} discard: {fault}" for fault in await faults(page, width)]
    return found
