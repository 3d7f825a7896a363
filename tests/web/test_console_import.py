"""A file is chosen, looked at, mapped, taken over, and undone, by somebody without a shell."""

from __future__ import annotations

import asyncio
import io

import pytest
from openpyxl import Workbook
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
    chosen = main.get_by_label("What Plim stands for")
    await expect(chosen.locator("option").nth(9)).to_have_text("Minimum stock (minStock)")
    await chosen.select_option(label="SKU")
    await main.get_by_label("What Plom stands for").select_option("name")
    rows = main.get_by_role("table", name="The first rows")
    await expect(rows).to_contain_text("Name: Hammer")
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
    dialog = page.get_by_role("dialog", name="Undo goods.csv?")
    await expect(dialog).to_contain_text("1 item that it created is deleted")
    await dialog.get_by_role("button", name="Undo").click()
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
    await expect(found).to_contain_text("sku: 'Artikel-Nr.'")
    await expect(main.get_by_role("button", name="Import")).to_be_disabled()
    await main.get_by_text("Came in", exact=True).click()
    await main.get_by_role("button", name="Import").click()
    await expect(main).to_contain_text("Rows: 1 booked.")
    assert sum(api.levels(item["id"]).values()) == 7


async def test_a_workbook_of_two_sheets_is_read_as_its_keeper_says(
    sign_in: SignIn, api: Api
) -> None:
    book = Workbook()
    old, new = book.active, book.create_sheet("2026")
    assert old is not None
    old.title = "2025"
    for sold in (("SKU", "Name", "Price"), ("SHEET-1", "Old", "1")):
        old.append(sold)
    for made in (("Name", "Price"), ("Vase", "1,234"), ("Bowl", "2,345")):
        new.append(made)
    kept = io.BytesIO()
    book.save(kept)
    page = (await sign_in("ADMIN", "/import", viewport=PHONE)).page
    main = page.get_by_role("main")
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    await main.get_by_label("File", exact=True).set_input_files(
        {"name": "goods.xlsx", "mimeType": sheet, "buffer": kept.getvalue()}
    )
    rows = main.get_by_role("table", name="The first rows")
    await expect(rows).to_contain_text("Name: Old")
    await main.get_by_label("Sheet").select_option("2026")
    await expect(main).to_contain_text("no column for sku")
    await main.get_by_label("Make a SKU for rows without one").check()
    await expect(main).to_contain_text("may be 1.234 or 1234")
    await main.get_by_label("Decimal sign").select_option("POINT")
    await expect(rows).to_contain_text("Price: 1234.00")
    assert not await faults(page, PHONE["width"])
    await main.get_by_role("button", name="Import").click()
    await expect(main).to_contain_text("Rows: 2 created.")
    found = api.query('{ items(search: "Vase", first: 1) { nodes { price } } }')
    assert found["items"]["nodes"] == [{"price": "1234.00"}]


async def test_another_encoding_than_the_one_found_can_be_chosen(sign_in: SignIn) -> None:
    page = (await sign_in("ADMIN", "/import")).page
    main = page.get_by_role("main")
    text = "SKU;Name\nENC-1;M\u0142otek\n".encode("cp1250")  # as cp1252 it reads well too
    await main.get_by_label("File", exact=True).set_input_files(
        {"name": "goods.csv", "mimeType": "text/csv", "buffer": text}
    )
    rows = main.get_by_role("table", name="The first rows")
    await expect(rows).to_contain_text("ENC-1")
    await main.get_by_label("Encoding").select_option("cp1252")
    await expect(rows).to_contain_text("Name: M\u00b3otek")
    await main.get_by_label("Encoding").select_option("cp1250")
    await expect(rows).to_contain_text("Name: M\u0142otek")


async def test_what_is_odd_in_rows_that_were_taken_is_told_once_for_each_kind(
    sign_in: SignIn,
) -> None:
    page = (await sign_in("ADMIN", "/import", viewport=PHONE)).page
    main = page.get_by_role("main")
    rows = "".join(f"ODD-{number};Thing;n/a\n" for number in range(7))
    await main.get_by_label("File", exact=True).set_input_files(
        {
            "name": "odd.csv",
            "mimeType": "text/csv",
            "buffer": f"sku;name;price\n{rows}ODD-9;Thing;1\n".encode(),
        }
    )
    await main.get_by_role("button", name="Import").click()
    await expect(main).to_contain_text("Rows: 8 created.")
    notes = main.get_by_role("list", name="Notes on rows").get_by_role("listitem")
    await expect(notes).to_have_text(
        ["price 'n/a' is no number, and is left out. (7 rows: lines 2, 3, 4, 5, 6 …)"]
    )
    assert not await faults(page, PHONE["width"])
