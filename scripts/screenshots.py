"""Takes the docs' pictures of the console and GraphiQL: python scripts/screenshots.py URL FOLDER

URL is of a running demo (scripts/run), of which it sells a little, so that there is something to
see; FOLDER is there already. Needs the extra dev, and Chromium (CHROMIUM names another one).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from pathlib import Path
from typing import Annotated

import typer
from endings import ScriptFailed, WrongUsage, launch
from playwright.async_api import Browser, Error, Page, ViewportSize, async_playwright, expect

EMAIL, PASSWORD = "admin@example.com", "demo-admin-password"
DESK: ViewportSize = {"width": 1_280, "height": 800}
SETTLED_MS = 30_000  # toasts go by themselves
PHONE: ViewportSize = {"width": 360, "height": 740}
SALES = (("HAM-16", -4), ("NAI-50", -12), ("PNT-WH5", -7), ("TAP-5M", -9), ("GLV-L", -30))
SELL = """async ({key, lines}) => {
  const {accessToken} = JSON.parse(localStorage.getItem('inventory.tokens'));
  const query = `mutation($input: AdjustStockBatchInput!) {
    adjustStockBatch(input: $input) { applied userErrors { message } }
  }`;
  const input = {idempotencyKey: key, lines: lines.map(([sku, quantity]) =>
    ({item: {sku}, quantity, actionType: 'SALE'}))};
  const answer = await fetch('/graphql', {
    method: 'POST',
    headers: {'content-type': 'application/json', authorization: `Bearer ${accessToken}`},
    body: JSON.stringify({query, variables: {input}}),
  });
  return (await answer.json()).data.adjustStockBatch.applied;
}"""


async def console(browser: Browser, url: str, folder: Path) -> None:
    """The dashboard in light, and the items on a phone in the dark."""
    page = await signed_in(browser, url, DESK)
    await page.evaluate(SELL, {"key": secrets.token_hex(8), "lines": SALES})
    await page.locator(".feed__line", has_text="Sale").first.wait_for()
    await page.locator("canvas").wait_for()
    await settled(page)
    await page.screenshot(path=folder / "console.png")
    phone = await browser.new_context(
        storage_state=await page.context.storage_state(), viewport=PHONE, color_scheme="dark"
    )
    small = await phone.new_page()
    await small.goto(f"{url}/items")
    await small.get_by_role("row").nth(5).wait_for()
    await settled(small)
    await small.screenshot(path=folder / "console-phone.png")


async def graphiql(browser: Browser, url: str, folder: Path) -> None:
    """An example that has been run, with the docs open."""
    page = await signed_in(browser, url, DESK)
    await page.goto(f"{url}/graphql")
    await page.get_by_text("Signed in as").wait_for()
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await (
        page.get_by_role("region", name="Operation Editor")
        .get_by_text("syncCursor")
        .nth(1)
        .wait_for()
    )
    await page.locator(".graphiql-execute-button").click()
    await page.get_by_role("region", name="Result Window").get_by_text("nodes").wait_for()
    await page.screenshot(path=folder / "graphiql.png")


async def signed_in(browser: Browser, url: str, viewport: ViewportSize) -> Page:
    context = await browser.new_context(viewport=viewport)
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("Live", exact=True).wait_for()
    return page


async def settled(page: Page) -> None:
    """Everything has been loaded, and no toast lies over it."""
    await expect(page.locator(".skeleton, .toast")).to_have_count(0, timeout=SETTLED_MS)


async def take_all(url: str, folder: Path) -> None:
    command = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=command, args=["--no-sandbox", "--disable-gpu"]
        )
        await console(browser, url, folder)
        await graphiql(browser, url, folder)
        await browser.close()


def main(
    url: Annotated[str, typer.Argument(help="A running demo, like http://127.0.0.1:8000.")],
    folder: Annotated[
        Path, typer.Argument(help="Where the pictures go.", exists=True, file_okay=False)
    ],
) -> None:
    """Take the README's pictures of the console and GraphiQL."""
    if not url.startswith(("http://", "https://")):
        raise WrongUsage(f"{url!r} is not an http:// or https:// address")
    try:
        asyncio.run(take_all(url.rstrip("/"), folder))
    except Error as error:  # Playwright's text goes on with its own log
        raise ScriptFailed(error.message.partition("\n")[0]) from None
    except AssertionError as error:  # of its `expect`
        raise ScriptFailed(str(error).partition("\n")[0]) from None


if __name__ == "__main__":
    launch("screenshots", main)
