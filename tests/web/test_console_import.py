"""A file is chosen, looked at, mapped, taken over, and undone, by somebody without a shell."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from tests.web.api import Api
from tests.web.conftest import SignIn
from tests.web.layout import faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}


async def test_a_file_of_items_is_mapped_taken_over_and_undone(sign_in: SignIn, api: Api) -> None:
    page = (await sign_in("ADMIN", "/import", viewport=PHONE)).page
    main = page.get_by_role("main")
    # Two columns have names that mean nothing to anybody else: they are not recognised.
    text = "Plim;Plom;price\nIMP-1;Hammer;2.50\nIMP-2;Saw;much\n"
    await main.get_by_label("File", exact=True).set_input_files(
        {"name": "goods.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    await expect(main).to_contain_text("no column for sku")
    await expect(main.get_by_role("button", name="Import")).to_be_disabled()
    await main.get_by_label("What Plim stands for").select_option("sku")
    await main.get_by_label("What Plom stands for").select_option("name")
    rows = main.get_by_role("table", name="The first rows")
    await expect(rows).to_contain_text("name: Hammer")
    await expect(rows).to_contain_text("price 'much' is not a number")
    assert not await faults(page, PHONE["width"])
    await main.get_by_role("button", name="Import").click()
    await expect(main).to_contain_text("Rows: 1 created, 1 left out.")
    assert not await faults(page, PHONE["width"])

    async with page.expect_download() as saving:
        await main.get_by_role("button", name="Save the rows left out").click()
    saved = await asyncio.to_thread((await (await saving.value).path()).read_text)
    assert saved.splitlines()[1].startswith('"IMP-2","Saw","much","3",')

    found = api.query('{ item(ref: { sku: "IMP-1" }) { name } }')["item"]
    assert found == {"name": "Hammer"}
    await main.get_by_role("button", name="Undo").click()
    await expect(main.get_by_label("File", exact=True)).to_be_visible()
    found = api.query('{ item(ref: { sku: "IMP-1" }) { deletedAt } }')["item"]
    assert found is None or found["deletedAt"] is not None


async def test_a_delivery_is_booked_once_it_is_said_that_it_is_one(
    sign_in: SignIn, api: Api
) -> None:
    item = api.create_item(initialStock=0)
    page = (await sign_in("ADMIN", "/import")).page
    main = page.get_by_role("main")
    text = f"Artikel-Nr.,location,quantity\n{item['sku']},MAIN,7\n"
    await main.get_by_label("File", exact=True).set_input_files(
        {"name": "delivery.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    await expect(main.get_by_role("radio", name="Stock")).to_be_checked()
    found = main.get_by_role("list", name="What was found")
    await expect(found).to_contain_text("sku from 'Artikel-Nr.'")
    await expect(main.get_by_role("button", name="Import")).to_be_disabled()
    await main.get_by_text("Came in", exact=True).click()
    await main.get_by_role("button", name="Import").click()
    await expect(main).to_contain_text("Rows: 1 booked.")
    assert sum(api.levels(item["id"]).values()) == 7
