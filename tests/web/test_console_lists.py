"""Lists in the console: place kept, heads in view, totals, saved filters, many at once, files; the
movements of all items; what to order; keys."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.async_api import Page, expect

from tests.campaigns import only_full
from tests.web.api import Api
from tests.web.browser import comes_true, reload, serious_findings
from tests.web.conftest import SignIn
from tests.web.layout import dismiss_toasts, faults
from tests.web.test_console import go, row

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1_280, "height": 800}
HEADS = """() => {
  const head = document.querySelector('.table thead th').getBoundingClientRect();
  return head.top - document.querySelector('.header').getBoundingClientRect().bottom;
}"""


async def file_of(page: Page) -> list[list[str]]:
    """What the button CSV gives, as rows."""
    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV").click()
    text = (await (await download.value).path()).read_text(encoding="utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    "size", [pytest.param(PHONE, id="phone"), only_full(DESKTOP, id="desktop")]
)
async def test_a_list_stands_where_it_was_when_somebody_comes_back(
    sign_in: SignIn, api: Api, size: dict[str, int]
) -> None:
    mark = f"BACK{size['width']}"
    for number in range(60):
        api.create_item(sku=f"{mark}-{number:02}", name=f"{mark} thing {number:02}")
    page = (await sign_in(path=f"/items?search={mark}&sort=SKU", viewport=size)).page
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(50)
    await page.get_by_role("button", name="Load more").click()
    await expect(rows).to_have_count(60)
    last = page.get_by_role("link", name=f"{mark} thing 57")
    await last.scroll_into_view_if_needed()
    assert -2 <= await page.evaluate(HEADS) <= 1  # in view still, right under the page's own
    top = await page.evaluate("scrollY")
    assert top > 500
    await last.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(f"{mark} thing 57")
    await expect(page.locator(".skeleton")).to_have_count(0)
    await comes_true(page, "() => scrollY === 0")
    if size is PHONE:
        await page.go_back()
    else:
        await page.get_by_role("link", name="All items").click()  # leads back, not to a new list
    await expect(rows).to_have_count(60)
    await expect(last).to_be_in_viewport()
    await comes_true(page, "top => Math.abs(scrollY - top) < 2", top)
    await go(page, "/alerts", "Alerts")
    await go(page, f"/items?search={mark}&sort=SKU", "Items")  # by a link: from the beginning
    await comes_true(page, "() => scrollY === 0")


async def test_a_filter_has_totals_a_name_and_a_file(sign_in: SignIn, api: Api) -> None:
    bold = api.create_item(sku="TOTAL-1", name="=Total one", price="1.50", initialStock=3)
    api.create_item(sku="TOTAL-2", name="Total, two", price="2", initialStock=1)
    page = (await sign_in(path="/items?search=TOTAL", viewport=PHONE)).page
    totals = page.get_by_role("group", name="Total")
    await expect(totals).to_have_text("2 items · 4 units · worth 6.50")
    api.adjust(bold["id"], 2)
    await expect(totals).to_have_text("2 items · 6 units · worth 9.50")  # live
    heads, *lines = await file_of(page)
    assert heads[:2] == ["sku", "name"]
    assert sorted(line[:2] for line in lines) == [
        ["TOTAL-1", "'=Total one"],  # no formula
        ["TOTAL-2", "Total, two"],
    ]

    await page.get_by_role("button", name="Save this filter").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("Totals of mine")
    await page.keyboard.press("Enter")
    saved = page.get_by_role("group", name="Saved filters")
    await reload(page)
    mine = saved.get_by_role("button", name="Totals of mine")
    await expect(mine).to_have_attribute("aria-pressed", "true")
    await mine.click()
    await expect(page.get_by_role("searchbox", name="Search items")).to_have_value("")
    await mine.click()
    await expect(page.get_by_role("searchbox", name="Search items")).to_have_value("TOTAL")
    await expect(page.locator("tbody tr")).to_have_count(2)
    assert not await faults(page, PHONE["width"])
    await saved.get_by_role("button", name="Forget this filter").click()
    await expect(mine).to_have_count(0)


async def test_many_items_are_edited_and_archived_by_keyboard(sign_in: SignIn, api: Api) -> None:
    a, b, c = (api.create_item(sku=f"BULK-{n}", category="Old", minStock=1) for n in "ABC")
    page = (await sign_in("ADMIN", "/items?search=BULK&sort=SKU", viewport=DESKTOP)).page
    for item in (a, b):
        await page.get_by_role("checkbox", name=f"Select {item['name']}").focus()
        await page.keyboard.press("Space")
    bar = page.get_by_role("group", name="Selected items")
    await expect(bar).to_contain_text("2 selected")
    await bar.get_by_role("button", name="Edit").focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Edit 2 items")
    await expect(dialog.get_by_label("Category", exact=True)).to_be_focused()
    await expect(dialog.get_by_role("button", name="Change 2 items")).to_be_disabled()
    await page.keyboard.type("New")
    await dialog.get_by_label("Price").fill("7.25")
    await dialog.get_by_label("Lead time, days").fill("14")
    assert not await serious_findings(page)
    await page.keyboard.press("Escape")  # it asks before it drops what was typed
    await page.get_by_role("button", name="Go on editing").click()
    await dialog.get_by_label("Price").press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text("Changed: 2 items")
    await expect(row(page, a["name"])).to_contain_text("7.25")
    found = [api.item(item["id"]) for item in (a, b, c)]
    assert [item["category"] for item in found] == ["New", "New", "Old"]
    assert [item["leadTimeDays"] for item in found] == [14, 14, None]
    await dismiss_toasts(page)

    await page.get_by_role("checkbox", name=f"Select {c['name']}").check()
    await bar.get_by_role("button", name="Archive").click()
    await (
        page.get_by_role("dialog", name="Archive 1 item?")
        .get_by_role("button", name="Archive")
        .click()
    )
    await expect(row(page, c["name"])).to_have_count(0)
    await expect(page.locator("tbody tr")).to_have_count(2)


async def test_the_movements_of_all_items_are_filtered_live_and_a_file(
    sign_in: SignIn, api: Api
) -> None:
    item, other = api.create_item(name="Ledger one"), api.create_item(name="Ledger two")
    api.adjust(item["id"], -5)
    page = (await sign_in(path="/movements?action=CORRECTION", viewport=PHONE)).page
    mine = row(page, item["name"])
    await expect(mine).to_have_count(1)  # not its opening
    api.adjust(item["id"], -7)
    api.adjust(other["id"], -1)
    await expect(mine).to_have_count(2)
    await expect(row(page, other["name"])).to_contain_text("-1")
    assert not await faults(page, PHONE["width"])
    await page.get_by_label("What").select_option("Receipt")
    await expect(mine).to_have_count(1)
    await expect(mine).to_contain_text("+100")
    await page.get_by_label("Reference begins with").fill("nobody has this")
    await expect(page.get_by_role("main")).to_contain_text("No movements here")
    await reload(page)
    await expect(page.get_by_label("What")).to_have_value("RECEIPT")
    await expect(page.get_by_label("Reference begins with")).to_have_value("nobody has this")
    await page.get_by_role("link", name="Show all movements").click()
    await expect(mine).to_have_count(3)
    await mine.first.get_by_role("button", name="Reverse").click()
    await page.get_by_role("dialog").get_by_role("button", name="Reverse").click()
    await expect(mine).to_have_count(4)
    assert api.item(item["id"])["stock"] == 95
    lines = [line for line in await file_of(page) if line[3] == item["name"]]
    assert [(line[4], line[5]) for line in lines] == [
        ("Correction", "7"),
        ("Correction", "-7"),
        ("Correction", "-5"),
        ("Receipt", "100"),
    ]


SELL = """mutation($input: AdjustStockInput!) {
  adjustStock(input: $input) { item { id } userErrors { code message } }
}"""


async def test_what_to_order_stands_gravest_first(sign_in: SignIn, api: Api) -> None:
    low, out = (
        api.create_item(name=name, initialStock=stock, category="Reordered", minStock=10)
        for name, stock in (("Order low", 5), ("Order out", 0))
    )
    sold = api.create_item(name="Order sold", initialStock=60, category="Reordered")
    key = {"idempotencyKey": "order sold", "actionType": "SALE"}
    api.mutate(SELL, item={"id": sold["id"]}, quantity=-20, **key)
    page = (await sign_in("VIEWER", "/reorder", viewport=PHONE)).page
    await page.get_by_label("Category").select_option("Reordered")
    names = page.locator("tbody .plain-link")
    await expect(names).to_have_text([out["name"], sold["name"], low["name"]])
    await expect(row(page, sold["name"])).to_contain_text("2 days")
    # Twenty a day, for the seven until it comes and as many more as are set.
    await page.get_by_label("Order for, days").fill("3")
    await expect(row(page, sold["name"]).locator("td").last).to_have_text("160")
    await expect(row(page, low["name"]).locator("td").last).to_have_text("6")
    await page.get_by_label("Usual lead time, days").fill("1")
    await expect(names).to_have_text([out["name"], low["name"]])
    await reload(page)
    await expect(names).to_have_text([out["name"], low["name"]])
    assert not await faults(page, PHONE["width"])
    heads, *lines = await file_of(page)
    assert (heads[0], heads[-1]) == ("SKU", "Order")
    assert [(line[1], line[-1]) for line in lines] == [(out["name"], "11"), (low["name"], "6")]
    await page.emulate_media(media="print")
    await expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    await expect(page.get_by_role("button", name="Print")).to_be_hidden()
    await expect(row(page, low["name"])).to_be_visible()
    await page.emulate_media(media="screen")
    api.adjust(out["id"], 500)  # live
    await expect(names).to_have_text([low["name"]])


# At once: a browser that is driven from outside types slower than a scanner on a busy machine.
SCANNED = """code => {
  for (const key of [...code, 'Enter']) {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  }
}"""


async def test_keys_lead_everywhere_but_not_while_somebody_types_or_scans(
    sign_in: SignIn, api: Api
) -> None:
    page = (await sign_in("USER", "/", viewport=DESKTOP)).page
    main = page.get_by_role("heading", level=1)
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    await page.keyboard.type("gi", delay=200)  # as a person, and no scanner, presses keys
    await expect(main).to_have_text("Items")
    await page.keyboard.press("/")
    search = page.get_by_role("searchbox", name="Search items")
    await expect(search).to_be_focused()
    await page.keyboard.type("?n")
    await expect(search).to_have_value("?n")
    await expect(sheet).to_have_count(0)
    await search.fill("")
    await search.blur()
    await page.keyboard.press("n")
    await expect(page.get_by_role("dialog", name="New item")).to_be_visible()
    await page.keyboard.press("Escape")
    # A scanner types the same keys faster than anybody.
    await page.evaluate(SCANNED, "ga9999")
    await expect(page.locator(".toast")).to_contain_text("ga9999")
    await expect(main).to_have_text("Items")
    await page.keyboard.type("x?", delay=200)  # what comes right behind Enter is a scanner's too
    await expect(sheet).to_be_visible()
    assert not await serious_findings(page)
    await sheet.get_by_role("checkbox").uncheck()
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)  # nothing is asked: it is done
    # The sheet opens still: how else would the keys come back?
    await page.keyboard.type("n?", delay=200)
    await expect(sheet).to_be_visible()
    await expect(page.get_by_role("dialog", name="New item")).to_have_count(0)
    await sheet.get_by_role("checkbox").check()
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await page.keyboard.press("n")
    await expect(page.get_by_role("dialog", name="New item")).to_be_visible()


async def test_a_chart_tells_what_stands_at_the_pointer(sign_in: SignIn, api: Api) -> None:
    api.create_item(initialStock=12)
    page = (await sign_in("USER", "/", viewport=DESKTOP)).page
    chart = page.locator(".u-over").first
    box = await chart.bounding_box()
    assert box is not None
    legend = page.locator(".chart-legend").first
    await expect(legend.locator("strong")).to_have_count(0)
    await chart.hover(position={"x": box["width"] - 8, "y": 20})
    await expect(legend.locator("strong")).to_have_count(3)
    opening = legend.get_by_role("listitem").filter(has_text="Opening stock")
    await expect(opening.locator("strong")).not_to_have_text("0")


async def test_a_session_tells_device_and_address(sign_in: SignIn, api: Api) -> None:
    email, _ = api.create_user("VIEWER")
    page = (await sign_in(email, "/sessions", viewport=PHONE)).page
    mine = page.get_by_role("row").filter(has_text="This one")
    await expect(mine).to_contain_text("Chrome on Linux")
    await expect(mine).to_contain_text("127.0.0.1")
    assert not await faults(page, PHONE["width"])
