"""Finding items: by a part of a number, by what was nearly typed; and the barcodes they have."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web.api import Api
from tests.web.conftest import SignIn
from tests.web.layout import dismiss_toasts, faults
from tests.web.test_console import row

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
BARCODES = """query($id: ID!) { item(ref: { id: $id }) { barcodes { code factor unit } } }"""


async def test_a_part_of_a_number_finds_the_item(sign_in: SignIn, api: Api) -> None:
    longer = api.create_item(sku="1N4148-W", name="Switching diode in a row")
    exact = api.create_item(sku="4148", name="Zener in stock")
    page = (await sign_in(path="/items", viewport=PHONE)).page
    await page.get_by_role("searchbox", name="Search items").fill("4148")
    await expect(page.locator("tbody tr")).to_have_count(2)
    await expect(page.locator("tbody tr").first).to_contain_text(exact["name"])  # the best first
    await expect(row(page, longer["name"])).to_be_visible()


async def test_a_typing_error_is_told_what_is_near(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(name="Screwdriver")
    page = (await sign_in(path="/items", viewport=PHONE)).page
    search = page.get_by_role("searchbox", name="Search items")
    await search.fill("screwdrivr")
    meant = page.get_by_role("status").filter(has_text="Did you mean")
    await expect(meant).to_be_visible()
    assert not await faults(page, PHONE["width"])
    await meant.get_by_role("button", name="screwdriver").click()
    await expect(search).to_have_value("screwdriver")
    await expect(row(page, item["name"])).to_be_visible()
    await expect(meant).to_have_count(0)


async def test_an_item_gets_barcodes_with_factors(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(barcode="ONE-1")
    page = (await sign_in("ADMIN", f"/items/{item['id']}", viewport=PHONE)).page
    await page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name=re.compile("Edit"))
    await expect(dialog.get_by_label("Barcode", exact=True)).to_have_value("ONE-1")
    await dialog.get_by_role("button", name="Another barcode").click()
    await dialog.get_by_label("Barcode 2").fill("BOX-1")
    await dialog.get_by_label("Units per scan 2").fill("12")
    assert not await faults(page, PHONE["width"])
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    assert api.query(BARCODES, id=item["id"])["item"]["barcodes"] == [
        {"code": "ONE-1", "factor": 1, "unit": None},
        {"code": "BOX-1", "factor": 12, "unit": None},
    ]
    await expect(page.get_by_role("main")).to_contain_text("BOX-1 × 12")
    await dismiss_toasts(page)

    await page.get_by_role("button", name="Edit").click()
    await dialog.get_by_role("button", name="Take barcode away").click()
    await expect(dialog.get_by_label("Barcode", exact=True)).to_have_value("BOX-1")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    assert [b["code"] for b in api.query(BARCODES, id=item["id"])["item"]["barcodes"]] == ["BOX-1"]
