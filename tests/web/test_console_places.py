"""Locations: nested, changed, archived and restored; what is there; minimums; units of bookings."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.web.api import Api
from tests.web.browser import serious_findings
from tests.web.conftest import SignIn
from tests.web.test_console_scanner import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEVELS = "query($id: ID!) { item(ref: { id: $id }) { levels { location { id } minStock } } }"


async def test_a_location_is_nested_changed_archived_and_restored(
    sign_in: SignIn, api: Api
) -> None:
    hall = api.create_location("HALL-9", "Hall nine")
    page = (await sign_in(path="/locations")).page
    await page.get_by_role("button", name="New location").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Code").fill("BIN-9")
    await dialog.get_by_label("Name").fill("Bin nine")
    await dialog.get_by_label("Lies in").select_option(hall)
    await dialog.get_by_role("button", name="Create location").click()
    row = page.get_by_role("row").filter(has_text="BIN-9")
    await expect(row).to_contain_text("HALL-9 › BIN-9")

    await row.get_by_role("button", name="Edit").click()
    await dialog.get_by_label("Name").fill("Bin ninety")
    await dialog.get_by_label("Lies in").select_option("")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Bin ninety")
    await expect(row).not_to_contain_text("HALL-9")

    await row.get_by_role("button", name="Archive").click()
    await dialog.get_by_role("button", name="Archive location").click()
    await expect(row).to_have_count(0)
    await page.get_by_label("Show archived locations").check()
    await expect(row).to_contain_text("archived")
    assert await serious_findings(page) == []
    await row.get_by_role("button", name="Restore").click()
    await expect(row).not_to_contain_text("archived")

    # What is new here is offered everywhere.
    await page.get_by_role("button", name="New location").click()
    offered = dialog.get_by_label("Lies in").locator("option", has_text="BIN-9")
    await expect(offered).to_have_count(1)


async def test_the_contents_of_a_place_with_what_lies_in_it(sign_in: SignIn, api: Api) -> None:
    outer = api.create_location("OUTER", "Outer place")
    inner = api.create_location("INNER", "Inner place", parentId=outer)
    here = api.create_item(initialStock=3, location=outer)
    below = api.create_item(initialStock=4, location=inner)
    page = (await sign_in(path="/locations", viewport=PHONE)).page
    await page.get_by_role("link", name="Outer place").click()
    contents = page.get_by_role("list", name="What is here")
    await expect(contents.get_by_role("listitem")).to_have_count(2)
    api.adjust(below["id"], 5, inner)
    await expect(contents.get_by_role("listitem").filter(has_text=below["name"])).to_contain_text(
        "9"
    )
    await page.get_by_label("With what lies in it").uncheck()
    await expect(contents.get_by_role("listitem")).to_have_count(1)
    await expect(contents).to_contain_text(here["name"])
    assert await serious_findings(page) == []
    await page.get_by_role("link", name="Inner place").click()
    await expect(page.get_by_role("main")).to_contain_text("OUTER › INNER")
    await expect(contents).to_contain_text(below["name"])


async def test_a_place_that_holds_stock_is_not_archived(sign_in: SignIn, api: Api) -> None:
    full = api.create_location("FULL", "Full place")
    api.create_item(initialStock=1, location=full)
    page = (await sign_in(path=f"/locations/{full}")).page
    await page.get_by_role("button", name="Archive").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Archive location").click()
    await expect(dialog.get_by_role("alert")).to_contain_text(re.compile("stock", re.IGNORECASE))


async def test_an_item_gets_a_minimum_at_a_place(sign_in: SignIn, api: Api) -> None:
    shop = api.create_location(name="The shop")
    item = api.create_item(initialStock=5, location=shop)
    page = (await sign_in(path=f"/items/{item['id']}")).page
    for typed, kept in (("8", 8), ("", None)):
        await page.get_by_role("button", name="Minimum at a location").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_label("At location")).to_have_value(shop)
        await dialog.get_by_label("Minimum there").fill(typed)
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_have_count(0)
        told = page.get_by_role("region", name="On hand").get_by_text("low at 8)")
        await expect(told).to_have_count(0 if kept is None else 1)
        levels = api.query(LEVELS, id=item["id"])["item"]["levels"]
        assert [level["minStock"] for level in levels] == [kept]


async def test_quantities_are_booked_in_the_unit_people_think_in(sign_in: SignIn, api: Api) -> None:
    other = api.create_location()
    item = api.create_item(
        unit="g",
        units=[{"name": "kg", "factor": 1_000}, {"name": "bag", "factor": 25_000}],
        displayUnit="kg",
        initialStock=2_500,
    )
    page = (await sign_in(path=f"/items/{item['id']}", viewport=PHONE)).page
    await expect(page.get_by_role("region", name="On hand")).to_contain_text("= 2.5 kg")
    await page.get_by_role("button", name="Adjust").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Unit", exact=True)).to_have_value("kg")
    await dialog.get_by_label("Units").fill("0.0001")
    await expect(dialog).to_contain_text("is no whole number of g")
    await dialog.get_by_label("Units").fill("0.5")
    await expect(dialog).to_contain_text("= 500 g")
    assert await serious_findings(page) == []
    await dialog.get_by_role("button", name="Record").click()
    await expect(page.locator(".toast")).to_contain_text("Receipt +0.5 kg")
    assert api.item(item["id"])["stock"] == 3_000
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(page.locator(".toast", has_text="Taken back")).to_be_visible()
    assert api.item(item["id"])["stock"] == 2_500

    await page.get_by_role("button", name="Transfer", exact=True).click()
    chips = dialog.get_by_role("button", name=re.compile("MAIN"))
    await expect(dialog.get_by_label("From")).not_to_have_value("")
    await expect(chips).to_have_count(0)  # one place has stock, and is chosen
    await dialog.get_by_label("To").select_option(other)
    await dialog.get_by_label("Unit", exact=True).select_option("g")
    await dialog.get_by_label("Units").fill("200")
    await dialog.get_by_role("button", name="Transfer").click()
    await expect(dialog).to_have_count(0)
    await page.get_by_role("button", name="Transfer", exact=True).click()
    await dialog.get_by_role("button", name=re.compile("2,300")).first.click()
    await expect(dialog.get_by_label("From")).not_to_have_value("")
    await expect(dialog.get_by_label("Unit", exact=True)).to_have_value("g")  # as last time
    await page.keyboard.press("Escape")  # a place was chosen: that is not lost unasked
    await page.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    await expect(dialog).to_have_count(0)

    await page.get_by_role("button", name="Count").click()
    await dialog.get_by_label("At location").select_option(other)
    await dialog.get_by_label("Unit", exact=True).select_option("kg")
    await dialog.get_by_label("Counted units").fill("1,5")
    await dialog.get_by_role("button", name="Record count").click()
    await expect(dialog).to_have_count(0)
    assert api.levels(item["id"])[other] == 1_500


async def test_units_and_categories_are_kept_in_the_items_form(sign_in: SignIn, api: Api) -> None:
    api.create_item(category="Quality paper")
    item = api.create_item(unit="sheet")
    page = (await sign_in(path=f"/items/{item['id']}")).page
    await page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    proposed = dialog.locator("datalist option[value='Quality paper']")
    await expect(proposed).to_have_count(1)
    await dialog.get_by_label("Other unit").fill("ream")
    await dialog.get_by_label("Base units in one").fill("500")
    await dialog.get_by_label("Shown in").select_option("ream")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("region", name="On hand")).to_contain_text("= 100 sheet")
    await expect(page.get_by_role("region", name="Details")).to_contain_text("sheet, ream (500)")
