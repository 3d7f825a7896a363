"""The list of imports: it follows what others run, takes imports back, and goes on with files that
wait."""

from __future__ import annotations

import asyncio
import re
from itertools import count
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.patience import PATIENCE_S
from tests.web.api import PEOPLE, UPDATE_ITEM, Api
from tests.web.conftest import SignIn
from tests.web.layout import dismiss_toasts, faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
START = """mutation($input: StartImportInput!) {
  startImport(input: $input) { userErrors { code message } }
}"""
CANCEL = "mutation($id: ID!) { cancelImport(id: $id) { userErrors { code } } }"
STATUS = "query($id: ID!) { import(id: $id) { status } }"

_numbers = count(1)


async def taken_over(api: Api, name: str, text: str) -> str:
    """As somebody else does it, to its end."""
    import_id = api.upload(name, text)
    given = {"id": import_id, "options": {"kind": "ITEMS"}}
    api.mutate(START, idempotencyKey=f"list {next(_numbers)}", **given)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if api.query(STATUS, id=import_id)["import"]["status"] != "RUNNING":
                return import_id
            await asyncio.sleep(0.02)


def entry(page: Page, name: str) -> Locator:
    rows = page.get_by_role("list", name="Imports, newest first").get_by_role("listitem")
    return rows.filter(has=page.get_by_text(name, exact=True))


async def test_the_list_follows_others_and_an_import_is_taken_back_by_the_keyboard(
    sign_in: SignIn, api: Api
) -> None:
    page = (await sign_in("ADMIN", "/import", viewport=PHONE)).page
    await expect(page.get_by_role("heading", name="Imports so far")).to_be_visible()
    name = "a-supplier-with-a-very-long-name_and_a_price_list_of_november.csv"
    await taken_over(api, name, "sku,name,price\nLIST-1,Vise,1\nLIST-2,Awl,much\n")
    row = entry(page, name)
    await expect(row).to_contain_text("Done")
    await expect(row).to_contain_text("Rows: 1 created, 1 left out.")
    await expect(row).to_contain_text(f"Items, {PEOPLE['ADMIN'][1]}, ")
    assert not await faults(page, PHONE["width"])
    async with page.expect_download() as saving:
        await row.get_by_role("button", name="Save the rows left out").press("Enter")
    saved = await asyncio.to_thread((await (await saving.value).path()).read_text)
    assert "LIST-2" in saved and "LIST-1" not in saved

    dialog = page.get_by_role("dialog", name=f"Undo {name}?")
    await row.get_by_role("button", name="Undo").press("Enter")
    await expect(dialog).to_contain_text("1 item that it created is deleted")
    assert not await faults(page, PHONE["width"])
    await dialog.get_by_role("button", name="Undo").press("Enter")
    await expect(row).to_contain_text("Undone")
    await expect(row.get_by_role("button", name="Undo")).to_have_count(0)
    found = api.query('{ item(ref: { sku: "LIST-1" }) { deletedAt } }')["item"]
    assert found is None or found["deletedAt"] is not None
    await dismiss_toasts(page)


async def test_what_was_touched_meanwhile_is_refused_in_words_and_the_list_says_so(
    sign_in: SignIn, api: Api
) -> None:
    page = (await sign_in("ADMIN", "/import")).page
    await taken_over(api, "touched.csv", "sku,name\nLIST-3,Plane\n")
    row = entry(page, "touched.csv")
    await row.get_by_role("button", name="Undo").click()
    item = api.query('{ item(ref: { sku: "LIST-3" }) { id } }')["item"]
    api.mutate(UPDATE_ITEM, id=item["id"], name="Jack plane")
    dialog = page.get_by_role("dialog", name="Undo touched.csv?")
    await dialog.get_by_role("button", name="Undo").click()
    words = "1 of its items were touched since: LIST-3."
    await expect(dialog.get_by_role("alert")).to_contain_text(words)
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(row).to_contain_text(f"It cannot be undone. {words}")
    await expect(row.get_by_role("button", name="Undo")).to_have_count(0)


async def test_older_ones_come_by_a_button_and_stay_when_another_import_ends(
    sign_in: SignIn, api: Api
) -> None:
    for number in range(27):
        import_id = api.upload(f"old-{number}.csv", "sku,name\n")
        api.query(CANCEL, id=import_id)
    page = (await sign_in("ADMIN", "/import")).page
    await expect(entry(page, "old-26.csv")).to_contain_text("Cancelled")
    await expect(entry(page, "old-0.csv")).to_have_count(0)
    await page.get_by_role("button", name="Load more").click()
    await expect(entry(page, "old-0.csv")).to_be_visible()
    await taken_over(api, "newest.csv", "sku,name\nLIST-4,Rasp\n")
    await expect(entry(page, "newest.csv")).to_contain_text("Done")
    await expect(entry(page, "old-0.csv")).to_be_visible()
    first = page.get_by_role("list", name="Imports, newest first").get_by_role("listitem").first
    await expect(first).to_contain_text("newest.csv")


async def test_a_file_that_waits_is_gone_on_with_or_discarded(sign_in: SignIn, api: Api) -> None:
    for name in ("waits.csv", "too-much.csv"):
        api.upload(name, "sku,name\nLIST-5,File\n")
    page = (await sign_in("ADMIN", "/import", viewport=PHONE)).page
    discarded = entry(page, "too-much.csv")
    await expect(discarded).to_contain_text("Not started")
    await discarded.get_by_role("button", name="Discard the file").click()
    await expect(discarded).to_contain_text("Cancelled")
    await expect(discarded.get_by_role("button")).to_have_count(0)
    await entry(page, "waits.csv").get_by_role("button", name="Go on").click()
    main = page.get_by_role("main")
    await expect(main.get_by_role("table", name="The first rows")).to_contain_text("Name: File")
    await main.get_by_role("button", name="Import").click()
    await expect(main).to_contain_text("Rows: 1 created.")
    await main.get_by_role("button", name="Another file").click()
    await expect(entry(page, "waits.csv")).to_contain_text("Done")


async def test_what_runs_shows_how_far_it_is_and_can_be_cancelled(
    sign_in: SignIn, api: Api
) -> None:
    import_id = api.upload(
        "long.csv", "sku,name\n" + "".join(f"LONG-{n},Nail {n}\n" for n in range(60_000))
    )
    page = (await sign_in("ADMIN", "/import", viewport=PHONE)).page
    row = entry(page, "long.csv")
    given = {"id": import_id, "options": {"kind": "ITEMS", "dryRun": True}}
    api.mutate(START, idempotencyKey=f"list {next(_numbers)}", **given)
    await expect(row).to_contain_text("Running")
    await expect(row.get_by_role("progressbar")).to_be_visible()
    assert not await faults(page, PHONE["width"])
    await row.get_by_role("button", name=re.compile("^Cancel")).click()
    await expect(row).to_contain_text("Cancelled")
    told: Any = api.query(STATUS, id=import_id)["import"]["status"]
    assert told == "CANCELLED"
