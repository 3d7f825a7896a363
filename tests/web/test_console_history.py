"""Who booked what and when: filters, back-dating, and taking a movement back."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.api import PEOPLE, Api
from tests.web.conftest import SignIn
from tests.web.layout import dismiss_toasts, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
MOVEMENTS = """query($id: ID!) { stockMovements(item: { id: $id }) { nodes {
  actionType quantity occurredAt recordedAt reversedBy { id } reverses { id }
} } }"""


def rows(page: Page) -> Locator:
    """The history's movements, newest first."""
    return page.get_by_role("table", name="Movements").locator("tbody tr")


async def sell(page: Page, units: int, reference: str, occurred: str = "") -> None:
    """Books a sale in the item's page; occurred: as a date field takes it."""
    await page.get_by_role("button", name="Adjust").click()
    dialog = page.get_by_role("dialog", name=re.compile("Adjust"))
    await dialog.get_by_text("Sale", exact=True).click()
    await dialog.get_by_label("Units").fill(str(units))
    await dialog.get_by_label("Reference").fill(reference)
    if occurred:
        await dialog.get_by_label("Happened earlier").fill(occurred)
    await dialog.get_by_role("button", name="Record").click()
    await expect(dialog).to_have_count(0)


async def test_a_movement_is_reversed_once_with_a_word(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(initialStock=700)
    page = (await sign_in(path=f"/items/{item['id']}", viewport=PHONE)).page
    await sell(page, 500, "INV-500")
    sale = rows(page).filter(has_text="Sale")
    await expect(sale).to_contain_text(f"by {PEOPLE['USER'][1]}")
    await sale.get_by_role("button", name="Reverse").click()
    dialog = page.get_by_role("dialog", name=re.compile("Reverse Sale"))
    assert not await faults(page, PHONE["width"])
    await dialog.get_by_label("Reason").fill("5 were meant")
    await dialog.get_by_role("button", name="Reverse").click()
    await expect(dialog).to_have_count(0)
    await expect(sale).to_contain_text("reversed")
    await expect(sale.get_by_role("button", name="Reverse")).to_have_count(0)
    reversal = rows(page).filter(has_text="a reversal")
    await expect(reversal).to_contain_text("+500")
    await expect(reversal.get_by_role("button", name="Reverse")).to_have_count(0)
    await expect(page.locator(".stock-figure strong")).to_have_text("700")
    await dismiss_toasts(page)
    assert not await faults(page, PHONE["width"])


async def test_what_is_booked_late_says_when_it_happened(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    page = (await sign_in("VIEWER", f"/items/{item['id']}")).page
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page).get_by_role("button", name="Reverse")).to_have_count(0)
    writer = (await sign_in(path=f"/items/{item['id']}", timezone_id="Asia/Tokyo")).page
    await sell(writer, 3, "LATE-1", "2026-03-04T08:30")
    await expect(rows(page).filter(has_text="Sale")).to_contain_text("booked")
    nodes = api.query(MOVEMENTS, id=item["id"])["stockMovements"]["nodes"]
    (sale,) = (node for node in nodes if node["actionType"] == "SALE")
    assert sale["occurredAt"].startswith("2026-03-03T23:30:00")  # Tokyo's morning

    await writer.get_by_role("button", name="Adjust").click()
    dialog = writer.get_by_role("dialog", name=re.compile("Adjust"))
    await dialog.get_by_label("Units").fill("1")
    await dialog.get_by_label("Happened earlier").fill("2199-01-01T00:00")
    await dialog.get_by_role("button", name="Record").click()
    field = dialog.get_by_label("Happened earlier")
    assert await field.evaluate("(field) => field.validity.rangeOverflow")
    await expect(dialog).to_be_visible()


async def test_the_history_is_filtered(sign_in: SignIn, api: Api) -> None:
    item = api.create_item()
    api.adjust(item["id"], 7)
    page = (await sign_in(path=f"/items/{item['id']}", viewport=PHONE)).page
    await sell(page, 3, "INV-2026-0815")
    await sell(page, 4, "INV-2026-0816", "2026-03-04T08:30")
    await expect(rows(page)).to_have_count(4)
    await page.get_by_text("Filter", exact=True).click()
    await dismiss_toasts(page)
    assert not await faults(page, PHONE["width"])
    shown = rows(page)

    await page.get_by_label("What", exact=True).select_option("Sale")
    await expect(shown).to_have_count(2)
    await page.get_by_label("Reference begins with").fill("0815")
    await expect(shown).to_have_count(1)
    await expect(shown).to_contain_text("-3")
    await page.get_by_label("Reference begins with").fill("nothing")
    await expect(page.get_by_role("main")).to_contain_text("Nothing fits")
    await page.get_by_role("button", name="Show all").click()
    await expect(shown).to_have_count(4)

    await page.get_by_label("Who", exact=True).select_option(PEOPLE["USER"][1])
    await expect(shown).to_have_count(2)
    await page.get_by_label("Happened until").fill("2026-03-04")
    await expect(shown).to_have_count(1)
    await expect(shown).to_contain_text("-4")
    await page.get_by_label("Happened until").fill("2026-03-03")
    await expect(page.get_by_role("main")).to_contain_text("Nothing fits")


async def test_who_changed_what_is_told(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(price="1")
    page = (await sign_in(path=f"/items/{item['id']}")).page
    changes = page.get_by_role("region", name="Changes")
    await expect(changes).to_contain_text("Nothing was changed yet")
    api.update(item["id"], price="3")
    line = changes.get_by_role("listitem").filter(has_text="Price")
    await expect(line).to_contain_text(f"by {PEOPLE['ADMIN'][1]}")
    await expect(line).to_contain_text("3")
