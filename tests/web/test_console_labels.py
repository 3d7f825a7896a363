"""Labels of an item: chosen in a dialog, downloaded as a PDF that a scanner reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.labels.scanner import read
from tests.web.api import Api
from tests.web.conftest import SignIn
from tests.web.layout import faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}


async def test_labels_of_an_item_come_as_a_pdf(sign_in: SignIn, api: Api, tmp_path: Path) -> None:
    barcodes = [{"code": "LABEL-ONE"}, {"code": "LABEL-CARTON", "factor": 12}]
    item = api.create_item(barcodes=barcodes)
    page = (await sign_in(path=f"/items/{item['id']}", viewport=PHONE)).page
    await page.get_by_role("button", name="Labels").click()
    dialog = page.get_by_role("dialog", name=re.compile("Labels of"))
    await dialog.get_by_label("Copies").fill("0")
    assert not await faults(page, PHONE["width"])
    await dialog.get_by_role("button", name="Make a PDF").click()
    await expect(dialog).to_have_count(1)  # no copies make no label
    await dialog.get_by_label("Copies").fill("2")
    await dialog.get_by_label("Used already").fill("20")
    await dialog.get_by_label("Code").select_option("LABEL-CARTON")
    async with page.expect_download() as downloading:
        await dialog.get_by_role("button", name="Make a PDF").click()
    file = tmp_path / "labels.pdf"
    download = await downloading.value
    assert download.suggested_filename == f"labels-{item['sku']}.pdf"
    await download.save_as(file)
    assert [[text for _, text in seen] for seen in read(file.read_bytes())] == [
        ["LABEL-CARTON"],
        ["LABEL-CARTON"],
    ]
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("2 labels")).to_be_visible()

    # What was chosen last stands there again.
    await page.get_by_role("button", name="Labels").click()
    await dialog.get_by_label("Printed on").select_option("ROLL_62X29")
    await expect(dialog.get_by_label("Used already")).to_have_count(0)
    async with page.expect_download():
        await dialog.get_by_role("button", name="Make a PDF").click()
    await page.get_by_role("button", name="Labels").click()
    await expect(dialog.get_by_label("Printed on")).to_have_value("ROLL_62X29")


async def test_labels_of_all_that_are_selected_come_as_one_pdf(
    sign_in: SignIn, api: Api, tmp_path: Path
) -> None:
    for number in range(3):
        api.create_item(name=f"Labelled {number}", barcodes=[{"code": f"MANY-{number}"}])
    page = (await sign_in(path="/items?search=Labelled")).page
    await page.get_by_label("Select all that are shown").check()
    await page.get_by_label("Select Labelled 1").uncheck()
    await page.get_by_role("button", name="Labels of the selected").click()
    dialog = page.get_by_role("dialog", name="Labels of 2 items")
    await expect(dialog.get_by_label("Code")).to_have_count(0)
    await dialog.get_by_label("Copies of each").fill("2")
    async with page.expect_download() as downloading:
        await dialog.get_by_role("button", name="Make a PDF").click()
    file = tmp_path / "labels.pdf"
    await (await downloading.value).save_as(file)
    codes = [text for seen in read(file.read_bytes()) for _, text in seen]
    assert sorted(codes) == ["MANY-0", "MANY-0", "MANY-2", "MANY-2"]
    await expect(page.get_by_text("4 labels")).to_be_visible()
