"""No state of a screen is wider than the phone, and no form is dropped or booked elsewhere."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.campaigns import only_full
from tests.servers import Server
from tests.web.api import Api
from tests.web.browser import SERVER_IS_AWAY, connection
from tests.web.conftest import SignIn
from tests.web.layout import FAULTS
from tests.web.test_console import SCREENS, go

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDTHS = (320, 360, 768, 1_280)
STOCK_MAX = 1_006_931_492
# What sticks out of the page at the right, or is wider than its own frame.
TOO_WIDE = """async (width) => {
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  return [
  ...(document.documentElement.scrollWidth > width
    ? [`page ${document.documentElement.scrollWidth}`] : []),
  ...[...document.querySelectorAll('.table-frame, .dialog[open]')]
    .filter((frame) => frame.scrollWidth > frame.clientWidth + 1)
    .map((frame) => `${frame.className} ${frame.scrollWidth} > ${frame.clientWidth}`),
  ];
}"""

# What the keyboard comes to, and cannot be seen there.
COVERED = """() => [...document.querySelectorAll('.main :is(a, button, input, select, summary)')]
  .filter((control) => control.checkVisibility() && !control.disabled)
  .filter((control) => {
    control.focus();
    const [box] = control.getClientRects();
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return hit?.closest('.toasts, .side, .header') ?? false;
  }).map((control) => `${control.outerHTML.slice(0, 80)} has the focus and is covered`)"""


async def too_wide(page: Page) -> list[str]:
    size = page.viewport_size
    assert size is not None
    found: list[str] = await page.evaluate(TOO_WIDE, size["width"])
    return found


async def test_long_words_and_large_figures_fit_every_screen(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(
        sku="S" * 64, name="N" * 200, initialStock=STOCK_MAX, price="99999999999", minStock=5
    )
    page = (await sign_in("ADMIN")).page
    found: list[str] = []
    for path, heading in {**SCREENS, f"/items/{item['id']}": item["name"]}.items():
        await go(page, path, heading)
        for width in WIDTHS:  # another way round, each screen would be loaded four times
            await page.set_viewport_size({"width": width, "height": 740})
            found += [f"{width} {path}: {wide}" for wide in await too_wide(page)]
    assert not found, "\n".join(found)


async def test_the_bottom_menu_stays_while_the_connection_is_lost(
    sign_in: SignIn, api: Api, server: Server
) -> None:
    tab = await sign_in("ADMIN", viewport={"width": 320, "height": 640}, is_mobile=True)
    page = tab.page
    await page.wait_for_load_state("networkidle")  # what it loads later is no matter here
    tab.allow(SERVER_IS_AWAY)
    tab.allow(r"Unable to preload CSS|dynamically imported module")
    server.kill()
    try:
        await expect(connection(page)).not_to_have_text("Live")
        await expect(page.locator(".real-time-status__detail")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        box = await page.get_by_role("navigation", name="Main").bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320
        assert box["y"] + box["height"] <= 640
    finally:
        server.start()
    await expect(connection(page)).to_have_text("Live")


@pytest.mark.parametrize(
    "size", [{"width": 360, "height": 640}, only_full({"width": 1_280, "height": 800})]
)
async def test_no_action_is_out_of_reach_while_there_are_messages(
    sign_in: SignIn, api: Api, size: ViewportSize
) -> None:
    item = api.create_item(minStock=20, initialStock=5)
    for _ in range(20):
        api.create_item()
    who, user_id = api.create_user("USER")
    page = (await sign_in(who, viewport=size, has_touch=True)).page
    told = page.locator(".toast", has_text="Told")
    for number in range(4):
        api.notify(user_id, f"Told {number}", "A delivery is at the door. " * (number + 1))
        await told.nth(0).filter(has_text=f"Told {number}").dispatch_event("pointerover")
    await expect(told.nth(0)).to_be_in_viewport(ratio=0.9)  # the newest can be read as a whole
    found: list[str] = []
    for path, heading in {"/items": "Items", f"/items/{item['id']}": item["name"]}.items():
        await page.evaluate("path => history.pushState(null, '', path)", path)
        await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        await expect(page.locator(".skeleton")).to_have_count(0)
        found += await page.evaluate(FAULTS, size["width"])
        found += await page.evaluate(COVERED)
    await expect(told).to_have_count(4)
    assert not found, "\n".join(found)


async def test_news_neither_hide_nor_push_away_what_came_of_a_press(
    sign_in: SignIn, api: Api
) -> None:
    item = api.create_item(initialStock=5)
    low = [api.create_item(minStock=5, initialStock=6) for _ in range(6)]
    tab = await sign_in(path=f"/items/{item['id']}", viewport={"width": 360, "height": 640})
    page = tab.page
    await page.get_by_role("button", name="Adjust").click()
    dialog = page.get_by_role("dialog", name=re.compile("Adjust"))
    await dialog.get_by_label("Units").fill("2")
    await dialog.get_by_role("button", name="Record").click()
    done = page.locator(".toast", has=page.get_by_role("button", name="Undo"))
    await done.dispatch_event("pointerover")  # it stays while it is looked at
    for each in low:
        api.adjust(each["id"], -3)
    await expect(page.locator(".toast", has_text=low[-1]["name"])).to_be_visible()
    await expect(done).to_be_visible()
    tab.allow("ERR_FAILED")
    await page.route("**/graphql", lambda route: route.abort())
    await done.get_by_role("button", name="Undo").click()
    fault = page.locator(".toast", has_text="Not taken back")
    await expect(fault).to_be_visible()
    for each in low:
        api.adjust(each["id"], -3)  # graver: told anew
    await expect(
        page.locator(".toast", has_text=f"Out of stock: {low[-1]['name']}")
    ).to_be_visible()
    await expect(fault).to_be_visible()


async def test_escape_asks_before_it_drops_what_was_typed(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    page = (await sign_in(path=f"/items/{item['id']}")).page
    await page.get_by_role("button", name="Adjust").click()
    dialog = page.get_by_role("dialog", name=re.compile("Adjust"))
    await dialog.get_by_label("Units").fill("1.5")
    await expect(dialog).to_contain_text("Whole units only")
    for _ in range(3):
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Go on editing").click()
    await expect(dialog.get_by_label("Units")).to_have_value("1.5")
    await page.evaluate("history.back()")
    await page.get_by_role("button", name="Discard").click()
    await expect(dialog).to_have_count(0)


async def test_a_decimal_comma_is_taken_where_it_is_shown(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(price="18.90")
    page = (await sign_in(path=f"/items/{item['id']}", locale="de-DE")).page
    await page.get_by_role("button", name="Bearbeiten").click()
    dialog = page.get_by_role("dialog", name=re.compile("bearbeiten"))
    await expect(dialog.get_by_label("Preis")).to_have_value(re.compile(r"^18,90?"))
    await dialog.get_by_label("Preis").fill("1.234,50")
    await dialog.get_by_role("button", name="Speichern").click()
    await expect(dialog).to_have_count(0)
    assert float(api.item(item["id"])["price"]) == 1234.5
