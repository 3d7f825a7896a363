"""The kit as others install it: packed, put into a fresh page of Vite and React, compiled, live.

The page is the example of the kit's README.md, as it stands there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from graphql_api import __version__
from tests.clients.recipes import link_packages
from tests.servers import EMAIL, PASSWORD, ROOT, Server, free_port

pytestmark = pytest.mark.campaign  # what a package holds changes seldom, and is dear to look at
WEB = ROOT / "graphql_api" / "web"
KIT = WEB / "kit"
TIMEOUT_S = 180
EXAMPLE = re.compile(r"^```tsx\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATIENCE_MS = 60_000

# What `npm create vite -- --template react-ts` makes, as far as it matters.
COMPILER_OPTIONS = {
    "target": "ES2022",
    "lib": ["ES2022", "DOM", "DOM.Iterable"],
    "module": "ESNext",
    "moduleResolution": "bundler",
    "jsx": "react-jsx",
    "strict": True,
    "verbatimModuleSyntax": True,
    "skipLibCheck": False,
    "noEmit": True,
    "types": [],
}
PAGE = '<div id="root"></div><script type="module" src="/src/main.tsx"></script>'
VITE = """
import react from '@vitejs/plugin-react';
const proxy = { '/graphql': { target: process.env.SERVER_URL, ws: true } };
export default { plugins: [react()], preview: { proxy } };
"""


@pytest.fixture(scope="module")
def tarball(pages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packed in a copy: packing writes beside its sources, and other workers pack or copy them."""
    folder = tmp_path_factory.mktemp("tarball")
    copy = folder / "project"
    web = copy / WEB.relative_to(ROOT)
    left_out = shutil.ignore_patterns("node_modules", "static", "dist")
    shutil.copytree(WEB, web, ignore=left_out)
    (web / "node_modules").symlink_to(WEB / "node_modules")
    for name in ("LICENSE", "schema.graphql"):
        shutil.copy(ROOT / name, copy)
    run("npm", "pack", "--pack-destination", str(folder), cwd=web / "kit")
    (made,) = folder.glob("*.tgz")
    return made


@pytest.fixture(scope="module")
def app(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh page with the kit installed, and the packages that it asks for."""
    folder = tmp_path_factory.mktemp("app")
    link_packages(WEB / "node_modules", folder / "node_modules")
    with tarfile.open(tarball) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    target = folder / "node_modules" / "@realtime-inventory" / "client"
    target.parent.mkdir()
    (folder / "unpacked" / "package").rename(target)
    (example,) = EXAMPLE.findall((target / "README.md").read_text())
    (folder / "src").mkdir()
    (folder / "src" / "main.tsx").write_text(example)
    (folder / "index.html").write_text(PAGE)
    (folder / "vite.config.ts").write_text(VITE)
    (folder / "package.json").write_text('{"type": "module"}')
    config = {"compilerOptions": COMPILER_OPTIONS, "include": ["src"]}
    (folder / "tsconfig.json").write_text(json.dumps(config))
    return folder


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_package_holds_the_kit_and_nothing_of_the_console(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
        taken = archive.extractfile("package/dist/documents.js")
        assert taken is not None
        documents = taken.read().decode()
    assert {"README.md", "LICENSE", "package.json", "dist/core.js", "dist/core.cjs"} <= names
    assert not [name for name in names if re.search(r"test|console|(?<!\.d)\.tsx?$", name)]
    assert "InventoryUpdatesDocument" in documents
    shown = (KIT.parent / "console").rglob("*.graphql")
    for name in re.findall(r"^(?:query|mutation) (\w+)", "\n".join(map(_text, shown)), re.M):
        assert f"const {name}Document" not in documents
    manifest = json.loads((KIT / "package.json").read_text())
    assert manifest["version"] == __version__
    assert (
        manifest["license"] == tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]["license"]
    )


def _text(file: Path) -> str:
    return file.read_text()


def test_what_is_exported_is_there_for_import_and_require(app: Path) -> None:
    """And the part without React runs where there is none."""
    names = "Object.keys(kit).includes('createInventoryClient')"
    for script in (
        f"import * as kit from '@realtime-inventory/client'; console.log({names})",
        f"import {{ createRequire }} from 'node:module';"
        f"const kit = createRequire(import.meta.url)('@realtime-inventory/client');"
        f"console.log({names})",
    ):
        assert run("node", "--input-type=module", "-e", script, cwd=app) == "true\n"
    kit = app / "node_modules" / "@realtime-inventory" / "client"
    manifest = json.loads((kit / "package.json").read_text())
    for targets in list(manifest["exports"].values())[:-1]:
        assert all((kit / target).exists() for target in targets.values())
    core = (kit / "dist" / "core.js").read_text() + (kit / "dist" / "documents.js").read_text()
    assert 'from "react' not in core


@pytest.mark.parametrize("resolution", [("ESNext", "bundler"), ("NodeNext", "NodeNext")])
def test_the_readmes_example_compiles(app: Path, resolution: tuple[str, str]) -> None:
    module, how = resolution
    tsc = str(app / "node_modules" / "typescript" / "bin" / "tsc")
    # Under NodeNext a library of Apollo's has faulty types of its own.
    others = "true" if how == "NodeNext" else "false"
    options = ("--module", module, "--moduleResolution", how, "--skipLibCheck", others)
    run("node", tsc, "-p", ".", *options, cwd=app)


def test_the_lines_of_the_projects_docs_compile(app: Path) -> None:
    """They stand in a component."""
    page = _text(ROOT / "docs" / "console.md")
    lines = next(text for text in EXAMPLE.findall(page) if "use" in text)
    hooks = "useInventoryNotifications, useRealTimeUpdates"
    (app / "src" / "readme.tsx").write_text(
        f"import {{ {hooks} }} from '@realtime-inventory/client/react';\n"
        f"export function Lines() {{\n{lines}\n"
        "const attempts: number = reconnectAttempts;\n"
        "return isConnected && connected && (\n"
        "<b onClick={() => void checkAlerts()}>\n"
        "{unreadCount} {notifications.length} {attempts}</b>\n"
        ");}\n"
    )
    tsc = str(app / "node_modules" / "typescript" / "bin" / "tsc")
    # The libraries' own types are looked at with the example.
    run("node", tsc, "-p", ".", "--skipLibCheck", "true", cwd=app)


@contextmanager
def previewed(app: Path, port: int, server: Server) -> Iterator[str]:
    vite = str(app / "node_modules" / "vite" / "bin" / "vite.js")
    run("node", vite, "build", cwd=app)
    process = subprocess.Popen(
        ["node", vite, "preview", "--host", "127.0.0.1", "--port", str(port), "--strictPort"],
        cwd=app,
        env={"PATH": os.environ["PATH"], "SERVER_URL": server.url},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.asyncio(loop_scope="session")
async def test_the_readmes_example_goes_live(app: Path, tmp_path: Path, browser: Browser) -> None:
    port = free_port()
    server = Server(
        tmp_path, FRONTEND_URL=f"http://127.0.0.1:{port}", RATE_LIMIT="off", DRAIN_SECONDS="0.2"
    )
    server.create_user()
    with server, previewed(app, port, server) as url:
        context = await browser.new_context()
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await expect_served(url)
        await page.goto(url)
        await page.get_by_label("Email").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_text("Changes arrive.")).to_be_visible(timeout=PATIENCE_MS)
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            await create_item(http, "PACKED-1")
        await expect(page.get_by_text("Heard: CREATED PACKED-1")).to_be_visible(timeout=PATIENCE_MS)
        await expect(page.get_by_text("PACKED-1: 7")).to_be_visible(timeout=PATIENCE_MS)
        await context.close()


async def expect_served(url: str) -> None:
    transport = httpx.AsyncHTTPTransport(retries=10)  # of connecting, each later than the last
    async with httpx.AsyncClient(transport=transport, timeout=60) as http:
        assert (await http.get(url)).status_code == 200


async def create_item(http: httpx.AsyncClient, sku: str) -> None:
    async def sent(query: str, **given: Any) -> dict[str, Any]:
        body = {"query": query, "variables": {"input": given}}
        answer: dict[str, Any] = (await http.post("/graphql", json=body)).json()["data"]
        return answer

    login = await sent(
        "mutation($input: LoginInput!) { login(input: $input) { accessToken } }",
        email=EMAIL,
        password=PASSWORD,
    )
    http.headers["authorization"] = f"Bearer {login['login']['accessToken']}"
    await sent(
        "mutation($input: CreateItemInput!) { createItem(input: $input) { userErrors { code } } }",
        sku=sku,
        name=sku,
        initialStock=7,
    )
