"""Every dialog of every screen, opened in another language: its words, and room for them."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from playwright.async_api import Error as BrowserError

from tests.servers import Server
from tests.web.api import Api
from tests.web.layout import dismiss_toasts, faults, resize
from tests.web.test_console import SCREENS
from tests.web.test_console_language import READ, english_on, signed_in

# Each language opens some thirty dialogs, and looks at each at two widths.
pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.campaign,
    pytest.mark.timeout(900),
]

NARROW, SCREEN = (320, 360), 1_280
DIALOG = "dialog[open]"
# Signing out ends the walk; what says that it opens nothing cannot open a dialog.
BUTTONS = (
    "main button:not([aria-pressed], [type=submit], [disabled]), .header button:not([disabled])"
)
LEFT_OUT = ".header__sign-out"
CLICK_MS = 1_000
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
# In Japanese: two words of Latin letters beside each other, the second in small ones.
WORDS = re.compile(r"[A-Za-z]{2,}[ ,][a-z]{3,}")
# Names that people or the server gave; and what only a browser without scripts shows.
DATA = re.compile(r"Thing|Main location|Mozilla|Uli User|Vera Viewer|https?:|needs JavaScript")


async def said_on(page: Page, language: str) -> set[str]:
    """Sentences of the English catalog, and in Japanese what looks like any."""
    found = await english_on(page, language)
    if language == "ja":
        read = await page.evaluate(READ)
        found |= {text for text in read if text and WORDS.search(text)}
    return {text for text in found if not DATA.search(text)}


async def to(page: Page, path: str) -> None:
    await page.evaluate("path => history.pushState(null, '', path)", path)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator(".skeleton")).to_have_count(0)


async def opened(page: Page, button: Locator) -> bool:
    """Whether a press opens a dialog."""
    try:
        await button.click(timeout=CLICK_MS)
    except BrowserError:  # it is covered, or went with what was pressed before
        return False
    await page.evaluate(PAINTED)
    return await page.locator(DIALOG).count() > 0


async def close(page: Page) -> None:
    """All that is open; what was begun is discarded."""
    while count := await page.locator(DIALOG).count():
        await page.keyboard.press("Escape")
        await page.wait_for_timeout(50)
        if await page.locator(DIALOG).count() > count:  # it asks first
            await page.locator(DIALOG).last.get_by_role("button").last.click()
        assert await page.locator(DIALOG).count() <= count


@pytest.mark.parametrize(("locale", "language"), [("de-DE", "de"), ("ja-JP", "ja")])
async def test_every_dialog_is_in_the_browsers_language_and_has_room_for_it(
    browser: Browser, quiet_server: Server, quiet_api: Api, locale: str, language: str
) -> None:
    item = quiet_api.create_item(minStock=20, initialStock=5, price="1234.50", unit="crate")
    place = quiet_api.create_location()
    quiet_api.hold(item["id"], 1, next(iter(quiet_api.levels(item["id"]))))
    tab = await signed_in(browser, quiet_server, locale)
    page = tab.page
    found: list[str] = []
    seen: set[str] = set()
    for path in [*SCREENS, f"/items/{item['id']}", f"/locations/{place}"]:
        await resize(page, SCREEN)
        await to(page, path)
        number = await page.locator(BUTTONS).count()
        for index in range(number):
            button = page.locator(BUTTONS).nth(index)
            if await button.count() == 0 or await button.evaluate(f"b => b.matches('{LEFT_OUT}')"):
                continue
            if not await opened(page, button):
                await to(page, path)
                continue
            title = await page.locator(DIALOG).first.get_attribute("aria-labelledby")
            name = await page.locator(f"[id='{title}']").first.inner_text() if title else "?"
            if name not in seen:
                seen.add(name)
                found += [f"{path} {name!r}: {one!r}" for one in await said_on(page, language)]
                for width in NARROW:
                    await resize(page, width)
                    found += [f"{path} {name} {width}: {one}" for one in await faults(page, width)]
                await resize(page, SCREEN)
            await close(page)
            await dismiss_toasts(page)
            await to(page, path)
    await tab.context.close()
    assert len(seen) >= 12, seen
    assert not found, "\n".join(sorted(set(found)))
