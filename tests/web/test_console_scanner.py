"""A barcode scanner that types, wherever a person is."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.web.api import Api
from tests.web.conftest import SignIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
SCAN_TRIES = 20  # a machine that stops for half a second between two keys tears a code apart


async def scan(page: Page, code: str) -> None:
    """As a scanner types it. Under load one may be torn apart: it is scanned again then, as a
    person would do it."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    for _ in range(SCAN_TRIES):
        await page.keyboard.type(code)
        await page.keyboard.press("Enter")
        if any(f'"{code}"' in body for body in asked):
            return
    raise AssertionError(f"{code} was never scanned whole")


async def test_a_scan_opens_the_item_without_focus_anywhere(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(barcodes=[{"code": "4006381333931"}, {"code": "BOX-77", "factor": 12}])
    page = (await sign_in(path="/alerts", viewport=PHONE)).page
    assert await page.evaluate("document.activeElement === document.body")
    await scan(page, "4006381333931")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(item["name"])

    # A button that has the focus is not pressed by the scanner's Enter.
    await page.get_by_role("button", name="Adjust").focus()
    await page.evaluate("() => history.pushState(null, '', '/items')")
    await page.get_by_role("button", name="New item").focus()
    await scan(page, "BOX-77")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(item["name"])
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator(".toast").first).to_contain_text("One scan is 12")

    await scan(page, "nothing-has-this")
    toast = page.locator(".toast").filter(has_text=re.compile("Nothing has the code"))
    await expect(toast.first).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(item["name"])


async def test_a_field_gets_the_code_that_is_scanned_into_it(sign_in: SignIn, api: Api) -> None:
    api.create_item(barcode="FIELD-1")
    tab = await sign_in(path="/items")
    search = tab.page.get_by_role("searchbox", name="Search items")
    await search.focus()
    await tab.page.keyboard.type("FIELD-1")
    await tab.page.keyboard.press("Enter")
    await expect(search).to_have_value("FIELD-1")
    await expect(tab.page.locator("tbody tr")).to_have_count(1)
    await expect(tab.page.get_by_role("heading", level=1)).to_contain_text("Items")
    assert not [r for r in tab.requests if "scan(" in (r.post_data or "")]
