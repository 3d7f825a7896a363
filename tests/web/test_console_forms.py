"""Forms: nothing typed is dropped unasked, nothing is booked at another place than was meant."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Dialog, Locator, Page, Route, expect

from tests.campaigns import only_full
from tests.web.api import PEOPLE, Api
from tests.web.browser import reload
from tests.web.conftest import SignIn
from tests.web.test_console import company, row
from tests.web.words import catalog

pytestmark = pytest.mark.asyncio(loop_scope="session")


def dialog_of(page: Page) -> Locator:
    """The one that is open, in whatever language."""
    return page.get_by_role("dialog")


def form(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name=re.compile(name))


async def press_escape(page: Page) -> None:
    await page.keyboard.press("Escape")


async def press_the_cross(page: Page) -> None:
    await page.get_by_role("button", name="Close", exact=True).click()


async def go_back(page: Page) -> None:
    await page.evaluate("history.back()")


WAYS: dict[str, Callable[[Page], Awaitable[None]]] = {
    "Escape": press_escape,
    "the cross": press_the_cross,
    "the back button": go_back,
}
# Each form: where it is opened, by which button, and which field is typed into.
FORMS = {
    "Adjust": ("Adjust", "Units"),
    "Count": ("Count", "Counted units"),
    "Transfer": ("Transfer", "Units"),
    "Edit": ("Edit", "Name"),
}


@pytest.mark.parametrize("opened", ["Adjust", *map(only_full, list(FORMS)[1:])])
async def test_what_was_typed_is_dropped_by_no_way_out_unasked(
    sign_in: SignIn, api: Api, opened: str
) -> None:
    item = api.create_item()
    page = (await sign_in(path=f"/items/{item['id']}")).page
    button, field = FORMS[opened]
    await page.get_by_role("button", name=button).click()
    typed = form(page, button).get_by_label(field)
    await typed.fill("17")
    for way, leave in WAYS.items():
        await leave(page)
        asked = page.get_by_role("alertdialog")
        await expect(asked, way).to_be_visible()
        await asked.get_by_role("button", name="Go on editing").click()
        await expect(asked, way).to_have_count(0)
        await expect(typed, way).to_have_value("17")
    await page.mouse.click(5, 5)  # beside the form
    await expect(typed).to_have_value("17")
    await press_escape(page)
    await page.get_by_role("button", name="Discard").click()
    await expect(form(page, button)).to_have_count(0)
    await expect(page).to_have_url(re.compile(f"/items/{item['id']}$"))
    assert api.item(item["id"])["stock"] == 100


@pytest.mark.parametrize(
    ("path", "button", "field"),
    [
        ("/items", "New item", "Name"),
        only_full("/locations", "New location", "Code"),
        only_full("/users", "New user", "Name"),
        only_full("/notifications", "Announce", "Title"),
    ],
)
async def test_a_form_of_a_list_asks_too(
    sign_in: SignIn, api: Api, path: str, button: str, field: str
) -> None:
    page = (await sign_in("ADMIN", path)).page
    await page.get_by_role("button", name=button).click()
    typed = page.get_by_role("dialog").get_by_label(field, exact=True)
    await typed.fill("typed")
    for leave in WAYS.values():
        await leave(page)
        await page.get_by_role("button", name="Go on editing").click()
        await expect(typed).to_have_value("typed")


async def test_a_form_into_which_nothing_was_typed_closes_at_once(
    sign_in: SignIn, api: Api
) -> None:
    page = (await sign_in(path=f"/items/{api.create_item()['id']}")).page
    for leave in (press_escape, press_the_cross):
        await page.get_by_role("button", name="Adjust").click()
        await expect(form(page, "Adjust")).to_be_visible()
        await leave(page)
        await expect(form(page, "Adjust")).to_have_count(0)


async def test_closing_and_reloading_the_tab_ask_while_something_is_typed(
    sign_in: SignIn, api: Api
) -> None:
    page = (await sign_in(path=f"/items/{api.create_item()['id']}")).page
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.get_by_role("button", name="Adjust").click()
    units = form(page, "Adjust").get_by_label("Units")
    await units.press_sequentially("17")
    async with page.expect_event("dialog"):
        await page.close(run_before_unload=True)
    async with page.expect_event("dialog"):
        await page.evaluate("setTimeout(() => location.reload())")
    async with page.expect_event("dialog"):
        await page.evaluate("setTimeout(() => location.assign('/alerts'))")
    await expect(units).to_have_value("17")
    assert asked == ["beforeunload"] * 3
    await press_escape(page)
    await page.get_by_role("button", name="Discard").click()
    await expect(form(page, "Adjust")).to_have_count(0)
    await reload(page)  # nobody is asked any more
    assert len(asked) == 3


# ---- two places ---------------------------------------------------------------------------------


async def test_an_adjustment_is_booked_where_the_stock_is(sign_in: SignIn, api: Api) -> None:
    place = api.create_location()
    item = api.create_item(initialStock=0)
    api.adjust(item["id"], 40, place)
    page = (await sign_in(path=f"/items?search={item['sku']}")).page
    await row(page, item["name"]).get_by_role("button", name=re.compile("Adjust")).click()
    dialog = form(page, "Adjust")
    await dialog.get_by_text("Sale", exact=True).click()
    await dialog.get_by_label("Units").fill("7")
    await expect(dialog.get_by_label("At location")).to_have_value(place)
    await expect(dialog.get_by_label("At location")).to_contain_text("(40)")
    await expect(dialog.locator(".outcome")).to_contain_text("40 → 33")
    await dialog.get_by_role("button", name="Record").click()
    await expect(dialog).to_have_count(0)
    assert api.levels(item["id"])[place] == 33


@pytest.mark.parametrize(
    ("button", "field", "send", "level"),
    [("Adjust", "Units", "Record", 47), only_full("Count", "Counted units", "Record count", 7)],
)
async def test_with_stock_at_two_places_the_person_says_which(
    sign_in: SignIn, api: Api, button: str, field: str, send: str, level: int
) -> None:
    item, place = api.create_item(), api.create_location()
    api.adjust(item["id"], 40, place)
    (main,) = (known for known in api.levels(item["id"]) if known != place)
    page = (await sign_in(path=f"/items/{item['id']}")).page
    await expect(page.locator(".levels")).to_contain_text("40")
    await page.get_by_role("button", name=button).click()
    dialog = form(page, button)
    where = dialog.get_by_label("At location")
    await expect(where).to_contain_text("(100)")
    await expect(where).to_contain_text("(40)")
    await expect(where).to_have_value("")
    await dialog.get_by_label(field).fill("7")
    await dialog.get_by_role("button", name=send).click()
    await expect(dialog).to_be_visible()  # the browser asks for the place first
    assert api.levels(item["id"]) == {main: 100, place: 40}
    await where.select_option(place)
    await dialog.get_by_role("button", name=send).click()
    await expect(dialog).to_have_count(0)
    assert api.levels(item["id"]) == {main: 100, place: level}


async def test_a_transfer_goes_from_where_there_is_something(sign_in: SignIn, api: Api) -> None:
    place, empty = api.create_location(), api.create_location()
    item = api.create_item(initialStock=0)
    api.adjust(item["id"], 40, place)
    page = (await sign_in(path=f"/items/{item['id']}")).page
    await expect(page.locator(".levels")).to_contain_text("40")
    await page.get_by_role("button", name="Transfer").click()
    dialog = form(page, "Transfer")
    await expect(dialog.get_by_label("From")).to_have_value(place)
    await expect(dialog.get_by_label("From").locator(f"option[value='{empty}']")).to_have_count(0)
    await expect(dialog.get_by_label("To").locator(f"option[value='{place}']")).to_have_count(0)
    await dialog.get_by_label("To").select_option(empty)
    await dialog.get_by_label("Units").fill("41")
    await expect(dialog).to_contain_text("At most 40")
    await dialog.get_by_label("Units").fill("15")
    await dialog.get_by_role("button", name="Transfer").click()
    await expect(dialog).to_have_count(0)
    levels = api.levels(item["id"])
    assert (levels[place], levels[empty]) == (25, 15)


async def test_a_new_item_begins_at_the_chosen_place(sign_in: SignIn, api: Api) -> None:
    place = api.create_location()
    page = (await sign_in(path="/items")).page
    await page.get_by_role("button", name="New item").click()
    dialog = form(page, "New item")
    await dialog.get_by_label("Name").fill(f"Thing at {place}")
    await dialog.get_by_label("SKU").fill(f"AT-{place}")
    await dialog.get_by_label("Initial stock").fill("12")
    await dialog.get_by_label("At location").select_option(place)
    await dialog.get_by_role("button", name="Create item").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(f"Thing at {place}")
    assert api.levels(page.url.rsplit("/", 1)[1])[place] == 12


async def test_a_lead_time_is_typed_changed_and_taken_away(sign_in: SignIn, api: Api) -> None:
    page = (await sign_in(path="/items")).page
    await page.get_by_role("button", name="New item").click()
    dialog = form(page, "New item")
    await dialog.get_by_label("Name").fill("Slow boat")
    await dialog.get_by_label("SKU").fill("LEAD-TIME")
    await dialog.get_by_label("Lead time, days").fill("42")
    await dialog.get_by_role("button", name="Create item").click()
    facts = page.locator(".facts__row").filter(has_text="Lead time")
    await expect(facts).to_contain_text("42 days")
    item_id = page.url.rsplit("/", 1)[1]
    assert api.item(item_id)["leadTimeDays"] == 42

    for typed, told, kept in (("1", "1 day", 1), ("", "as usual", None), ("7", "7 days", 7)):
        await page.get_by_role("button", name="Edit").click()
        await form(page, "Edit").get_by_label("Lead time, days").fill(typed)
        await form(page, "Edit").get_by_role("button", name="Save").click()
        await expect(form(page, "Edit")).to_have_count(0)
        await expect(facts.locator("dd")).to_have_text(told)
        assert api.item(item_id)["leadTimeDays"] == kept

    await page.get_by_role("button", name="Edit").click()
    field = form(page, "Edit").get_by_label("Lead time, days")
    await field.fill("1.5")
    await expect(form(page, "Edit")).to_contain_text("Whole units only")
    await field.fill("366")
    await form(page, "Edit").get_by_role("button", name="Save").click()
    await expect(form(page, "Edit").get_by_role("alert")).to_contain_text("365")
    assert api.item(item_id)["leadTimeDays"] == 7


# ---- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "typed", "price"),
    [
        ("de-DE", "1,5", 1.5),
        only_full("de-DE", "1.5", 1.5),
        only_full("fr-FR", "1 234,50", 1234.5),
        only_full("en-US", "1,5", 1.5),
        only_full("en-US", "1 234,50", 1234.5),
    ],
)
async def test_an_amount_is_taken_as_it_was_meant(
    sign_in: SignIn, api: Api, locale: str, typed: str, price: float
) -> None:
    item = api.create_item(price="18.90")
    page = (await sign_in(path=f"/items/{item['id']}", locale=locale)).page
    words = catalog(locale[:2])
    await page.get_by_role("button", name=words["Edit"]).click()
    await dialog_of(page).get_by_label(words["Price"]).fill(typed)
    await dialog_of(page).get_by_role("button", name=words["Save"]).click()
    await expect(dialog_of(page)).to_have_count(0)
    assert float(api.item(item["id"])["price"]) == price


async def test_an_amount_that_could_be_two_is_asked_about(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(price="18.90")
    page = (await sign_in(path=f"/items/{item['id']}", locale="de-DE")).page
    await page.get_by_role("button", name="Bearbeiten").click()
    dialog = dialog_of(page)
    await dialog.get_by_label("Preis").fill("1.234")
    await expect(dialog).to_contain_text("Ist das 1234 oder 1,234?")
    await dialog.get_by_role("button", name="Speichern").click()
    await expect(dialog).to_be_visible()
    assert float(api.item(item["id"])["price"]) == 18.9


# ---- the lease ----------------------------------------------------------------------------------


@pytest.mark.campaign
async def test_nobody_is_said_to_edit_who_was_refused_the_lease(sign_in: SignIn, api: Api) -> None:
    path = f"/items/{api.create_item()['id']}"
    ours, theirs = (await sign_in("USER", path)).page, (await sign_in("ADMIN", path)).page
    we, they = PEOPLE["USER"][1], PEOPLE["ADMIN"][1]
    await ours.get_by_role("button", name="Edit").click()
    await expect(company(theirs)).to_contain_text(f"{we} is editing")
    await theirs.get_by_role("button", name="Edit").click()
    barred = theirs.get_by_role("dialog")
    await expect(barred.get_by_role("status")).to_contain_text(f"{we} is editing this item")
    await barred.get_by_role("button", name="Edit all the same").click()
    await barred.get_by_label("Name").press_sequentially("!")  # told to others as typing
    await expect(company(ours)).to_contain_text(f"{they} is looking and typing")
    await expect(company(ours)).not_to_contain_text("is editing")
    watching = (await sign_in("VIEWER", path)).page
    await expect(company(watching)).to_contain_text(f"{we} is editing")
    await expect(company(watching)).to_contain_text(f"{they} is looking")
    await expect(company(watching)).not_to_contain_text(f"{they} is editing")


async def test_what_a_button_changed_is_not_dropped_unasked(sign_in: SignIn, api: Api) -> None:
    """Only typing counted: a barcode that was taken away by its button was lost with the form."""
    item = api.create_item(barcode="TAKEN-AWAY-1")
    page = (await sign_in(path=f"/items/{item['id']}")).page
    await page.get_by_role("button", name="Edit").click()
    dialog = form(page, "Edit")
    await expect(dialog.get_by_label("Barcode", exact=True)).to_be_enabled()
    await dialog.get_by_role("button", name="Another barcode").click()
    await press_escape(page)
    await page.get_by_role("alertdialog").get_by_role("button", name="Discard").click()
    await expect(dialog).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "field", "press"),
    [("Adjust", "Units", "Record"), ("Count", "Counted units", "Record count")],
)
async def test_a_form_that_is_sent_before_it_knows_where_is_sent_when_it_does(
    sign_in: SignIn, api: Api, name: str, field: str, press: str
) -> None:
    """The browser said "Please select an item" of a place that was about to be proposed."""
    item = api.create_item(initialStock=5)
    page = (await sign_in(path="/settings")).page
    answers = asyncio.Event()
    held: list[str] = []

    async def hold(route: Route) -> None:
        asked: Any = route.request.post_data_json
        if asked["operationName"] == "Locations":
            held.append(asked["operationName"])
            await answers.wait()
        await route.continue_()

    await page.route("**/graphql", hold)
    await page.evaluate("path => history.pushState(null, '', path)", f"/items/{item['id']}")
    await page.get_by_role("button", name=name, exact=True).click()
    dialog = form(page, name)
    await dialog.get_by_label(field, exact=True).fill("7")
    assert held
    await expect(dialog.get_by_label("At location")).to_have_value("")
    await dialog.get_by_role("button", name=press, exact=True).click()
    await expect(dialog.get_by_role("button", name="Working…")).to_be_disabled()
    answers.set()
    await expect(dialog).to_have_count(0)
    assert api.item(item["id"])["stock"] == (12 if name == "Adjust" else 7)
