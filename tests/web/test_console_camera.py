"""A camera that reads barcodes, on Chromium's fake video device."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from tests.servers import Server
from tests.web.api import PEOPLE, Api
from tests.web.browser import ARGUMENTS, Tab, serious_findings
from tests.web.conftest import SignIn, fill_sign_in
from tests.web.filmed import film

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE = "4012345678901"
PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def filming(
    chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    """A browser whose camera sees one barcode."""
    seen = film(tmp_path_factory.mktemp("film") / "code.y4m", CODE)
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={seen}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=[*ARGUMENTS, *camera]
        )
        yield browser
        await browser.close()


async def signed_in(browser: Browser, server: Server, path: str, *permissions: str) -> Tab:
    """In the browser with the camera, with a session of its own."""
    context = await browser.new_context(
        viewport=PHONE,
        is_mobile=True,
        service_workers="block",  # which keeps all code at once
    )
    await context.grant_permissions(list(permissions), origin=server.url)
    tab = Tab(context, await context.new_page(), server.url)
    await tab.open(path)
    await fill_sign_in(tab.page, PEOPLE["USER"][0])
    return tab


async def open_camera(page: Page) -> None:
    await page.get_by_role("button", name="Scan with the camera").last.click()


async def test_the_camera_opens_an_item_and_adds_lines_once(
    api: Api, filming: Browser, server: Server
) -> None:
    item = api.create_item(barcodes=[{"code": CODE, "factor": 6}])
    tab = await signed_in(filming, server, "/alerts", "camera")
    page = tab.page
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Alerts")
    assert not [r.url for r in tab.requests if "zxing" in r.url], "loaded before it is wanted"
    await open_camera(page)
    await expect(page.get_by_role("heading", level=1)).to_contain_text(item["name"])
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator(".toast")).to_contain_text("One scan is 6")

    await page.evaluate("history.pushState(null, '', '/receive')")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Receive")
    await open_camera(page)
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("status")).to_contain_text(f"1 read, the last: {CODE}")
    assert await serious_findings(page) == []
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.get_by_label(f"Quantity of {item['name']}")).to_have_value("6")
    videos = await page.evaluate("document.querySelectorAll('video').length")
    assert videos == 0, "the camera stays on"
    await tab.context.close()
    tab.verify()


async def test_a_refused_camera_is_told_and_tried_again(
    api: Api, filming: Browser, server: Server
) -> None:
    tab = await signed_in(filming, server, "/receive")
    await open_camera(tab.page)
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog.get_by_role("alert")).to_contain_text("The camera was refused")
    assert await serious_findings(tab.page) == []
    await tab.context.grant_permissions(["camera"], origin=server.url)
    await dialog.get_by_role("button", name="Try again").click()
    await expect(dialog.get_by_role("alert")).to_have_count(0)
    await expect(dialog.locator("video")).to_be_visible()
    await tab.context.close()
    tab.verify()


async def test_without_a_camera_it_is_told(sign_in: SignIn, api: Api) -> None:
    page = (await sign_in(path="/receive", permissions=["camera"])).page
    await open_camera(page)
    alert = page.get_by_role("dialog").get_by_role("alert")
    await expect(alert).to_contain_text("There is no camera on this device")
