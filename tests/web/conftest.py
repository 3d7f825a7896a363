"""The real server with its built pages, and real browsers that look at them.

Chromium and Node are asked for in CI; elsewhere what needs them is skipped with a word.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    async_playwright,
    expect,
)

from graphql_api.web.pages import GRAPHIQL, STATIC
from tests.ci import in_ci
from tests.patience import PATIENCE_S
from tests.servers import PASSWORD, ROOT, Server
from tests.web.api import PEOPLE, Api
from tests.web.browser import ARGUMENTS, LIVE, Tab

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BUILD_TIMEOUT_S = 300
SCREEN = {"width": 1_280, "height": 1_000}
# Of no icon either, which the browser would ask for whenever it finds the time.
NOTHING = "<!doctype html><link rel=icon href=data:,>"

OpenTab = Callable[..., Awaitable[Tab]]
SignIn = Callable[..., Awaitable[Tab]]

HAS_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What Chromium does on a busy machine is not all in our hands. So in CI, where one failure of
    5,000 tests refuses all, a test of the pages that fails is tried once more, and both is told."""
    if in_ci():
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[HAS_FAILED] = item.stash.get(HAS_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def pages() -> None:
    """The pages, as their sources are now."""
    build = subprocess.run(
        [ROOT / "scripts/pages", "dev"],
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )
    if not (STATIC / GRAPHIQL).exists():
        _missing(f"the pages are not built: {build.stderr.strip()}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's command."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    return found or _missing("Chromium: install it, or let CHROMIUM name it")


def _missing(what: str) -> NoReturn:
    if in_ci():
        pytest.fail(f"{what} (in CI the pages are tested in a browser)")
    pytest.skip(what)


@pytest.fixture(scope="session")
def server(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of all browser tests, with PEOPLE."""
    folder = tmp_path_factory.mktemp("web")
    server = Server(folder, RATE_LIMIT="off", DRAIN_SECONDS="0.2", LOG_LEVEL="WARNING")
    server.create_user()
    with server:
        yield server


@pytest.fixture(scope="session")
def api(server: Server) -> Iterator[Api]:
    """The administrator, over HTTP."""
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as http:
        api = Api(http)
        api.sign_in()
        api.create_people()
        yield api


@pytest.fixture(scope="module")
def quiet_server(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One whose items, words and messages are of one module's tests alone."""
    folder = tmp_path_factory.mktemp("quiet")
    server = Server(folder, RATE_LIMIT="off", DRAIN_SECONDS="0.2", LOG_LEVEL="WARNING")
    server.create_user()
    with server:
        yield server


@pytest.fixture(scope="module")
def quiet_api(quiet_server: Server) -> Iterator[Api]:
    with httpx.Client(base_url=quiet_server.url, timeout=PATIENCE_S) as http:
        api = Api(http)
        api.sign_in()
        api.create_people()
        yield api


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def playwright(chromium: str) -> AsyncIterator[Playwright]:
    async with async_playwright() as playwright:
        yield playwright


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(playwright: Playwright, chromium: str) -> AsyncIterator[Browser]:
    browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
    yield browser
    await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_tab(browser: Browser, server: Server) -> AsyncIterator[OpenTab]:
    """Opens a page in a profile of its own; all are verified when the test has ended."""
    tabs: list[Tab] = []

    async def opened(path: str, **options: Any) -> Tab:
        context = await browser.new_context(**{"viewport": SCREEN} | options)
        tab = Tab(context, await context.new_page(), server.url)
        tabs.append(tab)
        await tab.open(path)
        return tab

    yield opened
    for tab in tabs:
        await tab.context.close()
    for tab in tabs:
        tab.verify()


@pytest.fixture(scope="session")
def profiles(api: Api) -> dict[str, BrowserContext]:
    """Of PEOPLE who have signed in before, and how their browser is set up → their profile."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def sign_in(
    open_tab: OpenTab,
    browser: Browser,
    server: Server,
    profiles: dict[str, BrowserContext],
    request: pytest.FixtureRequest,
) -> AsyncIterator[SignIn]:
    """Opens the console as one of PEOPLE, or as whoever has that email address; connected.

    PEOPLE have a profile each, which the tests share: a new one costs a second and a half of a
    core more than a new page in it. What a test does to it, the test takes back; what the page
    keeps by itself, such as a refusal that nobody read for a second, goes before the next test.

    A page without any script stays open in each profile: so the process lives on that has compiled
    the console, which a new page gets. That saves seven tenths of a second of a core each time."""
    tabs: list[Tab] = []

    async def signed_in(who: str = "USER", path: str = "/", **options: Any) -> Tab:
        if who not in PEOPLE:
            tab = await open_tab(path, **options)
            await fill_sign_in(tab.page, who)
            return tab
        viewport = options.pop("viewport", SCREEN)
        name = f"{who} {sorted(options.items())}"
        is_new = name not in profiles
        if is_new:
            profiles[name] = await browser.new_context(**options)
            await stay(await profiles[name].new_page(), server)
        tab = Tab(profiles[name], await profiles[name].new_page(), server.url)
        if len(profiles[name].pages) == 2:  # the one that stays, and this one
            await forget_what_is_kept(tab)
        tabs.append(tab)
        await tab.page.set_viewport_size(viewport)
        await tab.open(path)
        if is_new:
            await fill_sign_in(tab.page, PEOPLE[who][0])
        await expect(tab.page.locator(LIVE)).to_have_count(1)
        return tab

    request.node.stash[HAS_FAILED] = False
    yield signed_in
    for tab in tabs:
        await tab.close()
    if request.node.stash[HAS_FAILED]:  # nobody knows what state they are in
        for context in profiles.values():
            await context.close()
        profiles.clear()
    for tab in tabs:
        tab.verify()


async def stay(page: Page, server: Server) -> None:
    """Show NOTHING, as a page of the server."""
    await page.route("**/*", lambda route: route.fulfill(body=NOTHING, content_type="text/html"))
    await page.goto(server.url)


async def forget_what_is_kept(tab: Tab) -> None:
    """Bookings and what was seen; no page with the console is open in the profile."""
    browser = await tab.context.new_cdp_session(tab.page)
    kept = {"origin": tab.origin, "storageTypes": "indexeddb"}
    await browser.send("Storage.clearDataForOrigin", kept)
    await browser.detach()


async def fill_sign_in(page: Page, email: str) -> None:
    """On a page that asks who it is."""
    await page.locator("input[name=email]").fill(email)  # in whatever language it asks
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.locator("button[type=submit]").click()
    await expect(page.locator(LIVE)).to_have_count(1)
