"""A supplier's columns are mapped once: the next file is read so by itself, for colleagues too."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.web.api import Api
from tests.web.browser import reload
from tests.web.conftest import SignIn
from tests.web.layout import faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
HEADER = "Ding;Dong;price\n"
NAMES = "{ importMappings { name kind columns { field column } } }"


async def choose(page: Page, name: str, text: str) -> None:
    await (
        page.get_by_role("main")
        .get_by_label("File", exact=True)
        .set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})
    )


async def test_a_mapping_is_saved_proposed_renamed_replaced_and_deleted(
    sign_in: SignIn, api: Api
) -> None:
    page = (await sign_in("ADMIN", "/import", viewport=PHONE)).page
    main, dialog = page.get_by_role("main"), page.get_by_role("dialog")
    await choose(page, "november.csv", HEADER + "MAP-1;Hammer;2.50\n")
    await expect(main).to_contain_text("no column for sku")
    await main.get_by_label("What Ding stands for").select_option("sku")
    await main.get_by_label("What Dong stands for").select_option("name")
    rows = main.get_by_role("table", name="The first rows")
    await expect(rows).to_contain_text("Name: Hammer")
    await main.get_by_role("button", name="Save this mapping").press("Enter")
    await dialog.get_by_label("Name").fill("Ding & Dong Ltd")
    assert not await faults(page, PHONE["width"])
    await dialog.get_by_label("Name").press("Enter")
    await expect(dialog).to_have_count(0)
    saved = main.get_by_label("Saved mapping")
    await expect(saved.locator("option:checked")).to_have_text("Ding & Dong Ltd (items)")
    (kept,) = api.query(NAMES)["importMappings"]
    assert kept["columns"] == [
        {"field": "name", "column": "Dong"},
        {"field": "sku", "column": "Ding"},
    ]
    assert not await faults(page, PHONE["width"])

    # The week after: nobody says anything.
    await reload(page)
    await choose(page, "december.csv", HEADER + "MAP-2;Saw;3\nMAP-3;Axe;x\n")
    await expect(rows).to_contain_text("Name: Saw")
    await expect(main).to_contain_text("Chosen by itself")
    await expect(saved.locator("option:checked")).to_have_text("Ding & Dong Ltd (items)")
    await saved.select_option(label="none: as it is found")
    await expect(main).to_contain_text("no column for sku")
    await saved.select_option(label="Ding & Dong Ltd (items)")
    await expect(rows).to_contain_text("Name: Saw")

    await main.get_by_role("button", name="Rename").click()
    await dialog.get_by_label("Name").fill("Ding")
    await dialog.get_by_role("button", name="Save").click()
    await expect(saved.locator("option:checked")).to_have_text("Ding (items)")
    await main.get_by_label("Take rows without their bad cells").check()
    await expect(rows).to_contain_text("Name: Axe")
    await main.get_by_role("button", name="Save this mapping").click()
    await expect(dialog).to_contain_text("this one takes its place")
    await dialog.get_by_role("button", name="Replace it").click()
    await expect(dialog).to_have_count(0)
    assert [one["name"] for one in api.query(NAMES)["importMappings"]] == ["Ding"]
    await main.get_by_role("button", name="Import").click()
    await expect(main).to_contain_text("Rows: 2 created.")

    await main.get_by_role("button", name="Another file").click()
    await choose(page, "january.csv", HEADER + "MAP-4;Rasp;3\n")
    await expect(main.get_by_label("Take rows without their bad cells")).to_be_checked()
    await main.get_by_role("button", name="Delete").click()
    await dialog.get_by_role("button", name="Delete").click()
    await expect(main).to_contain_text("no column for sku")
    await expect(saved).to_have_count(0)
    assert api.query(NAMES)["importMappings"] == []


async def test_a_delivery_keeps_that_it_is_one(sign_in: SignIn, api: Api) -> None:
    item = api.create_item(initialStock=0)
    page = (await sign_in("ADMIN", "/import")).page
    main, dialog = page.get_by_role("main"), page.get_by_role("dialog")
    place = f"PLACE-{item['sku']}"  # other tests have made places, too
    at = api.create_location(place)
    text = f"Zack;Stk\n{item['sku']};%d\n"
    await choose(page, "monday.csv", text % 2)
    await main.get_by_text("Stock", exact=True).click()
    await main.get_by_text("Came in", exact=True).click()
    await main.get_by_label("What Zack stands for").select_option("sku")
    await main.get_by_label("What Stk stands for").select_option("quantity")
    where = main.get_by_label("Location of rows that name none")
    await where.select_option(label=f"{place} · {place}")
    await main.get_by_label("Reference").fill("Zack Ltd")
    await main.get_by_role("button", name="Save this mapping").click()
    await dialog.get_by_label("Name").fill("Deliveries")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await reload(page)
    await choose(page, "tuesday.csv", text % 3)
    await expect(main.get_by_role("radio", name="Came in")).to_be_checked()
    await expect(where.locator("option:checked")).to_have_text(f"{place} · {place}")
    await expect(main.get_by_label("Reference")).to_have_value("Zack Ltd")
    await main.get_by_role("button", name="Import").click()
    await expect(main).to_contain_text("Rows: 1 booked.")
    assert api.levels(item["id"])[at] == 3
    mapping = api.query("{ importMappings { id } }")["importMappings"][0]["id"]
    api.query(
        "mutation($id: ID!) { deleteImportMapping(id: $id) { userErrors { code } } }", id=mapping
    )
