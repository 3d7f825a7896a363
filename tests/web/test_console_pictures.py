"""Pictures and files of an item in the console: added, looked at, put first, deleted, listed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.attachments.files import PDF, SVG, photo, picture
from tests.web.api import Api
from tests.web.browser import comes_true, serious_findings
from tests.web.conftest import SignIn
from tests.web.layout import faults

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE = {"width": 360, "height": 740}
DROPPED = """async (zone) => {
  const data = new DataTransfer();
  data.items.add(new File([new TextEncoder().encode('count,1\\n')], 'counts.csv'));
  for (const kind of ['dragover', 'drop'])
    zone.dispatchEvent(
      new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
SHOWN = "(image) => image.complete && image.naturalWidth > 0"


def _file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


async def _add(page: Page, *files: Any) -> None:
    await page.get_by_label("Pictures or files", exact=True).set_input_files(list(files))


async def _shown(page: Page, name: str) -> None:
    """Wait until the main picture is this one, and is painted."""
    image = page.locator(".main-picture img")
    await expect(image).to_have_attribute("alt", name)
    await comes_true(page, SHOWN, await image.element_handle())


async def test_pictures_are_added_looked_at_put_first_and_deleted(
    sign_in: SignIn, api: Api
) -> None:
    item = api.create_item()
    other = (await sign_in(path=f"/items/{item['id']}")).page  # of somebody else, open meanwhile
    tab = await sign_in(who="ADMIN", path=f"/items/{item['id']}", viewport=PHONE)
    page = tab.page
    await expect(page.get_by_text("None yet.")).to_be_visible()
    await _add(page, _file("Front.jpg", photo()), _file("Back.png", picture("PNG")))
    await _shown(page, "Front.jpg")
    await expect(page.get_by_role("button", name="Open Back.png")).to_be_visible()
    await _shown(other, "Front.jpg")
    assert not await faults(page, PHONE["width"])
    assert not await serious_findings(page)

    tab.allow(r"status of 4\d\d")
    await _add(page, _file("logo.png", SVG))
    await expect(page.get_by_role("alert")).to_contain_text("can hold scripts")
    await page.get_by_role("button", name="Dismiss logo.png").click()
    await page.locator(".drop-zone").evaluate(DROPPED)
    await expect(page.get_by_role("list", name="Files")).to_contain_text("counts.csv")

    await page.get_by_role("button", name="Open Back.png").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("img")).to_have_attribute("width", "60")
    await expect(dialog.get_by_text("2 of 2")).to_be_visible()
    assert not await faults(page, PHONE["width"])
    assert not await serious_findings(page)
    await dialog.get_by_role("button", name="Make it the main picture").click()
    await expect(dialog.get_by_text("1 of 2")).to_be_visible()
    await dialog.get_by_label("Name").fill("From behind")
    await dialog.get_by_role("button", name="Rename").click()
    await expect(dialog.get_by_role("heading")).to_have_text("From behind.png")
    async with page.expect_download() as saving:
        await dialog.get_by_role("button", name="Save").click()
    assert (await saving.value).suggested_filename == "From behind.png"
    await _shown(other, "From behind.png")
    await dialog.get_by_role("button", name="Delete").click()
    await (
        page.get_by_role("dialog", name=re.compile("Delete"))
        .get_by_role("button", name="Delete")
        .click()
    )
    await expect(dialog).to_have_count(0)
    await _shown(page, "Front.jpg")
    await _shown(other, "Front.jpg")
    await expect(page.locator(".picture-strip")).to_have_count(0)


async def test_the_list_has_thumbnails_and_whoever_may_not_write_only_looks(
    sign_in: SignIn, api: Api
) -> None:
    item = api.create_item(name="Pictured in the list")
    api.attach(item, picture(size=(300, 200)), "A view.jpg")
    api.attach(item, PDF, "Datasheet.pdf")
    page = (await sign_in(who="VIEWER", path="/items?search=Pictured")).page
    row = page.locator(f"tr[data-item='{item['id']}']")
    image = row.locator(".thumbnail img")
    await expect(image).to_have_count(1)
    await comes_true(page, SHOWN, await image.element_handle())
    for width in (360, 1_920):
        await page.set_viewport_size({"width": width, "height": 800})
        assert not await faults(page, width)
    assert not await serious_findings(page)
    await row.get_by_role("link", name="Pictured in the list").click()
    await _shown(page, "A view.jpg")
    await expect(page.get_by_role("button", name="Add")).to_have_count(0)
    await page.get_by_role("button", name="Datasheet.pdf").click()
    async with page.expect_download() as saving:
        await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    assert (await saving.value).suggested_filename == "Datasheet.pdf"
    await expect(page.get_by_role("button", name="Delete")).to_have_count(0)
