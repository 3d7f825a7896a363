"""GraphiQL, as the server serves it: in Chromium, without a request to anybody else."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.servers import EMAIL, PASSWORD
from tests.web.api import Api
from tests.web.conftest import OpenTab

pytestmark = pytest.mark.asyncio(loop_scope="session")

A_TOKEN_S_LIFE = 10 * 60_000  # ms: ACCESS_TOKEN_MINUTES


async def sign_in(page: Page) -> None:
    await offer(page, PASSWORD)
    await expect(who(page)).to_contain_text("ADMIN")


async def offer(page: Page, password: str) -> None:
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def paste(page: Page, token: str) -> None:
    await page.get_by_role("button", name="Paste a token").click()
    await page.get_by_label("Bearer token").fill(token)
    await page.get_by_role("button", name="Use token").click()


async def run(page: Page, example: str) -> None:
    """Run the operation in one of the tabs."""
    editor = page.get_by_role("region", name="Operation Editor")
    await expect(editor).to_contain_text("{")  # before, a tab that is chosen stays empty
    await page.get_by_role("tab", name=example).click()
    await expect(editor).to_contain_text(example)
    await page.get_by_role("button", name=re.compile("Execute query")).click()


def who(page: Page) -> Locator:
    return page.locator(".who")


def result(page: Page) -> Locator:
    """What the server answered, as far as it fits on the screen."""
    return page.get_by_role("region", name="Result Window")


async def test_who_signs_in_can_run_the_examples(open_tab: OpenTab, api: Api) -> None:
    api.create_item("shown-to-who-signs-in")
    page = (await open_tab("/graphql")).page
    await run(page, "Items")
    await expect(result(page)).to_contain_text("UNAUTHENTICATED")
    await sign_in(page)
    await run(page, "Items")
    await expect(result(page)).to_contain_text('"sku": "')  # which are first is up to other tests


async def test_a_subscription_shows_a_change_made_through_the_api(
    open_tab: OpenTab, api: Api
) -> None:
    item = api.create_item()
    page = (await open_tab("/graphql")).page
    await paste(page, f"Bearer {api.new_token()}")
    await expect(who(page)).to_contain_text("ADMIN")  # the server is asked before it is used
    await run(page, "InventoryUpdated")
    stop = page.get_by_role("button", name=re.compile("Stop query"))
    await expect(stop).to_be_visible()
    while await result(page).get_by_text("newStock").count() == 0:  # until it has begun
        api.adjust(item["id"], 1)
    stock = api.adjust(item["id"], -7)["stock"]
    await expect(result(page)).to_contain_text(f'"newStock": {stock}')
    await stop.click()
    await expect(page.get_by_role("button", name=re.compile("Execute query"))).to_be_visible()


async def test_a_mutation_of_the_examples_changes_stock_once(open_tab: OpenTab, api: Api) -> None:
    api.create_item("HAM-16", initialStock=42)
    page = (await open_tab("/graphql")).page
    await sign_in(page)
    for replayed in ("false", "true"):
        await run(page, "AdjustStock")
        await expect(result(page)).to_contain_text(f'"replayed": {replayed}')
        await expect(result(page)).to_contain_text('"stock": 40')


async def test_a_session_outlives_a_reload_and_ends_with_signing_out(open_tab: OpenTab) -> None:
    page = (await open_tab("/graphql")).page
    await sign_in(page)
    await page.reload()
    await expect(who(page)).to_contain_text("ADMIN")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Email")).to_be_visible()
    await run(page, "Items")
    await expect(result(page)).to_contain_text("UNAUTHENTICATED")


@pytest.mark.campaign
async def test_a_session_is_renewed_when_its_token_ends(open_tab: OpenTab) -> None:
    tab = await open_tab("/graphql")
    page = tab.page
    await sign_in(page)
    await page.evaluate(
        "ms => { const now = Date.now; Date.now = () => now() + ms; }", A_TOKEN_S_LIFE
    )
    await run(page, "Items")
    await expect(result(page)).to_contain_text("syncCursor")
    renewals = [r for r in tab.requests if "refreshSession" in (r.post_data or "")]
    assert len(renewals) == 1
    await expect(who(page)).to_contain_text("ADMIN")


async def test_a_wrong_password_and_a_wrong_token_are_told(open_tab: OpenTab) -> None:
    page = (await open_tab("/graphql")).page
    await offer(page, "wrong password")
    await expect(page.get_by_role("form").get_by_role("alert")).not_to_be_empty()
    await paste(page, "no token")
    await expect(page.get_by_role("form").get_by_role("alert")).not_to_be_empty()
    await expect(who(page)).to_have_count(0)


@pytest.mark.campaign
async def test_the_docs_tell_what_the_schema_means(open_tab: OpenTab) -> None:
    page = (await open_tab("/graphql")).page
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    docs = page.get_by_role("region", name="Documentation Explorer")
    await docs.get_by_text("Query", exact=True).click()
    await expect(docs).to_contain_text("query, then subscribe after it")
