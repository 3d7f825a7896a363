"""The console in other languages: all its words, its figures, and room for both."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.campaigns import only_full
from tests.servers import EMAIL, PASSWORD, Server
from tests.web.api import Api
from tests.web.browser import Tab, comes_true
from tests.web.layout import faults, resize
from tests.web.test_console import SCREENS
from tests.web.words import SERVER, catalog, english_only

pytestmark = pytest.mark.asyncio(loop_scope="session")

NARROW = (320, 360)  # where long words have the least room
# All that is read or heard, of what is on the page.
READ = """() => {
  const found = [document.title];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) found.push(node.data.trim());
  for (const name of ['title', 'placeholder', 'aria-label', 'alt']) {
    for (const one of document.querySelectorAll(`[${name}]`)) found.push(one.getAttribute(name));
  }
  return found;
}"""


ODD_ROWS = "sku;name;Preis\nROW-1;Säge;viel\n"
# All imports are strict, a choice the page does not offer. Done in the page: a route of
# Playwright's once let the request pass unchanged, on a busy machine.
STRICTLY = """() => {
  const send = window.fetch;
  window.fetch = (url, options) => {
    if (!options?.body?.includes?.('startImport')) return send(url, options);
    const asked = JSON.parse(options.body);
    asked.variables.input.options.strict = true;
    return send(url, { ...options, body: JSON.stringify(asked) });
  };
}"""
DATA = {"Main location"}  # a name that the server gave, and people may change
# In Japanese: two words of Latin letters beside each other, as no sentence of ours has them.
LATIN = re.compile(r"^[A-Z]?[a-z]+( [a-z]+)+$")


async def signed_in(browser: Browser, server: Server, locale: str, email: str = EMAIL) -> Tab:
    context = await browser.new_context(locale=locale)
    tab = Tab(context, await context.new_page(), server.url)
    await tab.open("/settings")
    await tab.page.locator("input[name=email]").fill(email)
    await tab.page.locator("input[name=password]").fill(PASSWORD)
    await tab.page.locator("button[type=submit]").click()
    await expect(tab.page.locator(".real-time-status--connected")).to_be_visible()
    return tab


async def english_on(page: Page, language: str) -> set[str]:
    read = set(await page.evaluate(READ))
    odd = {text for text in read - DATA if LATIN.match(text)} if language == "ja" else set()
    return read & english_only(language) | odd


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de-DE", "de"),
        only_full("ja-JP", "ja"),
        only_full("fr-FR", "fr"),
        only_full("es-ES", "es"),
    ],
)
async def test_every_screen_is_in_the_browsers_language_and_has_room_for_it(
    browser: Browser, quiet_server: Server, quiet_api: Api, locale: str, language: str
) -> None:
    item = quiet_api.create_item(minStock=20, initialStock=5, price="1234.50", unit="crate")
    words = catalog(language)
    tab = await signed_in(browser, quiet_server, locale)
    page = tab.page
    assert await page.evaluate("document.documentElement.lang") == language
    found: list[str] = []
    for path, heading in {**SCREENS, f"/items/{item['id']}": item["name"]}.items():
        await page.evaluate("path => history.pushState(null, '', path)", path)
        title = page.get_by_role("heading", level=1)
        await expect(title).to_contain_text(words.get(heading, heading))
        await expect(page.locator(".skeleton")).to_have_count(0)
        found += [f"{path} says {text!r}" for text in sorted(await english_on(page, language))]
        for width in NARROW:
            await resize(page, width)
            found += [f"{path} {width}: {fault}" for fault in await faults(page, width)]
    await resize(page, 1_280)
    beyond = await page.locator(".side").evaluate("menu => menu.scrollWidth - menu.clientWidth")
    assert beyond <= 0, f"the menu is {beyond} px wider than its place"
    await tab.context.close()
    assert not found, "\n".join(found)


async def test_what_the_server_refuses_is_told_in_the_pages_language(
    browser: Browser, server: Server, api: Api
) -> None:
    item = api.create_item()
    tab = await signed_in(browser, server, "de-DE")
    page = tab.page
    await page.evaluate("history.pushState(null, '', '/items')")
    await page.get_by_role("button", name="Neuer Artikel").click()
    dialog = page.get_by_role("dialog", name="Neuer Artikel")
    await dialog.get_by_label("Name").fill("Hammer")
    await dialog.get_by_label("SKU").fill(item["sku"])
    await dialog.get_by_role("button", name="Artikel anlegen").click()
    taken = re.compile(rf"SKU '{re.escape(item['sku'])}' ist vergeben \(Artikel {item['id']}\)\.")
    await expect(dialog.get_by_role("alert")).to_have_text(taken)
    await tab.context.close()


@pytest.mark.campaign
async def test_a_language_is_chosen_by_a_person_and_a_new_browser_takes_it_over(
    browser: Browser, server: Server, api: Api
) -> None:
    """It was kept on the device alone."""
    email, _ = api.create_user("VIEWER")
    tab = await signed_in(browser, server, "en-GB", email)
    page = tab.page
    await page.get_by_label("Of words, numbers and dates").select_option("ja")
    await expect(page.get_by_role("heading", level=1)).to_have_text("設定")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("設定")
    assert await page.evaluate("document.documentElement.lang") == "ja"

    other = await signed_in(browser, server, "fr-FR", email)
    await expect(other.page.get_by_role("heading", level=1)).to_have_text("設定")
    await other.page.get_by_label("文章、数値、日付の言語").select_option("")
    await expect(other.page.get_by_role("heading", level=1)).to_have_text("Paramètres")
    await other.context.close()

    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Settings")
    await tab.context.close()


@pytest.mark.campaign
async def test_what_a_device_chose_before_accounts_kept_it_goes_to_the_account(
    browser: Browser, server: Server, api: Api
) -> None:
    email, _ = api.create_user("VIEWER")
    context = await browser.new_context(locale="en-GB")
    await context.add_init_script(
        "localStorage.getItem('inventory.language.owner') ?? "
        "localStorage.setItem('inventory.language', 'de')"
    )
    tab = Tab(context, await context.new_page(), server.url)
    await tab.open("/settings")
    await tab.page.locator("input[name=email]").fill(email)
    await tab.page.locator("input[name=password]").fill(PASSWORD)
    await tab.page.locator("button[type=submit]").click()
    await expect(tab.page.get_by_role("heading", level=1)).to_have_text("Einstellungen")
    await comes_true(tab.page, "() => localStorage.getItem('inventory.language.owner')")
    await context.close()
    other = await signed_in(browser, server, "en-GB", email)
    await expect(other.page.get_by_role("heading", level=1)).to_have_text("Einstellungen")
    await other.context.close()


async def test_what_is_wrong_with_a_row_is_told_in_the_pages_language(
    browser: Browser, server: Server
) -> None:
    tab = await signed_in(browser, server, "de-DE")
    page = tab.page
    await page.evaluate("history.pushState(null, '', '/import')")
    await page.locator("input[type=file]").set_input_files(
        {"name": "w.csv", "mimeType": "text/csv", "buffer": ODD_ROWS.encode("cp1252")}
    )
    main = page.get_by_role("main")
    wrong = catalog("de", SERVER)["{name} {text} is not a number like 12.50."].format(
        name="price", text="'viel'"
    )
    await expect(main).to_contain_text(wrong)
    found = main.get_by_role("list", name="Was erkannt wurde")
    await expect(found.get_by_role("listitem")).to_have_text(
        ["gelesen als cp1252-Text ('Säge')", "übernommen: price: 'Preis'"]
    )
    await main.get_by_role("button", name="Import", exact=True).click()
    async with page.expect_download() as saving:
        await main.get_by_role("button", name="Ausgelassene Zeilen speichern").click()
    saved = await asyncio.to_thread((await (await saving.value).path()).read_text)
    assert wrong in saved
    await tab.context.close()


async def test_why_an_import_stopped_is_told_in_the_pages_language(
    browser: Browser, server: Server
) -> None:
    tab = await signed_in(browser, server, "de-DE")
    page = tab.page
    await page.evaluate(STRICTLY)
    await page.evaluate("history.pushState(null, '', '/import')")
    await page.locator("input[type=file]").set_input_files(
        {"name": "w.csv", "mimeType": "text/csv", "buffer": ODD_ROWS.encode()}
    )
    main = page.get_by_role("main")
    await main.get_by_role("button", name="Import", exact=True).click()
    await expect(main).to_contain_text("Nichts wurde geschrieben: 1 Zeile ist fehlerhaft.")
    await tab.context.close()


async def test_a_page_whose_catalog_does_not_come_is_in_english(
    browser: Browser, server: Server
) -> None:
    context = await browser.new_context(locale="de-DE")
    page = await context.new_page()
    await page.route(re.compile(r"/assets/de-"), lambda route: route.abort())
    await page.goto(server.url)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert await page.evaluate("document.documentElement.lang") == "en"
    await context.close()
