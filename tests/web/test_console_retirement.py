"""Items leave the lists and come back: archived, deleted, restored."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.api import Api
from tests.web.conftest import SignIn
from tests.web.layout import dismiss_toasts, faults
from tests.web.test_console import row

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
DELETE = """mutation($input: DeleteItemInput!) {
  deleteItem(input: $input) { item { id } userErrors { code message } }
}"""


async def test_an_archived_item_leaves_the_list_and_comes_back(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(category="archives", minStock=200)
    watching = (await sign_in(path="/items?category=archives")).page
    await expect(row(watching, item["name"])).to_be_visible()
    page = (await sign_in("ADMIN", f"/items/{item['id']}", viewport=PHONE)).page
    await page.get_by_role("button", name="Archive").click()
    dialog = page.get_by_role("dialog")
    assert not await faults(page, PHONE["width"])
    await dialog.get_by_role("button", name="Archive item").click()
    await expect(page.get_by_role("main")).to_contain_text("in no list and without alerts")
    await expect(page.get_by_role("article")).to_have_count(0)  # its alert has ended
    await expect(page.get_by_role("button", name="Adjust")).to_be_visible()
    await dismiss_toasts(page)
    assert not await faults(page, PHONE["width"])
    await expect(row(watching, item["name"])).to_have_count(0)
    await watching.get_by_label("Archived and deleted").select_option("With archived")
    await expect(row(watching, item["name"])).to_contain_text("archived")
    await watching.get_by_label("Archived and deleted").select_option("Items in use")
    await expect(row(watching, item["name"])).to_have_count(0)

    await page.get_by_role("button", name="Restore").click()
    await dialog.get_by_role("button", name="Restore item").click()
    await expect(page.get_by_role("button", name="Archive")).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(1)
    await expect(row(watching, item["name"])).to_be_visible()


async def test_deleting_asks_what_becomes_of_the_stock(sign_in: SignIn, api: Api) -> None:
    kept, written_off = (api.create_item(category="deletions") for _ in range(2))
    page = (await sign_in(path=f"/items/{kept['id']}", viewport=PHONE)).page
    dialog = page.get_by_role("dialog")
    for item, fate in ((kept, "It stays in the totals"), (written_off, "Write it off now")):
        await page.evaluate("path => history.pushState(null, '', path)", f"/items/{item['id']}")
        await page.get_by_role("button", name="Delete").click()
        await expect(dialog).to_contain_text("What becomes of the 100 on hand?")
        await dialog.get_by_role("radio", name=fate).check()
        assert not await faults(page, PHONE["width"])
        await dialog.get_by_role("button", name="Delete item").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Items")
    assert [api.item(item["id"])["stock"] for item in (kept, written_off)] == [100, 0]

    # What is left can be booked out, and nothing else can be done but to restore it.
    await page.evaluate("path => history.pushState(null, '', path)", f"/items/{kept['id']}")
    await expect(page.get_by_role("main")).to_contain_text("stays in the totals until")
    for action, count in {"Adjust": 1, "Restore": 1, "Edit": 0, "Delete": 0}.items():
        await expect(page.get_by_role("button", name=action, exact=True)).to_have_count(count)
    await page.evaluate("path => history.pushState(null, '', path)", f"/items/{written_off['id']}")
    await expect(page.get_by_role("main")).to_contain_text("Deleted")
    await expect(page.get_by_role("button", name="Adjust")).to_have_count(0)


async def test_a_deleted_item_stays_in_view_and_gets_another_barcode(
    sign_in: SignIn, api: Api
) -> None:
    item = api.create_item(category="back again", barcode="LABEL-1")
    listed = (await sign_in(path="/items?category=back%20again&retired=DELETED")).page
    page = (await sign_in("ADMIN", f"/items/{item['id']}")).page
    await expect(page.get_by_role("button", name="Delete")).to_be_visible()
    api.mutate(DELETE, id=item["id"])
    api.create_item(barcode="LABEL-1")  # it is free now
    await expect(page.get_by_role("main")).to_contain_text("Deleted")
    await expect(row(listed, item["name"])).to_contain_text("deleted")

    await page.get_by_role("button", name="Restore").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Barcode").fill("LABEL-1")
    await dialog.get_by_role("button", name="Restore item").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Barcode 'LABEL-1' belongs")
    await dialog.get_by_label("Barcode").fill("LABEL-2")
    await dialog.get_by_role("button", name="Restore item").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Delete")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("LABEL-2")
    await expect(row(listed, item["name"])).not_to_contain_text("deleted")
