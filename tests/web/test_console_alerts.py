"""Many alerts at once, the gravest first, and what somebody wants to be told."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.api import Api
from tests.web.browser import reload
from tests.web.conftest import SignIn
from tests.web.layout import dismiss_toasts, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

SET_MINIMUM = """mutation($input: SetLocationMinimumInput!) {
  setLocationMinimum(input: $input) { item { id } userErrors { code message } }
}"""
PHONE = {"width": 360, "height": 740}


def card(page: Page, name: str) -> Locator:
    """An alert in the list."""
    return page.get_by_role("article").filter(has_text=name)


def in_order(page: Page, *names: str) -> Locator:
    """The list, when these alerts stand in it in this order."""
    first, *others = names
    found = page.get_by_role("listitem").filter(has_text=first)
    for name in others:
        found = found.locator("xpath=following-sibling::li").filter(has_text=name)
    return found


async def test_the_gravest_comes_first_and_says_how_much_to_order(
    sign_in: SignIn, api: Api
) -> None:
    grave = api.create_item(minStock=200, initialStock=0, name="Order Grave")
    mild = api.create_item(minStock=101, initialStock=100, name="Order Mild")
    page = (await sign_in(path="/alerts")).page
    await expect(in_order(page, grave["name"], mild["name"])).to_have_count(1)
    await expect(card(page, grave["name"])).to_contain_text("Order 201")
    later = api.create_item(minStock=100, initialStock=10, name="Order Between")  # live
    await expect(in_order(page, grave["name"], later["name"], mild["name"])).to_have_count(1)
    await expect(card(page, later["name"])).to_contain_text("Order 91")

    await page.get_by_role("combobox", name="Order", exact=True).select_option("Newest first")
    await expect(in_order(page, later["name"], mild["name"], grave["name"])).to_have_count(1)
    await reload(page)
    await expect(page.get_by_role("combobox", name="Order", exact=True)).to_have_value("NEWEST")


async def test_an_alert_of_a_place_stands_beside_the_items_own(sign_in: SignIn, api: Api) -> None:
    place = api.create_location("SHELF-7")
    item = api.create_item(minStock=200)
    api.adjust(item["id"], 5, place)
    page = (await sign_in(path=f"/items/{item['id']}", viewport=PHONE)).page
    alerts = page.get_by_role("list", name="Alerts of this item").get_by_role("listitem")
    await expect(alerts).to_have_count(1)
    api.mutate(SET_MINIMUM, item={"id": item["id"]}, location=place, minStock=10)
    of_place = alerts.filter(has_text="at SHELF-7")
    await expect(of_place).to_contain_text("5 of at least 10")
    await expect(alerts).to_have_count(2)
    await of_place.get_by_role("button", name="Resolve").click()
    await expect(alerts).to_have_count(1)
    await expect(alerts).to_contain_text("105 of at least 200")


async def test_many_alerts_are_handled_at_once_and_each_refusal_is_told(
    sign_in: SignIn, api: Api
) -> None:
    taken, *others = (api.create_item(minStock=200, name=f"Many {n}")["name"] for n in range(3))
    page = (await sign_in(path="/alerts", viewport=PHONE)).page
    await card(page, taken).get_by_role("button", name="Acknowledge").click()
    await expect(card(page, taken)).to_contain_text("Acknowledged")
    for name in (taken, *others):
        await card(page, name).get_by_role("checkbox").check()
    bar = page.get_by_role("group", name="Selected alerts")
    await expect(bar).to_contain_text("3 selected")
    await bar.get_by_role("button", name="Acknowledge").click()
    for name in others:
        await expect(card(page, name)).to_contain_text("Acknowledged")
    refused = page.get_by_role("alert").filter(has_text="1 could not be done")
    await expect(refused.get_by_role("listitem")).to_contain_text([f"{taken}: The alert is"])
    await expect(bar).to_contain_text("1 selected")  # what is left to be looked at
    await dismiss_toasts(page)
    assert not await faults(page, PHONE["width"])

    for name in others:
        await card(page, name).get_by_role("checkbox").check()
    await bar.get_by_role("button", name="Snooze").click()
    dialog = page.get_by_role("dialog", name="Snooze 3 alerts")
    await dialog.get_by_role("button", name="Snooze").click()
    for name in (taken, *others):
        await expect(card(page, name)).to_contain_text("Snoozed")
    await expect(refused).to_have_count(0)
    for name in (taken, *others):
        await card(page, name).get_by_role("checkbox").check()
    await bar.get_by_role("button", name="Resolve").click()
    for name in (taken, *others):
        await expect(card(page, name)).to_have_count(0)


async def test_who_is_told_too_much_chooses(sign_in: SignIn, api: Api) -> None:
    email, user_id = api.create_user("USER")
    api.notify(user_id, "Stocktaking tonight")
    page = (await sign_in(email, "/notifications", viewport=PHONE)).page
    told = page.get_by_role("heading", name="Stocktaking tonight")
    await expect(told).to_be_visible()

    await page.get_by_role("button", name="What I am told").click()
    dialog = page.get_by_role("dialog", name="What I am told")
    await expect(dialog.get_by_role("group")).to_have_count(3)  # of the server, ADMIN alone
    await dialog.get_by_label("Messages: In the list").uncheck()
    await dialog.get_by_label("Alerts: In the list").uncheck()
    await dialog.get_by_label("From which severity on").select_option("Critical")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await expect(told).to_have_count(0)
    await expect(page.get_by_role("link", name="Notifications, 0 unread")).to_be_visible()

    await page.get_by_role("button", name="What I am told").click()
    await expect(dialog.get_by_label("Messages: In the list")).not_to_be_checked()
    await expect(dialog.get_by_label("Alerts: In the list")).not_to_be_checked()
    await expect(dialog.get_by_label("Alerts: Pushed")).to_be_checked()
    await expect(dialog.get_by_label("From which severity on")).to_have_value("CRITICAL")
    await dialog.get_by_label("Messages: In the list").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(told).to_be_visible()
