"""Receiving and counting many things at once: by scan, by typing, over lost answers and reloads."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.streams import eventually
from tests.web.api import Api
from tests.web.browser import serious_findings
from tests.web.conftest import SignIn
from tests.web.layout import dismiss_toasts
from tests.web.test_console_scanner import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Seconds of a person for each (keystroke-level model, Card, Moran and Newell): a click with the
# way to it, a key, and a scan with taking the next thing.
CLICK_S, KEY_S, SCAN_S = 1.1, 0.2, 0.6
DELIVERY_S = 15


# As a scanner types: without a pause, and into what has the focus, if anything has. In one piece,
# so that no busy machine tears it apart.
BURST = """code => {
  for (const key of [...code, 'Enter']) {
    const pressed = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
    const isFree = document.activeElement.dispatchEvent(pressed);
    if (isFree && key !== 'Enter') document.execCommand('insertText', false, key);
  }
}"""
# The browser takes its time to go back over the entry that guarded the lines.
GUARD_IS_GONE = """async () => {
  while (history.state?.unsaved) await new Promise((later) => setTimeout(later, 20));
}"""


async def scan(page: Page, code: str) -> None:
    await page.evaluate(BURST, code)


def lines(page: Page) -> Locator:
    return page.get_by_role("list", name="Lines").get_by_role("listitem")


def quantity(page: Page, name: str) -> Locator:
    return page.get_by_label(f"Quantity of {name}")


def box(page: Page) -> Locator:
    """Where codes and names are typed."""
    return page.get_by_role("combobox", name="Scan a code")


def new_place(api: Api, name: str) -> str:
    """A place's id of its own, so that each test has a delivery for itself."""
    return api.create_location(name=name)


async def choose_place(page: Page, place: str) -> None:
    await page.get_by_label("At location").select_option(place)


async def test_a_delivery_of_twelve_lines_takes_fifteen_seconds_of_input(
    sign_in: SignIn, api: Api
) -> None:
    place = new_place(api, "Goods in")
    codes = [f"DELIVERY-{number}" for number in range(12)]
    items = [
        api.create_item(initialStock=0, barcodes=[{"code": code, "factor": 1 + number % 2 * 11}])
        for number, code in enumerate(codes)
    ]
    tab = await sign_in(path="/receive", viewport=PHONE)
    page = tab.page
    spent = {"clicks": 0, "keys": 0, "scans": 0}
    await choose_place(page, place)
    spent["clicks"] += 2
    for code in codes:  # nothing has the focus
        await scan(page, code)
        spent["scans"] += 1
    await expect(lines(page)).to_have_count(12)
    await box(page).focus()
    for typed in ("*7", "*30"):  # of the last line; the last one holds
        await page.keyboard.type(typed)
        await page.keyboard.press("Enter")
        spent["keys"] += len(typed) + 1
    await page.get_by_label("Reference").fill("PO-77")
    spent["clicks"] += 1
    spent["keys"] += len("PO-77")
    await page.get_by_role("button", name="Receive 12 lines").click()
    spent["clicks"] += 1
    await expect(page.locator(".toast", has_text="12 lines received")).to_be_visible()
    await expect(lines(page)).to_have_count(0)
    stocks = [api.levels(item["id"]).get(place) for item in items]
    assert stocks == [1, 12] * 5 + [1, 30]
    input_s = spent["clicks"] * CLICK_S + spent["keys"] * KEY_S + spent["scans"] * SCAN_S
    assert input_s <= DELIVERY_S, (input_s, spent)
    booked = [r for r in tab.requests if "adjustStockBatch(" in (r.post_data or "")]
    assert len(booked) == 1, "one batch"

    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".toast", has_text="Taken back")).to_be_visible()
    assert [api.levels(item["id"]).get(place) for item in items] == [0] * 12


async def test_scans_of_the_same_thing_add_up_wherever_the_focus_is(
    sign_in: SignIn, api: Api
) -> None:
    place = new_place(api, "Shelf")
    item = api.create_item(
        initialStock=0,
        units=[{"name": "carton", "factor": 12}],
        barcodes=[{"code": "EACH-0001"}, {"code": "CARTON-01", "unit": "carton"}],
    )
    page = (await sign_in(path="/receive")).page
    await choose_place(page, place)
    await page.evaluate("document.activeElement.blur()")
    await scan(page, "CARTON-01")
    await expect(lines(page)).to_contain_text(item["name"])
    await box(page).focus()
    await scan(page, "EACH-0001")
    await expect(quantity(page, item["name"])).to_have_value("13")
    # A scanner that types into the quantity: the quantity stays, the code counts.
    await quantity(page, item["name"]).focus()
    await scan(page, "CARTON-01")
    await expect(quantity(page, item["name"])).to_have_value("25")
    await page.get_by_label(f"Unit of {item['name']}").select_option("carton")
    await quantity(page, item["name"]).fill("0.1")
    await expect(lines(page)).to_contain_text("no whole number")
    await quantity(page, item["name"]).fill("2.5")
    await expect(lines(page)).to_contain_text("= 30 unit")
    await scan_in(page, "NOTHING-HAS-THIS")
    await expect(page.locator(".toast", has_text="Nothing has the code")).to_be_visible()
    await page.get_by_role("button", name="Receive 1 line").click()
    await expect(page.locator(".toast", has_text="1 line received")).to_be_visible()
    assert api.levels(item["id"])[place] == 30


async def scan_in(page: Page, code: str) -> None:
    await box(page).fill(code)
    await page.keyboard.press("Enter")


async def test_by_keyboard_alone_a_name_is_found_and_received(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(name="Quibbling zapper", initialStock=0)
    page = (await sign_in(path="/receive")).page
    await page.get_by_label("At location").focus()
    await page.keyboard.press("ArrowDown")
    await box(page).focus()
    await page.keyboard.type("quibbl")
    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    assert await serious_findings(page) == []
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(quantity(page, item["name"])).to_be_focused()
    await page.keyboard.type("8")
    await page.keyboard.press("Enter")
    await expect(box(page)).to_be_focused()
    button = page.get_by_role("button", name="Receive 1 line")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await button.evaluate("(it) => it === document.activeElement"):
            break
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast", has_text="1 line received")).to_be_visible()
    assert api.item(item["id"])["stock"] == 8


async def test_a_lost_answer_books_nothing_twice_also_over_a_reload(
    sign_in: SignIn, api: Api
) -> None:
    place = new_place(api, "Lossy")
    item = api.create_item(initialStock=0, barcode="LOSSY-01")
    tab = await sign_in(path="/receive")
    tab.allow("ERR_FAILED")
    page = tab.page
    await choose_place(page, place)
    await scan_in(page, "LOSSY-01")
    await expect(lines(page)).to_have_count(1)
    sent: list[str] = []

    async def lose(route: Route) -> None:
        """The server gets it, and nobody gets its answer."""
        asked: Any = route.request.post_data_json
        if asked["operationName"] != "AdjustStockBatch":
            await route.continue_()
            return
        sent.append(asked["variables"]["input"]["idempotencyKey"])
        await route.fetch()
        await route.abort()

    await page.route("**/graphql", lose)
    await page.get_by_role("button", name="Receive 1 line").click()
    await expect(page.locator(".toast", has_text="Kept on this device")).to_be_visible()
    assert api.levels(item["id"])[place] == 1
    before = len(sent)
    await page.reload()  # nothing is asked: what was sent is kept, and sent again
    await eventually(lambda: len(sent) > before)
    await page.unroute_all(behavior="wait")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator(".toast", has_text="1 kept booking was booked")).to_be_visible()
    await expect(page.locator(".offline-note")).to_have_text("")  # or the text is told
    assert len(set(sent)) == 1
    assert api.levels(item["id"])[place] == 1


async def test_lines_survive_a_reload_and_leave_with_a_question(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(barcode="KEPT-001")
    place = new_place(api, "Kept")
    tab = await sign_in(path="/receive")
    page = tab.page
    await choose_place(page, place)
    await scan_in(page, "KEPT-001")
    await expect(lines(page)).to_have_count(1)
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.reload()
    await expect(lines(page)).to_contain_text(item["name"])
    menu = page.get_by_role("navigation", name="Main")
    await menu.get_by_role("link", name="Items").click()
    question = page.get_by_role("dialog", name=re.compile("Leave 1 line"))
    await question.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Receive")
    await menu.get_by_role("link", name="Items").click()
    await question.get_by_role("button", name="Leave").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Items")
    await page.go_back()
    await expect(lines(page)).to_contain_text(item["name"])
    await page.get_by_role("button", name="Discard all").click()
    await page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    await expect(lines(page)).to_have_count(0)
    assert not [r for r in tab.requests if "adjustStockBatch(" in (r.post_data or "")]
    await page.evaluate(GUARD_IS_GONE)
    await menu.get_by_role("link", name="Items").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Items")


async def test_counts_are_blind_and_their_differences_are_confirmed(
    sign_in: SignIn, api: Api
) -> None:
    place = new_place(api, "Counted")
    right = api.create_item(initialStock=41, location=place, barcode="COUNT-01")
    wrong = api.create_item(initialStock=63, location=place, barcode="COUNT-02")
    moved = api.create_item(initialStock=85, location=place, barcode="COUNT-03")
    tab = await sign_in(path="/count", viewport=PHONE)
    page = tab.page
    await choose_place(page, place)
    for code, counted in (("COUNT-01", "41"), ("COUNT-02", "60"), ("COUNT-03", "80")):
        await scan_in(page, code)
        await expect(lines(page).filter(has=page.locator("input"))).not_to_have_count(0)
        await scan_in(page, f"*{counted}")
    await expect(quantity(page, moved["name"])).to_have_value("80")
    shown = await page.get_by_role("main").inner_text()
    assert not [level for level in ("63", "85") if level in shown], "the count is not blind"

    await page.get_by_role("button", name="Compare 3 lines").click()
    review = page.get_by_role("dialog")
    await expect(review.get_by_role("listitem")).to_have_count(2)
    await expect(review.get_by_role("listitem").first).to_contain_text("80 instead of 85")
    await expect(review).to_contain_text("1 line is as expected")
    assert await serious_findings(page) == []
    api.adjust(moved["id"], -1, place)  # somebody sells while the differences are looked at
    await review.get_by_role("button", name="Book 3 counts").click()
    await expect(page.locator(".toast", has_text="2 lines counted")).to_be_visible()
    await expect(lines(page)).to_have_count(1)
    await expect(lines(page)).to_contain_text("The level at")
    assert [api.levels(item["id"])[place] for item in (right, wrong, moved)] == [41, 60, 84]

    await dismiss_toasts(page)
    await page.get_by_role("button", name="Compare 1 line").click()
    await expect(review.get_by_role("listitem")).to_contain_text("moved since you began")
    await review.get_by_role("button", name="Book 1 count").click()
    await expect(page.locator(".toast", has_text="1 line counted")).to_be_visible()
    await expect(lines(page)).to_have_count(0)
    assert api.levels(moved["id"])[place] == 80


async def test_who_may_not_book_is_told(sign_in: SignIn, api: Api) -> None:
    page = (await sign_in("VIEWER", "/receive")).page
    await expect(page.get_by_role("main")).to_contain_text("needs the role USER")
    await expect(box(page)).to_have_count(0)
