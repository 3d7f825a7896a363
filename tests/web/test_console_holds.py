"""Booking where there are several places, and units that are set aside."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web.api import PEOPLE, Api
from tests.web.conftest import SignIn
from tests.web.layout import dismiss_toasts, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}


async def test_a_booking_shows_what_is_at_each_place(sign_in: SignIn, api: Api) -> None:
    shop, cellar = api.create_location("SHOP-9"), api.create_location("CELLAR-9")
    item = api.create_item(initialStock=0)
    api.adjust(item["id"], 7, cellar)
    page = (await sign_in(path=f"/items/{item['id']}", viewport=PHONE)).page
    dialog = page.get_by_role("dialog")
    await page.get_by_role("button", name="Adjust").click()
    await expect(dialog.get_by_label("At location")).to_have_value(cellar)  # it alone has stock
    await dialog.get_by_role("button", name="Close", exact=True).click()

    api.adjust(item["id"], 30, shop)
    for action in ("Adjust", "Count"):
        await page.get_by_role("button", name=action).click()
        place = dialog.get_by_role("button", name=re.compile("SHOP-9"))
        await expect(place).to_contain_text("30")
        await expect(dialog.get_by_role("button", name=re.compile("CELLAR-9"))).to_contain_text("7")
        await expect(dialog.get_by_label("At location")).to_have_value("")  # a person says which
        await place.click()
        await expect(dialog.get_by_label("At location")).to_have_value(shop)
        await expect(place).to_have_attribute("aria-pressed", "true")
        assert not await faults(page, PHONE["width"])
        await dialog.get_by_role("button", name="Cancel").click()

    await page.get_by_role("button", name="Adjust").click()
    await dialog.get_by_text("Sale", exact=True).click()
    await dialog.get_by_label("Units").fill("4")
    await dialog.get_by_role("button", name=re.compile("SHOP-9")).click()
    await dialog.get_by_role("button", name="Record").click()
    await expect(dialog).to_have_count(0)
    assert {shop: 26, cellar: 7}.items() <= api.levels(item["id"]).items()


async def test_units_are_held_given_back_and_sold(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    watching = (await sign_in("VIEWER", f"/items/{item['id']}")).page
    page = (await sign_in(path=f"/items/{item['id']}", viewport=PHONE)).page
    main, dialog = page.get_by_role("main"), page.get_by_role("dialog")
    held = page.get_by_role("list", name="Holds").get_by_role("listitem")

    async def place(units: int, reference: str) -> None:
        await page.get_by_role("button", name="Place a hold").click()
        await dialog.get_by_label("Units").fill(str(units))
        await dialog.get_by_label("Reference").fill(reference)
        await dialog.get_by_text("1 day", exact=True).click()
        assert not await faults(page, PHONE["width"])
        await dialog.get_by_role("button", name="Hold them").click()

    await place(30, "CART-1")
    await expect(main).to_contain_text("30 held, 70 available")
    await expect(watching.get_by_role("main")).to_contain_text("30 held, 70 available")
    await expect(held).to_contain_text(f"by {PEOPLE['USER'][1]}")
    await place(71, "CART-2")
    await expect(dialog.get_by_role("alert")).to_contain_text("70 of them free")
    await dialog.get_by_label("Units").fill("20")
    await dialog.get_by_role("button", name="Hold them").click()
    await expect(main).to_contain_text("50 held, 50 available")
    await dismiss_toasts(page)
    assert not await faults(page, PHONE["width"])

    first, second = held.filter(has_text="CART-1"), held.filter(has_text="CART-2")
    before = await first.inner_text()
    await first.get_by_role("button", name="1 hour more").click()
    await expect(first).not_to_have_text(before, use_inner_text=True)
    await first.get_by_role("button", name="Release").click()
    await expect(main).to_contain_text("20 held, 80 available")
    await second.get_by_role("button", name="Sell").click()
    await dialog.get_by_role("button", name="Sell").click()
    await expect(main).to_contain_text("Nothing is held")
    await expect(watching.locator(".stock-figure strong")).to_have_text("80")
    await expect(watching.get_by_role("button", name="Place a hold")).to_have_count(0)
